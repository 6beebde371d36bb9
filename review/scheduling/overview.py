"""The live service as it stands: each broadcast with its worker, its lag and its coverage, and the workers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from ingest.types import GapKind
from review.db.tables.scheduling import LeaseRow, OrderRow, WorkerRow
from review.db.tables.streams import CoverageRow, GapRow, StreamRow
from review.scheduling.admission import Places, read_places
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.rows import worker_from_row
from review.scheduling.status_queries import Moment, account_of, state_at, stream_status
from review.scheduling.types import Worker
from review.streams.rows import stream_from_row
from review.streams.types import StreamState, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedStream:
    """A broadcast that should run, or runs.

    `worker_id` empty: nobody works on it, and `why` says why. `lag_ms`: how far the analysis is behind the broadcast;
    `interrupted_ms` of it nobody has recorded so far. `coverage`: the share that was really analysed; None: nothing was
    received yet.
    """

    stream_id: str
    tenant_id: str
    host_name: str
    title: str
    state: StreamState
    wanted: Wanted
    priority: int
    worker_id: str
    why: str
    restarts: int
    recorded_ms: int
    analysed_ms: int
    beat_at_ms: int
    coverage: float | None
    error: str | None
    lag_ms: int
    interrupted_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveView:
    """Everything at one moment; `states` counts all broadcasts ever ordered, by state.

    `workers`: those that told of themselves within the length of a lease; `silent_workers`: how many did not and never
    said that they leave. `gaps_ms`: how much of all broadcasts was not analysed, by why, as far as it is settled.
    """

    at_ms: int
    streams: tuple[WatchedStream, ...]
    workers: tuple[Worker, ...]
    silent_workers: int
    states: dict[StreamState, int]
    gaps_ms: dict[GapKind, int]

    def carried(self, worker_id: str) -> int:
        """How many broadcasts the worker has."""
        return sum(stream.worker_id == worker_id for stream in self.streams)


class LiveOverview:
    """Reads the live service as it stands; safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], terms: LeaseTerms) -> None:
        """`terms`: by what rules broadcasts are lent to workers."""
        self._engine = engine
        self._now = now
        self._terms = terms

    def view(self) -> LiveView:
        """Every broadcast that should run, or runs, and every worker."""
        return read_view(self._engine, Moment(at_ms=self._now_ms(), terms=self._terms))

    def places(self) -> Places:
        """How many workers are there, and how many broadcasts they can carry."""
        with self._engine.connect() as connection:
            return read_places(connection, self._now_ms(), self._terms)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def read_view(engine: Engine, moment: Moment) -> LiveView:
    """The view at this moment, streams by priority and id, workers by id."""
    with Session(engine) as session:
        rows = session.execute(
            select(OrderRow, StreamRow, LeaseRow, CoverageRow)
            .join(StreamRow, StreamRow.stream_id == OrderRow.stream_id)
            .outerjoin(LeaseRow, LeaseRow.stream_id == OrderRow.stream_id)
            .outerjoin(CoverageRow, CoverageRow.stream_id == OrderRow.stream_id)
            .where(
                StreamRow.state.not_in((StreamState.ENDED.value, StreamState.FAILED.value)),
                or_(
                    OrderRow.wanted == Wanted.RUN.value,
                    and_(LeaseRow.worker_id != "", LeaseRow.until_ms > moment.at_ms),
                ),
            )
            .order_by(OrderRow.priority, OrderRow.created_at_ms, OrderRow.stream_id)
        )
        streams = tuple(_watched(moment, order, stream, lease, ledger) for order, stream, lease, ledger in rows)
        workers = [worker_from_row(row) for row in session.scalars(select(WorkerRow).order_by(WorkerRow.worker_id))]
        there = [worker for worker in workers if worker.beat_at_ms > moment.at_ms - moment.terms.lease_ms]
        state = state_at(moment)
        counted = session.execute(
            select(state, func.count())
            .select_from(StreamRow)
            .join(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
            .outerjoin(LeaseRow, LeaseRow.stream_id == StreamRow.stream_id)
            .group_by(state)
        ).all()
        missed = session.execute(
            select(GapRow.kind, func.sum(GapRow.end_ms - GapRow.start_ms))
            .join(OrderRow, OrderRow.stream_id == GapRow.stream_id)
            .group_by(GapRow.kind)
        ).all()
        return LiveView(
            at_ms=moment.at_ms,
            streams=streams,
            workers=tuple(there),
            silent_workers=sum(not worker.draining for worker in workers) - sum(not one.draining for one in there),
            states={state: 0 for state in StreamState} | {StreamState(state): count for state, count in counted},
            gaps_ms={kind: 0 for kind in GapKind} | {GapKind(kind): int(total) for kind, total in missed},
        )


def _watched(
    moment: Moment, order: OrderRow, stream: StreamRow, lease: LeaseRow | None, ledger: CoverageRow | None
) -> WatchedStream:
    stands = stream_status(moment, stream, order, lease, ledger)
    record = stands.shown(stream_from_row(stream))
    account = account_of(stands, lease, ledger)
    return WatchedStream(
        stream_id=order.stream_id,
        tenant_id=order.tenant_id,
        host_name=stream.host_name,
        title=stream.title,
        state=record.state,
        wanted=Wanted(order.wanted),
        priority=order.priority,
        worker_id=stands.worker_id,
        why=stands.why or (lease.why if lease else ""),
        restarts=lease.restarts if lease else 0,
        recorded_ms=lease.recorded_ms if lease else 0,
        analysed_ms=lease.analysed_ms if lease else 0,
        beat_at_ms=lease.beat_at_ms if lease else 0,
        coverage=account.coverage,
        error=record.error,
        lag_ms=account.lag_ms,
        interrupted_ms=account.interrupted_ms,
    )
