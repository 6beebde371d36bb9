"""What the second reader's store takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claims.types import Finding
from review.cases.types import CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer that was checked, by what was asked of which model; `messages`: the question as it was sent."""

    key: str
    stream_id: str
    model: str
    prompt: str
    messages: tuple[Mapping[str, str], ...]
    answer: str
    tokens_in: int
    tokens_out: int
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most calls within an hour, of one broadcast and of all."""

    of_broadcast: int
    of_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A stored finding without what was said of it, and what people decided; `state` None: it is in no case."""

    finding: Finding
    said: Finding | None = None
    case_id: str | None = None
    state: CaseState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted so far: calls and what else became of questions by outcome, tokens in and out, and the cost."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
