"""Words that only ask."""

import pytest

from claims.text.words import is_second_half


@pytest.mark.parametrize(
    ("text", "asks"),
    [("能不能拆", True), ("可不可水洗", True), ("有没有烧过", True), ("这个不能拆", False), ("不能拆", False)],
)
def test_a_negation_between_one_verb_twice_asks(text: str, asks: bool) -> None:
    start = next(at for at, char in enumerate(text) if char in "不没")
    assert is_second_half(text, start, start + 1) is asks
