"""The live service as it stands: each broadcast with its worker, its lag and its coverage, and the workers."""

from dataclasses import dataclass

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from ingest.types import GapKind
from review.live.rows import worker_from_row
from review.live.tables import LeaseRow, OrderRow, WorkerRow
from review.live.types import Wanted, Worker
from review.tables import CoverageRow, GapRow, StreamRow
from review.types import StreamState


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedStream:
    """A broadcast that should run, or runs. `lag_ms`: how far the analysis is behind the recording.

    `worker_id` empty: nobody works on it, and `why` says why. `coverage`: the share that was really analysed; None:
    nothing was received yet.
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

    @property
    def lag_ms(self) -> int:
        """How far the analysis is behind the recording."""
        return max(0, self.recorded_ms - self.analysed_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveView:
    """Everything at one moment; `states` counts all broadcasts ever ordered, by state.

    `gaps_ms`: how much of them was not analysed, by why.
    """

    at_ms: int
    streams: tuple[WatchedStream, ...]
    workers: tuple[Worker, ...]
    states: dict[StreamState, int]
    gaps_ms: dict[GapKind, int]

    def carried(self, worker_id: str) -> int:
        """How many broadcasts the worker has."""
        return sum(stream.worker_id == worker_id for stream in self.streams)


def read_view(engine: Engine, at_ms: int) -> LiveView:
    """The view at this moment (wall clock), streams by priority and id, workers by id."""
    with Session(engine) as session:
        rows = session.execute(
            select(OrderRow, StreamRow, LeaseRow, CoverageRow)
            .join(StreamRow, StreamRow.stream_id == OrderRow.stream_id)
            .outerjoin(LeaseRow, LeaseRow.stream_id == OrderRow.stream_id)
            .outerjoin(CoverageRow, CoverageRow.stream_id == OrderRow.stream_id)
            .where(
                StreamRow.state.not_in((StreamState.ENDED.value, StreamState.FAILED.value)),
                or_(OrderRow.wanted == Wanted.RUN.value, LeaseRow.worker_id != ""),
            )
            .order_by(OrderRow.priority, OrderRow.created_at_ms, OrderRow.stream_id)
        )
        streams = tuple(_watched(order, stream, lease, covered) for order, stream, lease, covered in rows)
        workers = session.scalars(select(WorkerRow).order_by(WorkerRow.worker_id))
        counted = session.execute(
            select(StreamRow.state, func.count())
            .join(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
            .group_by(StreamRow.state)
        ).all()
        missed = session.execute(
            select(GapRow.kind, func.sum(GapRow.end_ms - GapRow.start_ms))
            .join(OrderRow, OrderRow.stream_id == GapRow.stream_id)
            .group_by(GapRow.kind)
        ).all()
        return LiveView(
            at_ms=at_ms,
            streams=streams,
            workers=tuple(worker_from_row(row) for row in workers),
            states={state: 0 for state in StreamState} | {StreamState(state): count for state, count in counted},
            gaps_ms={kind: 0 for kind in GapKind} | {GapKind(kind): int(total) for kind, total in missed},
        )


def _watched(order: OrderRow, stream: StreamRow, lease: LeaseRow | None, covered: CoverageRow | None) -> WatchedStream:
    return WatchedStream(
        stream_id=order.stream_id,
        tenant_id=order.tenant_id,
        host_name=stream.host_name,
        title=stream.title,
        state=StreamState(stream.state),
        wanted=Wanted(order.wanted),
        priority=order.priority,
        worker_id=lease.worker_id if lease else "",
        why=lease.why if lease else "",
        restarts=lease.restarts if lease else 0,
        recorded_ms=lease.recorded_ms if lease else 0,
        analysed_ms=lease.analysed_ms if lease else 0,
        beat_at_ms=lease.beat_at_ms if lease else 0,
        coverage=covered.analysed_ms / covered.span_ms if covered and covered.span_ms else None,
        error=stream.error,
    )
