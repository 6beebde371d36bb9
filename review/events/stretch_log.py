"""The log of stretches: numbered as events are, and forgotten after days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from review.db.tables.stretches import StretchHeadRow, StretchRow
from review.db.upsert import table_of
from review.events.numbers import reserve
from review.events.types import MOST_EVENTS, STRETCH, Event, NewEvent

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchPage:
    """Stretches in order. `kept_from`: the first number that is still kept; what lies before it is gone for good."""

    stretches: tuple[Event, ...] = ()
    kept_from: int = 1
    more: bool = False


def write_stretches(connection: Connection, at_ms: int, new_stretches: Mapping[str, Sequence[NewEvent]]) -> None:
    """Adds the stretches in this order to each customer's log, whose heads stay locked until the commit."""
    firsts = reserve(connection, StretchHeadRow, {name: len(mine) for name, mine in new_stretches.items()}, forgotten=0)
    rows = [
        {
            "tenant_id": tenant_id,
            "sequence": number,
            "at_ms": at_ms,
            "stream_id": new.stream_id,
            "host_id": new.host_id,
            "start_ms": new.body["start_ms"],
            "end_ms": new.body["end_ms"],
            "body": dict(new.body),
        }
        for tenant_id, mine in sorted(new_stretches.items())
        for number, new in enumerate(mine, start=firsts[tenant_id])
    ]
    connection.execute(insert(StretchRow), rows)


def read_stretches(
    connection: Connection, tenant_id: str, after: int, limit: int = 100, *, stream_id: str | None = None
) -> tuple[Event, ...]:
    """The customer's stretches after this number, in order; of one broadcast alone, where one is named."""
    columns = table_of(StretchRow).c
    statement = select(*columns).where(columns.tenant_id == tenant_id, columns.sequence > after)
    if stream_id is not None:
        statement = statement.where(columns.stream_id == stream_id)
    return tuple(_event(row) for row in connection.execute(statement.order_by(columns.sequence).limit(limit)))


def stretch_head(connection: Connection, tenant_id: str) -> int:
    """The customer's last number; 0: nothing was told yet."""
    return connection.scalar(select(StretchHeadRow.sequence).where(StretchHeadRow.tenant_id == tenant_id)) or 0


class StretchLog:
    """The logs of all customers, for readers."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def after(self, tenant_id: str, after: int = 0, limit: int = 100) -> tuple[Event, ...]:
        """The customer's stretches after this number, in order."""
        return self.page(tenant_id, after, limit).stretches

    def page(self, tenant_id: str, after: int = 0, limit: int = 100, *, stream_id: str | None = None) -> StretchPage:
        """The customer's stretches after this number, in order, and whether there are more."""
        limit = min(limit, MOST_EVENTS)
        with self._engine.connect() as connection:
            found = read_stretches(connection, tenant_id, after, limit + 1, stream_id=stream_id)
            gone = connection.scalar(select(StretchHeadRow.forgotten).where(StretchHeadRow.tenant_id == tenant_id))
        return StretchPage(stretches=found[:limit], kept_from=(gone or 0) + 1, more=len(found) > limit)

    def heads(self) -> dict[str, int]:
        """The last number of every customer that has stretches."""
        columns = table_of(StretchHeadRow).c
        with self._engine.connect() as connection:
            rows = connection.execute(select(columns.tenant_id, columns.sequence))
            return {row.tenant_id: row.sequence for row in rows}

    def forget(self, days: float) -> int:
        """Drops what was told longer ago than this; gives how many. Numbers are never used again."""
        before_ms = int(self._now().timestamp() * 1000 - days * _DAY_MS)
        columns = table_of(StretchRow).c
        with self._writing.begin() as connection:
            old = connection.execute(
                select(columns.tenant_id, func.max(columns.sequence).label("last"))
                .where(columns.at_ms < before_ms)
                .group_by(columns.tenant_id)
                .order_by(columns.tenant_id)
            ).all()
            count = 0
            for row in old:
                count += connection.execute(
                    delete(StretchRow).where(StretchRow.tenant_id == row.tenant_id, StretchRow.sequence <= row.last)
                ).rowcount
                connection.execute(
                    update(StretchHeadRow)
                    .where(StretchHeadRow.tenant_id == row.tenant_id, StretchHeadRow.forgotten < row.last)
                    .values(forgotten=row.last)
                )
        return count


def _event(row: Row[Any]) -> Event:
    return Event(
        tenant_id=row.tenant_id,
        sequence=row.sequence,
        id=f"{row.tenant_id}-stretch-{row.sequence}",
        at_ms=row.at_ms,
        kind=STRETCH,
        subject=row.stream_id,
        host_id=row.host_id,
        stream_id=row.stream_id,
        body=row.body,
    )
