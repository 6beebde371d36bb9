"""A recorded folder as its one writer sees it: parts get place, number and link; gaps get their cause."""

import hashlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ingest.errors import BrokenMedia, DiskFull
from ingest.recording.chain import GENESIS, chain_sha256, chain_sm3
from ingest.recording.clock import Placement, StreamClock
from ingest.recording.disk import new_sm3, sync_folder
from ingest.recording.gap_causes import Note, causes, joined, one_cause
from ingest.recording.manifest import Manifest, read_end, read_manifest
from ingest.recording.part import Part, measured_part
from ingest.recording.ring import Ring, Room
from ingest.types import EndReason, Gap, GapKind, RetentionLimits, Segment
from net.errors import UnsupportedSource

# How far back a reopened live source is looked at for what it gives again.
_TAIL = 200
_STRANGERS = 16


class Recording:
    """Gives parts their place, number and link.

    Durability: a segment is on the disk before it gets its name, its name before its row, its row before it is given
    on. A row never tells of a file that a power cut could still take away.
    """

    def __init__(self, stream_id: str, folder: Path, retention: RetentionLimits, now_ms: Callable[[], int]) -> None:
        new_sm3()
        folder.mkdir(parents=True, exist_ok=True)
        self._stream_id = stream_id
        self._folder = folder
        self._now_ms = now_ms
        self._manifest = Manifest(folder)
        recorded = read_manifest(folder)
        self._last = recorded[-1] if recorded else None
        self._ring = Ring(folder, retention, now_ms)
        self._room = Room(self._ring, folder, retention, now_ms)
        self._clock: StreamClock | None = None
        self._live = False
        self._notes: list[Note] = []
        # A reopened source gives again what it gave before: a finished one all of it, a live one its tail.
        self._tail = deque((segment.sha256 for segment in recorded), maxlen=None)
        self._again = deque(self._tail)
        self._strangers = 0
        if recorded:
            ended = read_end(folder)
            if ended is None:
                self.note(GapKind.CRASH, "the capture was killed")
            else:
                self.note(GapKind.SHED, f"the capture had ended ({ended}) and was started again")

    @property
    def end_ms(self) -> int:
        """Where the recording ends so far."""
        return self._last.end_ms if self._last else 0

    def note(self, kind: GapKind | None, why: str) -> None:
        """Takes what is learnt while no media comes; the next gap is explained by it."""
        self._notes = joined(self._notes, Note(kind=kind, why=why, at_ms=self._now_ms()))

    def make_room(self, byte_count: int) -> bool:
        """Gives up the oldest unpinned segments for so many bytes; false if none was left."""
        return self._room.make(byte_count)

    def reopened(self) -> None:
        """The source is opened anew: it may give its tail again."""
        self._again = deque(self._tail)
        self._strangers = 0

    def recover(self) -> list[Segment]:
        """What a killed capture left open of a live source, as segments; unreadable and unfinished rests go."""
        segments: list[Segment] = []
        notes = self._notes
        for path in sorted(self._folder.glob("live-*.part")):
            part = _left_open(path)
            segment = None if part is None else self.record(part)
            segments += [] if segment is None else [segment]
        # What comes after it is still missing for the same cause.
        self._notes = notes
        self.clear()
        return segments

    def clear(self) -> None:
        """Removes unfinished parts."""
        for pattern in ("live-*.part", "incoming-*.part"):
            for leftover in self._folder.glob(pattern):
                leftover.unlink()

    def record(self, part: Part) -> Segment | None:
        """The part as a recorded segment; None if it is recorded already, or if the disk has no room for its row."""
        if self._is_repeated(part):
            part.path.unlink()
            return None
        if self._clock is None:
            self._clock = StreamClock(live=part.live, last=self._last)
            self._live = part.live
        place = self._clock.place(
            source_start_ms=part.source_start_ms,
            source_end_ms=part.source_end_ms,
            received_at_ms=part.received_at_ms,
            discontinuity=part.discontinuity and self._last is not None,
            wraps=part.wraps,
        )
        segment = self._linked(part, place)
        try:
            self._write(part, segment)
        except DiskFull:
            self._clock = StreamClock(live=part.live, last=self._last)
            part.path.unlink(missing_ok=True)
            segment.path.unlink(missing_ok=True)
            self.note(GapKind.SHED, "disk full")
            return None
        self._notes = []
        self._last = segment
        self._tail.append(segment.sha256)
        while len(self._tail) > _TAIL:
            self._tail.popleft()
        self._ring.add(segment)
        return segment

    def finish(self, reason: EndReason) -> None:
        """Notes the orderly end. An outage in which somebody ended the capture is a gap up to now; one that ended the
        broadcast is its end."""
        away: Gap | None = None
        asked = reason in (EndReason.STOPPED, EndReason.LIMIT)
        if asked and self._live and self._notes and self._last is not None:
            length_ms = self._now_ms() - self._last.received_at_ms
            away = one_cause(self._notes, self.end_ms, self.end_ms + max(0, length_ms))[0]
        with suppress(DiskFull):
            if self._last is not None:
                self._insist(lambda: self._manifest.add_end(reason.value, away))

    def _is_repeated(self, part: Part) -> bool:
        if self._last is not None and part.live and part.sha256 == self._last.sha256:
            self.note(GapKind.PUBLISHER, "the origin gave the same segment again")
            return True
        if part.sha256 in self._again:
            while self._again.popleft() != part.sha256:
                pass
            return True
        self._strangers += 1
        if self._strangers > _STRANGERS or not part.live:
            self._again.clear()
        return False

    def _linked(self, part: Part, place: Placement) -> Segment:
        last = self._last
        sequence = last.sequence + 1 if last else 0
        return Segment(
            stream_id=self._stream_id,
            sequence=sequence,
            epoch=place.epoch,
            path=self._folder / f"{sequence:08d}{part.suffix}",
            start_ms=place.start_ms,
            end_ms=place.end_ms,
            source_start_ms=part.source_start_ms,
            received_at_ms=part.received_at_ms,
            byte_count=part.byte_count,
            sha256=part.sha256,
            chain_sha256=chain_sha256(last.chain_sha256 if last else GENESIS, part.sha256),
            gap_before_ms=place.gap_before_ms,
            sm3=part.sm3,
            chain_sm3=chain_sm3((last.chain_sm3 if last else "") or GENESIS, part.sm3),
            container=part.container,
            drift_ms=place.drift_ms,
            live=part.live,
        )

    def _write(self, part: Part, segment: Segment) -> None:
        part.path.replace(segment.path)
        sync_folder(self._folder)
        if segment.gap_before_ms:
            start_ms, end_ms = segment.start_ms - segment.gap_before_ms, segment.start_ms
            if part.discontinuity and part.live:
                gaps = causes(self._notes, start_ms, end_ms, part.received_at_ms)
            else:
                gaps = one_cause(self._notes, start_ms, end_ms)
            for gap in gaps:
                self._insist(lambda gap=gap: self._manifest.add_gap(gap))  # type: ignore[misc]
        self._insist(lambda: self._manifest.add_segment(segment))

    def _insist(self, attempt: Callable[[], None]) -> None:
        while True:
            try:
                return attempt()
            except DiskFull:
                if not self.make_room(1):
                    raise


def _left_open(path: Path) -> Part | None:
    content = path.read_bytes()
    sm3 = new_sm3()
    sm3.update(content)
    try:
        return measured_part(
            path,
            source=str(path),
            suffix=".ts" if content[:1] == b"\x47" else ".mkv",
            hashes=(hashlib.sha256(content).hexdigest(), sm3.hexdigest()),
            byte_count=len(content),
            received_at_ms=round(path.stat().st_mtime * 1000),
            discontinuity=False,
            live=True,
        )
    except (BrokenMedia, UnsupportedSource):
        return None
