"""The questions that the queue and the case page ask."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import Session

from review.accounts.types import Person, Role
from review.cases.grouping import same_script
from review.cases.types import WAITING, Case, CaseState, Choice, Decision, Reason
from review.db.ownership import host_is_of
from review.db.tables.base import CounterRow
from review.db.tables.cases import CaseBandRow, CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.duties import DeferralRow, DutyRow
from review.db.tables.learning import BlindCaseRow
from review.db.tables.streams import HIDDEN, FindingRow, StreamRow
from review.errors import UnknownCaseError
from review.streams.rows import finding_from_row
from review.streams.types import StoredFinding, StreamState

_SIMILAR = 20
_NUMBER = re.compile(r"(?:ZY-?|#)?0*(\d{1,12})", re.IGNORECASE)
_CANDIDATES = 200
_HOSTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """Which cases, and where to go on; None or empty: not asked about. `after`: rank and id of the last one seen.

    `decidable_by`: leaves out second and senior reviews that this person may not take, cases given to another, and
    those that the person put aside for good. `at_ms`: leaves out what is put aside for everybody at that moment;
    `put_aside`: that alone. `text`: in the words, the host's or the product's name, or the
    case's number. `free_at_ms`: leaves out what another than `decidable_by` holds at that moment. `given_to`:
    what was given to this person alone. `tenants`: of these customers' hosts alone. `findings_alone`: without cases
    that are no finding until a person decides. `stream_id`: with a finding of this broadcast.
    """

    states: tuple[CaseState, ...] = WAITING
    class_id: str | None = None
    host_id: str | None = None
    stream_id: str | None = None
    product_id: str | None = None
    platform: str | None = None
    severity: str | None = None
    claimed_by: str | None = None
    decidable_by: Person | None = None
    classes: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    language: str | None = None
    text: str = ""
    given_to: str | None = None
    at_ms: int | None = None
    put_aside: bool = False
    free_at_ms: int | None = None
    tenants: frozenset[str] | None = None
    findings_alone: bool = False
    after: tuple[float, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Some cases, the most pressing first; `next_after` None: there are no more."""

    cases: tuple[Case, ...]
    next_after: tuple[float, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """How many cases stand where; `oldest_ms`: when the longest waiting one was opened, None if none waits."""

    by_state: Mapping[CaseState, int] = field(default_factory=dict)
    by_class: Mapping[str, int] = field(default_factory=dict)
    oldest_ms: int | None = None


def case_from_row(row: CaseRow) -> Case:
    """The case as stored."""
    return Case(
        id=row.case_id,
        key=row.case_key,
        host_id=row.host_id,
        host_name=row.host_name,
        platform=row.platform,
        product_id=row.product_id,
        product_name=row.product_name,
        class_id=row.class_id,
        severity=row.severity,
        quote=row.quote,
        state=CaseState(row.state),
        rank=row.rank,
        why=tuple(Reason(code=reason["code"], count=reason["count"]) for reason in row.why),
        opened_at_ms=row.opened_at_ms,
        changed_at_ms=row.changed_at_ms,
        finding_count=row.finding_count,
        stream_count=row.stream_count,
        said_count=row.said_count,
        top_finding_id=row.top_finding_id,
        score=row.score,
        version=row.version,
        sampled=row.sampled,
        claimed_by=row.claimed_by,
        claimed_until_ms=row.claimed_until_ms,
        number=row.number,
    )


def decision_from_row(row: DecisionRow) -> Decision:
    """The decision as stored."""
    return Decision(
        id=row.decision_id,
        case_id=row.case_id,
        person_id=row.person_id,
        choice=Choice(row.choice),
        reason=row.reason,
        before=CaseState(row.before),
        after=CaseState(row.after),
        decided_at_ms=row.decided_at_ms,
        class_id=row.class_id,
        note=row.note,
        undone_at_ms=row.undone_at_ms,
    )


def read_case(session: Session, case_id: str) -> Case:
    """One case; raises UnknownCaseError."""
    row = session.get(CaseRow, case_id)
    if row is None:
        raise UnknownCaseError(case_id)
    return case_from_row(row)


def read_queue(session: Session, query: CaseQuery) -> CasePage:
    """A page of the queue, the most pressing first.

    Each state gives its own first rows by the index of state and rank: asked for all states at once, the database
    would sort every case that waits. Of one broadcast, which has few cases, all states are read at once.
    """
    order = (CaseRow.rank.desc(), CaseRow.case_id)
    conditions = _conditions(query)
    if query.after is not None:
        rank, case_id = query.after
        conditions.append(CaseRow.rank <= rank)
        conditions.append(or_(CaseRow.rank < rank, CaseRow.case_id > case_id))
    firsts = [
        select(CaseRow.case_id)
        .where(_in_states(query, states), *conditions)
        .order_by(*order)
        .limit(query.limit + 1)
        .subquery()
        for states in _read_at_once(query)
    ]
    ids = union_all(*(select(first.c.case_id) for first in firsts))
    ordered = select(CaseRow).where(CaseRow.case_id.in_(ids)).order_by(*order).limit(query.limit + 1)
    cases = [case_from_row(row) for row in session.scalars(ordered)]
    page = tuple(cases[: query.limit])
    more = len(cases) > query.limit
    return CasePage(cases=page, next_after=(page[-1].rank, page[-1].id) if more else None)


def read_counts(session: Session, query: CaseQuery) -> QueueCounts:
    """Cases by state, and the waiting ones by class; the query's own state and class are not applied."""
    open_to_all = CaseQuery(
        states=(),
        host_id=query.host_id,
        stream_id=query.stream_id,
        product_id=query.product_id,
        platform=query.platform,
        severity=query.severity,
        claimed_by=query.claimed_by,
        decidable_by=query.decidable_by,
        classes=query.classes,
        severities=query.severities,
        language=query.language,
        text=query.text,
        tenants=query.tenants,
    )
    rows = session.execute(
        select(CaseRow.state, CaseRow.class_id, func.count(), func.min(CaseRow.opened_at_ms))
        .where(*_conditions(open_to_all))
        .group_by(CaseRow.state, CaseRow.class_id)
    ).all()
    by_state: dict[CaseState, int] = {}
    by_class: dict[str, int] = {}
    oldest: list[int] = []
    for state, class_id, count, first in rows:
        kind = CaseState(state)
        by_state[kind] = by_state.get(kind, 0) + count
        if kind in WAITING:
            by_class[class_id] = by_class.get(class_id, 0) + count
            oldest.append(first)
    return QueueCounts(by_state=by_state, by_class=by_class, oldest_ms=min(oldest, default=None))


def read_length(session: Session, query: CaseQuery, most: int) -> int:
    """How many cases the query asks for, whatever its limit; no more than `most` are counted."""
    in_states = _in_states(query, query.states or tuple(CaseState))
    found = select(CaseRow.case_id).where(in_states, *_conditions(query)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def read_case_findings(session: Session, case_id: str, limit: int = 200) -> tuple[StoredFinding, ...]:
    """The case's findings, the latest first."""
    rows = session.scalars(
        select(FindingRow)
        .join(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .where(CaseFindingRow.case_id == case_id)
        .order_by(FindingRow.created_seq.desc())
        .limit(limit)
    )
    return tuple(finding_from_row(row) for row in rows)


def read_decisions(session: Session, case_id: str) -> tuple[Decision, ...]:
    """Every decision on the case, those taken back among them, oldest first."""
    rows = session.scalars(
        select(DecisionRow)
        .where(DecisionRow.case_id == case_id)
        .order_by(DecisionRow.decided_at_ms, DecisionRow.decision_id)
    )
    return tuple(decision_from_row(row) for row in rows)


def read_host_names(session: Session, host_ids: Iterable[str]) -> dict[str, str]:
    """The names by which the latest case of each of these hosts knows the account; without cases it has none."""
    names: dict[str, str] = {}
    wanted = sorted(set(host_ids))
    for start in range(0, len(wanted), _HOSTS_AT_ONCE):
        some = wanted[start : start + _HOSTS_AT_ONCE]
        hosts = select(CaseRow.host_id).where(CaseRow.host_id.in_(some)).distinct().subquery()
        latest = (
            select(CaseRow.host_name)
            .where(CaseRow.host_id == hosts.c.host_id, _is_finding())
            .order_by(CaseRow.opened_at_ms.desc(), CaseRow.case_id)
            .limit(1)
            .scalar_subquery()
        )
        known = session.execute(select(hosts.c.host_id, latest))
        names |= {host_id: name for host_id, name in known if name is not None}
    return names


def read_host_cases(session: Session, host_id: str, limit: int) -> tuple[Case, ...]:
    """The host's cases, the latest first."""
    rows = session.scalars(
        select(CaseRow)
        .where(CaseRow.host_id == host_id, _is_finding())
        .order_by(CaseRow.opened_at_ms.desc())
        .limit(limit)
    )
    return tuple(case_from_row(row) for row in rows)


def read_host_tally(session: Session, host_id: str, without: str | None = None) -> dict[CaseState, int]:
    """How many of the host's cases stand where; `without`: but for this one."""
    rows = session.execute(
        select(CaseRow.state, func.count())
        .where(CaseRow.host_id == host_id, _is_finding(), CaseRow.case_id != (without or ""))
        .group_by(CaseRow.state)
    )
    return {CaseState(state): count for state, count in rows}


def read_same_script(session: Session, case_id: str, tenants: frozenset[str] | None) -> tuple[Case, ...]:
    """Cases of the class whose words are nearly the same, in whatever room of these customers, the closest first."""
    row = session.get(CaseRow, case_id)
    if row is None:
        raise UnknownCaseError(case_id)
    bands = select(CaseBandRow.band).where(CaseBandRow.case_id == case_id)
    near = (
        select(CaseBandRow.case_id)
        .where(CaseBandRow.band.in_(bands), CaseBandRow.case_id != case_id)
        .distinct()
        .limit(_CANDIDATES)
    )
    similar = select(CaseRow).where(CaseRow.case_id.in_(near))
    if tenants is not None:
        similar = similar.where(host_is_of(CaseRow.host_id, tenants))
    others = {other.case_id: other for other in session.scalars(similar)}
    closest = same_script(row.script, [(other_id, other.script) for other_id, other in others.items()])
    return tuple(case_from_row(others[other_id]) for other_id in closest[:_SIMILAR])


def _read_at_once(query: CaseQuery) -> list[tuple[CaseState, ...]]:
    states = query.states or tuple(CaseState)
    return [(state,) for state in states] if query.stream_id is None else [states]


def _in_states(query: CaseQuery, states: Sequence[CaseState]) -> ColumnElement[bool]:
    """Of one broadcast, no index of states serves: SQLite would read all cases in these rather than the broadcast's."""
    state = CaseRow.state if query.stream_id is None else CaseRow.state.concat("")
    return state.in_([each.value for each in states])


def _conditions(query: CaseQuery) -> list[ColumnElement[bool]]:
    """What is asked besides the states."""
    asked = (
        (CaseRow.class_id, query.class_id),
        (CaseRow.host_id, query.host_id),
        (CaseRow.product_id, query.product_id),
        (CaseRow.platform, query.platform),
        (CaseRow.severity, query.severity),
        (CaseRow.claimed_by, query.claimed_by),
        (CaseRow.language, query.language),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in asked if value is not None]
    if query.stream_id is not None:
        of_stream = select(CaseFindingRow.case_id).where(CaseFindingRow.stream_id == query.stream_id)
        found.append(CaseRow.case_id.in_(of_stream))
    if query.text:
        found.append(_says(query.text))
    if query.classes:
        found.append(CaseRow.class_id.in_(query.classes))
    if query.severities:
        found.append(CaseRow.severity.in_(query.severities))
    if query.decidable_by is not None:
        found.append(_decidable(query.decidable_by))
        found.append(_not_turned_from(query.decidable_by))
    if query.given_to is not None:
        found.append(CaseRow.case_id.in_(select(DutyRow.case_id).where(DutyRow.person_id == query.given_to)))
    if query.at_ms is not None:
        aside = exists().where(DeferralRow.case_id == CaseRow.case_id, DeferralRow.until_ms > query.at_ms)
        found.append(aside if query.put_aside else ~aside)
    if query.free_at_ms is not None:
        found.append(_free(query))
    if query.tenants is not None:
        found.append(host_is_of(CaseRow.host_id, query.tenants))
    if query.findings_alone:
        found.append(_is_finding())
    return found


def _is_finding() -> ColumnElement[bool]:
    """Whether the case is a finding; asked case by case, as listing those that are none may read all findings."""
    return ~exists().where(
        BlindCaseRow.case_id == CaseRow.case_id,
        FindingRow.finding_id == BlindCaseRow.finding_id,
        FindingRow.disposition == HIDDEN,
    )


def _decidable(person: Person) -> ColumnElement[bool]:
    seconds = [CaseState.SECOND_REVIEW.value]
    if person.role in {Role.SENIOR, Role.ADMIN}:
        seconds.append(CaseState.SENIOR_REVIEW.value)
    own = exists().where(
        DecisionRow.case_id == CaseRow.case_id,
        DecisionRow.person_id == person.id,
        DecisionRow.undone_at_ms.is_(None),
    )
    reviews = [CaseState.SECOND_REVIEW.value, CaseState.SENIOR_REVIEW.value]
    return or_(CaseRow.state.not_in(reviews), and_(CaseRow.state.in_(seconds), ~own))


def _says(text: str) -> ColumnElement[bool]:
    within = [
        column.icontains(text, autoescape=True) for column in (CaseRow.quote, CaseRow.host_name, CaseRow.product_name)
    ]
    if number := _NUMBER.fullmatch(text.strip()):
        within.append(CaseRow.number == int(number[1]))
    return or_(CaseRow.case_id == text, *within)


def _not_turned_from(person: Person) -> ColumnElement[bool]:
    """True for cases that nobody else was given and that this person did not put aside for good."""
    others = exists().where(DutyRow.case_id == CaseRow.case_id, DutyRow.person_id != person.id)
    left = exists().where(
        DeferralRow.case_id == CaseRow.case_id, DeferralRow.person_id == person.id, DeferralRow.until_ms.is_(None)
    )
    return and_(~others, ~left)


def _free(query: CaseQuery) -> ColumnElement[bool]:
    free = [CaseRow.claimed_by.is_(None), CaseRow.claimed_until_ms <= query.free_at_ms]
    if query.decidable_by is not None:
        free.append(CaseRow.claimed_by == query.decidable_by.id)
    return or_(*free)


def read_on_air(session: Session, case_ids: Sequence[str]) -> frozenset[str]:
    """Those of these cases that have a broadcast that goes on."""
    going_on = (StreamState.LIVE.value, StreamState.INTERRUPTED.value)
    return frozenset(
        session.scalars(
            select(CaseFindingRow.case_id)
            .join(StreamRow, StreamRow.stream_id == CaseFindingRow.stream_id)
            .where(CaseFindingRow.case_id.in_(case_ids), StreamRow.state.in_(going_on))
            .distinct()
        )
    )


def read_change(session: Session) -> int:
    """The number of the last change of any case; 0: there was none."""
    return session.scalar(select(CounterRow.value).where(CounterRow.name == "case")) or 0
