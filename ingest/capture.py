"""Record first: a URL or file becomes closed, hashed, chained segments in a folder."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from ingest.chain import GENESIS, append_row, chain_sha256, read_manifest, trim_manifest
from ingest.clock import StreamClock
from ingest.guard import NetPolicy
from ingest.part import EndReason, Part, Surroundings
from ingest.sources import CaptureLimits, open_parts
from ingest.types import Segment


def _ignore_end(reason: EndReason) -> None:
    """For callers that do not ask why a capture ended."""


def capture(
    source: str,
    *,
    stream_id: str,
    folder: Path,
    policy: NetPolicy,
    stop: Callable[[], bool],
    now_ms: Callable[[], int],
    max_ms: int | None = None,
    limits: CaptureLimits | None = None,
    on_end: Callable[[EndReason], None] = _ignore_end,
) -> Iterator[Segment]:
    """Each segment of the broadcast as soon as it is closed and in the manifest.

    A folder that holds a recording already is continued: chain and numbers go on, what was received before is not
    recorded again, and only new segments are given. `max_ms` bounds the recording's length on the stream clock.
    Raises an IngestError if nothing could be captured or the address policy refuses; a source that vanishes after it
    gave media ends the capture, and `on_end` is told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("incoming-*.part"):
        leftover.unlink()
    recorder = _Recorder(stream_id, folder)
    around = Surroundings(folder=folder, now_ms=now_ms, stop=stop)
    reason = EndReason.LIMIT
    with ExitStack() as stack:
        stack.callback(_remove_open_parts, folder)
        parts = stack.enter_context(closing(open_parts(source, policy, limits or CaptureLimits(), around)))
        while max_ms is None or recorder.end_ms < max_ms:
            try:
                part = next(parts)
            except StopIteration as end:
                reason = end.value
                break
            segment = recorder.record(part)
            if segment is not None:
                yield segment
    on_end(reason)


def _remove_open_parts(folder: Path) -> None:
    for leftover in folder.glob("incoming-*.part"):
        leftover.unlink()


class _Recorder:
    """Gives parts their place, number and link; the only writer of a folder's manifest."""

    def __init__(self, stream_id: str, folder: Path) -> None:
        trim_manifest(folder)
        recorded = read_manifest(folder)
        self._stream_id = stream_id
        self._folder = folder
        self._last = recorded[-1] if recorded else None
        # A reopened source gives again what it gave before: a finished one all of it, a live one its tail.
        self._earlier = deque(segment.sha256 for segment in recorded)
        self._clock: StreamClock | None = None

    @property
    def end_ms(self) -> int:
        """Where the recording ends so far."""
        return self._last.end_ms if self._last else 0

    def record(self, part: Part) -> Segment | None:
        """The part as a recorded segment; None if an earlier run has recorded it."""
        if part.sha256 in self._earlier:
            while self._earlier.popleft() != part.sha256:
                pass
            part.path.unlink()
            return None
        self._earlier.clear()
        if self._clock is None:
            self._clock = StreamClock(live=part.live, last=self._last)
        place = self._clock.place(
            source_start_ms=part.source_start_ms,
            source_end_ms=part.source_end_ms,
            received_at_ms=part.received_at_ms,
            discontinuity=part.discontinuity and self._last is not None,
            wraps=part.wraps,
        )
        sequence = self._last.sequence + 1 if self._last else 0
        segment = Segment(
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
            chain_sha256=chain_sha256(self._last.chain_sha256 if self._last else GENESIS, part.sha256),
            gap_before_ms=place.gap_before_ms,
        )
        part.path.replace(segment.path)
        append_row(self._folder, segment)
        self._last = segment
        return segment
