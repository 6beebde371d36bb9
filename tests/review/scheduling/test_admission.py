"""Admission: who may still order, why not, and never two for one place."""

import threading

import pytest
from sqlalchemy import Connection, insert

from review.db.engine import open_engine
from review.db.tables.scheduling import OrderRow
from review.db.tables.streams import StreamRow
from review.db.tables.tenants import TenantRow
from review.scheduling.decisions import Room
from review.scheduling.types import Priority
from review.stores import Stores
from review.streams.types import StreamState, Wanted
from tests.review.scheduling.conftest import Clock, Order, worker


def room(live: Stores, database_url: str, priority: Priority = Priority.NORMAL) -> Room:
    engine = open_engine(database_url).execution_options(writes=True)
    with engine.begin() as connection:
        found = live.leases.room(connection, priority)
    engine.dispose()
    return found


def test_without_workers_nothing_may_be_ordered(live: Stores, database_url: str) -> None:
    assert room(live, database_url) == Room(free=0, places=0, why="no worker is running")


def test_a_worker_counts_while_its_beat_is_young_and_it_is_not_drained(
    live: Stores, database_url: str, clock: Clock
) -> None:
    live.leases.beat(worker("w1", capacity=2.9))
    live.leases.beat(worker("w2", capacity=1, node="n2"))
    assert room(live, database_url, Priority.URGENT).places == 3
    live.leases.drain("n2")
    assert room(live, database_url, Priority.URGENT).places == 2
    clock.pass_ms(live.leases.terms.beat_ms)
    assert room(live, database_url, Priority.URGENT).places == 0


def test_a_share_is_kept_for_urgent_broadcasts(live: Stores, database_url: str, order: Order) -> None:
    live.leases.beat(worker(capacity=8))
    for number in range(6):
        order(f"s{number}")
    refused = room(live, database_url)
    assert refused.free == 0
    assert refused.why == (
        "6 broadcasts are wanted and the 1 running worker(s) have 8 places, 2 of them kept free for urgent broadcasts"
    )
    assert room(live, database_url, Priority.URGENT).free == 2
    order("u1", priority=Priority.URGENT)
    assert room(live, database_url).free == 0
    assert room(live, database_url, Priority.URGENT).free == 1


def test_background_broadcasts_do_not_keep_urgent_ones_out(live: Stores, database_url: str, order: Order) -> None:
    live.leases.beat(worker(capacity=2))
    order("b1", priority=Priority.BACKGROUND)
    order("b2", priority=Priority.BACKGROUND)
    assert room(live, database_url, Priority.URGENT).free == 2
    assert room(live, database_url, Priority.BACKGROUND).free == 0


@pytest.mark.parametrize("over", ["stopped", "ended", "failed"])
def test_what_is_over_takes_no_place(live: Stores, database_url: str, order: Order, over: str) -> None:
    live.leases.beat(worker(capacity=1))
    order("s1", wanted=Wanted.STOP if over == "stopped" else Wanted.RUN)
    if over != "stopped":
        live.stream_writer.set_state("s1", StreamState(over))
    assert room(live, database_url).free == 1


def test_two_who_ask_at_once_do_not_both_get_the_last_place(live: Stores, database_url: str, order: Order) -> None:
    live.leases.beat(worker(capacity=1))
    engine = open_engine(database_url).execution_options(writes=True)
    asked = threading.Event()
    second: list[int] = []

    def ask() -> None:
        asked.set()
        second.append(room(live, database_url).free)

    other = threading.Thread(target=ask)
    with engine.begin() as connection:
        assert live.leases.room(connection).free == 1
        other.start()
        asked.wait(10)
        order_within(connection)
    other.join(30)
    engine.dispose()
    assert second == [0]


def order_within(connection: Connection) -> None:
    """Orders a broadcast in this transaction."""
    connection.execute(insert(TenantRow).values(tenant_id="local", name="", created_at_ms=0))
    named = {"stream_id": "s1", "tenant_id": "local"}
    texts = dict.fromkeys(("source", "host_id", "host_name", "platform", "title"), "x")
    connection.execute(insert(StreamRow).values(**named, **texts, products=[], state="waiting", created_at_ms=0))
    numbers = dict.fromkeys(("created_at_ms", "changed_at_ms"), 0)
    connection.execute(
        insert(OrderRow).values(
            **named, **numbers, url="x", wanted="run", priority=5, products=[], content_sha256="0" * 64
        )
    )
