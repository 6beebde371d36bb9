"""Entries of the trail by who, what, about what and when; the latest first, a page at a time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace

from sqlalchemy import Connection, Engine, select

from review.audit.chain import AuditEntry
from review.db.paging import read_through
from review.db.tables.audit import AuditRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailQuery:
    """Which entries; None or empty: not asked about.

    `actors`: by one of these. `action`: this one, or all of a family (`case.`, with the point at its end). `subjects`:
    about one of these. From `from_ms` on and before `to_ms` (Unix time). `before`: with smaller numbers alone.
    """

    actors: Collection[str] | None = None
    action: str = ""
    subjects: Collection[str] | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    before: int | None = None
    limit: int = 100


def read_trail(engine: Engine, query: TrailQuery) -> tuple[AuditEntry, ...]:
    """The latest entries that the query asks for."""
    with engine.connect() as connection:
        return _read(connection, query)


def each_entry(engine: Engine, query: TrailQuery, most: int) -> Iterator[AuditEntry]:
    """Every entry that the query asks for, the latest first, at most so many; read in pages as they are taken."""

    def read(before: int | None, limit: int) -> tuple[AuditEntry, ...]:
        return read_trail(engine, replace(query, before=before, limit=limit))

    return read_through(read, lambda entry: entry.sequence, begin=query.before, most=most)


def read_actions(engine: Engine) -> tuple[str, ...]:
    """Every action that stands in the trail, in order; each is looked for behind the one before, by the index."""
    found: list[str] = []
    with engine.connect() as connection:
        statement = select(AuditRow.action).order_by(AuditRow.action).limit(1)
        action = connection.scalar(statement)
        while action is not None:
            found.append(action)
            action = connection.scalar(statement.where(AuditRow.action > action))
    return tuple(found)


def _read(connection: Connection, query: TrailQuery) -> tuple[AuditEntry, ...]:
    columns = [getattr(AuditRow, column.name) for column in fields(AuditEntry)]
    statement = select(*columns).order_by(AuditRow.sequence.desc()).limit(query.limit)
    if query.actors is not None:
        statement = statement.where(AuditRow.actor.in_(query.actors))
    if query.action.endswith("."):
        # As a range, which an index answers: what begins so stands before the next character.
        statement = statement.where(AuditRow.action >= query.action, AuditRow.action < f"{query.action[:-1]}/")
    elif query.action:
        statement = statement.where(AuditRow.action == query.action)
    if query.subjects is not None:
        statement = statement.where(AuditRow.subject.in_(query.subjects))
    if query.from_ms is not None:
        statement = statement.where(AuditRow.at_ms >= query.from_ms)
    if query.to_ms is not None:
        statement = statement.where(AuditRow.at_ms < query.to_ms)
    if query.before is not None:
        statement = statement.where(AuditRow.sequence < query.before)
    return tuple(AuditEntry(**row._mapping) for row in connection.execute(statement))
