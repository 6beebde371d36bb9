"""Cuts a playable clip of a stretch of the recording, with its still and its loudness.

`clip` cuts, `sandboxed` has it cut in a sandboxed process (`child`), which tells what it cut (`cut`). May import
`decode`, `media` and `sandbox`.
"""
