"""What recognition hands on: utterances with words, times, confidence, and what was nearly heard."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word; times in ms on the stream clock, probability in [0, 1]."""

    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """The whole utterance as it was nearly heard; `score` is the mean log probability of a token."""

    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasedTerm:
    """Characters `[start, end)` of the text that stand there because the recogniser was told to expect them.

    `heard` is what it heard there untold. `confirmed`: one of the untold alternatives holds the term too.
    """

    start: int
    end: int
    heard: str
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reheard:
    """A word that may have been said at characters `[start, end)`, listened for on the same sound.

    `below`: by how many nats the text with it is less likely than the text as it was heard; negative if likelier.
    """

    start: int
    end: int
    word: str
    below: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Speech between two pauses; `confidence` is the mean word probability in [0, 1].

    `alternatives` are the next best readings, best first, none where the engine gives one reading only. `reheard`
    places don't overlap.
    """

    stream_id: str
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    confidence: float
    model: str
    alternatives: tuple[Alternative, ...] = ()
    biased: tuple[BiasedTerm, ...] = ()
    reheard: tuple[Reheard, ...] = ()

    @property
    def utterance_id(self) -> str:
        """The identity within the stream: where it was said."""
        return f"u{self.start_ms}-{self.end_ms}"
