"""Rescoring of candidates: words that sound like what was heard, weighed against it on the same sound. Pure.

A recogniser that is told what to expect hears it where nobody said it. Here nothing is told: a text with the word in
place of what was heard is scored on the sound beside the text as it was heard, and the word is kept only where it is
about as likely. On sentences in noise the words that were said came within a few nats; others lay far below.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from asr.types import Reheard, Utterance

# Above this probability of every character nothing is looked at twice.
SURE = 0.8
MOST_CANDIDATES = 6
# How far below what was heard a word may lie, in nats of the whole text's log probability.
MOST_BELOW = 5.0


class Candidate(Protocol):
    """A word that may have been said at characters `[start, end)`, whoever found it."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def word(self) -> str: ...


class SoundAlikes(Protocol):
    """What finds words that sound like parts of a text; goes to the engines' processes by pickle."""

    def find(self, text: str) -> Sequence[Candidate]:
        """The words, those that sound most alike first."""
        ...


def candidates_in(utterance: Utterance, alikes: SoundAlikes) -> list[Candidate]:
    """The likeliest words where the recogniser was not sure; none where its words don't make up the text."""
    sure = _probabilities(utterance)
    if sure is None or min(sure, default=1.0) >= SURE:
        return []
    found = [one for one in alikes.find(utterance.text) if min(sure[one.start : one.end]) < SURE]
    return found[:MOST_CANDIDATES]


def with_word(text: str, candidate: Candidate) -> str:
    """The text with the word in its place."""
    return text[: candidate.start] + candidate.word + text[candidate.end :]


def rescored(candidates: Sequence[Candidate], below: Iterable[float]) -> tuple[Reheard, ...]:
    """The candidates that are likely enough, the likeliest where places overlap, in order of their places.

    `below`: by how many nats each one's text lies below the text as it was heard; negative where it lies above.
    """
    likely = [(nats, one) for nats, one in zip(below, candidates, strict=True) if nats <= MOST_BELOW]
    kept: list[Reheard] = []
    for nats, one in sorted(likely, key=lambda pair: (pair[0], pair[1].start, pair[1].end)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(Reheard(start=one.start, end=one.end, word=one.word, below=round(nats, 2)))
    return tuple(sorted(kept, key=lambda one: one.start))


def _probabilities(utterance: Utterance) -> list[float] | None:
    """How sure the recogniser was of each character."""
    spread = [word.probability for word in utterance.words for _ in word.text]
    return spread if len(spread) == len(utterance.text) else None
