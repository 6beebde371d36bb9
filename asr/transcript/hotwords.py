"""Terms that a recogniser is told to expect: which ones, and what of them may stand in the text. Pure.

Told what to expect, Whisper writes it where it was not said (杨怀蜜蜂 → 洋槐蜜) and hears other words differently as
well (治疗师 → 治疗室, with neither among the terms). So the text is what is heard untold; from the told reading only
the terms themselves are taken over, each marked, and confirmed only by an untold reading that holds it too.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from asr.types import BiasedTerm, Utterance, Word

SHORTEST_TERM = 2
_TERM = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fffA-Za-z]{2,}")


def fit_terms(phrases: Sequence[str], token_count: Callable[[str], int], most_tokens: int) -> tuple[str, ...]:
    """The terms of these phrases, first ones first, that fit into a prompt of `most_tokens`; each once.

    Numbers and symbols are left out: a number that was suggested is worth nothing as evidence.
    """
    chosen: list[str] = []
    for phrase in phrases:
        for term in _TERM.findall(phrase):
            if term not in chosen and token_count(" ".join((*chosen, term))) <= most_tokens:
                chosen.append(term)
    return tuple(chosen)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Characters `[start, end)` of the untold text, what the told reading has there, and the term it belongs to."""

    start: int
    end: int
    prompted: str
    term: str


def take_terms(utterance: Utterance, prompted: str, terms: Sequence[str]) -> Utterance:
    """The utterance with what of the terms only the told reading holds, marked; all else as it was heard untold."""
    unprompted = utterance.text
    words = list(utterance.words)
    stretches = list(_stretches(unprompted, prompted, terms))
    for stretch in reversed(stretches):
        words = _with_stretch(words, stretch)
    biased: list[BiasedTerm] = []
    grown = 0
    for stretch in stretches:
        start = stretch.start + grown
        heard = unprompted[stretch.start : stretch.end]
        confirmed = any(one.text.count(stretch.term) > unprompted.count(stretch.term) for one in utterance.alternatives)
        biased.append(BiasedTerm(start=start, end=start + len(stretch.prompted), heard=heard, confirmed=confirmed))
        grown += len(stretch.prompted) - len(heard)
    return replace(utterance, text="".join(word.text for word in words), words=tuple(words), biased=tuple(biased))


def _stretches(unprompted: str, prompted: str, terms: Sequence[str]) -> Iterator[_Stretch]:
    """Where the told reading has a term, or a part of one, and the untold something of about its length, in order.

    Where the two readings don't pair up so that the term stands alone, nothing is taken over.
    """
    blocks = SequenceMatcher(None, unprompted, prompted, autojunk=False).get_opcodes()
    taken = 0
    for start, end in _places(prompted, terms):
        first, prompted_start = _counterpart(blocks, start, at_start=True)
        last, prompted_end = _counterpart(blocks, end, at_start=False)
        while first < last and prompted_start < prompted_end and unprompted[first] == prompted[prompted_start]:
            first, prompted_start = first + 1, prompted_start + 1
        while first < last and prompted_start < prompted_end and unprompted[last - 1] == prompted[prompted_end - 1]:
            last, prompted_end = last - 1, prompted_end - 1
        if prompted_start < start or prompted_end > end:
            continue
        replaced, replacement = unprompted[first:last], prompted[prompted_start:prompted_end]
        likely = len(replaced) <= 2 * len(replacement) and len(replacement) <= 2 * len(replaced)
        if likely and first >= taken and replaced.isalnum() and replacement.isalnum():
            yield _Stretch(first, last, replacement, prompted[start:end])
            taken = last


def _places(prompted: str, terms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The longest runs of characters that stand in one of the terms, in order."""
    known = "\n".join(terms).lower()
    lower = prompted.lower()
    start = 0
    while start < len(lower):
        end = start
        while end < len(lower) and lower[start : end + 1] in known:
            end += 1
        if end - start >= SHORTEST_TERM:
            yield start, end
        start = max(start + 1, end if end - start >= SHORTEST_TERM else 0)


def _counterpart(blocks: Sequence[tuple[str, int, int, int, int]], place: int, *, at_start: bool) -> tuple[int, int]:
    """The place in the untold text for one in the told, and that one, moved outward where the two don't pair up."""
    for kind, left, right, told_left, told_right in blocks:
        inside = told_left <= place < told_right if at_start else told_left < place <= told_right
        if not inside:
            continue
        if kind == "equal" or right - left == told_right - told_left:
            return left + place - told_left, place
        return (left, told_left) if at_start else (right, told_right)
    return blocks[-1][2], place


def _with_stretch(words: Sequence[Word], stretch: _Stretch) -> list[Word]:
    """The words with the stretch's characters spread evenly over the time of those it replaces."""
    before: list[Word] = []
    after: list[Word] = []
    hit: list[Word] = []
    place = 0
    head = tail = ""
    for word in words:
        end = place + len(word.text)
        if end <= stretch.start:
            before.append(word)
        elif place >= stretch.end:
            after.append(word)
        else:
            hit.append(word)
            head += word.text[: max(0, stretch.start - place)]
            tail += word.text[max(0, stretch.end - place) :]
        place = end
    pieces = list(stretch.prompted)
    pieces[0], pieces[-1] = head + pieces[0], pieces[-1] + tail
    start_ms, length_ms = hit[0].start_ms, hit[-1].end_ms - hit[0].start_ms
    least = min(word.probability for word in hit)
    spread = [
        Word(
            text=text,
            start_ms=start_ms + length_ms * index // len(pieces),
            end_ms=start_ms + length_ms * (index + 1) // len(pieces),
            probability=least,
        )
        for index, text in enumerate(pieces)
    ]
    return [*before, *spread, *after]
