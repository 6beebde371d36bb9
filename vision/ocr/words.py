"""Compares readings: which differences between two of them carry meaning."""

import re
import unicodedata
from difflib import SequenceMatcher

_RIVAL_LIKENESS = 0.6
_PATTERN = 4
_POINT_OUTSIDE_NUMBER = re.compile(r"(?<!\d)\.|\.(?!\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def words_of(text: str) -> str:
    """The letters, digits and signs that carry meaning, width and case folded: what makes two readings the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign for sign in folded if sign in "%." or not _is_filler(sign))
    return _POINT_OUTSIDE_NUMBER.sub("", kept)


def skeleton_of(words: str) -> str:
    """The words with every number made the same: what stays of a counter that runs."""
    return _NUMBER.sub("#", words)


def are_alike(one: str, other: str, *, whatever_digits: bool = False) -> bool:
    """Whether two readings (as `words_of` gives them) may be tries at the same words: alike, and no digit different."""
    if not whatever_digits and _digits(one) != _digits(other):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _RIVAL_LIKENESS


def is_pattern(words: str) -> bool:
    """Whether it is what edges and lattices are taken for: signs only, a lone Latin letter, or one letter repeated."""
    if not any(sign.isalnum() for sign in words):
        return True
    if len(words) == 1 and words.isascii() and not words.isdigit():
        return True
    most = max(((words.count(letter), letter) for letter in set(words)), default=(0, ""))
    return most[0] >= _PATTERN and most[0] > 0.6 * len(words) and not most[1].isdigit()


def _is_filler(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign).startswith("P")


def _digits(words: str) -> str:
    return "".join(sign for sign in words if sign.isdigit() or sign == ".")
