"""Numbers of which only an end was understood: nothing is held against a record by them.

一百舞十 is no ten, yi百五 no hundred, 1 5 0 no zero; what stands before tells that more of the number was said.
"""

import re
from functools import cache

from claims.policy.linking import LinkingFile
from claims.text.numbers import NUMERALS
from claims.text.spell import syllable

_NUMERALS = frozenset(f"0123456789{NUMERALS}")
_DIGIT_BY_DIGIT = re.compile("(?<![0-9])[0-9] [0-9](?![0-9])")


def is_cut_short(text: str, start: int, words: LinkingFile) -> bool:
    """True if what stands before the number at `start` belongs to it."""
    before = text[max(0, start - 8) : start]
    if not before:
        return False
    if words.goes_on.sub("", before)[-1:] in _NUMERALS or _DIGIT_BY_DIGIT.match(text, max(0, start - 2)):
        return True
    if text[start] not in NUMERALS:
        return False
    if before[-1].isascii() and before[-1].isalpha():
        return True
    return before[:-1].endswith((*NUMERALS, *words.share_opens)) and syllable(before[-1]) in _sounds_of_numerals()


@cache
def _sounds_of_numerals() -> frozenset[str]:
    return frozenset(map(syllable, NUMERALS))
