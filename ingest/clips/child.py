"""Cuts one clip for a parent: a job on standard input, one line of facts on standard output."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from ingest.clips.clip import cut_clip
from ingest.sandbox.child import enter_sandbox
from ingest.sandbox.protocol import to_line, trusted_segment
from net.errors import SourceError


def main() -> None:
    """Writes the clip and what belongs beside it into the folder that the job names."""
    enter_sandbox()
    # Libraries that print must not get between the lines.
    answers = os.dup(1)
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    try:
        info = cut_clip(
            [trusted_segment(row) for row in job["segments"]],
            start_ms=job["start_ms"],
            end_ms=job["end_ms"],
            target=Path(job["target"]),
            hit_ms=job["hit_ms"],
        )
    except SourceError as error:
        line = to_line({"broken": getattr(error, "why", str(error))[:2_000]})
    else:
        names = {name: path and path.name for name in ("path", "poster", "peaks") for path in [getattr(info, name)]}
        line = to_line({"clip": asdict(info) | names})
    with os.fdopen(answers, "wb") as out:
        out.write(line)


if __name__ == "__main__":
    main()
