from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.cases.priority import PATIENCE_MS, PriorityFactors, rank_of, reasons

PLAIN = PriorityFactors(
    severity="medium", score=0.95, flag_at=0.6, said_count=1, stream_count=1, reach=0, opened_at_ms=1_000_000
)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"severity": "high"}, id="more harm"),
        pytest.param({"said_count": 5}, id="said again and again"),
        pytest.param({"stream_count": 3}, id="in three broadcasts"),
        pytest.param({"reach": 10_000}, id="many viewers"),
        pytest.param({"score": 0.62}, id="near the threshold"),
        pytest.param({"opened_at_ms": 0}, id="older"),
        pytest.param({"complained": True}, id="somebody complained"),
    ],
)
def test_what_presses_more_comes_first(change: dict[str, object]) -> None:
    assert rank_of(replace(PLAIN, **change)) > rank_of(PLAIN)


def test_what_the_host_put_right_can_wait() -> None:
    assert rank_of(replace(PLAIN, corrected=True)) < rank_of(PLAIN)


def test_nothing_starves() -> None:
    """The least pressing case comes before the most pressing one that was opened a bounded time later."""
    least = replace(PLAIN, corrected=True)
    most = PriorityFactors(
        severity="critical",
        score=0.6,
        flag_at=0.6,
        said_count=1000,
        stream_count=100,
        reach=1_000_000,
        opened_at_ms=PLAIN.opened_at_ms + 12 * PATIENCE_MS,
        complained=True,
    )
    assert rank_of(least) > rank_of(most)


@given(
    st.builds(
        PriorityFactors,
        severity=st.sampled_from(["critical", "high", "medium"]),
        score=st.floats(0, 1),
        flag_at=st.just(0.6),
        said_count=st.integers(1, 10_000),
        stream_count=st.integers(1, 1000),
        reach=st.integers(0, 10**8),
        opened_at_ms=st.integers(0, 2 * 10**12),
        complained=st.booleans(),
        corrected=st.booleans(),
    ),
    st.integers(1, 10**9),
)
def test_order_does_not_depend_on_when_one_looks(factors: PriorityFactors, later_ms: int) -> None:
    moved = replace(factors, opened_at_ms=factors.opened_at_ms + later_ms)
    assert rank_of(moved) == pytest.approx(rank_of(factors) - later_ms / PATIENCE_MS, abs=1e-3)


def test_the_reason_is_told() -> None:
    told = reasons(replace(PLAIN, said_count=4, stream_count=2, reach=300, score=0.6, complained=True))
    assert [(reason.code, reason.count) for reason in told] == [
        ("complaint", 0),
        ("harm_medium", 0),
        ("viewers", 300),
        ("said", 4),
        ("streams", 2),
        ("uncertain", 0),
    ]
