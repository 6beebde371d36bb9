"""Carries a broadcast whose data folder lies on a small disk, and tells what came of it.

The disk is filled once all is recorded (`full`), or in the middle of a live broadcast, to be free again after some
seconds (`full meanwhile`); `free` and `free meanwhile` are the same with room enough. Run in a mount namespace of its
own.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.broadcast.play import LiveBroadcast
from ingest.recording.manifest import read_end, read_manifest
from ingest.recording.ring import pin
from tests.cluster.chaos.support import pause_s, witnesses_of
from tests.cluster.live.support import Desk, desk
from tests.cluster.live.test_shard import Office, opened_pools
from tests.ingest.small_disk import fill

FULL_FROM_MS, FULL_S = 14_000, 10.0


def main() -> None:
    part, disk, beside, what = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    url = f"sqlite:///{beside / f'{what}.db'}"
    recording = disk / "recordings" / "s1"
    with opened_pools(beside) as pools, desk(url) as one, source_of(part, what) as source:
        office = Office.new(one, disk, pools)
        shard = office.shard("w1", job={"sandbox": "rlimits"}, checkpoint_ms=2_000, shed_from_ms=3_600_000)
        one.order("s1", source)
        if what.endswith("meanwhile"):
            office.turn_until(lambda: recorded_ms(recording) >= FULL_FROM_MS, shard)
            if what == "full meanwhile":
                # Else what was recorded before is given up for what comes now, as fast as the disk is filled again.
                pin(recording, 0, 10**9, "all of it is needed")
                with full(disk / "ballast"):
                    outage = threading.Thread(target=pause_s, args=(FULL_S,))
                    outage.start()
                    office.turn_until(lambda: not outage.is_alive(), shard)
        else:
            office.turn_until(lambda: read_end(recording) is not None, shard)
            if what == "full":
                fill(disk / "ballast")
        office.turn_until(office.is_over, shard)
        sys.stdout.write(json.dumps(told(one) | {"told": shard.figures()["told"]}) + "\n")
        shard.leave()


def told(one: Desk) -> dict[str, object]:
    coverage, record = one.coverage("s1"), one.stores.streams.stream("s1")
    return {
        "state": record.state.value,
        "error": record.error,
        "findings": witnesses_of(one, "s1"),
        "classes": {finding.finding_id: finding.class_id for finding in one.findings("s1")},
        "span_ms": coverage.span_ms,
        "waiting_ms": coverage.waiting_ms,
        "lost_ms": coverage.gap_ms,
        "gaps": [(gap.kind.value, gap.why, gap.start_ms, gap.end_ms) for gap in coverage.gaps],
    }


@contextmanager
def source_of(part: Path, what: str) -> Iterator[str]:
    if not what.endswith("meanwhile"):
        yield str(part)
        return
    with LiveBroadcast(part, window=30) as broadcast:
        yield broadcast.url


@contextmanager
def full(ballast: Path) -> Iterator[None]:
    """Leaves not a byte, whatever is removed meanwhile; afterwards all of it is free again."""
    over = threading.Event()
    filler = threading.Thread(target=keep_full, args=(ballast, over))
    filler.start()
    try:
        yield
    finally:
        over.set()
        filler.join()
        ballast.unlink()


def keep_full(ballast: Path, over: threading.Event) -> None:
    while not over.wait(0.01):
        fill(ballast)


def recorded_ms(recording: Path) -> int:
    rows = read_manifest(recording) if recording.is_dir() else []
    return rows[-1].end_ms if rows else 0


if __name__ == "__main__":
    main()
