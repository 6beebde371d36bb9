"""The recorded folder: segments, their hash chain and manifest, gaps with causes, the ring of what is kept, the clock.

Knows no protocol and no network. May import `media`, `errors` and `types`.
"""
