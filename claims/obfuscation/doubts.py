"""Where a recogniser was not sure, and what else it had nearly heard there: from word probabilities and readings."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from claims.text.numbers import NUMERALS, find_numbers
from claims.transcript import TranscriptUtterance
from claims.types import Doubt

_UNSURE_BELOW = 0.5
_NUMERAL = re.compile(f"[0-9.%半点{NUMERALS}]")


def doubts_of(utterance: TranscriptUtterance) -> tuple[Doubt, ...]:
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


def said_otherwise(text: str, start: int, end: int, other: str) -> Iterator[tuple[int, int, str]]:
    """What differs where another reading has `other` for text[start:end]: places in the text, and what stands instead.

    Numbers that both have, in digits or in words (只二百, 支200), are left out: nothing of them is in doubt.
    """
    behind = start + len(other)
    instead = text[:start] + other + text[end:]
    mine, its = _numbers_within(text, start, end), _numbers_within(instead, start, behind)
    if mine is None or its is None or [value for _, _, value in mine] != [value for _, _, value in its]:
        mine, its = [], []
    at, other_at = start, start
    for (left, right, _), (other_left, other_right, _) in zip(
        [*mine, (end, end, None)], [*its, (behind, behind, None)], strict=True
    ):
        if text[at:left] != instead[other_at:other_left]:
            yield at, left, instead[other_at:other_left]
        at, other_at = right, other_right


def _numbers_within(text: str, start: int, end: int) -> list[tuple[int, int, object]] | None:
    """Where numbers stand within text[start:end], and their values; None where one goes on before or behind."""
    found: list[tuple[int, int, object]] = []
    for number in find_numbers(text):
        if number.start < end and start < number.end:
            if _NUMERAL.search(text[number.start : start] + text[end : number.end]):
                return None
            found.append((max(number.start, start), min(number.end, end), (number.low, number.high)))
    return found


def _differences(text: str, other: str) -> Iterator[tuple[int, int, str]]:
    """What the other reading has in the place of `[start, end)`; either may be empty."""
    for kind, start, end, left, right in SequenceMatcher(None, text, other, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from said_otherwise(text, start, end, other[left:right])


def _unsure(utterance: TranscriptUtterance) -> Iterator[tuple[int, int]]:
    """The places of the words below the bar; none where the words don't make up the text."""
    if "".join(word.text for word in utterance.words) != utterance.text:
        return
    end = 0
    for word in utterance.words:
        start, end = end, end + len(word.text)
        if word.probability < _UNSURE_BELOW and word.text.strip():
            yield end - len(word.text.lstrip()), start + len(word.text.rstrip())
