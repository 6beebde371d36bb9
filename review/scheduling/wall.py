"""Every broadcast that is on air at one moment, the ones in trouble first, with what was found in each so far."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from claims.types import Disposition
from review.cases.types import WAITING
from review.db.ownership import Owner, is_of
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.scheduling import LeaseRow, OrderRow
from review.db.tables.streams import CoverageRow, FindingRow, StreamRow
from review.db.tables.stretches import StreamConditionRow
from review.errors import UnknownStreamError
from review.scheduling.broadcast_timeline import Timeline, read_timeline
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.status import OVER_STATES
from review.scheduling.status_queries import Account, Moment, account_of, stream_status
from review.streams.rows import stream_from_row
from review.streams.types import StreamRecord, StreamState, Wanted
from review.stretches.types import Condition

_OVER = tuple(state.value for state in OVER_STATES)
_WAITING = tuple(state.value for state in WAITING)
# What is looked at first; a state that is not here comes with those that are well.
_TROUBLES = (StreamState.FAILED, StreamState.INTERRUPTED, StreamState.UNREACHABLE, StreamState.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAir:
    """A broadcast as it stands. `worker_id` empty: nobody works on it. `waits_for` empty: it waits for nothing.

    `conditions`: what is known to ail it.
    """

    stream: StreamRecord
    worker_id: str
    waits_for: str
    account: Account
    conditions: tuple[Condition, ...] = ()

    @property
    def is_troubled(self) -> bool:
        """Whether somebody should look at it."""
        return self.stream.state in _TROUBLES or bool(self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFinding:
    """What was found last in a broadcast; `case_id` None: it joined no case."""

    finding_id: str
    case_id: str | None
    quote: str
    class_id: str
    severity: str
    start_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A broadcast with its latest finding (None: nothing was found) and how many of its cases wait for a person."""

    on_air: OnAir
    last: LastFinding | None
    open_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WallView:
    """The first tiles of all that are on air; `troubled`: of how many somebody should look."""

    tiles: tuple[Tile, ...]
    count: int
    troubled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One broadcast, on air or over, with its strip of time."""

    tile: Tile
    timeline: Timeline


class LiveWall:
    """What is on air, out of the database; by the same rules as the interface tells of broadcasts."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], terms: LeaseTerms) -> None:
        self._engine, self._now, self._terms = engine, now, terms

    def view(self, owner: Owner | None, most: int) -> WallView:
        """Everything on air, or that of these customers, trouble first; at most so many tiles."""
        with Session(self._engine) as session:
            found = sorted(_read(session, self._moment(), owner), key=urgency)
            tiles = _tiles(session, found[:most])
        return WallView(tiles=tiles, count=len(found), troubled=sum(one.is_troubled for one in found))

    def broadcast(self, stream_id: str) -> Broadcast:
        """One broadcast with its timeline up to now; raises UnknownStreamError."""
        moment = self._moment()
        with Session(self._engine) as session:
            row = session.execute(_joined().where(StreamRow.stream_id == stream_id)).one_or_none()
            if row is None:
                raise UnknownStreamError(stream_id)
            stream, order, lease, ledger = row
            stands = stream_status(moment, stream, order, lease, ledger)
            [tile] = _tiles(session, [_on_air(moment, _conditions(session, stream_id), stream, order, lease, ledger)])
            timeline = read_timeline(session, stream_id, 0 if lease is None else lease.recorded_ms, stands.missed)
        return Broadcast(tile=tile, timeline=timeline)

    def _moment(self) -> Moment:
        return Moment(at_ms=int(self._now().timestamp() * 1000), terms=self._terms)


def urgency(one: OnAir) -> tuple[int, bool, int, float, str]:
    """What puts it where it is: its state, what ails it, how far it is behind, how little of it was analysed."""
    state = _TROUBLES.index(one.stream.state) if one.stream.state in _TROUBLES else len(_TROUBLES)
    coverage = 1.0 if one.account.coverage is None else one.account.coverage
    return state, not one.conditions, -one.account.lag_ms, coverage, one.stream.stream_id


