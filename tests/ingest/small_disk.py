"""Captures a file onto a small disk and tells what became of it; run in a mount namespace of its own."""

import json
import sys
from pathlib import Path

from ingest.capture.capture import capture
from ingest.recording.manifest import read_manifest
from ingest.recording.ring import pin, read_trims
from net.guard import NetPolicy
from tests.ingest.faults import assert_sound


def main() -> None:
    source, disk, what = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    folder, ballast = disk / "rec", disk / "ballast"
    moments = 0

    def now_ms() -> int:
        """Moves with every packet; in the middle of the broadcast the disk is freed again."""
        nonlocal moments
        moments += 1
        if moments == 700 and ballast.exists():
            ballast.unlink()
        return moments

    count = 0
    for _ in capture(source, stream_id="s1", folder=folder, policy=NetPolicy(), stop=lambda: False, now_ms=now_ms):
        count += 1
        if count == 2 and what == "ballast":
            pin(folder, 0, 10**9, "all of it is needed")
            fill(ballast)
    coverage = assert_sound(folder)
    segments = read_manifest(folder)
    trims = sorted(read_trims(folder))
    told = {
        "segments": count,
        "trims": trims,
        "kept": [s.sequence for s in segments if s.path.is_file()],
        "gaps": coverage.by_kind,
        "why": sorted({gap.why for gap in coverage.gaps}),
        "span_ms": coverage.span_ms,
        "last_end_ms": segments[-1].end_ms,
    }
    sys.stdout.write(json.dumps(told))


def fill(ballast: Path) -> None:
    """Leaves not a byte."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            return


if __name__ == "__main__":
    main()
