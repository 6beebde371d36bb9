"""Strikes, measures, notices, answers and appeals."""

from dataclasses import dataclass
from enum import StrEnum


class MeasureKind(StrEnum):
    """The measures, from mild to grave (直播电商监督管理办法 12)."""

    WARNING = "warning"
    LIMITS = "limits"
    SUSPENSION = "suspension"
    BLACKLIST = "blacklist"


class MeasureState(StrEnum):
    """Where a measure stands; all but the first two are final."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    ENDED = "ended"
    LIFTED = "lifted"


OPEN = (MeasureState.PROPOSED, MeasureState.IN_FORCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A confirmed case as it counts for its host.

    `at_ms`: when it was found, from which its expiry counts. `corrected`: every finding of it was put right on the
    spot. `law`: what its findings cite.
    """

    case_id: str
    host_id: str
    class_id: str
    category: str | None
    severity: str
    corrected: bool
    law: tuple[str, ...]
    at_ms: int
    confirmed_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the sum: a case's points, each factor in hundredths, and what counts in the end."""

    case_id: str
    base_points: int
    factors: tuple[tuple[str, int], ...]
    points: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the table proposes; `measure` None: nothing. `steps` show the sum, `reason_*` say it in words."""

    measure: MeasureKind | None
    points: int
    term_days: int
    steps: tuple[Step, ...]
    reason_zh: str
    reason_en: str
    table_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the host is told: facts, reasons, legal basis, exact term, appeal route.

    The Chinese text holds; an empty English one is shown in Chinese. The term is `[starts_at_ms, ends_at_ms)`.
    """

    facts_zh: str
    reasons_zh: str
    basis: tuple[str, ...]
    starts_at_ms: int | None
    ends_at_ms: int | None
    appeal_zh: str
    facts_en: str = ""
    reasons_en: str = ""
    appeal_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person proposes. A blacklist names the `breach` and says in `serious_why` what makes it serious.

    `urgent_why` empty: the host is heard before the measure begins.
    """

    host_id: str
    kind: MeasureKind
    notice: Notice
    case_ids: tuple[str, ...]
    breach: str = ""
    serious_why: str = ""
    urgent_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure against a host, from the proposal to its end.

    `defence_due_ms`: until when the host is heard first. `lapses_at_ms`: when a proposal ends that nobody approved.
    `appeal_due_ms` None: not approved. `closed_by` "" where it ended by itself.
    """

    id: str
    host_id: str
    kind: MeasureKind
    state: MeasureState
    notice: Notice
    case_ids: tuple[str, ...]
    breach: str
    serious_why: str
    urgent_why: str
    table_version: str
    proposed_by: str
    proposed_at_ms: int
    defence_due_ms: int
    lapses_at_ms: int
    approved_by: str | None = None
    approved_at_ms: int | None = None
    appeal_due_ms: int | None = None
    closed_by: str | None = None
    closed_at_ms: int | None = None
    closed_why: str = ""

    @property
    def starts_at_ms(self) -> int:
        """The first moment of the term."""
        assert self.notice.starts_at_ms is not None
        return self.notice.starts_at_ms

    @property
    def ends_at_ms(self) -> int:
        """The first moment after the term."""
        assert self.notice.ends_at_ms is not None
        return self.notice.ends_at_ms

    def binds(self, now_ms: int) -> bool:
        """True if the measure holds at this moment."""
        return self.state is MeasureState.IN_FORCE and self.starts_at_ms <= now_ms < self.ends_at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A file that the host handed in, stored under its SHA-256."""

    sha256: str
    name: str
    media_type: str
    byte_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """What the host says before a measure begins."""

    measure_id: str
    statement: str
    files: tuple[HandedIn, ...]
    at_ms: int


class AppealState(StrEnum):
    """Where an appeal stands."""

    FILED = "filed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What the host says against a measure, and what somebody who had no part in it decided; reasons in writing."""

    id: str
    measure_id: str
    statement: str
    files: tuple[HandedIn, ...]
    state: AppealState
    filed_at_ms: int
    decide_due_ms: int
    decided_by: str | None = None
    decided_at_ms: int | None = None
    reasons_zh: str = ""
    reasons_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFile:
    """What is kept of a host: the host's page and the case pages show it."""

    host_id: str
    linked: tuple[str, ...]
    strikes: tuple[Strike, ...]
    measures: tuple[Measure, ...]
    appeals: tuple[Appeal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPage:
    """What a host sees through the link: the measure with its notice, what was said, and every deadline."""

    measure: Measure
    defence: Defence | None
    appeals: tuple[Appeal, ...]
    may_answer: bool
    may_appeal: bool
    page_until_ms: int
