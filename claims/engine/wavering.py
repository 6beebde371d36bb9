"""Which characters the recogniser was not sure of, where its other readings say the same number or sound the same."""

from collections.abc import Collection

from claims.obfuscation.doubts import said_otherwise
from claims.text.normalise import is_cjk
from claims.text.numbers import NUMERALS
from claims.text.spell import sound_classes
from claims.types import Doubt


def unsure_characters(text: str, doubt: Doubt, amounts: Collection[int]) -> set[int]:
    """The places of what was in doubt, in the passage's own text; `amounts`: the places of its numbers and units.

    A number that the other readings have too (只二百, 支200) is not in doubt, nor is a word of which they spell the
    sound otherwise; a numeral in it (十字纹) is part of the word. Of a number no sound is enough: 四 is not 十. A word
    that may have been a numeral is in doubt, and all of it where the unit differs.
    """
    everywhere = set(range(doubt.start, doubt.end))
    if not doubt.alternatives:
        return everywhere
    unsure = {
        at
        for other in doubt.alternatives
        for start, end, instead in said_otherwise(text, doubt.start, doubt.end, other)
        if not _sounds_the_same(text, start, end, instead, amounts)
        for at in range(start, end)
    }
    return unsure if unsure.isdisjoint(amounts) else everywhere


def _sounds_the_same(text: str, start: int, end: int, instead: str, amounts: Collection[int]) -> bool:
    return len(instead) == end - start and all(
        text[at] == other or (is_cjk(text[at]) and is_cjk(other) and _spells(text[at], other, at in amounts))
        for at, other in zip(range(start, end), instead, strict=True)
    )


def _spells(said: str, other: str, in_amount: bool) -> bool:
    if other in NUMERALS or (in_amount and said in NUMERALS):
        return False
    return sound_classes(said) == sound_classes(other)