def _joined() -> Any:
    return (
        select(StreamRow, OrderRow, LeaseRow, CoverageRow)
        .outerjoin(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
        .outerjoin(LeaseRow, LeaseRow.stream_id == StreamRow.stream_id)
        .outerjoin(CoverageRow, CoverageRow.stream_id == StreamRow.stream_id)
    )


def _read(session: Session, moment: Moment, owner: Owner | None) -> list[OnAir]:
    """Those that are not over and that somebody wants or works on; of commands' broadcasts those that began."""
    is_held = and_(LeaseRow.worker_id != "", LeaseRow.until_ms > moment.at_ms)
    is_command = and_(OrderRow.stream_id.is_(None), StreamRow.state != StreamState.WAITING.value)
    rows = session.execute(
        _joined()
        .where(StreamRow.state.not_in(_OVER), or_(OrderRow.wanted == Wanted.RUN.value, is_held, is_command))
        .where(*(() if owner is None else (is_of(owner),)))
    ).all()
    conditions = _conditions(session)
    return [_on_air(moment, conditions, *row) for row in rows]


def _conditions(session: Session, stream_id: str | None = None) -> dict[str, list[Condition]]:
    """What ails every broadcast that anything ails, or this one: the table has what holds now, and no more."""
    asked = select(StreamConditionRow).order_by(StreamConditionRow.since_ms)
    if stream_id is not None:
        asked = asked.where(StreamConditionRow.stream_id == stream_id)
    found: dict[str, list[Condition]] = defaultdict(list)
    for row in session.scalars(asked):
        found[row.stream_id].append(Condition(row.condition))
    return found


def _on_air(
    moment: Moment,
    conditions: Mapping[str, Sequence[Condition]],
    stream: StreamRow,
    order: OrderRow | None,
    lease: LeaseRow | None,
    ledger: CoverageRow | None,
) -> OnAir:
    stands = stream_status(moment, stream, order, lease, ledger)
    account = account_of(stands, lease, ledger)
    known = tuple(conditions.get(stream.stream_id, ()))
    # Whoever works on it tells that it lags; where nobody can, it is seen here.
    is_late = stands.state is StreamState.LIVE and account.lag_ms >= moment.terms.lagging_ms
    return OnAir(
        stream=stands.shown(stream_from_row(stream)),
        worker_id=stands.worker_id,
        waits_for=stands.why,
        account=account,
        conditions=(*known, Condition.LAGGING) if is_late and Condition.LAGGING not in known else known,
    )


def _tiles(session: Session, shown: Sequence[OnAir]) -> tuple[Tile, ...]:
    ids = [one.stream.stream_id for one in shown]
    last, open_cases = _last(session, ids), _open_cases(session, ids)
    return tuple(
        Tile(on_air=one, last=last.get(one.stream.stream_id), open_cases=open_cases.get(one.stream.stream_id, 0))
        for one in shown
    )


def _last(session: Session, stream_ids: Sequence[str]) -> dict[str, LastFinding]:
    newest = (
        select(func.max(FindingRow.created_seq))
        .where(FindingRow.stream_id.in_(stream_ids), FindingRow.disposition == Disposition.FLAG.value)
        .group_by(FindingRow.stream_id)
    )
    rows = session.execute(
        select(FindingRow, CaseFindingRow.case_id)
        .outerjoin(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .where(FindingRow.created_seq.in_(newest))
    )
    return {
        row.stream_id: LastFinding(
            finding_id=row.finding_id,
            case_id=case_id,
            quote=str(row.record["quote"]),
            class_id=row.class_id,
            severity=row.severity,
            start_ms=row.start_ms,
        )
        for row, case_id in rows
    }


def _open_cases(session: Session, stream_ids: Sequence[str]) -> dict[str, int]:
    rows = session.execute(
        select(CaseFindingRow.stream_id, func.count(CaseFindingRow.case_id.distinct()))
        .join(CaseRow, CaseRow.case_id == CaseFindingRow.case_id)
        .where(CaseFindingRow.stream_id.in_(stream_ids), CaseRow.state.in_(_WAITING))
        .group_by(CaseFindingRow.stream_id)
    )
    return {stream_id: count for stream_id, count in rows}
