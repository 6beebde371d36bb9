"""What the platform was told of measures before there was one log is in it, with its numbers; and goes back."""

from pathlib import Path

import pytest
from sqlalchemy import text

from review.db.engine import open_engine
from review.db.migrations import migrate, run
from review.events.log import EventLog
from review.events.types import DeliveryState
from review.webhooks.endpoints import SETTINGS
from review.webhooks.retry_queue import Deliveries
from tests.review.postgres import empty_database

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
OLD_EVENT = """
insert into due_events (sequence, at_ms, kind, host_id, subject, body)
values (:n, :n, 'measure.proposed', 'h1', 'm1', '{"kind": "warning"}')
"""
OLD_DELIVERY = """
insert into deliveries (event_sequence, state, attempts, next_at_ms, last_error, delivered_at_ms)
values (:n, :state, :n, 7, '', null)
"""


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that knows no schema yet."""
    return empty_database(request, tmp_path)


@BOTH
@pytest.mark.parametrize("told", [True, False], ids=["told", "never told"])
def test_nothing_is_lost_and_numbers_stay(database_url: str, told: bool) -> None:
    engine = open_engine(database_url)
    writing = engine.execution_options(writes=True)
    with writing.begin() as connection:
        run(connection, "upgrade", "0009")
        for number in (1, 2, 3):
            connection.execute(text(OLD_EVENT), {"n": number})
        connection.execute(text("insert into counters (name, value) values ('due_event', 3)"))
        if told:
            connection.execute(text(OLD_DELIVERY), {"n": 1, "state": "delivered"})
            connection.execute(text(OLD_DELIVERY), {"n": 2, "state": "pending"})
    migrate(engine)
    events = EventLog(engine).after("local")
    assert [(event.sequence, event.id, event.kind) for event in events] == [
        (number, f"due-{number}", "measure.proposed") for number in (1, 2, 3)
    ]
    assert events[0].body == {"kind": "warning"}
    assert EventLog(engine).head("local") == 3
    kept = Deliveries(engine, lambda: 0).listed(SETTINGS)
    assert [(each.event_sequence, each.state, each.attempts) for each in kept] == (
        [(1, DeliveryState.DELIVERED, 1), (2, DeliveryState.PENDING, 2)] if told else []
    )
    with writing.begin() as connection:
        run(connection, "downgrade", "0009")
        assert connection.scalar(text("select count(*) from due_events")) == 3
        assert connection.scalar(text("select count(*) from deliveries")) == (2 if told else 0)
        assert connection.scalar(text("select value from counters where name = 'due_event'")) == 3
    engine.dispose()
