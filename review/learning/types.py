"""What is learnt, from what, and what reads beside what is in force."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from claims.classifier.fit.examples import LabelledPassage


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decided passages of a customer, the oldest first, and how many decisions teach nothing, by why."""

    passages: tuple[LabelledPassage, ...]
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fit as it is kept. `digest` None: it was refused, and `refused` says why.

    `forgotten`: how many hosts whose talk is in it asked to be left out since.
    """

    id: str
    tenant_id: str
    made_at_ms: int
    made_by: str
    digest: str | None
    refused: str | None
    card: Mapping[str, Any]
    forgotten: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A candidate that reads beside the policy that was in force when it began."""

    id: str
    digest: str
    live_digest: str
    began_at_ms: int
    began_by: str
    ended_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowScore:
    """What both make of one place; a score None: that one finds nothing there."""

    stream_id: str
    class_id: str
    start_ms: int
    quote: str
    score: float | None
    flags: bool
    shadow_score: float | None
    shadow_flags: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowFigures:
    """How a shadow stands: what it read, and how its flags stand to those in force."""

    streams: int = 0
    skipped: int = 0
    passages: int = 0
    both: int = 0
    added: int = 0
    dropped: int = 0
