"""Papers that are not in force at the broadcast are told, and refuse nothing."""

from datetime import date
from typing import Any

import pytest

from claims.passports.load import admit_passports
from claims.passports.terms import not_in_force
from claims.policy.policy import Policy

BARE: dict[str, Any] = {"id": "P-1", "name": "甲", "category": "food"}


def paper(**term: str) -> dict[str, Any]:
    return BARE | {"certificates": [{"scheme": "SC", "number": "SC10236070212345"} | term]}


@pytest.mark.parametrize(
    ("record", "day", "told"),
    [
        (paper(valid_until="2026-11-23"), date(2026, 11, 24), "ended on 2026-11-23"),
        (paper(valid_until="2026-11-24"), date(2026, 11, 24), None),
        (paper(valid_until="2026-11-23"), date(2026, 11, 23), None),
        (paper(valid_from="2026-11-25"), date(2026, 11, 24), "begins on 2026-11-25"),
        (paper(), date(2026, 11, 24), None),
        (BARE | {"valid_to": "2026-01-01"}, date(2026, 11, 24), "the passport ended on 2026-01-01"),
    ],
)
def test_what_is_not_in_force_on_the_day_is_told(
    policy: Policy, record: dict[str, Any], day: date, told: str | None
) -> None:
    (passport,) = admit_passports([record], policy.quantity_reader, source="x")
    found = not_in_force(passport, day)
    assert len(found) == (told is not None)
    if told is not None:
        assert told in found[0]
        assert found[0].startswith("P-1: ")
