"""What is said against what is registered: the figures of the frozen cases, and of those that were learnt from."""

import pytest

from bench.checkout import CASES_DIR
from bench.registered import (
    engine_of,
    nearest_method,
    our_method,
    passports_of,
    read_registered,
    rows_of,
    same_path,
)
from claims.policy.policy import Policy


@pytest.mark.parametrize(("part", "recall", "precision"), [("dev", 0.60, 0.89), ("test", 0.59, 0.87)])
def test_contradictions_are_found_and_look_alikes_left_alone(
    part: str, recall: float, precision: float, policy: Policy
) -> None:
    cases = read_registered(part)
    row = next(iter(rows_of("rules", cases, our_method(engine_of(part, policy, None)))))
    assert float(str(row["recall"])) >= recall, row
    assert float(str(row["precision"])) >= precision, row
    assert float(str(row["right_attribute"])) >= 0.9, row


def test_the_nearest_attribute_of_the_unit_is_right_far_less_often(policy: Policy) -> None:
    cases = read_registered("test")
    nearest = next(iter(rows_of("nearest", cases, nearest_method(passports_of("test", policy), policy))))
    assert float(str(nearest["precision"])) < 0.7


def test_cases_that_turned_out_wrong_do_not_count() -> None:
    lines = (CASES_DIR / "registered" / "test" / "REMOVED.md").read_text(encoding="utf-8").splitlines()
    removed = {line[2:].partition(":")[0] for line in lines if line.startswith("- ")}
    assert removed
    assert removed.isdisjoint(case.id for case in read_registered("test"))


@pytest.mark.parametrize(
    ("path", "wanted", "same"),
    [
        ("attributes.weight", "attributes.weight", True),
        ("attributes.weight_gross", "attributes.weight", False),
        ("composition.0", "composition", True),
        ("origin", "origin_region", True),
        (None, "origin", False),
        ("attributes.weight", None, False),
    ],
)
def test_an_entry_of_a_list_stands_for_its_list(path: str | None, wanted: str | None, same: bool) -> None:
    assert same_path(path, wanted) is same
