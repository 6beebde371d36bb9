"""The log of events: written in the transaction of what it tells of, read in order, for ever."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from review.db.tables.events import EventHeadRow, EventRow
from review.db.tables.streams import StreamRow
from review.db.tables.tenants import TenantRow
from review.db.tenant_ids import LOCAL_TENANT
from review.db.upsert import table_of
from review.events.numbers import reserve
from review.events.stretch_log import write_stretches
from review.events.types import MOST_EVENTS, STRETCH, Event, NewEvent


def write_events(connection: Connection, at_ms: int, new_events: Iterable[NewEvent]) -> None:
    """Adds the events in this order, each to its customer's log; stretches to the log of stretches.

    To be called at the end of a transaction, before the trail only: the row of each customer's head stays locked
    until the commit, so that numbers become visible in their own order and a reader who goes on after the last one
    misses nothing.
    """
    events = list(new_events)
    if not events:
        return
    owners = _owners(connection, {event.host_id for event in events if event.tenant_id is None})
    by_tenant: dict[str, list[NewEvent]] = defaultdict(list)
    stretches: dict[str, list[NewEvent]] = defaultdict(list)
    for event in events:
        logs = stretches if event.kind == STRETCH else by_tenant
        logs[event.tenant_id or owners.get(event.host_id, LOCAL_TENANT)].append(event)
    if stretches:
        write_stretches(connection, at_ms, stretches)
    firsts = reserve(connection, EventHeadRow, {tenant_id: len(mine) for tenant_id, mine in by_tenant.items()})
    rows = [
        {
            "tenant_id": tenant_id,
            "sequence": number,
            "event_id": f"{tenant_id}-{number}",
            "at_ms": at_ms,
            "kind": event.kind,
            "subject": event.subject,
            "host_id": event.host_id,
            "stream_id": event.stream_id,
            "body": dict(event.body),
        }
        for tenant_id in sorted(by_tenant)
        for number, event in enumerate(by_tenant[tenant_id], start=firsts[tenant_id])
    ]
    if rows:
        connection.execute(insert(EventRow), rows)


def read_events(
    connection: Connection, tenant_id: str, after: int, limit: int = 100, *, up_to: int | None = None
) -> tuple[Event, ...]:
    """The customer's events after this number, in order; `up_to`: none beyond this one."""
    columns = table_of(EventRow).c
    statement = select(*columns).where(columns.tenant_id == tenant_id, columns.sequence > after)
    if up_to is not None:
        statement = statement.where(columns.sequence <= up_to)
    rows = connection.execute(statement.order_by(columns.sequence).limit(min(limit, MOST_EVENTS)))
    return tuple(_event(row) for row in rows)


def events_of(connection: Connection, tenant_id: str, sequences: Collection[int]) -> dict[int, Event]:
    """The customer's events with these numbers."""
    columns = table_of(EventRow).c
    rows = connection.execute(select(*columns).where(columns.tenant_id == tenant_id, columns.sequence.in_(sequences)))
    return {row.sequence: _event(row) for row in rows}


def forget_bodies(connection: Connection, subjects: Collection[str]) -> None:
    """Takes what was said out of the events about these subjects, whose time is over; that they were told stays."""
    for start in range(0, len(names := sorted(subjects)), _BATCH):
        connection.execute(
            update(EventRow).where(EventRow.subject.in_(names[start : start + _BATCH])).values(body={"erased": True})
        )


class EventLog:
    """The logs of all customers, for readers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def after(self, tenant_id: str, after: int = 0, limit: int = 100) -> tuple[Event, ...]:
        """The customer's events after this number, in order."""
        with self._engine.connect() as connection:
            return read_events(connection, tenant_id, after, limit)

    def heads(self) -> dict[str, int]:
        """The last number of every customer that was told something."""
        with self._engine.connect() as connection:
            return {row.tenant_id: row.sequence for row in connection.execute(select(*table_of(EventHeadRow).c))}

    def head(self, tenant_id: str) -> int:
        """The customer's last number; 0: nothing was told yet."""
        with self._engine.connect() as connection:
            return head_of(connection, tenant_id)


def head_of(connection: Connection, tenant_id: str) -> int:
    """The customer's last number as this transaction sees it."""
    return connection.scalar(select(EventHeadRow.sequence).where(EventHeadRow.tenant_id == tenant_id)) or 0


_BATCH = 500


def _event(row: Row[Any]) -> Event:
    return Event(id=row.event_id, **{k: v for k, v in row._mapping.items() if k != "event_id"})


def _owners(connection: Connection, hosts: set[str]) -> dict[str, str]:
    """Whose broadcasts each host has; a host is one customer's alone."""
    if not hosts:
        return {}
    rows: Sequence[tuple[str, str]] = [
        (row.host_id, row.tenant_id)
        for row in connection.execute(
            select(StreamRow.host_id, func.min(StreamRow.tenant_id).label("tenant_id"))
            .where(StreamRow.host_id.in_(hosts))
            .group_by(StreamRow.host_id)
        )
    ]
    owners = dict(rows)
    for host_id in hosts - owners.keys():
        tenant_id, slash, _ = host_id.partition("/")
        if slash and connection.scalar(select(TenantRow.tenant_id).where(TenantRow.tenant_id == tenant_id)):
            owners[host_id] = tenant_id
    return owners
