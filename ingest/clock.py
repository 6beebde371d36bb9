"""The stream clock: container timestamps become one monotonic line of integer milliseconds."""

from dataclasses import dataclass

from ingest.types import Segment

MPEGTS_WRAP_MS = (1 << 33) / 90
_CONTIGUOUS_BACK_MS = 1000
_CONTIGUOUS_AHEAD_MS = 500
_CREDIBLE_GAP_MS = 600_000
# Containers round to a millisecond, and some do not tell how long the last packet lasts.
_ROUNDING_MS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a segment stands on the stream clock."""

    epoch: int
    start_ms: int
    end_ms: int
    gap_before_ms: int


class StreamClock:
    """Places segments one after another; a jump of their timestamps starts an epoch.

    In an epoch, stream time is source time plus a constant. `live`: when timestamps start anew, what the wall clock
    shows beyond the new segment's length was lost; of a finished recording nothing was.
    """

    def __init__(self, *, live: bool, last: Segment | None = None) -> None:
        self._live = live
        self._epoch = last.epoch if last else 0
        self._end_ms = last.end_ms if last else 0
        self._received_at_ms = last.received_at_ms if last else 0
        self._offset_ms: int | None = last.start_ms - last.source_start_ms if last else None

    @property
    def end_ms(self) -> int:
        """Where the recording ends so far."""
        return self._end_ms

    def place(
        self,
        *,
        source_start_ms: int,
        source_end_ms: int,
        received_at_ms: int,
        discontinuity: bool,
        wraps: bool,
    ) -> Placement:
        """The next segment's place. `wraps`: its timestamps come around after 26.5 h, as those of MPEG-TS do.

        Neighbours of one epoch may overlap by the interleave of sound and picture.
        """
        duration_ms = source_end_ms - source_start_ms
        if self._offset_ms is None:
            self._offset_ms = -source_start_ms
        offset_ms = self._offset_ms
        if wraps:
            rounds = round((self._end_ms - source_start_ms - offset_ms) / MPEGTS_WRAP_MS)
            offset_ms += round(rounds * MPEGTS_WRAP_MS)
        step_ms = source_start_ms + offset_ms - self._end_ms
        gap_ms = step_ms if step_ms > _ROUNDING_MS else 0
        if discontinuity or not -_CONTIGUOUS_BACK_MS <= step_ms <= _CONTIGUOUS_AHEAD_MS:
            gap_ms = self._lost_ms(step_ms, duration_ms, received_at_ms, trusted=not discontinuity)
            self._epoch += 1
            offset_ms = self._end_ms + gap_ms - source_start_ms
        start_ms = source_start_ms + offset_ms
        self._offset_ms = offset_ms
        self._end_ms = max(self._end_ms, start_ms + duration_ms)
        self._received_at_ms = received_at_ms
        return Placement(epoch=self._epoch, start_ms=start_ms, end_ms=start_ms + duration_ms, gap_before_ms=gap_ms)

    def _lost_ms(self, step_ms: int, duration_ms: int, received_at_ms: int, *, trusted: bool) -> int:
        if trusted and 0 < step_ms <= _CREDIBLE_GAP_MS:
            return step_ms
        if not self._live:
            return 0
        return max(0, received_at_ms - self._received_at_ms - duration_ms)
