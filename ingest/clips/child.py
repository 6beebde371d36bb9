"""Cuts clips for a parent: each in a fork of its own, which gets the open files that it reads and writes."""

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ingest.clips.clip import companions, write_cut
from ingest.sandbox.child import enter_sandbox
from ingest.sandbox.forking import serve_forked
from ingest.sandbox.protocol import to_line, trusted_segment
from net.errors import SourceError

# The files of a request before those of its segments: the clip, its still, its loudness.
_WRITTEN = 3


def _cut(request: dict[str, Any], files: Sequence[int]) -> bytes:
    clip, still, loudness = files[:_WRITTEN]
    segments = [
        replace(trusted_segment(row), path=_opened(file))
        for row, file in zip(request["segments"], files[_WRITTEN:], strict=True)
    ]
    raw = os.memfd_create("raw")
    try:
        cut = write_cut(
            segments,
            start_ms=request["start_ms"],
            end_ms=request["end_ms"],
            hit_ms=request["hit_ms"],
            clip=_opened(clip),
            raw=_opened(raw),
            shared_files=(raw, clip),
        )
    except SourceError as error:
        return to_line({"broken": getattr(error, "why", str(error))[:2_000]})
    beside = companions(_opened(clip), cut)
    for file, content in zip((still, loudness), beside, strict=True):
        with os.fdopen(file, "wb") as out:
            out.write(content or b"")
    return to_line({"cut": asdict(cut)})


def _opened(file: int) -> Path:
    return Path(f"/proc/self/fd/{file}")


if __name__ == "__main__":
    serve_forked(_cut, enter_sandbox())
