"""Strikes, measures, notices, answers and appeals."""

from dataclasses import dataclass
from enum import StrEnum


class MeasureKind(StrEnum):
    """The measures, from mild to grave (直播电商监督管理办法 12)."""

    WARNING = "warning"
    LIMITS = "limits"
    SUSPENSION = "suspension"
    BLACKLIST = "blacklist"

    @property
    def gravity(self) -> int:
        """Its place from mild to grave."""
        return list(MeasureKind).index(self)


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
class Broadcast:
    """A broadcast in which a case's words fell, by when they first and last did; `stream_id` "": no longer kept.

    `known_ms`: since when it is in the store; nobody can have looked at it before.
    """

    stream_id: str
    first_ms: int
    last_ms: int
    known_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A confirmed case as it counts for its host.

    `at_ms`: when it was found, from which its expiry counts. `corrected`: every finding of it was put right on the
    spot. `law`: what its findings cite. `class_id`: as people found it, where they found another than `found_class_id`.
    `broadcasts`: those that were there when people confirmed it; what is said again later is confirmed by nobody.
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
    found_class_id: str = ""
    broadcasts: tuple[Broadcast, ...] = ()

    @property
    def said_in(self) -> tuple[Broadcast, ...]:
        """Where its words fell; where that is no longer kept, one broadcast of which only the finding is known."""
        return self.broadcasts or (Broadcast(stream_id="", first_ms=self.at_ms, last_ms=self.at_ms),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A measure that was approved and stands: what the host was told, when, and for which cases."""

    kind: MeasureKind
    told_at_ms: int
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the sum: a case's points, each factor in hundredths, and what counts in the end."""

    case_id: str
    base_points: int
    factors: tuple[tuple[str, int], ...]
    points: int
    expires_at_ms: int


class Held(StrEnum):
    """What holds a proposal below the measure that the points reach."""

    NOTHING = ""
    LADDER = "ladder"
    LAW = "law"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the table proposes; `measure` None: nothing. `steps` show the sum, `reason_*` say it in words.

    `reached`: what the points alone would lead to; `held`: why the proposal is milder.
    """

    measure: MeasureKind | None
    points: int
    term_days: int
    steps: tuple[Step, ...]
    reason_zh: str
    reason_en: str
    table_version: str
    reached: MeasureKind | None = None
    held: Held = Held.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Words of a case, when and where they were said or shown.

    `at_ms`: stream time. `said_at_ms`: on the calendar; None: the broadcast's start is not known.
    """

    finding_id: str
    stream_id: str
    title: str
    channel: str
    quote: str
    at_ms: int
    said_at_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A chosen case as the notice states it; `decision_id` is the decision by which it was confirmed.

    `more_broadcasts`: in how many others the same was said, beyond those that are listed.
    """

    case_id: str
    decision_id: str
    class_id: str
    class_zh: str
    class_en: str
    product: str
    occurrences: tuple[Occurrence, ...]
    more_broadcasts: int
    claimed: str
    registered: str
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsFactor:
    """A reason to weigh a case more or less, in hundredths of its points."""

    percent: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRow:
    """A line of the table of points; `number` is that of the fact. `counts` false: it is forgotten by the table."""

    number: int
    case_id: str
    class_zh: str
    class_en: str
    severity: str
    base_points: int
    factors: tuple[PointsFactor, ...]
    points: int
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the host is told: facts, reasons, legal basis, exact term, appeal route.

    The Chinese text holds; an empty English one is shown in Chinese. The term is `[starts_at_ms, ends_at_ms)`. All but
    the remarks is composed (`review.enforcement.notice_composition`); a notice from before that has neither
    `facts` nor `points`.
    `basis_*`: the citations of `basis` as they are printed; `power_*`: by which law the platform takes the measure,
    makes it public and reports it. `amended_*`: what an appeal changed; "": nothing did.
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
    facts: tuple[Fact, ...] = ()
    points: tuple[PointsRow, ...] = ()
    points_total: int = 0
    basis_zh: tuple[str, ...] = ()
    basis_en: tuple[str, ...] = ()
    remarks_zh: str = ""
    remarks_en: str = ""
    proposed_kind: str = ""
    power_zh: str = ""
    power_en: str = ""
    amended_zh: str = ""
    amended_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person chooses; the notice is composed from it. A blacklist names the `breach` and says in `serious_why`
    what makes it serious.

    `starts_at_ms` None: once the host was heard. `term_days` None: the table's usual term. `urgent_why` empty: the host
    is heard before the measure begins.
    """

    host_id: str
    kind: MeasureKind
    case_ids: tuple[str, ...]
    starts_at_ms: int | None = None
    term_days: int | None = None
    remarks_zh: str = ""
    remarks_en: str = ""
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

    @property
    def begins_at_ms(self) -> int:
        """When it takes effect: with its term, or with its approval where that came later."""
        return max(self.starts_at_ms, self.approved_at_ms or 0)

    def binds(self, now_ms: int) -> bool:
        """True if the measure holds at this moment."""
        return self.state is MeasureState.IN_FORCE and self.begins_at_ms <= now_ms < self.ends_at_ms


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
    """Where an appeal stands. `varied`: some of its cases fell, or the measure became milder or shorter."""

    FILED = "filed"
    UPHELD = "upheld"
    VARIED = "varied"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is decided on one case of an appealed measure, with the reasons in writing.

    `why`: of a case that does not stand, why it is lawful, one of the reasons that reviewers give. `fact` and `quote`:
    what the appealed notice called it; 0 and "" until it is decided, or where that notice lists no facts.
    """

    case_id: str
    stands: bool
    reasons_zh: str
    reasons_en: str = ""
    why: str = ""
    fact: int = 0
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """The measure that is left where cases stand. `kind` None: none; `term_days` None: as long as it may be."""

    kind: MeasureKind | None
    term_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a decision on an appeal made of the measure; `kind_after` None: it was lifted."""

    kind_before: MeasureKind
    ends_before_ms: int
    kind_after: MeasureKind | None
    ends_after_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """What the host says against a measure, and what somebody who had no part in it decided; reasons in writing.

    `rulings`: case by case; none before it is decided, or where it was decided as one. `reasons_*`: of it as a whole.
    """

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
    rulings: tuple[Ruling, ...] = ()
    outcome: Outcome | None = None


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
