"""What a replay is asked, and what it tells: which flags another policy would add, take away or change."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claims.classifier.learnt_file import OWN
from claims.types import Disposition, Finding, Passage, PlatformFact, VerdictKind
from review.cases.types import CaseState
from review.evidence.basis import Step
from review.streams.tenant_rules import StoredRules


class ChangeKind(StrEnum):
    """What becomes of a flag under the candidate; a note that stays a note is no change."""

    FLAGGED = "flagged"
    CLEARED = "cleared"
    CHANGED = "changed"


class ReplayState(StrEnum):
    """Where a replay stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which broadcasts to replay: by when they started, half-open, or by id; None and empty: no such bound."""

    since: datetime | None = None
    until: datetime | None = None
    stream_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStream:
    """A broadcast as it can be judged again: passages in the order in which they were understood.

    `steps`: in which steps they were judged, and what was seen of products meanwhile; none: that was not kept.
    `passports`: the text of each that was in force then, in any order. `products`: their ids by link number.
    `tenant_id`: whose broadcast it is. `words`: the list that its customer has in force now.
    """

    stream_id: str
    host_id: str
    host_name: str
    at: datetime
    passages: tuple[Passage, ...]
    facts: tuple[PlatformFact, ...]
    products: tuple[str, ...]
    passports: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    tenant_id: str = OWN
    words: StoredRules | None = None

    @property
    def span_ms(self) -> int:
        """Up to where something was said or shown."""
        return max((passage.end_ms for passage in self.passages), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding, as far as two policies are compared by it."""

    finding_id: str
    class_id: str
    verdict: VerdictKind
    disposition: Disposition
    severity: str
    law: tuple[str, ...]
    product_id: str | None
    category: str | None
    passage_ids: tuple[str, ...]
    start_ms: int
    quote: str
    rule: str
    score: float

    @property
    def flags(self) -> bool:
        """Whether it goes to the queue."""
        return self.disposition is Disposition.FLAG


def said_of(finding: Finding, category: str | None = None) -> Said:
    """The finding as it is compared; `category`: its product's."""
    return Said(
        finding_id=finding.finding_id,
        class_id=finding.class_id,
        verdict=finding.verdict,
        disposition=finding.disposition,
        severity=finding.severity,
        law=finding.law,
        product_id=finding.product_id,
        category=category,
        passage_ids=finding.passage_ids,
        start_ms=finding.start_ms,
        quote=finding.quote,
        rule=finding.rule,
        score=finding.score,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored finding and the case that it is in; None: in none."""

    said: Said
    case_id: str | None = None
    state: CaseState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the candidate makes of one claim.

    `before` and `after` are what each policy finds, a note or nothing (None) among it; `parts`: what differs of a
    flag that both raise. `stored_id` and `case_id`: where people can look at it; None: it is not stored.
    """

    kind: ChangeKind
    stream_id: str
    host_id: str
    before: Said | None
    after: Said | None
    parts: tuple[str, ...] = ()
    stored_id: str | None = None
    case_id: str | None = None
    state: CaseState | None = None

    @property
    def said(self) -> Said:
        """The side that has most to show: the flag."""
        shown = self.before if self.kind is ChangeKind.CLEARED else self.after
        assert shown is not None
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A stored finding on whose case people have decided, and whether each policy still flags it."""

    case_id: str
    stream_id: str
    state: CaseState
    said: Said
    before: bool
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDiff:
    """What the candidate changes in one broadcast; `unlike`: how far the policy in force parts from what is stored.

    It parts where the stored findings were made by an older policy or program, or where what was seen was not kept.
    `missing`: products whose passport was not kept.
    """

    stream_id: str
    host_id: str
    host_name: str
    span_ms: int
    passage_count: int
    before: tuple[Said, ...]
    after: tuple[Said, ...]
    changes: tuple[Change, ...]
    decided: tuple[Decided, ...]
    unlike: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A broadcast that could not be replayed, and why."""

    stream_id: str
    why: str
