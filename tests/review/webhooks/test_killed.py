"""A receiver that fails a third of the time, a sender that is killed twice: no event is lost or changes its id."""

from pathlib import Path

import pytest

from bench.webhooks import Outcome, deliver, written
from tests.review.postgres import empty_database

pytestmark = pytest.mark.service

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that knows no schema yet."""
    return empty_database(request, tmp_path)


def check(outcome: Outcome) -> None:
    assert (outcome.lost, outcome.pending, outcome.ids, outcome.in_order) == (0, 0, 1, True)
    assert outcome.requests > outcome.events * 4 / 3, "the receiver never failed"


@BOTH
def test_no_event_is_lost(database_url: str, tmp_path: Path) -> None:
    check(deliver(database_url, tmp_path, 150, failing=3, kills=2))


@pytest.mark.slow
@BOTH
def test_of_ten_thousand_none_is_lost(database_url: str, tmp_path: Path) -> None:
    check(deliver(database_url, tmp_path, 10_000, failing=3, kills=2))


def test_writes_are_measured(database_url: str, tmp_path: Path) -> None:
    row = written(database_url, tmp_path, 0.5, writers=2)
    assert int(str(row["events_per_s"])) > 0
