"""What one segment tells of sound and picture, and by what rules stretches and troubles are told."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchTerms:
    """How long a stretch is, and after how long of it silence, a black or a frozen picture is told; stream clock."""

    length_ms: int = 30_000
    no_speech_ms: int = 120_000
    black_ms: int = 10_000
    frozen_ms: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece `[start_ms, end_ms)` of the stream clock."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a segment gave before anybody understood it.

    `spoken`: where the detector of speech heard some, which may lie a little before the segment. `pictures`: how many
    were looked at; `seen_ms`: when the last one was, of this segment or before. `black` and `frozen`: between pictures
    that are both black, or that are the same and not black; `…_since_ms`: since when that has been so without a break.
    `analysed` false: it could not be read, so that nothing is known of it.
    """

    sequence: int
    start_ms: int
    end_ms: int
    spoken: tuple[Span, ...] = ()
    pictures: int = 0
    seen_ms: int = 0
    black: tuple[Span, ...] = ()
    frozen: tuple[Span, ...] = ()
    black_since_ms: int | None = None
    frozen_since_ms: int | None = None
    analysed: bool = True


class Condition(StrEnum):
    """What may ail a broadcast that somebody works on."""

    SOURCE_AWAY = "source_away"
    NO_SPEECH = "no_speech"
    BLACK_PICTURE = "black_picture"
    FROZEN_PICTURE = "frozen_picture"
    LAGGING = "lagging"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveCondition:
    """A condition that holds now, since this moment of the stream clock, told at this moment (Unix time)."""

    condition: Condition
    since_ms: int
    began_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What was understood with a segment and was not known before.

    `heard`: where each passage of speech ends, and its characters; `read`: where each text was first seen, and its
    characters. `flags` and `notes`: where each finding begins.
    """

    heard: tuple[tuple[int, int], ...] = ()
    read: tuple[tuple[int, int], ...] = ()
    flags: tuple[int, ...] = ()
    notes: tuple[int, ...] = ()


NOTHING_UNDERSTOOD = Understood()
