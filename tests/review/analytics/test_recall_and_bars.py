"""Recall by spot checks, and what bars would lose and save: by hand, and within intervals that hold."""

import random

import pytest

from review.analytics.people import by_person
from review.analytics.quality_queries import Answer
from review.analytics.raised_thresholds import ScoredCase, best_raise, raised
from review.analytics.recall import Stratum, in_strata, recall_of
from review.cases.types import CaseState, Choice


def test_each_stratum_counts_by_its_size() -> None:
    near = Stratum(passages=200, decided=20, breaches=5)
    other = Stratum(passages=10_000, decided=40, breaches=0)
    told = recall_of(150, (near, other), 30)
    assert told.missed == pytest.approx(50)
    assert told.share == pytest.approx(0.75)
    assert told.interval is not None
    low, high = told.interval
    assert low < told.share < 1
    assert high < 1


@pytest.mark.parametrize(
    "strata",
    [
        (Stratum(passages=1_000, decided=29, breaches=3),),
        (Stratum(passages=1_000, decided=40, breaches=3), Stratum(passages=500, decided=0, breaches=0)),
    ],
    ids=["too few", "one stratum unseen"],
)
def test_what_is_too_little_gives_no_figure(strata: tuple[Stratum, ...]) -> None:
    told = recall_of(10, strata, 30)
    assert (told.share, told.interval) == (None, None)


def test_where_none_was_missed_it_still_may_have_been() -> None:
    told = recall_of(50, (Stratum(passages=5_000, decided=60, breaches=0),), 30)
    assert told.share == 1.0
    assert told.interval is not None
    assert told.interval[0] < 0.8


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    dice = random.Random(5)
    held = 0
    for _ in range(120):
        drawn = sum(dice.random() < 0.1 for _ in range(100))
        told = recall_of(300, (Stratum(passages=3_000, decided=100, breaches=drawn),), 30)
        assert told.interval is not None
        held += told.interval[0] <= 0.5 <= told.interval[1]
    assert held / 120 > 0.88


def test_strata_that_nobody_looked_at_stay() -> None:
    assert in_strata({"near": 5, "other": 9}, {"near": 2}, {"near": 1}) == (
        Stratum(passages=5, decided=2, breaches=1),
        Stratum(passages=9, decided=0, breaches=0),
    )


CASES = [
    *(ScoredCase(case_id=f"lawful{n}", score=round(0.60 + n / 100, 2), violates=False) for n in range(10)),
    *(ScoredCase(case_id=f"breach{n}", score=round(0.66 + n / 50, 2), violates=True) for n in range(10)),
]


def test_a_bar_tells_what_it_loses_and_saves_and_which_cases() -> None:
    what = raised(CASES, 0.70)
    assert (what.bar_from, what.bar_to) == (0.60, 0.70)
    assert what.lost == ("breach0", "breach1")
    assert len(what.saved) == 10


def test_the_best_bar_loses_little_and_none_is_proposed_where_it_would_lose_more() -> None:
    best = best_raise(CASES)
    assert best is not None
    assert (best.bar_to, len(best.saved), best.lost) == (0.66, 6, ())
    assert best_raise([ScoredCase(case_id="a", score=0.9, violates=False), *CASES[10:]]) is None
    assert best_raise([]) is None


def answer(person: str, case_id: str, choice: Choice, minute: float, **changes: object) -> Answer:
    values: dict[str, object] = {
        "case_id": case_id,
        "class_id": "ORIGIN",
        "person_id": person,
        "choice": choice,
        "before": CaseState.OPEN,
        "after": CaseState.CONFIRMED,
        "state": CaseState.CONFIRMED,
        "decided_at_ms": int(minute * 60_000),
        "golden": None,
    }
    return Answer(**(values | changes))  # type: ignore[arg-type]


def test_a_person_is_told_agreement_overturns_and_time() -> None:
    second = {"before": CaseState.SECOND_REVIEW}
    told = by_person(
        [
            answer("anna", "c1", Choice.VIOLATES, 0, after=CaseState.SECOND_REVIEW),
            answer("bert", "c1", Choice.VIOLATES, 1, **second),
            answer("anna", "c2", Choice.LAWFUL, 2, after=CaseState.SECOND_REVIEW),
            answer("bert", "c2", Choice.VIOLATES, 3, **second),
            answer("anna", "c3", Choice.LAWFUL, 4, golden=Choice.LAWFUL),
            answer("anna", "c4", Choice.VIOLATES, 60),
        ]
    )
    anna = told["anna"]
    assert (anna.decided, anna.golden, anna.case_s) == (4, [True], 120.0)
    assert (anna.final, anna.overturned) == (3, 1)
    assert anna.pairs == [(Choice.VIOLATES, Choice.VIOLATES), (Choice.LAWFUL, Choice.VIOLATES)]
    assert told["bert"].overturned == 0
