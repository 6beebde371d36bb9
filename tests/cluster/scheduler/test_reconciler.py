"""Rounds of decisions on a real database, also while it is away."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cluster.scheduler.reconciler import TICK_S, Reconciler
from cluster.scheduler.types import ActorSlot, NodeSeen, Staffing
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore
from review.scheduling.types import Priority
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.scheduling.conftest import Clock, Order, worker

TERMS = LeaseTerms()


class Watch:
    """The dispatcher's own clock, which only this test moves."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


@contextmanager
def cut_off(url: str) -> Iterator[None]:
    """Nobody can reach the database, and who was connected no longer is."""
    name = url.rpartition("/")[2]
    server = create_engine(url.rpartition("/")[0] + "/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        admin.execute(text(f'alter database "{name}" allow_connections false'))
        admin.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"))
        try:
            yield
        finally:
            admin.execute(text(f'alter database "{name}" allow_connections true'))
    server.dispose()


def test_rounds_place_what_is_wanted_and_then_have_nothing_to_do(live: Stores, order: Order) -> None:
    for stream_id in ("s1", "s2", "s3"):
        order(stream_id)
    live.leases.beat(worker("w1", capacity=1))
    live.leases.beat(worker("w2", capacity=1))
    reconciling = Reconciler(lambda: live.leases, TERMS, Watch())
    assert reconciling.tick() == TICK_S
    assert sorted(len(live.leases.assigned(name)) for name in ("w1", "w2")) == [1, 1]
    assert live.streams.stream("s3").state is StreamState.WAITING
    assert live.streams.stream("s3").error == "all 2 places of the 2 running worker(s) are taken"
    decided = reconciling.decision_count
    reconciling.tick()
    assert (reconciling.decision_count, reconciling.tick_count) == (decided, 2)


def test_whoever_is_more_urgent_is_taken_first_where_places_are_short(live: Stores, order: Order) -> None:
    order("a", priority=Priority.BACKGROUND)
    order("b", priority=Priority.NORMAL)
    order("c", priority=Priority.URGENT)
    live.leases.beat(worker("w1", capacity=1))
    reconciling = Reconciler(lambda: live.leases, TERMS, Watch())

    def carried(name: str) -> list[str]:
        return [order.stream_id for order, _ in live.leases.assigned(name)]

    reconciling.tick()
    assert carried("w1") == ["c"], "neither the first by name nor by age"
    live.leases.beat(worker("w2", capacity=1))
    reconciling.tick()
    assert (carried("w1"), carried("w2")) == (["c"], ["b"])
    assert live.streams.stream("a").error == "all 2 places of the 2 running worker(s) are taken"


def test_another_dispatcher_goes_on_where_the_first_one_was(live: Stores, order: Order) -> None:
    order("s1")
    live.leases.beat(worker())
    Reconciler(lambda: live.leases, TERMS).tick()
    before = live.leases.assigned("w1")
    after = Reconciler(lambda: live.leases, TERMS)
    after.tick()
    assert live.leases.assigned("w1") == before
    assert after.decision_count == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_while_the_database_is_away_nothing_is_decided_and_it_is_said_once(
    live: Stores, order: Order, database_url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    order("s1")
    live.leases.beat(worker())
    watch = Watch()
    reconciling = Reconciler(lambda: live.leases, TERMS, watch)
    reconciling.tick()
    assert len(live.leases.assigned("w1")) == 1
    with caplog.at_level(logging.WARNING), cut_off(database_url):
        waits = [reconciling.tick() for _ in range(5)]
        assert reconciling.error
        assert "zhenyan@" not in reconciling.error
    assert waits[4] > waits[0]
    assert [one.levelname for one in caplog.records if one.levelno >= logging.WARNING] == ["ERROR"]
    clock.pass_ms(60_000)  # every beat has grown old meanwhile
    live.leases.beat(worker("w2"))
    watch.ms = 60_000
    reconciling.tick()
    assert reconciling.error == ""
    assert len(live.leases.assigned("w1")) == 1, "w1 gets the time to tell that it is there"
    live.leases.beat(worker("w1"))
    clock.pass_ms(1)
    watch.ms += TERMS.beat_ms // 2
    reconciling.tick()
    watch.ms += TERMS.beat_ms // 2
    live.leases.renew("w1", {})
    reconciling.tick()
    assert reconciling.tick_count == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_having_been_away_itself_it_lets_workers_tell_first(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    live.leases.beat(worker())
    watch = Watch()
    reconciling = Reconciler(lambda: live.leases, TERMS, watch)
    reconciling.tick()
    clock.pass_ms(60_000)  # the machine slept
    watch.ms = 60_000
    live.leases.beat(worker("w2"))
    reconciling.tick()
    assert len(live.leases.assigned("w1")) == 1
    for _ in range(3):
        watch.ms += TERMS.beat_ms // 2
        reconciling.tick()
    assert len(live.leases.assigned("w2")) == 1, "w1 never told"


def test_a_database_that_is_not_there_at_the_start_is_waited_for(tmp_path: Path) -> None:
    missing = tmp_path / "later"
    opened: list[Stores] = []

    def open_leases() -> LeaseStore:
        opened.append(Stores.open(f"sqlite:///{missing / 'review.db'}"))
        return opened[0].leases

    reconciling = Reconciler(open_leases, TERMS)
    reconciling.tick()
    assert "unable to open database file" in reconciling.error
    missing.mkdir()
    reconciling.tick()
    assert (reconciling.error, reconciling.tick_count) == ("", 1)
    opened[0].close()


@dataclass
class Machines:
    """Machines that carry broadcasts, none of which starts anything; `asked`: for how many it was asked."""

    asked: list[int] = field(default_factory=list)

    def nodes(self) -> tuple[NodeSeen, ...]:
        return (NodeSeen(node_id="a" * 20, host="m1", cpu_count=4),)

    def present(self) -> frozenset[str]:
        return frozenset()

    def start(self, slot: ActorSlot) -> None:
        pass

    def end(self, name: str) -> None:
        pass

    def ask_for(self, machines: int) -> None:
        self.asked.append(machines)


def test_machines_are_asked_for_by_places_and_only_where_that_is_wanted(live: Stores, order: Order) -> None:
    live.leases.beat(worker("w1", capacity=4))
    machines = Machines()
    reconciling = Reconciler(lambda: live.leases, TERMS, Watch())
    reconciling.tick()
    for stream_id in ("s1", "s2", "s3"):
        order(stream_id)
    reconciling.apply_staffing(machines, Staffing())
    assert machines.asked == []
    reconciling.apply_staffing(machines, Staffing(free_share=0.25))
    assert machines.asked == [1]
    order("s4")
    reconciling.apply_staffing(machines, Staffing(free_share=0.25))
    reconciling.apply_staffing(machines, Staffing(free_share=0.25))
    assert machines.asked == [1, 2], "what was asked for stands, and is not asked again"
    live.orders.stop("s4", "r1")
    reconciling.apply_staffing(machines, Staffing(free_share=0.25))
    assert machines.asked == [1, 2, 1]
