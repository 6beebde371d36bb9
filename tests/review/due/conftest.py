"""A store whose cases are decided at once, the published table, and a clock that a test sets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from claims.types import Finding
from review.due.rules import DAY_MS, Measures, read_measures, read_retention
from review.due.store import DueSetup
from review.engine import open_engine
from review.store import Store
from review.types import Host, StreamRecord
from tests.review.due.people import Clock, confirm

CONFIGS = Path(__file__).parents[3] / "configs" / "due"


@pytest.fixture(scope="session")
def table() -> Measures:
    return read_measures(CONFIGS)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def due_setup(table: Measures, tmp_path: Path) -> DueSetup:
    return DueSetup(measures=table, retention=read_retention(CONFIGS), data_dir=tmp_path / "data")


@pytest.fixture
def desk(database_url: str, stream: StreamRecord, clock: Clock, due_setup: DueSetup) -> Iterator[Store]:
    """Streams s1 of host h1 and s2 of host h2."""
    store = Store(open_engine(database_url), now=clock, second_share=0.0, due=due_setup)
    store.put_stream(stream)
    store.put_stream(replace(stream, stream_id="s2", host=Host(id="h2", name="阿强", platform="demo")))
    yield store
    store.close()


@pytest.fixture
def confirmed(desk: Store, make_finding: Callable[..., Finding], clock: Clock) -> str:
    """A confirmed case of host h1 that cites 广告法 28(2)(2), a day old."""
    case_id = confirm(desk, make_finding())
    clock.wait(DAY_MS)
    return case_id
