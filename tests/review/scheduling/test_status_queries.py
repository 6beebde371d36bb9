"""The state as a column says what the function says, for every kind of lease, on both databases."""

import itertools

import pytest
from sqlalchemy import insert, select

from review.db.engine import open_engine
from review.db.tables.scheduling import LeaseRow
from review.db.tables.streams import StreamRow
from review.scheduling.orders import OrderQuery
from review.scheduling.rows import lease_values
from review.scheduling.status import status_of
from review.scheduling.status_queries import Moment, state_at
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.scheduling.conftest import Clock, Order
from tests.review.scheduling.test_status import DIED_MS, TERMS, every_lease


@pytest.fixture
def filled(live: Stores, order: Order, database_url: str) -> dict[str, StreamState]:
    """A broadcast in each state with each kind of lease, and one without any; with what the function says of it."""
    expected = {}
    engine = open_engine(database_url).execution_options(writes=True)
    for state, lease in itertools.product(StreamState, [*every_lease(), None]):
        name = f"{state.value}-{lease.stream_id if lease is not None else 'none'}"
        order(name)
        live.stream_writer.set_state(name, state)
        if lease is not None:
            with engine.begin() as connection:
                connection.execute(insert(LeaseRow).values(lease_values(lease) | {"stream_id": name}))
        expected[name] = status_of(state, lease, DIED_MS, TERMS).state
    engine.dispose()
    return expected


def test_the_column_says_what_the_function_says(filled: dict[str, StreamState], database_url: str) -> None:
    engine = open_engine(database_url)
    rows = (
        select(StreamRow.stream_id, state_at(Moment(at_ms=DIED_MS, terms=TERMS)))
        .select_from(StreamRow)
        .outerjoin(LeaseRow, LeaseRow.stream_id == StreamRow.stream_id)
    )
    with engine.connect() as connection:
        found = {name: StreamState(state) for name, state in connection.execute(rows)}
    engine.dispose()
    assert set(filled.values()) == set(StreamState)
    assert found == filled


def test_a_list_by_state_has_those_that_are_in_it_now(
    filled: dict[str, StreamState], live: Stores, clock: Clock
) -> None:
    for state in StreamState:
        found = live.orders.listed(OrderQuery(state=state, limit=1_000))
        assert {each.stream.state for each in found} <= {state}
    shown = [len(live.orders.listed(OrderQuery(state=state, limit=1_000))) for state in StreamState]
    assert sum(shown) == len(filled)
    view = live.overview.view()
    assert [view.states[state] for state in StreamState] == shown
