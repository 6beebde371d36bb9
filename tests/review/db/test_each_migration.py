"""Each step of the schema forward and back, with a row in every table that there is: nothing that stays is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, Connection, Float, Integer, LargeBinary, MetaData, Table, func, insert, select

import review.db.migrations
from review.db.engine import open_engine
from review.db.migrations import FIRST, HEAD, revision_of, run
from tests.review.postgres import empty_database

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
# Alembic's own table is no table of ours.
_COUNTER = "alembic_version"
# What a step reads, in the form in which the program writes it.
_GIVEN: dict[str, object] = {"started_at": "2026-11-24T20:00:00+08:00"}
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that knows no schema yet."""
    return empty_database(request, tmp_path)


def steps() -> list[str]:
    """The revisions, the first one first."""
    scripts = ScriptDirectory(str(Path(review.db.migrations.__file__).parent))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def tables(connection: Connection) -> dict[str, Table]:
    """What the database has now, each table behind those that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {table.name: table for table in metadata.sorted_tables if table.name != _COUNTER}


def fill(connection: Connection) -> None:
    """A row in each table that has none; what it refers to is there already."""
    for table in tables(connection).values():
        if connection.scalar(select(func.count()).select_from(table)) == 0:
            connection.execute(insert(table).values(dict(_values(connection, table))))


def _values(connection: Connection, table: Table) -> Iterator[tuple[str, object]]:
    for column in table.columns:
        if column.foreign_keys:
            (key,) = column.foreign_keys
            yield column.name, connection.scalar(select(key.column).limit(1))
        elif column.name in _GIVEN:
            yield column.name, _GIVEN[column.name]
        elif isinstance(column.type, JSON):
            yield column.name, []
        elif isinstance(column.type, Boolean):
            yield column.name, True
        elif isinstance(column.type, Integer):
            yield column.name, 1
        elif isinstance(column.type, Float):
            yield column.name, 0.5
        elif isinstance(column.type, LargeBinary):
            yield column.name, b"x"
        else:
            yield column.name, f"{column.name[:6]}1"


def rows(connection: Connection, like: dict[str, Table] | None = None) -> Rows:
    """What stands in each table, in the columns that it had in `like`; of tables that are there in both."""
    found: Rows = {}
    for name, table in tables(connection).items():
        if like is not None and name not in like:
            continue
        wanted = [c for c in table.columns if like is None or c.name in like[name].columns]
        told = connection.execute(select(*wanted)).all()
        names = [c.name for c in wanted]
        found[name] = sorted(tuple(sorted(zip(names, map(repr, row), strict=True))) for row in told)
    return found


def test_there_is_a_step_for_every_revision_of_the_program() -> None:
    assert (steps()[0], steps()[-1]) == (FIRST, HEAD)


@pytest.mark.service
@BOTH
def test_each_step_goes_forward_and_back_over_rows_in_every_table(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.execution_options(writes=True).begin() as connection:
        run(connection, "upgrade", FIRST)
        for before, step in zip(steps(), steps()[1:], strict=False):
            fill(connection)
            old, held = tables(connection), rows(connection)
            run(connection, "upgrade", step)
            assert revision_of(connection) == step
            _stay(held, rows(connection, old), f"upgrade to {step}")
            fill(connection)
            run(connection, "downgrade", before)
            assert revision_of(connection) == before
            assert tables(connection).keys() == old.keys(), f"downgrade from {step}"
            for name, table in tables(connection).items():
                assert table.columns.keys() == old[name].columns.keys(), f"downgrade from {step}: {name}"
            _stay(held, rows(connection, old), f"downgrade from {step}")
            run(connection, "upgrade", step)
        fill(connection)
        assert all(rows(connection).values()), "a table that no step left a row in was not tried"
    engine.dispose()


def _stay(held: Rows, now: Rows, step: str) -> None:
    """Every row that was there is there still, as far as its columns are left; a step may add others."""
    lost = {name: [row for row in held[name] if row not in now[name]] for name in now}
    assert {name: (gone, now[name]) for name, gone in lost.items() if gone} == {}, step
