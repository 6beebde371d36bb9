"""Who works on which broadcast: workers tell and ask here, the dispatcher decides here, a token fences each lease."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Connection,
    Engine,
    String,
    Update,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from ingest.types import GapKind
from review.db.tables.scheduling import LeaseRow, OrderRow, WorkerRow
from review.db.tables.streams import StreamRow
from review.db.upsert import table_of, upsert
from review.errors import WorkerReplaced
from review.events.log import write_events
from review.events.types import NewEvent
from review.scheduling.admission import OVER, read_room
from review.scheduling.applying import apply_decisions
from review.scheduling.decisions import Air, Decision, Reach, Released, Room, Snapshot
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.releases import let_go
from review.scheduling.rows import lease_from_row, order_from_row, worker_from_row
from review.scheduling.state_changes import is_ours, note_lag, see
from review.scheduling.types import Lease, Order, Priority, Worker

_ENDED = "its worker ended"


class LeaseStore:
    """The rows of orders, leases and workers; every method is one short transaction, but for `room`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], terms: LeaseTerms | None = None) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self.terms = terms or LeaseTerms()

    def beat(self, worker: Worker) -> Worker:
        """Tells that the worker is there, and gives it as it stands: `draining` may have been asked of its machine.

        One that says itself that it is `draining` leaves by itself, and gets nothing new.

        A process that starts anew under the name of an earlier one keeps its broadcasts, under new tokens; those that
        failed again and again go through the dispatcher instead, after a while. The earlier one gets WorkerReplaced.
        """
        now_ms = self._now_ms()
        with self._writing.begin() as connection:
            before = connection.execute(
                select(WorkerRow.started_at_ms, WorkerRow.draining)
                .where(WorkerRow.worker_id == worker.worker_id)
                .with_for_update()
            ).one_or_none()
            if before is not None and before.started_at_ms > worker.started_at_ms:
                raise WorkerReplaced(worker.worker_id)
            draining = before is not None and before.draining
            values: dict[str, object] = {
                "worker_id": worker.worker_id,
                "node": worker.node,
                # Who leaves by itself takes nothing new; its machine is not drained for that.
                "capacity": 0 if worker.draining else worker.capacity,
                "draining": draining,
                "why": worker.why,
                "figures": dict(worker.figures),
                "started_at_ms": worker.started_at_ms,
                "beat_at_ms": now_ms,
            }
            upsert(connection, WorkerRow, [values])
            if before is not None and before.started_at_ms < worker.started_at_ms:
                self._take_over(connection, worker.worker_id, now_ms)
        return Worker(**values)  # type: ignore[arg-type]

    def leave(self, worker_id: str) -> None:
        """The worker is gone for good; what it still held is free at once, without a failure counted.

        One that was drained stays known as such, so that nobody starts it again.
        """
        with self._writing.begin() as connection:
            connection.execute(
                update(LeaseRow)
                .where(LeaseRow.worker_id == worker_id)
                .values(
                    worker_id="",
                    token=LeaseRow.token + 1,
                    recalled_at_ms=0,
                    why=_ENDED,
                    away_kind=GapKind.SHED.value,
                    away_why=_ENDED,
                )
            )
            connection.execute(delete(WorkerRow).where(WorkerRow.worker_id == worker_id, WorkerRow.draining.is_(False)))

    def dismiss(self, node: str) -> None:
        """The machine is gone for good, with all its workers."""
        for worker in self.drain(node, draining=False):
            self.leave(worker.worker_id)

    def forget(self, *, older_ms: int, but_on: Collection[str] = ()) -> None:
        """Drops the rows of workers whose last beat is older than this, but for those of the nodes named."""
        old = WorkerRow.beat_at_ms < self._now_ms() - older_ms
        with self._writing.begin() as connection:
            connection.execute(delete(WorkerRow).where(old, WorkerRow.node.not_in(but_on)))

    def drain(self, node: str, *, draining: bool = True) -> tuple[Worker, ...]:
        """Asks the node's workers to give their broadcasts back one by one, or to take new ones again; gives them."""
        with self._writing.begin() as connection:
            connection.execute(update(WorkerRow).where(WorkerRow.node == node).values(draining=draining))
            rows = connection.execute(select(*WorkerRow.__table__.c).where(WorkerRow.node == node))
            return tuple(worker_from_row(row) for row in rows)

    def workers(self) -> tuple[Worker, ...]:
        """Every worker that is known, also those whose beat is old."""
        with Session(self._engine) as session:
            return tuple(
                worker_from_row(row) for row in session.scalars(select(WorkerRow).order_by(WorkerRow.worker_id))
            )

    def assigned(self, worker_id: str) -> list[tuple[Order, Lease]]:
        """What this worker is to work on, to stop (`wanted`), or to give back (`recalled_at_ms`).

        Broadcasts that are over are left out.
        """
        with Session(self._engine) as session:
            rows = session.execute(
                select(OrderRow, LeaseRow)
                .join(LeaseRow, LeaseRow.stream_id == OrderRow.stream_id)
                .join(StreamRow, StreamRow.stream_id == OrderRow.stream_id)
                .where(LeaseRow.worker_id == worker_id, StreamRow.state.not_in(OVER))
                .order_by(OrderRow.stream_id)
            )
            return [(order_from_row(order), lease_from_row(lease)) for order, lease in rows]

    def renew(self, worker_id: str, progress: Mapping[str, Reach]) -> frozenset[str]:
        """Keeps the leases of these streams and notes how far each is; gives the streams that are still held.

        The state of a broadcast follows what its worker sees of it.
        """
        if not progress:
            return frozenset()
        now_ms = self._now_ms()
        named = sorted((stream_id, reach.token) for stream_id, reach in progress.items())
        mine = tuple_(LeaseRow.stream_id, LeaseRow.token).in_(named)
        with self._writing.begin() as connection:
            in_order = (
                select(*table_of(LeaseRow).c, StreamRow.state, StreamRow.error)
                .join(StreamRow, StreamRow.stream_id == LeaseRow.stream_id)
                .where(LeaseRow.worker_id == worker_id, mine)
                .order_by(LeaseRow.stream_id)
                .with_for_update(of=table_of(LeaseRow))
            )
            rows = connection.execute(in_order).all()
            leases = [lease_from_row(row) for row in rows]
            if leases:
                rows_of = [_reach_values(lease, progress[lease.stream_id], now_ms) for lease in leases]
                _note(connection, rows_of, now_ms, self.terms)
            events: list[NewEvent] = []
            for lease, row in zip(leases, rows, strict=True):
                events += see(connection, lease, row.state, row.error, progress[lease.stream_id], now_ms)
            reached = {lease.stream_id: progress[lease.stream_id] for lease in leases}
            events += note_lag(connection, _lags_ms(reached), self.terms.lagging_ms, now_ms)
            write_events(connection, now_ms, events)
        return frozenset(lease.stream_id for lease in leases)

    def release(self, stream_id: str, token: int, how: Released, why: str = "") -> bool:
        """The worker lets go, and the stream's state follows; false where the lease was somebody else's by then.

        `why` is shown to reviewers where it failed. What failed is started again after a while, at most so many times
        in a row as the terms say.
        """
        with self._writing.begin() as connection:
            return let_go(connection, stream_id, token, how, why, self._now_ms(), self.terms)

    def snapshot(self) -> Snapshot:
        """What decisions are taken on, now."""
        now_ms = self._now_ms()
        # Plain rows: this is read twice a second however many broadcasts there are.
        with self._engine.connect() as connection:
            orders = connection.execute(
                select(*table_of(OrderRow).c)
                .join(StreamRow, StreamRow.stream_id == OrderRow.stream_id)
                .where(StreamRow.state.not_in(OVER))
                .order_by(OrderRow.priority, OrderRow.created_at_ms, OrderRow.stream_id)
            )
            open_orders = tuple(order_from_row(row) for row in orders)
            leases = connection.execute(
                select(*table_of(LeaseRow).c)
                .join(StreamRow, StreamRow.stream_id == LeaseRow.stream_id)
                .where(StreamRow.state.not_in(OVER) | (LeaseRow.worker_id != ""))
            )
            known = {row.stream_id: lease_from_row(row) for row in leases}
            workers = tuple(worker_from_row(row) for row in connection.execute(select(*table_of(WorkerRow).c)))
        return Snapshot(now_ms=now_ms, orders=open_orders, leases=known, workers=workers)

    def apply(self, decisions: Sequence[Decision]) -> int:
        """Carries out what was decided, each only where the lease still is as it was seen; gives how many were."""
        with self._writing.begin() as connection:
            return apply_decisions(connection, decisions, self._now_ms(), self.terms)

    def room(self, connection: Connection, priority: Priority = Priority.NORMAL) -> Room:
        """Whether another broadcast may be ordered in the caller's transaction, which has to write (`writes=True`)."""
        return read_room(connection, priority, self._now_ms(), self.terms)

    def lease(self, stream_id: str) -> Lease | None:
        """The stream's lease, held or not; None: nobody ever worked on it."""
        with Session(self._engine) as session:
            row = session.get(LeaseRow, stream_id)
            return None if row is None else lease_from_row(row)

    def _take_over(self, connection: Connection, worker_id: str, now_ms: int) -> None:
        rows = connection.execute(
            select(LeaseRow.stream_id, LeaseRow.restarts)
            .where(LeaseRow.worker_id == worker_id)
            .order_by(LeaseRow.stream_id)
            .with_for_update()
        ).all()
        for row in rows:
            restarts = row.restarts + 1
            wait_ms = self.terms.wait_ms(restarts)
            values: dict[str, object] = {"token": LeaseRow.token + 1, "restarts": restarts, "recalled_at_ms": 0}
            values |= {"not_before_ms": now_ms + wait_ms, "until_ms": now_ms + self.terms.lease_ms}
            values |= {"away_kind": GapKind.CRASH.value, "away_why": "its worker died"}
            if wait_ms:
                values |= {"worker_id": "", "why": "its worker died again and again"}
            connection.execute(update(LeaseRow).where(LeaseRow.stream_id == row.stream_id).values(values))

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


