"""The stream clock: container timestamps become one monotonic line of integer milliseconds."""

from dataclasses import dataclass

from ingest.types import Segment

MPEGTS_WRAP_MS = (1 << 33) / 90
_CONTIGUOUS_BACK_MS = 1000
_CONTIGUOUS_AHEAD_MS = 500
_CREDIBLE_GAP_MS = 600_000
# A source that comes back with its timestamps going on tells the gap to the millisecond; the wall clock only confirms.
_WALL_TOLERANCE_MS = 3_000
# How long a capture may take to catch up with what the origin had in store.
_SETTLING_MS = 60_000
# Containers round to a millisecond, and some do not tell how long the last packet lasts.
_ROUNDING_MS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a segment stands on the stream clock. `drift_ms`: see Segment."""

    epoch: int
    start_ms: int
    end_ms: int
    gap_before_ms: int
    drift_ms: int


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
        self._first_received_at_ms: int | None = None
        self._ahead_ms = 0

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
        return Placement(
            epoch=self._epoch,
            start_ms=start_ms,
            end_ms=start_ms + duration_ms,
            gap_before_ms=gap_ms,
            drift_ms=self._drift_ms(received_at_ms) if self._live else 0,
        )

    def _drift_ms(self, received_at_ms: int) -> int:
        """Against the promptest segment of the first minute: what an origin had in store comes all at once."""
        ahead_ms = received_at_ms - self._end_ms
        if self._first_received_at_ms is None:
            self._first_received_at_ms, self._ahead_ms = received_at_ms, ahead_ms
        if received_at_ms - self._first_received_at_ms <= _SETTLING_MS:
            self._ahead_ms = min(self._ahead_ms, ahead_ms)
        return ahead_ms - self._ahead_ms

    def _lost_ms(self, step_ms: int, duration_ms: int, received_at_ms: int, *, trusted: bool) -> int:
        if trusted and 0 < step_ms <= _CREDIBLE_GAP_MS:
            return step_ms
        if not self._live:
            return 0
        wall_ms = max(0, received_at_ms - self._received_at_ms - duration_ms)
        goes_on = -_CONTIGUOUS_BACK_MS <= step_ms <= _CREDIBLE_GAP_MS and abs(step_ms - wall_ms) <= _WALL_TOLERANCE_MS
        return max(0, step_ms) if goes_on else wall_ms
