"""Words that only ask."""

import pytest

from claims.text.words import is_second_of_question


@pytest.mark.parametrize(
    ("text", "denial", "asks"),
    [
        ("能不能拆", "不能拆", True),
        ("可不可水洗", "不可水洗", True),
        ("这个不能拆", "不能拆", False),
        ("不能拆", "不能拆", False),
    ],
)
def test_a_denial_behind_its_own_verb_asks(text: str, denial: str, asks: bool) -> None:
    assert is_second_of_question(text, text.index(denial)) is asks