_REACHED: Mapping[str, type[TypeEngine[Any]]] = {
    "of_stream": String,
    "now_recorded": BigInteger,
    "now_analysed": BigInteger,
    "now_recorded_at": BigInteger,
    "is_on_air": Boolean,
    "now_away_kind": String,
    "now_away_why": String,
}


def _note(connection: Connection, reached: Sequence[Mapping[str, Any]], now_ms: int, terms: LeaseTerms) -> None:
    """Keeps leases that are held and notes how far each is; PostgreSQL is told of all of them in one statement."""
    if connection.dialect.name == "postgresql":
        columns = [
            cast(literal([row[name] for row in reached], ARRAY(kind)), ARRAY(kind)) for name, kind in _REACHED.items()
        ]
        given = func.unnest(*columns).table_valued(*_REACHED).render_derived()
        connection.execute(_noted(given.c, now_ms, terms))
    else:
        bound = {name: bindparam(name, type_=kind()) for name, kind in _REACHED.items()}
        connection.execute(_noted(bound, now_ms, terms), [dict(row) for row in reached])


def _noted(given: Any, now_ms: int, terms: LeaseTerms) -> Update:
    """After a while of progress, earlier failures are forgotten."""
    leases = table_of(LeaseRow)
    settled = and_(leases.c.not_before_ms < now_ms - terms.settled_ms, leases.c.analysed_ms < given["now_analysed"])
    return (
        update(leases)
        .where(leases.c.stream_id == given["of_stream"])
        .values(
            until_ms=now_ms + terms.lease_ms,
            beat_at_ms=now_ms,
            recorded_ms=given["now_recorded"],
            analysed_ms=given["now_analysed"],
            recorded_at_ms=given["now_recorded_at"],
            on_air=given["is_on_air"],
            away_kind=given["now_away_kind"],
            away_why=given["now_away_why"],
            restarts=case((settled, 0), else_=leases.c.restarts),
        )
    )


