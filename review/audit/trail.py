"""The audit trail in the database, and what a transaction writes at its end: events first, the trail last."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from review.audit.chain import ORIGIN, AuditEntry, Break, Detail, Head, export_lines, next_entry, verify
from review.audit.search import TrailQuery, each_entry, read_actions, read_trail
from review.db.tables.audit import AuditHeadRow, AuditRow
from review.db.upsert import insert_missing
from review.events.log import write_events
from review.events.types import NewEvent

_HEAD = "audit"
_COLUMNS = tuple(column.name for column in fields(AuditEntry))
_BATCH = 1000


@dataclass(slots=True)
class Journal:
    """What a transaction did, written by `close` at its end.

    Events and trail each lock one row until the commit; taken last and in this order by everybody, they cannot block
    each other.
    """

    at_ms: int
    actor: str
    _entries: list[tuple[str, str, dict[str, Detail]]] = field(default_factory=list)
    _events: list[NewEvent] = field(default_factory=list)

    def note(self, action: str, subject: str, /, **details: Detail) -> None:
        """An entry for the trail: ids, codes and hashes, never a text that somebody wrote."""
        self._entries.append((action, subject, details))

    def add_event(self, kind: str, host_id: str, subject: str, /, **body: object) -> None:
        """An event for the customer whose host this is."""
        self._events.append(NewEvent(kind=kind, host_id=host_id, subject=subject, body=body))

    def add_events(self, events: Iterable[NewEvent]) -> None:
        """Events as they are."""
        self._events.extend(events)

    def close(self, connection: Connection) -> None:
        """Writes everything."""
        write_events(connection, self.at_ms, self._events)
        if self._entries:
            self._write_entries(connection)
        self._events.clear()
        self._entries.clear()

    def _write_entries(self, connection: Connection) -> None:
        head = _lock_head(connection)
        written: list[Mapping[str, object]] = []
        for action, subject, details in self._entries:
            entry = next_entry(
                head, at_ms=self.at_ms, actor=self.actor, action=action, subject=subject, details=details
            )
            written.append({name: getattr(entry, name) for name in _COLUMNS})
            head = Head(sequence=entry.sequence, sha256=entry.sha256)
        connection.execute(insert(AuditRow), written)
        connection.execute(
            update(AuditHeadRow).where(AuditHeadRow.name == _HEAD).values(sequence=head.sequence, sha256=head.sha256)
        )


class AuditTrail:
    """Who changed what, and who read a host's file."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def note(self, actor: str, action: str, subject: str, /, **details: Detail) -> None:
        """One entry, in a transaction of its own: above all that a host's file was read."""
        journal = Journal(at_ms=int(self._now().timestamp() * 1000), actor=actor)
        journal.note(action, subject, **details)
        with self._writing.begin() as connection:
            journal.close(connection)

    def entries(
        self, *, subject: str | None = None, actor: str | None = None, limit: int = 200
    ) -> tuple[AuditEntry, ...]:
        """The latest entries about this subject, by this actor, or at all; the latest first."""
        statement = select(*_selected()).order_by(AuditRow.sequence.desc()).limit(limit)
        if subject is not None:
            statement = statement.where(AuditRow.subject == subject)
        if actor is not None:
            statement = statement.where(AuditRow.actor == actor)
        with self._engine.connect() as connection:
            return tuple(AuditEntry(**row._mapping) for row in connection.execute(statement))

    def find(self, query: TrailQuery) -> tuple[AuditEntry, ...]:
        """The latest entries that the query asks for."""
        return read_trail(self._engine, query)

    def each(self, query: TrailQuery, most: int) -> Iterator[AuditEntry]:
        """Every such entry, the latest first, at most so many, read as they are taken."""
        return each_entry(self._engine, query, most)

    def actions(self) -> tuple[str, ...]:
        """Every action that stands in the trail, in order."""
        return read_actions(self._engine)

    def head(self) -> Head:
        """The last entry's number and hash; number 0: there is none."""
        with self._engine.connect() as connection:
            return _head(connection)

    def verify(self, anchors: tuple[Head, ...] = ()) -> Break | None:
        """The first break of the stored trail; None: it is whole."""
        with self._snapshot() as connection:
            return verify(_stored(connection), _head(connection), anchors)

    def export(self) -> Iterator[str]:
        """The whole trail as lines of an export."""
        with self._snapshot() as connection:
            yield from export_lines(_stored(connection), _head(connection))

    def _snapshot(self) -> Connection:
        """A connection that sees the head and the entries as of one moment, whoever writes meanwhile."""
        if self._engine.dialect.name == "postgresql":
            return self._engine.connect().execution_options(isolation_level="REPEATABLE READ")
        return self._engine.connect()


def _selected() -> list[Any]:
    return [getattr(AuditRow, name) for name in _COLUMNS]


def _lock_head(connection: Connection) -> Head:
    """The head, which nobody else moves until the caller's transaction ends; made where there is none yet."""
    locked = select(AuditHeadRow.sequence, AuditHeadRow.sha256).where(AuditHeadRow.name == _HEAD).with_for_update()
    row = connection.execute(locked).one_or_none()
    if row is None:
        insert_missing(connection, AuditHeadRow, [{"name": _HEAD, "sequence": 0, "sha256": ORIGIN}])
        row = connection.execute(locked).one()
    return Head(sequence=row.sequence, sha256=row.sha256)


def _head(connection: Connection) -> Head:
    row = connection.execute(
        select(AuditHeadRow.sequence, AuditHeadRow.sha256).where(AuditHeadRow.name == _HEAD)
    ).one_or_none()
    return Head(sequence=0, sha256=ORIGIN) if row is None else Head(sequence=row.sequence, sha256=row.sha256)


def _stored(connection: Connection) -> Iterator[AuditEntry]:
    """The entries in their order."""
    after: int | None = None
    while True:
        statement = select(*_selected()).order_by(AuditRow.sequence).limit(_BATCH)
        if after is not None:
            statement = statement.where(AuditRow.sequence > after)
        rows = connection.execute(statement).all()
        for row in rows:
            yield AuditEntry(**row._mapping)
        if len(rows) < _BATCH:
            return
        after = rows[-1].sequence
