"""Agreement as it was published: Cohen's of a four-field table, Krippendorff's of his own example."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from review.analytics.agreement import agreement_of, alpha_interval, cohen_kappa, krippendorff_alpha

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), four observers of twelve units, section D.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


def test_krippendorff_s_own_example() -> None:
    columns = zip(*(row.split() for row in OBSERVERS), strict=True)
    units = [[value for value in column if value != "."] for column in columns]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_a_four_field_table() -> None:
    """20 yes by both, 15 no by both, 5 and 10 apart: .70 agreed, .50 by chance."""
    table = {("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    assert cohen_kappa(pairs) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=60))
def test_kappa_is_the_library_s(pairs: list[tuple[str, str]]) -> None:
    found = cohen_kappa(pairs)
    if len({value for pair in pairs for value in pair}) > 1 and found is not None:
        expected = cohen_kappa_score([one for one, _ in pairs], [other for _, other in pairs])
        assert found == pytest.approx(expected, abs=1e-9)


def test_nothing_to_tell_it_by() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([("yes", "yes")] * 3) is None
    assert krippendorff_alpha([["yes"], ["no"]]) is None
    assert krippendorff_alpha([["yes", "yes"], ["no", "no"]]) == 1.0


def pairs_of(count: int, agree: float, dice: random.Random) -> list[tuple[str, str]]:
    """Pairs of two readers who find half of the cases to violate and agree as often as said."""
    first = [dice.choice(("violates", "lawful")) for _ in range(count)]
    return [(one, one if dice.random() < agree else {"violates": "lawful", "lawful": "violates"}[one]) for one in first]


def test_the_interval_is_that_of_drawing_the_cases_anew_one_by_one() -> None:
    dice = random.Random(3)
    pairs = pairs_of(200, 0.8, dice)
    drawn = sorted(krippendorff_alpha(dice.choices(pairs, k=200)) or 0.0 for _ in range(1_000))
    low, high = alpha_interval(pairs)
    assert low == pytest.approx(drawn[25], abs=0.03)
    assert high == pytest.approx(drawn[975], abs=0.03)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Who agrees on .85 of cases, half of which violate, has an alpha of .70."""
    dice = random.Random(4)
    intervals = [alpha_interval(pairs_of(80, 0.85, dice)) for _ in range(150)]
    assert 0.88 < sum(low <= 0.7 <= high for low, high in intervals) / 150 <= 1


def test_any_number_of_readers_may_have_seen_a_case() -> None:
    columns = zip(*(row.split() for row in OBSERVERS), strict=True)
    low, high = alpha_interval([[value for value in column if value != "."] for column in columns][:11])
    assert low < 0.743 < high


def test_who_always_agreed_is_not_told_to_be_sure() -> None:
    told = agreement_of([("violates", "violates"), ("lawful", "lawful")] * 20, 30)
    assert (told.cases, told.alpha) == (40, 1.0)
    assert told.interval is not None
    assert told.interval[0] < 0.97
    assert told.interval[1] == 1.0


def test_of_too_few_cases_none_is_told() -> None:
    told = agreement_of([("violates", "lawful")] * 29 + [("violates",)], 30)
    assert (told.cases, told.alpha, told.interval) == (29, None, None)
    told = agreement_of([("violates", "violates")] * 40, 30)
    assert (told.cases, told.alpha, told.interval) == (40, None, None)
