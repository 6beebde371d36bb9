"""A store whose clock the test moves, on both databases, with a few ordered broadcasts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from review.db.engine import open_engine
from review.db.tables.scheduling import OrderRow
from review.db.tables.tenants import TenantRow
from review.db.upsert import insert_missing
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Priority, Worker
from review.stores import Stores
from review.streams.types import Host, StreamRecord, Wanted
from tests.review.postgres import fresh_database

Order = Callable[..., str]


class Clock:
    """The wall clock of a test."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_ms(self, ms: int) -> None:
        self.at += timedelta(milliseconds=ms)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_database(request, tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(database_url: str, clock: Clock) -> Iterator[Stores]:
    opened = Stores.over(open_engine(database_url), now=clock, terms=LeaseTerms(urgent_share=0.25))
    yield opened
    opened.close()


@pytest.fixture
def order(live: Stores, database_url: str) -> Iterator[Order]:
    """Orders a broadcast; gives its id."""
    engine = open_engine(database_url).execution_options(writes=True)

    def give(stream_id: str, *, wanted: Wanted = Wanted.RUN, priority: Priority = Priority.NORMAL) -> str:
        host = Host(id="h1", name="小岚", platform="demo")
        live.stream_writer.put_stream(
            StreamRecord(stream_id=stream_id, source="https://live.example/1", host=host, title="", started_at=None)
        )
        values = {"stream_id": stream_id, "tenant_id": "local", "url": "https://live.example/1?token=secret"}
        values |= {"wanted": wanted.value, "content_sha256": "0" * 64}
        with engine.begin() as connection:
            insert_missing(connection, TenantRow, [{"tenant_id": "local", "name": "", "created_at_ms": 0}])
            connection.execute(
                insert(OrderRow).values(
                    **values,
                    priority=priority.value,
                    products=[{"product_id": "p1", "version": "v1"}],
                    created_at_ms=0,
                    changed_at_ms=0,
                )
            )
        return stream_id

    yield give
    engine.dispose()


def worker(name: str = "w1", *, capacity: float = 4, started_at_ms: int = 1, node: str = "n1") -> Worker:
    return Worker(worker_id=name, node=node, capacity=capacity, started_at_ms=started_at_ms)
