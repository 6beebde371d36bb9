"""Agreement as it was published: Cohen's of a four-field table, Krippendorff's of his own example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from review.analytics.agreement import cohen_kappa, krippendorff_alpha

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
