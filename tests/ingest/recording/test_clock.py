"""Container timestamps on the stream clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.recording.clock import MPEGTS_WRAP_MS, Placement, StreamClock


def place(clock: StreamClock, start: int, end: int, *, at: int = 0, cut: bool = False, wraps: bool = True) -> Placement:
    return clock.place(source_start_ms=start, source_end_ms=end, received_at_ms=at, discontinuity=cut, wraps=wraps)


def test_the_first_segment_starts_the_clock() -> None:
    assert place(StreamClock(live=True), 90_123, 92_123) == Placement(
        epoch=0, start_ms=0, end_ms=2000, gap_before_ms=0, drift_ms=0
    )


@pytest.mark.parametrize(
    ("live", "start", "cut", "received", "epoch", "expected_start", "gap"),
    [
        pytest.param(True, 12_000, False, 4000, 0, 2000, 0, id="contiguous"),
        pytest.param(True, 11_940, False, 4000, 0, 1940, 0, id="interleave overlaps"),
        pytest.param(True, 12_300, False, 4000, 0, 2300, 300, id="small hole"),
        pytest.param(True, 18_000, False, 10_000, 1, 8000, 6000, id="timestamps tell the hole"),
        pytest.param(False, 18_000, False, 2000, 1, 8000, 6000, id="hole in a recording"),
        pytest.param(True, 0, False, 8000, 1, 6000, 4000, id="publisher restart, wall clock tells the hole"),
        pytest.param(True, 0, True, 4000, 1, 2000, 0, id="restart without loss"),
        pytest.param(False, 0, True, 900_000, 1, 2000, 0, id="recording of a restart"),
        pytest.param(True, 12_000, True, 4000, 1, 2000, 0, id="marked although contiguous"),
        pytest.param(True, 90_000_000, False, 4000, 1, 2000, 0, id="an incredible jump"),
    ],
)
def test_second_segment(
    live: bool, start: int, cut: bool, received: int, epoch: int, expected_start: int, gap: int
) -> None:
    clock = StreamClock(live=live)
    place(clock, 10_000, 12_000, at=2000)
    placed = place(clock, start, start + 2000, at=received, cut=cut)
    assert (placed.epoch, placed.start_ms, placed.gap_before_ms) == (epoch, expected_start, gap)
    assert placed.end_ms == placed.start_ms + 2000


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_wrap_is_no_discontinuity(rounds: int) -> None:
    clock = StreamClock(live=True)
    start_ms = 0
    for index in range(round(rounds * MPEGTS_WRAP_MS) // 600_000 + 2):
        source = round((index * 600_000 + 5000) % MPEGTS_WRAP_MS)
        placed = place(clock, source, source + 600_000)
        assert placed.epoch == 0
        assert abs(placed.start_ms - start_ms) <= rounds
        start_ms += 600_000


def test_matroska_does_not_wrap() -> None:
    clock = StreamClock(live=False)
    place(clock, 95_000_000, 95_440_000, wraps=False)
    assert place(clock, 0, 2000, wraps=False).epoch == 1


@given(st.lists(st.tuples(st.integers(0, 95_443_000), st.integers(1, 10_000), st.booleans()), min_size=1, max_size=30))
def test_the_stream_clock_never_runs_back_by_more_than_an_overlap(pieces: list[tuple[int, int, bool]]) -> None:
    clock = StreamClock(live=True)
    end_ms = 0
    for received_at_ms, (start, length, cut) in enumerate(pieces):
        placed = place(clock, start, start + length, at=received_at_ms * 2000, cut=cut)
        assert placed.start_ms >= end_ms - 1000
        assert placed.gap_before_ms >= 0
        end_ms = max(end_ms, placed.end_ms)
