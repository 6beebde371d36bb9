"""What a bench of findings finds to be wrong, on a database that is made wrong."""

from pathlib import Path

import pytest
from sqlalchemy import text

from bench.findings import Work, faults, prepared, segments_of
from review.db.engine import open_engine
from review.stores import Stores

_SEGMENTS = 3


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with three segments of each of two broadcasts, of a customer each."""
    found = f"sqlite:///{tmp_path / 'bench.db'}"
    work = Work(url=found, process=0, processes=1, customers=2, streams=2)
    prepared([work])
    stores = Stores.open(found)
    for number in range(work.streams):
        for _, given in zip(range(_SEGMENTS), segments_of(work, number), strict=False):
            given.store(stores)
    stores.close()
    return found


def spoil(url: str, statement: str) -> None:
    engine = open_engine(url)
    with engine.execution_options(writes=True).begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    engine.dispose()


def test_what_was_stored_as_a_recorder_does_is_whole(url: str) -> None:
    assert faults(url, 2 * _SEGMENTS) == []


def test_a_finding_that_was_not_stored_is_missed(url: str) -> None:
    assert faults(url, 2 * _SEGMENTS + 1) == ["7 findings were given, 6 are stored, 6 were told"]


def test_a_hole_in_a_customers_log_is_found(url: str) -> None:
    spoil(url, "delete from events where tenant_id = 't0' and sequence = 2")
    assert "t0: the log of events has gaps" in faults(url, 2 * _SEGMENTS)


def test_findings_that_are_told_out_of_order_are_found(url: str) -> None:
    spoil(url, "update events set subject = 's0-0-9-0' where subject = 's0-0-0-0'")
    assert "s0-0-1-0 was told out of its broadcast's order" in faults(url, 2 * _SEGMENTS)
