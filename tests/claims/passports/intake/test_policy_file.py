"""`door.yaml`: its tables against the standards they follow, and what is wrong in it by its line."""

from pathlib import Path

import pytest
from babel.numbers import list_currencies

import configs
from claims.errors import PolicyError
from claims.passports.intake.models import IntakeFile
from claims.policy.files import read_policy_file
from claims.policy.policy import Policy
from claims.policy.unit_table import UnitsFile


def packaged() -> IntakeFile:
    return read_policy_file(configs.POLICY_DIR / "door.yaml", IntakeFile)


def test_every_currency_is_one_and_what_is_meant_is_listed() -> None:
    file = packaged()
    assert file.currencies <= set(list_currencies())
    assert {"CNY", "HKD", "MOP", "TWD", "USD", "EUR", "JPY", "GBP", "KRW"} <= file.currencies
    assert set(file.instead.values()) <= file.currencies


def test_no_name_stands_for_two_measures() -> None:
    file = packaged()
    for names in ([k for m in file.measures for k in m.keys], [n for m in file.measures for n in m.labels]):
        assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_measure_has_a_unit() -> None:
    file = packaged()
    compared = read_policy_file(configs.POLICY_DIR / "units.yaml", UnitsFile).dimensions
    assert {d for m in file.measures for d in m.dimensions} <= {*compared, *file.units}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("in: [charge, energy]}", "in: [charge, enrgy]}", "'enrgy' has no unit"),
        ("signed:", "singed:", "unknown key"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(policy_copy: Path, old: str, new: str, reason: str) -> None:
    file = policy_copy / "door.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError, match=reason) as caught:
        Policy(policy_copy)
    assert caught.value.line == text[: text.index(old)].count("\n") + 1
