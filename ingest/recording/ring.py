"""The ring: how much of a recording is kept, what is pinned beyond that, and what goes first when the disk is full.

A segment that is given up leaves its manifest row and a line in `trims.jsonl`: trimmed is not missing.
"""

import json
import shutil
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.errors import BrokenChain
from ingest.recording.disk import append_line, is_full
from ingest.recording.manifest import CONTAINERS, MANIFEST, read_manifest
from ingest.types import RetentionLimits, Segment

PINS = "pins.jsonl"
TRIMS = "trims.jsonl"
_LOOK_AGAIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A stretch of the stream clock that must be kept. `until_ms`: on the wall clock; None: for good."""

    start_ms: int
    end_ms: int
    why: str
    until_ms: int | None = None


def pin(folder: Path, start_ms: int, end_ms: int, why: str, until_ms: int | None = None) -> None:
    """Keeps the segments of `[start_ms, end_ms)`, those that are still to come among them. Any process may pin."""
    folder.mkdir(parents=True, exist_ok=True)
    append_line(folder / PINS, _line(asdict(Pin(start_ms=start_ms, end_ms=end_ms, why=why, until_ms=until_ms))))


def read_pins(folder: Path) -> tuple[Pin, ...]:
    """All pins of a recording, run out or not."""
    return tuple(Pin(**row) for row in _rows(folder / PINS))


def read_trims(folder: Path) -> frozenset[int]:
    """The sequence numbers that were given up."""
    return frozenset(row["sequence"] for row in _rows(folder / TRIMS))


class Ring:
    """The kept segments of one recording, oldest first; gives up the oldest unpinned ones."""

    def __init__(self, folder: Path, limits: RetentionLimits, now_ms: Callable[[], int]) -> None:
        self._folder = folder
        self._limits = limits
        self._now_ms = now_ms
        trimmed = read_trims(folder)
        self._kept = deque(s for s in read_manifest(folder) if s.sequence not in trimmed and s.path.is_file())
        self._byte_count = sum(segment.byte_count for segment in self._kept)
        self._unwritten: list[str] = []
        self._pins: tuple[Pin, ...] = ()
        self._pins_read_at: tuple[int, int] | None = None

    @property
    def oldest(self) -> Segment | None:
        """The oldest segment that may be given up; None: all that is kept is pinned."""
        pins = self._pins_in_force()
        return next((segment for segment in self._kept if not _holds(pins, segment)), None)

    def add(self, segment: Segment) -> None:
        """Takes a new segment in, and gives up what the limits no longer allow."""
        self._kept.append(segment)
        self._byte_count += segment.byte_count
        self.trim()

    def trim(self) -> None:
        """Gives up the oldest unpinned segments until age and size are within the limits."""
        self._forget_gone()
        age_ms, most = self._limits.max_age_ms, self._limits.max_bytes
        if age_ms is None and most is None:
            return
        while (oldest := self.oldest) is not None:
            if age_ms is not None and oldest.received_at_ms < self._now_ms() - age_ms:
                self.give_up(oldest, "age")
            elif most is not None and self._byte_count > most:
                self.give_up(oldest, "size")
            else:
                return

    def give_up(self, segment: Segment, why: str) -> None:
        """Removes the segment's file; its trim is written first, or after where the disk has no room for the line."""
        self._unwritten.append(_line({"sequence": segment.sequence, "at_ms": self._now_ms(), "why": why}))
        self._write_trims()
        segment.path.unlink(missing_ok=True)
        self._write_trims()
        self._kept.remove(segment)
        self._byte_count -= segment.byte_count

    def _forget_gone(self) -> None:
        """Another process may have made room meanwhile."""
        while self._kept and not self._kept[0].path.exists():
            self._byte_count -= self._kept.popleft().byte_count

    def _write_trims(self) -> None:
        """Writes the trims that are not written yet; a full disk leaves them for the next time."""
        while self._unwritten:
            try:
                append_line(self._folder / TRIMS, self._unwritten[0])
            except OSError as error:
                if is_full(error):
                    return
                raise
            self._unwritten.pop(0)

    def _pins_in_force(self) -> tuple[Pin, ...]:
        path = self._folder / PINS
        try:
            state = path.stat()
        except FileNotFoundError:
            return ()
        if self._pins_read_at != (state.st_mtime_ns, state.st_size):
            self._pins = read_pins(self._folder)
            self._pins_read_at = (state.st_mtime_ns, state.st_size)
        now_ms = self._now_ms()
        return tuple(entry for entry in self._pins if entry.until_ms is None or entry.until_ms > now_ms)


class Room:
    """Makes room on a full disk: the oldest unpinned segment goes first, of this recording or of those beside it."""

    def __init__(self, own: Ring, folder: Path, limits: RetentionLimits, now_ms: Callable[[], int]) -> None:
        self._own = own
        self._folder = folder
        self._limits = limits
        self._now_ms = now_ms
        self._others: list[Ring] = []
        self._looked_s: float | None = None

    def make(self, byte_count: int) -> bool:
        """Gives up segments for at least so many bytes; false if nothing was left to give up."""
        freed = 0
        while freed < byte_count:
            rings = [
                (oldest.received_at_ms, index) for index, ring in enumerate(self._rings()) if (oldest := ring.oldest)
            ]
            if not rings:
                break
            ring = self._rings()[min(rings)[1]]
            oldest = ring.oldest
            assert oldest is not None
            ring.give_up(oldest, "disk full")
            freed += oldest.byte_count
        return freed > 0

    def keep_free(self) -> None:
        """Gives up segments until the disk has as much free space as the limits ask for, if they can."""
        least = self._limits.min_free_bytes
        if least is None:
            return
        free = shutil.disk_usage(self._folder).free
        if free < least:
            self.make(least - free)

    def _rings(self) -> list[Ring]:
        """Other captures may record beside this one, so that what they hold is looked up anew from time to time."""
        if self._looked_s is None or time.monotonic() - self._looked_s > _LOOK_AGAIN_S:
            self._looked_s = time.monotonic()
            folders = [path.parent for path in self._folder.parent.glob(f"*/{MANIFEST}")]
            self._others = []
            for folder in folders:
                with suppress(BrokenChain):
                    if folder.resolve() != self._folder.resolve():
                        self._others.append(Ring(folder, self._limits, self._now_ms))
        return [self._own, *self._others]


def trim_ended(root: Path, limits: RetentionLimits, now_ms: Callable[[], int]) -> None:
    """Gives up what is too old in the recordings below `root` that nobody adds to any more."""
    if limits.max_age_ms is None:
        return
    for manifest in sorted(root.glob(f"*/{MANIFEST}")):
        folder = manifest.parent
        ended = manifest.stat().st_mtime * 1000 < now_ms() - limits.max_age_ms
        if ended and any(path.suffix in CONTAINERS for path in folder.iterdir()):
            with suppress(BrokenChain):
                Ring(folder, limits, now_ms).trim()


def _holds(pins: tuple[Pin, ...], segment: Segment) -> bool:
    return any(entry.start_ms < segment.end_ms and segment.start_ms < entry.end_ms for entry in pins)


def _line(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
