"""What the dashboards and the page of lessons show."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of the cases that one rule, or one class, brought up.

    `violates` and `lawful` count decided cases by how they stand now. `undone`, `disagreed`, `reopened` count
    decisions that did not last; `overturned` those of the reopened that were decided the other way.
    """

    rule: str
    class_id: str
    violates: int = 0
    lawful: int = 0
    undone: int = 0
    disagreed: int = 0
    reopened: int = 0
    overturned: int = 0

    @property
    def decided(self) -> int:
        """How many cases the precision stands on."""
        return self.violates + self.lawful

    @property
    def precision(self) -> float | None:
        """The share of decided cases that violate; None: none is decided."""
        return self.violates / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares the rule's true precision lies, at 95 %; None: no case is decided."""
        return wilson(self.violates, self.decided) if self.decided else None


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """The interval of Wilson (1927) at 95 % for a share; it stays within [0, 1] and holds for few tries."""
    share = hits / tries
    spread = _Z * math.sqrt(share * (1 - share) / tries + _Z**2 / (4 * tries**2))
    middle = share + _Z**2 / (2 * tries)
    scale = 1 + _Z**2 / tries
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


class ProposalKind(StrEnum):
    """What proposed words are: a word that the lexicon lacks, or one that only looks like a violation."""

    WORD = "word"
    NEAR_MISS = "near_miss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Words that a reviewer proposes, and why; `rule` is the one that brought up the case they come from.

    `reason` empty: they were proposed before a reason was asked for.
    """

    id: str
    case_id: str
    person_id: str
    class_id: str
    words: str
    kind: ProposalKind
    rule: str
    created_at_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A table of figures: keys of its columns' headings, and rows whose first cell names them.

    `chart`: how it is drawn, `bars` along or `columns` up; empty: it is a table alone. `shares`: columns whose
    numbers are shares of one.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: str = ""
    shares: frozenset[str] = field(default_factory=frozenset)
