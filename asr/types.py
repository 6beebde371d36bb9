"""What recognition hands on: utterances with words, times and confidence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word; times in ms on the stream clock, probability in [0, 1]."""

    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Speech between two pauses; `confidence` is the mean word probability in [0, 1]."""

    stream_id: str
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    confidence: float
    model: str

    @property
    def utterance_id(self) -> str:
        """The identity within the stream: where it was said."""
        return f"u{self.start_ms}-{self.end_ms}"
