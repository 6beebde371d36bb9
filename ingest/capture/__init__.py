"""Receives a source, by whatever protocol it comes, as parts of about two seconds, and records them first.

One file a protocol (`hls/`, `rtmp_rtsp`, `srt`, `remux` for files and HTTP, `object_store`); `sources` chooses among
them, `capture` records, `supervisor` runs it in a child process (`child`) and starts that again. May import
`recording`, `sandbox`, `media` and `net`.
"""
