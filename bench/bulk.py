"""Rows into a database by its own bulk door: COPY for PostgreSQL, batches for SQLite."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Boolean, Connection

from review.db.tables.base import Base
from review.db.upsert import table_of

_BATCH = 10_000


def insert_rows(connection: Connection, row_type: type[Base], rows: Iterable[dict[str, object]]) -> None:
    """Writes the rows, all of which have the columns of the first, by the quickest way that the database has."""
    table = table_of(row_type)
    source = iter(rows)
    first = next(source, None)
    if first is None:
        return
    names = list(first)
    flags = {name for name in names if isinstance(table.c[name].type, Boolean)}
    is_postgres = connection.dialect.name == "postgresql"

    def values(row: dict[str, object]) -> tuple[object, ...]:
        return tuple(_stored(row[name], is_flag=name in flags and not is_postgres) for name in names)

    quoted = ", ".join(f'"{name}"' for name in names)
    cursor = connection.connection.cursor()
    every = _chain(first, source)
    if is_postgres:
        with cursor.copy(f'copy "{table.name}" ({quoted}) from stdin') as copy:
            for row in every:
                copy.write_row(values(row))
        return
    statement = f'insert into "{table.name}" ({quoted}) values ({", ".join("?" * len(names))})'
    while batch := [values(row) for row in islice(every, _BATCH)]:
        cursor.executemany(statement, batch)


def _chain(first: dict[str, object], rest: Iterator[dict[str, object]]) -> Iterator[dict[str, object]]:
    yield first
    yield from rest


def _stored(value: object, *, is_flag: bool) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return int(bool(value)) if is_flag else value
