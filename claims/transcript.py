"""A recogniser's transcript: what claim understanding asks of it, whichever recogniser it was.

`asr.types.Utterance` has this form; nothing here knows how it was made.
"""

from collections.abc import Sequence
from typing import Protocol


class TranscriptWord(Protocol):
    """One recognised word; times in ms on the stream clock, probability in [0, 1]."""

    @property
    def text(self) -> str: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def probability(self) -> float: ...


class NBestAlternative(Protocol):
    """The whole utterance as it was nearly heard."""

    @property
    def text(self) -> str: ...


class PromptedTerm(Protocol):
    """Characters `[start, end)` of the text that stand there because the recogniser was told to expect them.

    `heard` is what it heard there untold; `confirmed`: an untold alternative holds the term too.
    """

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def heard(self) -> str: ...
    @property
    def confirmed(self) -> bool: ...


class RescoredWord(Protocol):
    """A word that may have been said at characters `[start, end)`, by `below` nats less likely than what was heard."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def word(self) -> str: ...
    @property
    def below(self) -> float: ...


class TranscriptUtterance(Protocol):
    """Speech between two pauses; `alternatives` are the next best readings, best first."""

    @property
    def stream_id(self) -> str: ...
    @property
    def utterance_id(self) -> str: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def words(self) -> Sequence[TranscriptWord]: ...
    @property
    def alternatives(self) -> Sequence[NBestAlternative]: ...
    @property
    def biased(self) -> Sequence[PromptedTerm]: ...
    @property
    def reheard(self) -> Sequence[RescoredWord]: ...
