"""Back-pressure and shedding as decisions."""

from collections import deque
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.stages.backpressure import Credits, Lag, Load, effort_limits, places
from ingest.decode.shedding import Effort, effort_for
from review.scheduling.types import Priority

STEPS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 12), st.booleans()), max_size=60)


@given(st.integers(1, 20), STEPS)
def test_credits_are_bounded_fair_and_never_lost(most: int, steps: list[tuple[str, int, bool]]) -> None:
    credits, asked, waiting = Credits(most), dict[str, int](), deque[str]()
    for who, amount, gives_back in steps:
        if gives_back:
            credits.give_back(who)
            asked.pop(who, None)
        elif who not in asked:
            asked[who] = amount
            credits.ask(who, amount)
            waiting.append(who)
        waiting = deque(w for w in waiting if w in asked and not credits.holds(w))
        holders = [w for w in asked if credits.holds(w)]
        assert credits.in_hand == sum(asked[w] for w in holders)
        assert credits.in_hand <= most or len(holders) == 1
        assert credits.waiting == tuple(waiting), "first come, first served"
        if waiting:
            assert holders, "nobody waits for nothing"
            assert credits.in_hand + asked[waiting[0]] > most
    for who in list(asked):
        credits.give_back(who)
    assert (credits.in_hand, credits.waiting) == (0, ())


def test_nobody_asks_twice() -> None:
    credits = Credits(1)
    assert credits.ask("a", 1)
    for who in ("a", "b"):
        if who == "b":
            assert not credits.ask("b", 1)
        with pytest.raises(ValueError, match="has asked before"):
            credits.ask(who, 1)


@pytest.mark.parametrize(
    ("lag_ms", "efforts"),
    [
        pytest.param(5_000, (1, 1, 1), id="little lag"),
        pytest.param(7_000, (1, 1, 2), id="background broadcasts give way first"),
        pytest.param(13_000, (1, 2, 4), id="then all but urgent ones"),
        pytest.param(25_000, (2, 4, 0), id="then urgent ones, too"),
        pytest.param(1 << 40, (0, 0, 0), id="sound is left however far behind"),
    ],
)
def test_the_less_urgent_leave_pictures_out_first(lag_ms: int, efforts: tuple[int, int, int]) -> None:
    order = (Priority.URGENT, Priority.NORMAL, Priority.BACKGROUND)
    assert tuple(effort_for(lag_ms, limits=effort_limits(p)) for p in order) == tuple(Effort(e) for e in efforts)


def test_who_lags_takes_no_more() -> None:
    assert places(10, Load(streams=4, lagging=0, worst_lag_ms=0), "as set") == (10, "10, as set")
    lagging = places(10, Load(streams=4, lagging=1, worst_lag_ms=14_200), "as set")
    assert lagging == (4, "1 of 4 broadcasts lag, the worst by 14 s")
    assert places(10, Load(streams=12, lagging=3, worst_lag_ms=20_000), "as set")[0] == 10


Seen = tuple[int, int, int]
"""A moment on the wall clock, and how far the recording and the analysis are by then."""


@pytest.mark.parametrize(
    ("seen", "grown_ms"),
    [
        pytest.param([(0, 2_000, 2_000), (2_000, 4_000, 4_000)], 0, id="it keeps up"),
        pytest.param([(0, 60_000, 2_000), (4_000, 64_000, 20_000)], 0, id="begun late"),
        pytest.param([(0, 2_000, 2_000), (500, 14_000, 2_000)], 500, id="what the origin had, and the time since"),
        pytest.param(
            [(0, 2_000, 2_000), (500, 4_000, 2_000), (900, 6_000, 2_000), (1_400, 14_000, 4_000)],
            *(0,),
            id="the same, in pieces",
        ),
        pytest.param([(0, 2_000, 2_000), (20_000, 22_000, 6_000)], 16_000, id="too slow"),
        pytest.param(
            [(0, 2_000, 2_000), (500, 14_000, 2_000), (40_000, 54_000, 54_000), (60_000, 74_000, 60_000)],
            *(14_000,),
            id="too slow once it had caught up",
        ),
        pytest.param(
            [(0, 2_000, 2_000), (30_000, 4_000, 4_000), (30_500, 32_000, 6_000)],
            *(0,),
            id="what the origin kept during an outage",
        ),
        pytest.param(
            [(0, 2_000, 2_000), (1_000, 4_000, 2_000), (2_000, 4_000, 2_000)], 2_000, id="a segment at a time"
        ),
    ],
)
def test_only_lag_that_has_grown_counts(seen: Sequence[Seen], grown_ms: int) -> None:
    clock = iter([at_ms for at_ms, _, _ in seen])
    lag = Lag(lambda: next(clock))
    assert [lag.grown_ms(recorded_ms, analysed_ms) for _, recorded_ms, analysed_ms in seen][-1] == grown_ms


@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 20_000)), min_size=1, max_size=60))
def test_a_recording_that_plays_is_never_taken_for_what_was_there_before(steps: list[tuple[int, int]]) -> None:
    """Whatever the analysis does: as long as the recording comes in segments of up to 3 s at its pace, all lag beyond
    the least of before is told."""
    now_ms = analysed_ms = 0
    lag = Lag(lambda: now_ms)
    least_ms: int | None = None
    for late_ms, done_ms in steps:
        now_ms += 3_000
        recorded_ms = now_ms - late_ms
        analysed_ms = min(recorded_ms, analysed_ms + done_ms)
        lag_ms = recorded_ms - analysed_ms
        least_ms = lag_ms if least_ms is None else min(least_ms, lag_ms)
        assert lag.grown_ms(recorded_ms, analysed_ms) == lag_ms - least_ms
