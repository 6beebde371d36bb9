"""Where a recogniser was not sure, and what else it had nearly heard there: from word probabilities and readings."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from claims.heard import HeardUtterance
from claims.text.numbers import NUMERALS, find_numbers
from claims.types import Doubt

_UNSURE_BELOW = 0.5
_NUMERAL = re.compile(f"[0-9.%半点{NUMERALS}]")


def doubts_of(utterance: HeardUtterance) -> tuple[Doubt, ...]:
    """The words that were heard again, the stretches that other readings have otherwise, the unsure words elsewhere.

    A number that every reading has is not unsure: between 95 and 九五 a recogniser is of two minds about its spelling.
    """
    otherwise: dict[tuple[int, int], list[str]] = {}
    changed: list[tuple[int, int]] = []
    for reading in utterance.alternatives:
        for start, end, other in _differences(utterance.text, reading.text):
            beside = int(_NUMERAL.search(utterance.text[start:end] + other) is not None)
            changed.append((start - beside, end + beside))
            if start < end and other and other not in (said := otherwise.setdefault((start, end), [])):
                said.append(other)
    again = [Doubt(start=r.start, end=r.end, alternatives=(r.word,), below=r.below) for r in utterance.reheard]
    doubts = [Doubt(start=s, end=e, alternatives=tuple(said)) for (s, e), said in sorted(otherwise.items())]
    agreed = [
        number
        for number in find_numbers(utterance.text if utterance.alternatives else "")
        if not any(s < number.end and number.start < e for s, e in changed)
    ]
    unsure = [
        Doubt(start=start, end=end)
        for start, end in _unsure(utterance)
        if not any(s < end and start < e for s, e in otherwise)
        and not any(number.start <= start and end <= number.end for number in agreed)
    ]
    return (*again, *doubts, *unsure)


def _differences(text: str, other: str) -> Iterator[tuple[int, int, str]]:
    """What the other reading has in the place of `[start, end)`; either may be empty."""
    for kind, start, end, left, right in SequenceMatcher(None, text, other, autojunk=False).get_opcodes():
        if kind != "equal" and not _same_number(text[start:end], other[left:right]):
            yield start, end, other[left:right]


def _same_number(said: str, other: str) -> bool:
    """True for one number in digits and in words (12, 十二): nothing is in doubt."""
    numbers = [find_numbers(part) for part in (said, other)]
    whole = all(
        len(n) == 1 and (n[0].start, n[0].end) == (0, len(p)) for n, p in zip(numbers, (said, other), strict=True)
    )
    return whole and (numbers[0][0].low, numbers[0][0].high) == (numbers[1][0].low, numbers[1][0].high)


def _unsure(utterance: HeardUtterance) -> Iterator[tuple[int, int]]:
    """The places of the words below the bar; none where the words don't make up the text."""
    if "".join(word.text for word in utterance.words) != utterance.text:
        return
    end = 0
    for word in utterance.words:
        start, end = end, end + len(word.text)
        if word.probability < _UNSURE_BELOW:
            yield start, end
