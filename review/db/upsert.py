"""Insert-or-update in the one form that SQLite and PostgreSQL share."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute


def upsert(
    connection: Connection,
    row_type: type[DeclarativeBase],
    rows: Sequence[Mapping[str, object]],
    *,
    keep: frozenset[str] = frozenset(),
    only_growing: str | None = None,
) -> None:
    """Writes the rows; where the primary key is there already, every column but those in `keep` is replaced.

    `only_growing` names a column that must be greater than the stored one for a row to be replaced.
    """
    if not rows:
        return
    table = table_of(row_type)
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    growing = None if only_growing is None else statement.excluded[only_growing] > table.c[only_growing]
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=replaced, where=growing), [dict(row) for row in rows]
    )


def insert_missing(
    connection: Connection, row_type: type[DeclarativeBase], rows: Sequence[Mapping[str, object]]
) -> None:
    """Writes the rows whose primary key is not there yet, and leaves the others as they are."""
    if rows:
        statement = _insert(connection, table_of(row_type)).on_conflict_do_nothing()
        connection.execute(statement, [dict(row) for row in rows])


def insert_new(
    connection: Connection,
    row_type: type[DeclarativeBase],
    rows: Sequence[Mapping[str, object]],
    column: InstrumentedAttribute[str],
) -> frozenset[str]:
    """Writes the rows whose primary key is not there yet; gives this column of those that this transaction wrote.

    Whoever writes the same rows at once waits for the other's commit: give them in one order.
    """
    if not rows:
        return frozenset()
    statement = _insert(connection, table_of(row_type)).values([dict(row) for row in rows])
    written = connection.execute(statement.on_conflict_do_nothing().returning(column))
    return frozenset(written.scalars())


def add_up(
    connection: Connection, row_type: type[DeclarativeBase], rows: Sequence[Mapping[str, object]], column: str
) -> None:
    """Writes the rows; where the primary key is there already, this column's value is added to the stored one."""
    if rows:
        table = table_of(row_type)
        statement = _insert(connection, table)
        added = statement.on_conflict_do_update(
            index_elements=[key.name for key in table.primary_key],
            set_={column: table.c[column] + statement.excluded[column]},
        )
        connection.execute(added, [dict(row) for row in rows])


def table_of(row_type: type[DeclarativeBase]) -> Table:
    """The table behind a mapped class."""
    table = row_type.__table__
    assert isinstance(table, Table)
    return table


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
