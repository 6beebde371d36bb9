"""HTTP Live Streaming (RFC 8216), live and finished: the origin's own segments, byte for byte.

`playlist` and `sequence` are pure; `feed` and `source` fetch. May import what `capture` may.
"""
