"""The questions of the dashboards, each inside the caller's session."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Integer, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from review.cases.tables import CaseRow, DecisionRow
from review.cases.types import FINAL, WAITING, CaseState
from review.tables import CounterRow, CoverageRow, GapRow, StreamRow
from review.teaching.tables import TallyRow
from review.teaching.tally import Dimension
from review.teaching.types import Outcomes

HOUR_MS = 3_600_000
AGES = (("under_1h", HOUR_MS), ("under_4h", 4 * HOUR_MS), ("under_24h", 24 * HOUR_MS))
_FINALS = [state.value for state in FINAL]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageSum:
    """How much of all broadcasts was analysed, waits, or was lost and why."""

    analysed_ms: int = 0
    waiting_ms: int = 0
    lost_ms: Mapping[str, int] = field(default_factory=dict)


def read_counters(session: Session) -> tuple[tuple[str, int], ...]:
    """The change counters: while they stand, no finding was stored and no case moved."""
    rows = session.execute(select(CounterRow.name, CounterRow.value).order_by(CounterRow.name))
    return tuple((row.name, row.value) for row in rows)


def read_tallies(session: Session, dimension: Dimension, first_day: int, limit: int | None) -> list[tuple[str, int]]:
    """Findings filed since that day by key, the most first."""
    total = func.sum(TallyRow.count)
    statement = (
        select(TallyRow.key, total)
        .where(TallyRow.dimension == dimension.value, TallyRow.day >= first_day)
        .group_by(TallyRow.key)
        .order_by(total.desc(), TallyRow.key)
        .limit(limit)
    )
    return [(key, int(count)) for key, count in session.execute(statement)]


def read_host_names(session: Session, host_ids: list[str]) -> dict[str, str]:
    """The name of each host, as its latest broadcast gives it."""
    rows = session.execute(
        select(StreamRow.host_id, StreamRow.host_name)
        .where(StreamRow.host_id.in_(host_ids))
        .order_by(StreamRow.created_at_ms)
    )
    return {row.host_id: row.host_name for row in rows}


def read_outcomes(session: Session, since_ms: int) -> list[Outcomes]:
    """What became of the cases of each rule and class, from the decisions taken since then."""
    last = func.row_number().over(
        partition_by=DecisionRow.case_id, order_by=(DecisionRow.decided_at_ms.desc(), DecisionRow.decision_id.desc())
    )
    standing = (
        select(
            DecisionRow.case_id,
            DecisionRow.rule,
            DecisionRow.before,
            DecisionRow.after,
            DecisionRow.decided_at_ms,
            last.label("from_last"),
        )
        .where(DecisionRow.decided_at_ms >= since_ms, DecisionRow.undone_at_ms.is_(None))
        .cte("standing")
    )
    earlier = aliased(DecisionRow)
    before_reopening = (
        select(earlier.after)
        .where(
            earlier.case_id == standing.c.case_id,
            earlier.undone_at_ms.is_(None),
            earlier.decided_at_ms < standing.c.decided_at_ms,
        )
        .order_by(earlier.decided_at_ms.desc())
        .limit(1)
        .scalar_subquery()
    )
    by_senior = and_(standing.c.before == CaseState.SENIOR_REVIEW.value, standing.c.after.in_(_FINALS))

    def closed(state: CaseState) -> ColumnElement[int]:
        stands = and_(standing.c.from_last == 1, standing.c.after == state.value, CaseRow.state == state.value)
        return _count(stands)

    disagreed = and_(
        standing.c.before == CaseState.SECOND_REVIEW.value, standing.c.after == CaseState.SENIOR_REVIEW.value
    )
    reversed_ = case((by_senior, before_reopening), else_=None)
    rows = session.execute(
        select(
            standing.c.rule,
            CaseRow.class_id,
            closed(CaseState.CONFIRMED),
            closed(CaseState.CLEARED),
            _count(disagreed),
            _count(reversed_.in_(_FINALS)),
            _count(and_(reversed_.in_(_FINALS), reversed_ != standing.c.after)),
        )
        .join(CaseRow, CaseRow.case_id == standing.c.case_id)
        .group_by(standing.c.rule, CaseRow.class_id)
    )
    found = {
        (rule, class_id): (violates, lawful, disagreed_, reopened, overturned)
        for rule, class_id, violates, lawful, disagreed_, reopened, overturned in rows
    }
    undone = _read_undone(session, since_ms)
    return [
        Outcomes(
            rule=rule,
            class_id=class_id,
            violates=violates,
            lawful=lawful,
            disagreed=disagreed_,
            reopened=reopened,
            overturned=overturned,
            undone=undone.get((rule, class_id), 0),
        )
        for rule, class_id in sorted(found | undone)
        for violates, lawful, disagreed_, reopened, overturned in [found.get((rule, class_id), (0, 0, 0, 0, 0))]
    ]


def read_ages(session: Session, now_ms: int) -> dict[str, int]:
    """How many cases have waited how long."""
    waited = case(*((CaseRow.opened_at_ms > now_ms - below, name) for name, below in AGES), else_="longer")
    rows = session.execute(
        select(waited, func.count()).where(CaseRow.state.in_([state.value for state in WAITING])).group_by(waited)
    )
    found = {name: count for name, count in rows.tuples()}
    return {name: found.get(name, 0) for name in (*(name for name, _ in AGES), "longer")}


def read_coverage_sum(session: Session) -> CoverageSum:
    """The ledgers of all broadcasts together."""
    analysed, waiting = session.execute(
        select(func.sum(CoverageRow.analysed_ms), func.sum(CoverageRow.waiting_ms))
    ).one()
    lost = session.execute(select(GapRow.kind, func.sum(GapRow.end_ms - GapRow.start_ms)).group_by(GapRow.kind))
    return CoverageSum(
        analysed_ms=int(analysed or 0),
        waiting_ms=int(waiting or 0),
        lost_ms={kind: int(length) for kind, length in sorted(lost.tuples())},
    )


def _read_undone(session: Session, since_ms: int) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(DecisionRow.rule, CaseRow.class_id, func.count())
        .join(CaseRow, CaseRow.case_id == DecisionRow.case_id)
        .where(DecisionRow.decided_at_ms >= since_ms, DecisionRow.undone_at_ms.is_not(None))
        .group_by(DecisionRow.rule, CaseRow.class_id)
    )
    return {(rule, class_id): count for rule, class_id, count in rows.tuples()}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0), type_=Integer)
