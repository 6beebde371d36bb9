"""A broadcast's state as its lease makes it, each move inside the caller's transaction.

The caller holds the lease's row. Whoever moves a state first tells of it, and nobody else: the row of the broadcast is
held while it is looked at. Each gives the events that the caller writes at the end of the transaction.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from ingest.types import GapKind, Segment
from review.db.tables.scheduling import LeaseRow, OrderRow
from review.events.types import NewEvent
from review.scheduling.decisions import Air, Reach
from review.scheduling.status import OVER_STATES, is_missed, loss, missed
from review.scheduling.types import Lease
from review.streams.filing import Turn, state_of, write_state
from review.streams.types import StreamState, Wanted
from review.stretches.health import begin, end, streams_with
from review.stretches.types import Condition

_OURS = (GapKind.SHED, GapKind.CRASH)


def leave_alone(connection: Connection, lease: Lease, why: str) -> list[NewEvent]:
    """Nobody works on the broadcast from now on: one that is on air is interrupted, another one waits."""
    if state_of(connection, lease.stream_id) in OVER_STATES:
        return []
    if not lease.on_air:
        return write_state(connection, lease.stream_id, StreamState.WAITING, why)
    kind, reason = loss(lease)
    body = _since(lease) | {"kind": kind.value, "why": reason}
    return write_state(connection, lease.stream_id, StreamState.INTERRUPTED, why or reason, Turn(body=body))


def begin_live(connection: Connection, segment: Segment) -> list[NewEvent]:
    """The broadcast that waited is live: this is the first segment of it that was analysed.

    Its holder may die before it ever told that it records. So the lease knows from then on what the segment proves.
    """
    if state_of(connection, segment.stream_id) is not StreamState.WAITING:
        return []
    if segment.live:
        untold = update(LeaseRow).where(LeaseRow.stream_id == segment.stream_id, LeaseRow.recorded_at_ms == 0)
        reached = {"recorded_ms": segment.end_ms, "recorded_at_ms": segment.received_at_ms}
        connection.execute(untold.values(on_air=True, **reached))
    return write_state(connection, segment.stream_id, StreamState.LIVE)


def cannot_reach(connection: Connection, lease: Lease, kind: GapKind, why: str, now_ms: int) -> list[NewEvent]:
    """A worker tries, and the broadcast's source gives nothing."""
    if state_of(connection, lease.stream_id) in OVER_STATES:
        return []
    turn = Turn(body={"kind": kind.value, "why": why})
    events = begin(connection, lease.stream_id, Condition.SOURCE_AWAY, lease.recorded_ms, now_ms, why)
    return write_state(connection, lease.stream_id, StreamState.UNREACHABLE, why, turn) + events


def finish(
    connection: Connection, lease: Lease, state: StreamState, error: str | None, now_ms: int, *, is_held: bool
) -> list[NewEvent]:
    """The broadcast is over, unless it was before: what ended it stays what ended it.

    What was on air until it was to be stopped, or until now, and that nobody recorded, is in the ledger from then on.
    `is_held`: who had it until now tells so, and has accounted for what it saw itself.
    """
    before = state_of(connection, lease.stream_id)
    if before in OVER_STATES:
        return []
    if is_held and not is_missed(before, lease):
        return write_state(connection, lease.stream_id, state, error)
    until_ms = min(now_ms, _stopped_at_ms(connection, lease.stream_id) or now_ms)
    gap = missed(lease, until_ms, lease.recorded_ms)
    turn = Turn(recorded_ms=lease.recorded_ms, missed=gap)
    return write_state(connection, lease.stream_id, state, error, turn)


def see(
    connection: Connection, lease: Lease, state: str, error: str | None, reach: Reach, now_ms: int
) -> list[NewEvent]:
    """What the holder of the lease sees of the broadcast, whose row says `state` and `error`."""
    if state in OVER_STATES or reach.air is Air.UNSEEN:
        return []
    if reach.air is Air.AWAY:
        return _away(connection, lease, state, error, reach, now_ms)
    if state not in (StreamState.INTERRUPTED.value, StreamState.UNREACHABLE.value):
        # One that waits is live with the first of it that is analysed, which its judge tells.
        return []
    is_again = lease.recorded_at_ms > 0
    body = _since(lease) | {"away_ms": max(0, now_ms - lease.recorded_at_ms)} if is_again else {}
    turn = Turn(is_again=is_again, recorded_ms=reach.recorded_ms, body=body)
    return write_state(connection, lease.stream_id, StreamState.LIVE, None, turn)


def note_lag(
    connection: Connection, lags_ms: Mapping[str, tuple[int, int]], lagging_ms: int, now_ms: int
) -> list[NewEvent]:
    """What begins and ends to lag: how far each broadcast on air is analysed, and how far behind that is.

    It ends once half of the lag is made up for, so that it does not begin again with every segment.
    """
    known = streams_with(connection, Condition.LAGGING, lags_ms)
    events: list[NewEvent] = []
    for stream_id, (analysed_ms, lag_ms) in sorted(lags_ms.items()):
        if stream_id not in known and lag_ms >= lagging_ms:
            events += begin(connection, stream_id, Condition.LAGGING, analysed_ms, now_ms)
        elif stream_id in known and lag_ms <= lagging_ms // 2:
            events += end(connection, stream_id, Condition.LAGGING, analysed_ms)
    return events


def is_ours(kind: GapKind | None) -> bool:
    """Whether what keeps media away is of our own making, such as a full disk."""
    return kind in _OURS


def _away(
    connection: Connection, lease: Lease, state: str, error: str | None, reach: Reach, now_ms: int
) -> list[NewEvent]:
    if is_ours(reach.kind):
        state_now = StreamState.INTERRUPTED if lease.on_air else StreamState.WAITING
        return [] if (state, error) == (state_now.value, reach.why) else leave_alone(connection, lease, reach.why)
    if (state, error) == (StreamState.UNREACHABLE.value, reach.why):
        return []
    return cannot_reach(connection, lease, reach.kind or GapKind.NETWORK, reach.why, now_ms)


def _since(lease: Lease) -> dict[str, object]:
    """Up to where the broadcast was recorded, on the stream clock, and until when (Unix time)."""
    return {"start_ms": lease.recorded_ms, "since_at_ms": lease.recorded_at_ms}


def _stopped_at_ms(connection: Connection, stream_id: str) -> int | None:
    stopped = select(OrderRow.changed_at_ms).where(OrderRow.wanted == Wanted.STOP.value)
    return connection.scalar(stopped.where(OrderRow.stream_id == stream_id))
