"""Which characters of a doubt say something against what was heard."""

import pytest

from claims.engine.wavering import unsure_characters
from claims.types import Doubt

WORD, AMOUNT = "面子上压的是十字纹", "卖你二十克"


@pytest.mark.parametrize(
    ("text", "at", "alternatives", "amounts", "unsure"),
    [
        pytest.param(WORD, (6, 7), (), (), {6}, id="a word that was hardly heard"),
        pytest.param(WORD, (6, 7), ("石",), (), set(), id="a numeral in a word, spelt otherwise"),
        pytest.param(WORD, (6, 7), ("四",), (), {6}, id="another numeral"),
        pytest.param("这块石头", (2, 3), ("十",), (), {2}, id="a word that may have been a numeral"),
        pytest.param(WORD, (3, 5), ("雅地",), (), {3, 4}, id="one of two sounds otherwise"),
        pytest.param(AMOUNT, (3, 4), ("石",), (2, 3, 4), {3}, id="a numeral of an amount"),
        pytest.param(AMOUNT, (1, 4), ("泥20",), (2, 3, 4), set(), id="the same number, and the rest sounds the same"),
        pytest.param(AMOUNT, (1, 4), ("了20",), (2, 3, 4), {1}, id="the same number behind another word"),
        pytest.param(AMOUNT, (1, 4), ("了20", "你30"), (2, 3, 4), {1, 2, 3}, id="one reading has another number"),
        pytest.param(AMOUNT, (2, 5), ("20斤",), (2, 3, 4), {2, 3, 4}, id="the same number in another unit"),
    ],
)
def test_only_what_other_readings_deny_is_unsure(
    text: str, at: tuple[int, int], alternatives: tuple[str, ...], amounts: tuple[int, ...], unsure: set[int]
) -> None:
    doubt = Doubt(start=at[0], end=at[1], alternatives=alternatives)
    assert unsure_characters(text, doubt, amounts) == unsure
