"""The dispatcher's decisions, case by case."""

from dataclasses import replace

import pytest

from cluster.scheduler.plan import DRAINED, GIVES_WAY, OVERLOADED, STOPPED, plan
from review.scheduling.applying import unseen
from review.scheduling.decisions import Close, Decision, Free, Grant, Recall, ReportWaiting, Snapshot
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Lease, Order, Priority, Worker
from review.streams.types import StreamState, Wanted

TERMS = LeaseTerms()
NOW = 10_000_000
URGENT, NORMAL, BACKGROUND = Priority.URGENT, Priority.NORMAL, Priority.BACKGROUND


def order(stream_id: str, *, priority: Priority = NORMAL, wanted: Wanted = Wanted.RUN, created_at_ms: int = 0) -> Order:
    return Order(
        stream_id=stream_id, tenant_id="local", url="u", priority=priority, wanted=wanted, created_at_ms=created_at_ms
    )


def worker(name: str, capacity: float = 2, *, draining: bool = False, beat_ago_ms: int = 0) -> Worker:
    return Worker(worker_id=name, node=f"n-{name}", capacity=capacity, draining=draining, beat_at_ms=NOW - beat_ago_ms)


def lease(stream_id: str, worker_id: str = "", **changes: object) -> Lease:
    held = Lease(stream_id=stream_id, worker_id=worker_id, token=7, until_ms=NOW + 5_000 if worker_id else 0)
    return replace(held, **changes)  # type: ignore[arg-type]


def decide(orders: list[Order], leases: list[Lease], workers: list[Worker]) -> list[Decision]:
    seen = {each.stream_id: each for each in leases}
    return list(plan(Snapshot(now_ms=NOW, orders=tuple(orders), leases=seen, workers=tuple(workers)), TERMS))


def test_a_new_broadcast_goes_to_the_worker_with_most_room() -> None:
    decisions = decide([order("s1"), order("s2")], [lease("s1", "a")], [worker("a", 4), worker("b", 2)])
    assert decisions == [Grant(stream_id="s2", worker_id="b", seen=unseen("s2"))]


def test_what_runs_stays_where_it_is() -> None:
    assert decide([order("s1"), order("s2")], [lease("s1", "a"), lease("s2", "a")], [worker("a"), worker("b", 9)]) == []


def test_the_most_urgent_and_then_the_oldest_get_the_places_there_are() -> None:
    orders = [
        order("young", created_at_ms=2),
        order("old", created_at_ms=1),
        order("background", priority=BACKGROUND),
        order("urgent", priority=URGENT, created_at_ms=3),
    ]
    decisions = decide(orders, [], [worker("a", 2)])
    assert [d.stream_id for d in decisions if isinstance(d, Grant)] == ["urgent", "old"]
    told = {d.stream_id: d.why for d in decisions if isinstance(d, ReportWaiting)}
    assert told == dict.fromkeys(("young", "background"), "all 2 places of the 1 running worker(s) are taken")


@pytest.mark.parametrize(
    ("workers", "why"),
    [
        ([], "no worker is running"),
        ([worker("a", beat_ago_ms=60_000)], "no worker is running"),
        ([worker("a", draining=True)], "every running worker is being drained"),
        ([worker("a", 0.9)], "all 0 places of the 1 running worker(s) are taken"),
    ],
    ids=["none", "its beat is old", "draining", "less than one place"],
)
def test_why_there_is_no_place_is_told_once(workers: list[Worker], why: str) -> None:
    assert decide([order("s1")], [], workers) == [ReportWaiting(stream_id="s1", seen=unseen("s1"), why=why)]
    assert decide([order("s1")], [lease("s1", why=why)], workers) == []


@pytest.mark.parametrize(
    ("held", "holder"),
    [
        (lease("s1", "a", until_ms=NOW - 1), worker("a")),
        (lease("s1", "a"), worker("a", beat_ago_ms=60_000)),
        (lease("s1", "gone"), worker("c", 0)),
    ],
    ids=["the lease ran out", "the beat is old", "the worker is unknown"],
)
def test_what_a_lost_worker_held_moves(held: Lease, holder: Worker) -> None:
    decisions = decide([order("s1")], [held], [holder, worker("b", 9)])
    assert decisions == [Grant(stream_id="s1", worker_id="b", seen=held, restarts=1)]


def test_what_a_lost_worker_held_is_free_where_no_other_has_room() -> None:
    held = lease("s1", "a")
    (decision,) = decide([order("s1")], [held], [worker("b", 0)])
    assert decision == Free(
        stream_id="s1", seen=held, restarts=1, why="all 0 places of the 1 running worker(s) are taken"
    )


def test_a_broadcast_whose_workers_die_again_and_again_waits_and_fails_at_last() -> None:
    (waits,) = decide([order("s1")], [lease("s1", "gone", restarts=2)], [worker("b")])
    assert isinstance(waits, Free)
    assert waits.not_before_ms == NOW + TERMS.wait_ms(3)
    assert decide([order("s1")], [lease("s1", not_before_ms=NOW + 1, restarts=3)], [worker("b")]) == []
    (granted,) = decide([order("s1")], [lease("s1", not_before_ms=NOW, restarts=3)], [worker("b")])
    assert isinstance(granted, Grant)
    assert granted.restarts == 3
    (failed,) = decide([order("s1")], [lease("s1", "gone", restarts=TERMS.most_restarts - 1)], [worker("b")])
    assert isinstance(failed, Close)
    assert (failed.state, failed.why) == (StreamState.FAILED, "whoever worked on it died 20 times in a row")


