"""Leases: one holder at a time, tokens that only grow, nothing stored by whoever lost one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from claims.types import Finding, Passage
from ingest.recording.ledger import NOTHING
from ingest.types import Segment
from review.errors import LeaseLost, WorkerReplaced
from review.scheduling.applying import unseen
from review.scheduling.decisions import Close, Free, Grant, Reach, Recall, Released, ReportWaiting
from review.scheduling.types import Lease
from review.stores import Stores
from review.streams.types import FindingQuery, StreamState, Wanted
from tests.review.scheduling.conftest import Clock, Order, worker

MakeFinding = Callable[..., Finding]
MakeSegment = Callable[..., Segment]


def grant(live: Stores, stream_id: str, worker_id: str = "w1") -> Lease:
    """The lease that the worker now has."""
    assert live.leases.apply([Grant(stream_id=stream_id, worker_id=worker_id, seen=seen(live, stream_id))]) == 1
    return seen(live, stream_id)


def seen(live: Stores, stream_id: str) -> Lease:
    return live.leases.lease(stream_id) or unseen(stream_id)


def test_a_granted_broadcast_is_its_workers_to_work_on(live: Stores, order: Order) -> None:
    order("s1")
    order("s2")
    live.leases.beat(worker())
    lease = grant(live, "s1")
    ((given, assigned),) = live.leases.assigned("w1")
    assert (given.stream_id, given.products, assigned) == ("s1", (("p1", "v1"),), lease)
    assert (lease.token, lease.worker_id) == (1, "w1")
    assert "secret" not in repr(given)
    assert live.leases.assigned("w2") == []


def test_of_two_decisions_on_the_same_lease_one_takes_effect(live: Stores, order: Order) -> None:
    order("s1")
    nobody = unseen("s1")
    assert live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=nobody)]) == 1
    assert live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=nobody)]) == 0
    assert seen(live, "s1").worker_id == "w1"


def test_who_renewed_after_the_snapshot_keeps_its_lease(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    before = grant(live, "s1")
    clock.pass_ms(20_000)
    live.leases.renew("w1", {"s1": Reach(token=1, recorded_ms=10, analysed_ms=5)})
    assert live.leases.apply([Free(stream_id="s1", seen=before, why="ran out", restarts=1)]) == 0
    assert seen(live, "s1").worker_id == "w1"


def test_renewing_moves_the_end_and_notes_how_far_the_work_is(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    order("s2")
    before = grant(live, "s1")
    clock.pass_ms(5_000)
    progress = {
        "s1": Reach(token=1, recorded_ms=9_000, analysed_ms=7_000),
        "s2": Reach(token=1, recorded_ms=0, analysed_ms=0),
    }
    assert live.leases.renew("w1", progress) == {"s1"}
    after = seen(live, "s1")
    assert (after.recorded_ms, after.analysed_ms, after.until_ms) == (9_000, 7_000, before.until_ms + 5_000)
    assert live.leases.renew("w2", progress) == frozenset()


def test_nothing_is_stored_by_whoever_lost_the_lease(
    live: Stores, order: Order, make_finding: MakeFinding, make_segment: MakeSegment
) -> None:
    order("s1")
    old = grant(live, "s1")
    live.stream_writer.add_segments([make_segment(1), make_segment(2)], token=old.token)
    live.stream_writer.commit_segment("s1", 1, findings=[make_finding()], token=old.token)
    new = live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=seen(live, "s1"))])
    assert new == 1
    passage = Passage(stream_id="s1", id="u9", start_ms=0, end_ms=1, text="晚了")
    late: list[Callable[[Any], object]] = [
        lambda token: live.stream_writer.commit_segment(
            "s1", 2, findings=[make_finding(finding_id="f_late")], token=token
        ),
        lambda token: live.stream_writer.add_findings([make_finding(finding_id="f_late")], token=token),
        lambda token: live.stream_writer.add_passages([passage], token=token),
        lambda token: live.stream_writer.add_segments([make_segment(3)], token=token),
        lambda token: live.stream_writer.put_coverage("s1", NOTHING, token=token),
        lambda token: live.stream_writer.set_state("s1", StreamState.ENDED, token=token),
    ]
    for write in late:
        with pytest.raises(LeaseLost, match="'s1'"):
            write(old.token)
    assert [f.finding.finding_id for f in live.streams.findings(FindingQuery()).findings] == ["f_power"]
    assert live.streams.cursor("s1") == 1
    assert live.streams.passages("s1") == ()
    assert live.streams.stream("s1").state is StreamState.WAITING
    live.stream_writer.commit_segment("s1", 2, token=old.token + 1)
    assert live.streams.cursor("s1") == 2


def test_a_process_that_starts_anew_keeps_its_broadcasts_under_new_tokens(live: Stores, order: Order) -> None:
    order("s1")
    live.leases.beat(worker(started_at_ms=1))
    old = grant(live, "s1")
    live.leases.beat(worker(started_at_ms=2))
    ((_, lease),) = live.leases.assigned("w1")
    assert (lease.token, lease.restarts) == (old.token + 1, 1)
    with pytest.raises(WorkerReplaced, match="'w1'"):
        live.leases.beat(worker(started_at_ms=1))
    assert live.leases.renew("w1", {"s1": Reach(token=old.token, recorded_ms=1, analysed_ms=1)}) == frozenset()


def test_a_broadcast_under_which_workers_die_again_and_again_waits(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    live.leases.beat(worker(started_at_ms=1))
    grant(live, "s1")
    live.leases.beat(worker(started_at_ms=2))
    live.leases.beat(worker(started_at_ms=3))
    lease = seen(live, "s1")
    assert lease.worker_id == ""
    assert lease.restarts == 2
    assert lease.not_before_ms > clock.at.timestamp() * 1000


def test_failures_are_forgotten_once_the_work_went_on_for_long(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"), restarts=3)])
    live.leases.renew("w1", {"s1": Reach(token=1, recorded_ms=2, analysed_ms=2)})
    assert seen(live, "s1").restarts == 3
    clock.pass_ms(400_000)
    live.leases.renew("w1", {"s1": Reach(token=1, recorded_ms=2, analysed_ms=2)})
    assert seen(live, "s1").restarts == 3, "nothing was analysed meanwhile"
    live.leases.renew("w1", {"s1": Reach(token=1, recorded_ms=3, analysed_ms=3)})
    assert seen(live, "s1").restarts == 0


@pytest.mark.parametrize(
    ("how", "state", "is_open"),
    [
        (Released.ENDED, StreamState.ENDED, False),
        (Released.FAILED, StreamState.WAITING, True),
        (Released.REFUSED, StreamState.FAILED, False),
        (Released.GIVEN_BACK, StreamState.LIVE, True),
    ],
    ids=str,
)
def test_what_becomes_of_a_released_broadcast(
    live: Stores, order: Order, how: Released, state: StreamState, is_open: bool
) -> None:
    order("s1")
    lease = grant(live, "s1")
    live.stream_writer.set_state("s1", StreamState.LIVE, token=lease.token)
    assert live.leases.release("s1", lease.token, how, "why")
    assert live.streams.stream("s1").state is state
    assert bool(live.leases.snapshot().orders) == is_open
    after = seen(live, "s1")
    assert (after.worker_id, after.token) == ("", lease.token + 1)
    assert not live.leases.release("s1", lease.token, Released.REFUSED), "the lease was gone"
    assert live.streams.stream("s1").state is state


def test_failing_waits_longer_each_time_and_not_for_ever(live: Stores, order: Order, clock: Clock) -> None:
    order("s1")
    waits = []
    for tries in range(live.leases.terms.most_restarts):
        at_ms = int(clock.at.timestamp() * 1000)
        live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=seen(live, "s1"), restarts=tries)])
        live.leases.release("s1", seen(live, "s1").token, Released.FAILED, "the origin answers 503")
        waits.append(seen(live, "s1").not_before_ms - at_ms)
    assert waits[:3] == [2_000, 4_000, 8_000]
    assert waits == sorted(waits)
    assert waits[-1] == live.leases.terms.longest_wait_ms
    assert (live.streams.stream("s1").state, live.streams.stream("s1").error) == (
        StreamState.FAILED,
        "the origin answers 503",
    )
    assert live.leases.snapshot().orders == ()


def test_what_ended_a_broadcast_stays_what_ended_it(live: Stores, order: Order) -> None:
    order("s1")
    lease = grant(live, "s1")
    live.stream_writer.set_state("s1", StreamState.FAILED, "no media", token=lease.token)
    live.leases.release("s1", lease.token, Released.ENDED)
    assert (live.streams.stream("s1").state, live.streams.stream("s1").error) == (StreamState.FAILED, "no media")


def test_recalling_asks_and_takes_nothing(live: Stores, order: Order) -> None:
    order("s1")
    lease = grant(live, "s1")
    live.leases.apply([Recall(stream_id="s1", seen=lease, why="its node is drained")])
    ((_, asked),) = live.leases.assigned("w1")
    assert asked.recalled_at_ms > 0
    assert (asked.token, asked.why) == (lease.token, "its node is drained")
    live.stream_writer.commit_segment("s1", 1, analysed=False, token=lease.token)


def test_closing_ends_the_broadcast_and_the_lease(live: Stores, order: Order) -> None:
    order("s1", wanted=Wanted.STOP)
    live.leases.apply([Close(stream_id="s1", seen=unseen("s1"), state=StreamState.ENDED)])
    assert live.streams.stream("s1").state is StreamState.ENDED
    assert live.leases.snapshot().orders == ()


def test_why_a_broadcast_waits_is_told(live: Stores, order: Order) -> None:
    order("s1")
    live.leases.apply([ReportWaiting(stream_id="s1", seen=unseen("s1"), why="no worker is running")])
    assert seen(live, "s1").why == "no worker is running"
    assert (live.streams.stream("s1").state, live.streams.stream("s1").error) == (
        StreamState.WAITING,
        "no worker is running",
    )


def test_a_worker_that_leaves_frees_what_it_held(live: Stores, order: Order) -> None:
    order("s1")
    live.leases.beat(worker())
    lease = grant(live, "s1")
    live.leases.leave("w1")
    assert live.leases.workers() == ()
    after = seen(live, "s1")
    assert (after.worker_id, after.token, after.restarts) == ("", lease.token + 1, 0)


def test_draining_is_asked_of_a_node_and_heard_at_the_next_beat(live: Stores) -> None:
    for name, node in (("w1", "n1"), ("w2", "n1"), ("w3", "n2")):
        live.leases.beat(worker(name, node=node))
    assert {w.worker_id for w in live.leases.drain("n1")} == {"w1", "w2"}
    assert live.leases.beat(worker("w1")).draining
    assert not live.leases.beat(worker("w3", node="n2")).draining
    live.leases.drain("n1", draining=False)
    assert not live.leases.beat(worker("w1")).draining


def test_a_drained_worker_stays_known_when_it_leaves(live: Stores) -> None:
    live.leases.beat(worker())
    live.leases.drain("n1")
    live.leases.leave("w1")
    assert [(w.worker_id, w.draining) for w in live.leases.workers()] == [("w1", True)]


def test_a_worker_that_leaves_by_itself_takes_nothing_new_and_its_machine_is_not_drained(live: Stores) -> None:
    live.leases.beat(worker(capacity=4))
    told = live.leases.beat(replace(worker(capacity=4), draining=True))
    assert (told.capacity, told.draining) == (0, False)
    live.leases.leave("w1")
    assert live.leases.workers() == ()


def test_a_machine_that_is_dismissed_leaves_nothing_behind(live: Stores, order: Order) -> None:
    order("s1")
    live.leases.beat(worker())
    live.leases.drain("n1")
    grant(live, "s1")
    live.leases.dismiss("n1")
    assert live.leases.workers() == ()
    assert seen(live, "s1").worker_id == ""


def test_workers_that_are_long_gone_are_forgotten_unless_their_node_is_there(live: Stores, clock: Clock) -> None:
    live.leases.beat(worker("w1", node="n1"))
    live.leases.beat(worker("w2", node="n2"))
    clock.pass_ms(1_000)
    live.leases.beat(worker("w3", node="n3"))
    live.leases.forget(older_ms=1_000)
    assert len(live.leases.workers()) == 3
    live.leases.forget(older_ms=500, but_on={"n2"})
    assert [w.worker_id for w in live.leases.workers()] == ["w2", "w3"]


def test_the_snapshot_leaves_out_what_is_over_unless_somebody_holds_it(live: Stores, order: Order) -> None:
    for stream_id in ("s1", "s2", "s3"):
        order(stream_id)
    held = grant(live, "s2")
    live.stream_writer.set_state("s2", StreamState.ENDED, token=held.token)
    live.stream_writer.set_state("s3", StreamState.ENDED)
    snapshot = live.leases.snapshot()
    assert [o.stream_id for o in snapshot.orders] == ["s1"]
    assert set(snapshot.leases) == {"s2"}
    assert live.leases.assigned("w1") == []