def _lags_ms(reached: Mapping[str, Reach]) -> dict[str, tuple[int, int]]:
    """How far each is analysed and how far behind that is; what waits for its reader, as a file does, lags nobody."""
    return {
        stream_id: (reach.analysed_ms, reach.recorded_ms - reach.analysed_ms if reach.air is Air.ON else 0)
        for stream_id, reach in reached.items()
        if reach.air is not Air.UNSEEN
    }


def _reach_values(lease: Lease, reach: Reach, now_ms: int) -> dict[str, object]:
    """What is noted of a lease: who sees the broadcast again has lost nobody; who has not begun unrecords nothing."""
    is_seen = reach.air in (Air.ON, Air.OVER)
    away = (lease.away_kind, lease.away_why)
    if is_seen:
        away = "", ""
    elif reach.air is Air.AWAY and is_ours(reach.kind):
        away = str(reach.kind), reach.why
    return {
        "of_stream": lease.stream_id,
        "now_recorded": max(lease.recorded_ms, reach.recorded_ms),
        "now_analysed": reach.analysed_ms,
        "now_recorded_at": now_ms if is_seen else lease.recorded_at_ms,
        "is_on_air": reach.air is Air.ON if is_seen else lease.on_air,
        "now_away_kind": away[0],
        "now_away_why": away[1],
    }
