"""What is wrong throughout costs no more than what is wrong once in a while: faults and searches are bounded."""

from typing import Any
from unittest.mock import patch

from claims.passports.intake.units import UnitRegistry
from tests.claims.passports.intake.conftest import Survey

BARE: dict[str, Any] = {"id": "P-1", "name": "甲", "category": "other"}


def test_a_passport_that_is_wrong_throughout_is_told_of_in_part(survey: Survey) -> None:
    attributes = [{"name": f"a{n}", "value": 1, "unit": f"furlong{n % 1000}"} for n in range(20_000)]
    with patch.object(UnitRegistry, "nearest", autospec=True, side_effect=UnitRegistry.nearest) as searched:
        errors = survey(BARE | {"attributes": attributes}).errors
    assert len(errors) == searched.call_count == 200


def test_a_file_that_is_wrong_throughout_is_not_read_to_its_end(survey: Survey) -> None:
    errors = survey(*(BARE | {"id": f"P-{n}", "category": "x"} for n in range(5000))).errors
    assert len(errors) == 1001
    assert "were not looked at" in errors[-1].reason
    assert errors[-1].path == "[1000]"


def test_long_names_are_looked_up_by_their_end(survey: Survey) -> None:
    long = {"name": "max_" * 100_000 + "weight", "label": "(" * 100_000 + "净重", "value": 5, "unit": "V"}
    [error] = survey(BARE | {"attributes": [long]}).errors
    assert "does not fit" in error.reason
    assert len(str(error)) < 500
