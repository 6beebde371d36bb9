"""What ails a broadcast, told when it begins and when it ends, each inside the caller's transaction."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from review.db.tables.streams import StreamRow
from review.db.tables.stretches import StreamConditionRow
from review.db.upsert import insert_missing, table_of
from review.events.types import NewEvent
from review.stretches.types import ActiveCondition, Condition


def begin(
    connection: Connection, stream_id: str, condition: Condition, since_ms: int, now_ms: int, why: str = ""
) -> list[NewEvent]:
    """`stream.health` that the condition began at this moment of the stream clock; nothing where it was told before."""
    if condition in {known.condition for known in read_active_conditions(connection, stream_id)}:
        return []
    row = {"stream_id": stream_id, "condition": condition.value, "since_ms": since_ms, "began_at_ms": now_ms}
    insert_missing(connection, StreamConditionRow, [row])
    return [_event(connection, stream_id, condition, "began", {"start_ms": since_ms} | ({"why": why} if why else {}))]


def end(connection: Connection, stream_id: str, condition: Condition, at_ms: int) -> list[NewEvent]:
    """`stream.health` that the condition ended at this moment of the stream clock; nothing where it did not hold."""
    since_ms = connection.scalar(
        delete(StreamConditionRow)
        .where(StreamConditionRow.stream_id == stream_id, StreamConditionRow.condition == condition.value)
        .returning(StreamConditionRow.since_ms)
    )
    if since_ms is None:
        return []
    body = {"start_ms": since_ms, "end_ms": max(at_ms, since_ms)}
    return [_event(connection, stream_id, condition, "ended", body)]


def end_all(connection: Connection, stream_id: str, at_ms: int) -> list[NewEvent]:
    """Ends whatever ails a broadcast that is over."""
    events: list[NewEvent] = []
    for known in read_active_conditions(connection, stream_id):
        events += end(connection, stream_id, known.condition, at_ms)
    return events


def read_active_conditions(connection: Connection, stream_id: str) -> tuple[ActiveCondition, ...]:
    """What ails the broadcast now, what began first before the rest."""
    columns = table_of(StreamConditionRow).c
    rows = connection.execute(
        select(columns.condition, columns.since_ms, columns.began_at_ms)
        .where(columns.stream_id == stream_id)
        .order_by(columns.since_ms, columns.condition)
    )
    return tuple(
        ActiveCondition(condition=Condition(row.condition), since_ms=row.since_ms, began_at_ms=row.began_at_ms)
        for row in rows
    )


def streams_with(connection: Connection, condition: Condition, stream_ids: Collection[str]) -> frozenset[str]:
    """Those of these broadcasts that have this condition."""
    columns = table_of(StreamConditionRow).c
    found = select(columns.stream_id).where(columns.condition == condition.value, columns.stream_id.in_(stream_ids))
    return frozenset(connection.scalars(found))


def _event(
    connection: Connection, stream_id: str, condition: Condition, turn: str, body: dict[str, object]
) -> NewEvent:
    of = connection.execute(
        select(StreamRow.host_id, StreamRow.tenant_id).where(StreamRow.stream_id == stream_id)
    ).one()
    return NewEvent(
        kind="stream.health",
        subject=stream_id,
        host_id=of.host_id,
        tenant_id=of.tenant_id,
        stream_id=stream_id,
        body={"condition": condition.value, "state": turn} | body,
    )
