"""The schema goes up and down, and what is stored survives it, on both databases."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import review.db.migrations
from claims.types import Finding
from review.db.engine import open_engine
from review.db.migrations import FIRST, HEAD, migrate, revision_of, run
from review.db.tables.base import Base
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.postgres import empty_database


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that knows no schema yet."""
    return empty_database(request, tmp_path)


BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
ROOT = Path(__file__).parents[3]
OLD_STREAM = """
insert into streams (stream_id, source, host_id, host_name, platform, title, products, state, created_at_ms)
values ('s1', 'x', 'h1', '小岚', 'demo', 't', '[]', 'live', 1)
"""
OLD_PASSAGE = """
insert into passages (stream_id, id, channel, start_ms, end_ms, text) values ('s1', 'u1', 'speech', 0, 1, '一百瓦')
"""


def test_the_program_knows_the_last_step() -> None:
    scripts = ScriptDirectory(str(Path(review.db.migrations.__file__).parent))
    assert scripts.get_current_head() == HEAD
    assert scripts.get_base() == FIRST


@BOTH
def test_the_steps_lead_to_the_tables_of_the_program(database_url: str) -> None:
    engine = open_engine(database_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert revision_of(connection) == HEAD
    engine.dispose()


@BOTH
def test_a_database_of_the_first_release_is_brought_up_with_what_it_holds(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.execution_options(writes=True).begin() as connection:
        run(connection, "upgrade", FIRST)
        connection.execute(text("drop table alembic_version"))
        connection.execute(text(OLD_STREAM))
        connection.execute(text(OLD_PASSAGE))
    engine.dispose()
    stores = Stores.open(database_url)
    assert stores.streams.stream("s1").host.name == "小岚"
    assert [p.text for p in stores.streams.passages("s1")] == ["一百瓦"]
    stores.close()


@BOTH
def test_every_step_goes_down_and_up_again(database_url: str, stream: StreamRecord) -> None:
    stores = Stores.open(database_url)
    stores.stream_writer.put_stream(stream)
    stores.close()
    engine = open_engine(database_url)
    with engine.execution_options(writes=True).begin() as connection:
        run(connection, "downgrade", FIRST)
        assert not inspect(connection).has_table("cases")
        run(connection, "downgrade", "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate(engine)
    with engine.connect() as connection:
        assert inspect(connection).has_table("cases")
    engine.dispose()


@pytest.mark.service
@BOTH
def test_processes_that_start_at_once_make_one_schema(database_url: str) -> None:
    code = f"from review.stores import Stores; Stores.open({database_url!r}).close()"
    started = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]


@BOTH
def test_the_store_works_the_same(
    database_url: str, stream: StreamRecord, make_finding: Callable[..., Finding]
) -> None:
    finding = make_finding()
    stores = Stores.open(database_url)
    stores.stream_writer.put_stream(stream)
    stores.stream_writer.add_findings([finding])
    case_id = stores.cases.case_of(finding.finding_id)
    assert case_id is not None
    assert stores.cases.case(case_id).finding_count == 1
    stores.close()


@BOTH
def test_what_was_found_before_is_counted_as_what_is_found_now(
    database_url: str, stream: StreamRecord, make_finding: Callable[..., Finding]
) -> None:
    stores = Stores.open(database_url)
    stores.stream_writer.put_stream(stream)
    stores.stream_writer.add_findings([make_finding(finding_id="f1"), make_finding(finding_id="f2", claimed="80 W")])
    stores.close()
    engine = open_engine(database_url)
    asked = (text("select * from found_days"), text("select rule, policy from cases order by case_id"))
    with engine.execution_options(writes=True).begin() as connection:
        before = [connection.execute(each).all() for each in asked]
        run(connection, "downgrade", "0028")
        run(connection, "upgrade", HEAD)
        assert [connection.execute(each).all() for each in asked] == before
    assert [row.count for row in before[0]] == [2]
    assert {row.rule for row in before[1]} == {"SPEC_PARAM.quantity"}
    engine.dispose()


@BOTH
def test_counts_of_before_are_given_to_the_customers_whose_findings_they_count(
    database_url: str, stream: StreamRecord, make_finding: Callable[..., Finding]
) -> None:
    stores = Stores.open(database_url)
    for tenant_id, host_id in (("local", "h1"), ("acme", "acme/h1")):
        own = replace(stream, stream_id=f"s-{tenant_id}", tenant_id=tenant_id, host=replace(stream.host, id=host_id))
        stores.stream_writer.put_stream(own)
        stores.stream_writer.add_findings([make_finding(finding_id=f"f-{tenant_id}", stream_id=own.stream_id)])
    stores.close()
    engine = open_engine(database_url)
    counted = text("select dimension, key, tenant_id, count from tallies order by dimension, key, tenant_id")
    with engine.execution_options(writes=True).begin() as connection:
        before = connection.execute(counted).all()
        run(connection, "downgrade", "0031")
        assert connection.scalar(text("select max(count) from tallies where dimension = 'class'")) == 2
        # One more that nothing stored accounts for any more.
        connection.execute(text("update tallies set count = 3 where dimension = 'class'"))
        run(connection, "upgrade", HEAD)
        after = connection.execute(counted).all()
    engine.dispose()
    assert [row for row in after if row.tenant_id] == before
    assert [(row.dimension, row.key, row.count) for row in after if not row.tenant_id] == [("class", "SPEC_PARAM", 1)]
