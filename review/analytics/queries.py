"""The questions of the dashboards, each inside the caller's session."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from review.cases.tally import Dimension
from review.cases.types import WAITING
from review.db.ownership import Owner, host_is_of, owner_in, stream_is_of
from review.db.tables.analytics import TallyRow
from review.db.tables.cases import CaseRow
from review.db.tables.streams import CoverageRow, GapRow, StreamRow
from review.scheduling.status_queries import Moment, read_missed

HOUR_MS = 3_600_000
AGES = (("under_1h", HOUR_MS), ("under_4h", 4 * HOUR_MS), ("under_24h", 24 * HOUR_MS))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageSum:
    """How much of all broadcasts was analysed, waits, or was lost and why."""

    analysed_ms: int = 0
    waiting_ms: int = 0
    lost_ms: Mapping[str, int] = field(default_factory=dict)


def read_tallies(
    session: Session, dimension: Dimension, first_day: int, limit: int | None, owner: Owner | None
) -> list[tuple[str, int]]:
    """Findings filed since that day by key, the most first; of these customers, or of all for None."""
    total = func.sum(TallyRow.count)
    statement = (
        select(TallyRow.key, total)
        .where(TallyRow.dimension == dimension.value, TallyRow.day >= first_day)
        .where(*(() if owner is None else (owner_in(TallyRow.tenant_id, owner),)))
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


def read_ages(session: Session, now_ms: int, owner: Owner | None) -> dict[str, int]:
    """How many cases have waited how long."""
    waited = case(*((CaseRow.opened_at_ms > now_ms - below, name) for name, below in AGES), else_="longer")
    rows = session.execute(
        select(waited, func.count())
        .where(CaseRow.state.in_([state.value for state in WAITING]))
        .where(*(() if owner is None else (host_is_of(CaseRow.host_id, owner),)))
        .group_by(waited)
    )
    found = {name: count for name, count in rows}
    return {name: found.get(name, 0) for name in (*(name for name, _ in AGES), "longer")}


def read_coverage_sum(session: Session, moment: Moment, owner: Owner | None) -> CoverageSum:
    """The ledgers of all broadcasts, or of these customers', together, with what nobody records at this moment."""
    own = [] if owner is None else [stream_is_of(CoverageRow.stream_id, owner)]
    own_gaps = [] if owner is None else [stream_is_of(GapRow.stream_id, owner)]
    analysed, waiting = session.execute(
        select(func.sum(CoverageRow.analysed_ms), func.sum(CoverageRow.waiting_ms)).where(*own)
    ).one()
    lost = session.execute(
        select(GapRow.kind, func.sum(GapRow.end_ms - GapRow.start_ms)).where(*own_gaps).group_by(GapRow.kind)
    )
    lost_ms = {str(kind): int(length) for kind, length in lost}
    for gap in read_missed(session, moment, owner):
        lost_ms[gap.kind.value] = lost_ms.get(gap.kind.value, 0) + gap.length_ms
    return CoverageSum(
        analysed_ms=int(analysed or 0), waiting_ms=int(waiting or 0), lost_ms=dict(sorted(lost_ms.items()))
    )
