"""Back-pressure and shedding as decisions."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.flow import Credits, Load, effort_limits, places
from ingest.shed import Effort, effort_for
from review.live.types import Priority

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
    assert places(10, Load(streams=4, lagging=0, worst_lag_ms=0)) == (10, "10 by its measured speed")
    lagging = places(10, Load(streams=4, lagging=1, worst_lag_ms=14_200))
    assert lagging == (4, "1 of 4 broadcasts lag, the worst by 14 s")
    assert places(10, Load(streams=12, lagging=3, worst_lag_ms=20_000))[0] == 10
