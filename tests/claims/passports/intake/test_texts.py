"""Characters at the door: controls, escapes and turned writing are refused wherever they stand."""

from typing import Any

import pytest

from claims.errors import PassportError
from tests.claims.passports.intake.conftest import Faults, Survey
from tests.claims.passports.test_load import LONG, SHORT, places, value_at, with_value

BAD = ["\x00", "\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2066"]


@pytest.mark.parametrize("char", BAD, ids=lambda c: f"U+{ord(c):04X}")
def test_a_character_that_no_text_holds_is_named_with_its_place(faults: Faults, char: str) -> None:
    found = faults({"id": "P-1", "name": f"蜂{char}蜜", "category": "food"})
    assert f"U+{ord(char):04X}" in found["name"]
    assert char not in found["name"]


@pytest.mark.parametrize("record", [SHORT, LONG], ids=["short", "long"])
def test_no_text_anywhere_in_a_record_is_overlooked(survey: Survey, record: dict[str, Any]) -> None:
    texts = [path for path in places(record) if isinstance(value_at(record, path), str)]
    assert len(texts) > 20
    for path in texts:
        errors = survey(with_value(record, path, f"{value_at(record, path)}\x1b[2J")).errors
        assert "[0]." + ".".join(map(str, path)) in {error.path for error in errors}, path


@pytest.mark.parametrize("field", ["registered_claims", "ingredients"])
def test_line_ends_and_tabs_may_stand_in_long_texts(faults: Faults, field: str) -> None:
    record = {"id": "P-1", "name": "甲", "category": "food", field: ["一行\n\t二行\r\n"]}
    assert faults(record) == {}


@pytest.mark.parametrize(("key", "value"), [("id", "P\n1"), ("category", "food/a\tb")])
def test_line_ends_and_tabs_may_not_stand_in_what_is_compared(faults: Faults, key: str, value: str) -> None:
    assert list(faults({"id": "P-1", "name": "甲", "category": "food"} | {key: value})) == [key]


def test_a_key_is_held_to_the_same_and_reaches_no_terminal(survey: Survey) -> None:
    record = {"id": "P-1", "name": "甲", "category": "food", "co\x1b[2Jlour": "red"}
    errors = survey(record).errors
    assert any("the key holds an escape character" in error.reason for error in errors)
    assert not any("\x1b" in str(error) for error in errors)


def test_an_error_writes_out_what_cannot_be_seen() -> None:
    error = PassportError("f.json", "a\x1b[2J", "is \u202e wrong", "P\x00")
    assert str(error) == r"passports f.json: a\x1b[2J: is \u202e wrong (passport P\x00)"