def test_a_broadcast_that_waits_for_its_next_try_takes_no_place_from_others() -> None:
    orders = [order("s1", priority=URGENT), order("s2")]
    decisions = decide(orders, [lease("s1", not_before_ms=NOW + 1, restarts=3)], [worker("a", 1)])
    assert [(d.stream_id, type(d)) for d in decisions] == [("s2", Grant)]


def test_a_stopped_broadcast_is_ended_by_its_holder_and_else_at_once() -> None:
    stopped = [order("s1", wanted=Wanted.STOP)]
    (asked,) = decide(stopped, [lease("s1", "a")], [worker("a")])
    assert asked == Recall(stream_id="s1", seen=lease("s1", "a"), why=STOPPED)
    assert decide(stopped, [lease("s1", "a", recalled_at_ms=NOW - 5)], [worker("a")]) == []
    for without in ([], [lease("s1")], [lease("s1", "gone")], [lease("s1", "a", recalled_at_ms=NOW - 60_000)]):
        (closed,) = decide(stopped, without, [worker("a")])
        assert isinstance(closed, Close)
        assert closed.state is StreamState.ENDED


def test_what_is_over_is_nobodys() -> None:
    held = lease("s1", "a")
    assert decide([], [held], [worker("a")]) == [Free(stream_id="s1", seen=held, why="it is over", restarts=0)]


def test_a_drained_worker_gives_back_one_at_a_time_the_least_urgent_first() -> None:
    orders = [order("u", priority=URGENT), order("b", priority=BACKGROUND), order("n")]
    held = [lease(name, "a") for name in "ubn"]
    (asked,) = decide(orders, held, [worker("a", 4, draining=True), worker("b", 2)])
    assert asked == Recall(stream_id="b", seen=lease("b", "a"), why=DRAINED)
    held[1] = replace(held[1], recalled_at_ms=NOW - 1_000, why=DRAINED)
    assert decide(orders, held, [worker("a", 4, draining=True), worker("b", 2)]) == []


def test_a_drained_worker_keeps_what_nobody_else_has_room_for() -> None:
    held = [lease("s1", "a"), lease("s2", "b")]
    assert decide([order("s1"), order("s2")], held, [worker("a", draining=True), worker("b", 1)]) == []


def test_two_drained_workers_do_not_ask_for_the_same_place() -> None:
    workers = [worker("a", draining=True), worker("b", draining=True), worker("c", 1)]
    decisions = decide([order("s1"), order("s2")], [lease("s1", "a"), lease("s2", "b")], workers)
    assert [type(d) for d in decisions] == [Recall]


def test_a_worker_that_can_carry_less_than_it_does_gives_one_back() -> None:
    held = [lease("s1", "a"), lease("s2", "a")]
    (asked,) = decide([order("s1"), order("s2")], held, [worker("a", 1.5), worker("b", 1)])
    assert asked == Recall(stream_id="s2", seen=lease("s2", "a"), why=OVERLOADED)


def test_a_broadcast_that_is_not_given_back_in_time_is_taken() -> None:
    late = lease("s1", "a", recalled_at_ms=NOW - TERMS.recall_ms, why=DRAINED)
    decisions = decide([order("s1")], [late], [worker("a", draining=True), worker("b", 1)])
    assert decisions == [Grant(stream_id="s1", worker_id="b", seen=late)]


def test_background_broadcasts_give_way_to_urgent_ones_the_newest_first() -> None:
    orders = [
        order("b1", priority=BACKGROUND, created_at_ms=1),
        order("b2", priority=BACKGROUND, created_at_ms=2),
        order("n1"),
        order("u1", priority=URGENT, created_at_ms=9),
    ]
    held = [lease("b1", "a"), lease("b2", "a"), lease("n1", "a")]
    decisions = decide(orders, held, [worker("a", 3)])
    assert Recall(stream_id="b2", seen=lease("b2", "a"), why=GIVES_WAY) in decisions
    assert [d.stream_id for d in decisions if isinstance(d, Recall)] == ["b2"]
    held[1] = replace(held[1], recalled_at_ms=NOW - 1, why=GIVES_WAY)
    assert [type(d) for d in decide(orders, held, [worker("a", 3)])] == [ReportWaiting]
    held[1] = lease("b2")
    assert Grant(stream_id="u1", worker_id="a", seen=unseen("u1")) in decide(orders, held, [worker("a", 3)])


def test_nobody_gives_way_to_a_normal_broadcast() -> None:
    orders = [order("b1", priority=BACKGROUND), order("n1")]
    assert [type(d) for d in decide(orders, [lease("b1", "a")], [worker("a", 1)])] == [ReportWaiting]
