"""What a case is, what people decide on it, and where it stands."""

from dataclasses import dataclass
from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands. `open`, `second_review` and `senior_review` wait for a person; `proof` for the seller."""

    OPEN = "open"
    PROOF = "proof"
    SECOND_REVIEW = "second_review"
    SENIOR_REVIEW = "senior_review"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


WAITING = (CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.SENIOR_REVIEW)
FINAL = (CaseState.CONFIRMED, CaseState.CLEARED)


class Choice(StrEnum):
    """What a reviewer may decide."""

    VIOLATES = "violates"
    LAWFUL = "lawful"
    UNSURE = "unsure"
    NEEDS_PROOF = "needs_proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One person's decision on a case.

    `before` is the state it was taken in, `after` the state it led to. `undone_at_ms` None: it stands.
    """

    id: str
    case_id: str
    person_id: str
    choice: Choice
    reason: str
    before: CaseState
    after: CaseState
    decided_at_ms: int
    class_id: str | None = None
    note: str = ""
    undone_at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that speaks for or against looking at a case soon, by the code that the pages have words for."""

    code: str
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Findings of one host about one product that claim the same, within and across broadcasts.

    `version` grows with every change and guards decisions (compare and set). `rank` orders the queue and never
    changes with time alone; `why` says what made it. `claimed_by` None: nobody works on it, or the claim ran
    out at `claimed_until_ms`.
    """

    id: str
    key: str
    host_id: str
    host_name: str
    platform: str
    product_id: str | None
    product_name: str | None
    class_id: str
    severity: str
    quote: str
    state: CaseState
    rank: float
    why: tuple[Reason, ...]
    opened_at_ms: int
    changed_at_ms: int
    finding_count: int
    stream_count: int
    said_count: int
    top_finding_id: str
    score: float
    version: int
    sampled: bool
    claimed_by: str | None = None
    claimed_until_ms: int | None = None
    number: int = 0

    @property
    def shown_number(self) -> str:
        """The number that people name the case by: `ZY-000123`."""
        return f"ZY-{self.number:06}"


class BlindKind(StrEnum):
    """What a case is that is no finding until a person decides: a spot check, or a decided case shown anew."""

    SPOT = "spot"
    GOLDEN = "golden"
