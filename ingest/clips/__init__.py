"""Cuts a playable clip of a stretch of the recording, with its still and its loudness.

`clip` cuts, `sandboxed` has it cut in a child process (`child`). May import `decode`, `media` and `sandbox`.
"""
