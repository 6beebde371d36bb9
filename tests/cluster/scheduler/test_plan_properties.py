"""What holds of every plan, whatever is seen."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.scheduler.plan import plan
from review.scheduling.decisions import Close, Grant, Recall, Snapshot
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Lease, Order, Priority, Worker
from review.streams.types import Wanted
from tests.cluster.scheduler.model import applied

TERMS = LeaseTerms()
NOW = 10_000_000
WORKERS = ["a", "b", "c"]
STREAMS = [f"s{number}" for number in range(9)]


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    workers = tuple(
        Worker(
            worker_id=name,
            node=name,
            capacity=draw(st.floats(0, 5)),
            draining=draw(st.booleans()),
            beat_at_ms=NOW - draw(st.sampled_from([0, 9_999, 10_000, 99_999])),
        )
        for name in draw(st.lists(st.sampled_from(WORKERS), unique=True))
    )
    ordered = draw(st.lists(st.sampled_from(STREAMS), unique=True))
    orders = tuple(
        Order(
            stream_id=stream_id,
            tenant_id="local",
            url="u",
            wanted=draw(st.sampled_from(Wanted)),
            priority=draw(st.sampled_from(Priority)),
            created_at_ms=draw(st.integers(0, 3)),
        )
        for stream_id in ordered
    )
    leases = {
        stream_id: Lease(
            stream_id=stream_id,
            worker_id=worker_id,
            token=draw(st.integers(1, 9)),
            until_ms=NOW + draw(st.sampled_from([-1, 0, 1, 9_000])),
            restarts=draw(st.integers(0, 25)),
            not_before_ms=NOW + draw(st.sampled_from([-9, 0, 1])),
            recalled_at_ms=draw(st.sampled_from([0, NOW, NOW - 19_999, NOW - 20_000])) if worker_id else 0,
        )
        for stream_id in draw(st.lists(st.sampled_from(STREAMS), unique=True))
        if (worker_id := draw(st.sampled_from(["", *WORKERS]))) or stream_id in ordered
    }
    return Snapshot(now_ms=NOW, orders=orders, leases=leases, workers=workers)


def carried(snapshot: Snapshot) -> Counter[str]:
    """How many broadcasts each worker that is there carries."""
    live = {w.worker_id for w in snapshot.workers if w.beat_at_ms > NOW - TERMS.beat_ms}
    return Counter(
        lease.worker_id for lease in snapshot.leases.values() if lease.worker_id in live and lease.until_ms > NOW
    )


@settings(max_examples=400, deadline=None)
@given(snapshots())
def test_no_worker_gets_more_than_it_can_carry(seen: Snapshot) -> None:
    decisions = plan(seen, TERMS)
    after = carried(applied(seen, decisions, TERMS))
    workers = {w.worker_id: w for w in seen.workers}
    for name in {d.worker_id for d in decisions if isinstance(d, Grant)}:
        assert after[name] <= int(workers[name].capacity)
        assert not workers[name].draining
        assert workers[name].beat_at_ms > NOW - TERMS.beat_ms


@settings(max_examples=400, deadline=None)
@given(snapshots())
def test_each_broadcast_is_decided_on_once_and_tokens_only_grow(seen: Snapshot) -> None:
    decisions = plan(seen, TERMS)
    assert max(Counter(d.stream_id for d in decisions).values(), default=1) == 1
    after = applied(seen, decisions, TERMS)
    for stream_id, lease in after.leases.items():
        before = seen.leases.get(stream_id)
        if before is not None:
            assert lease.token == before.token + (lease.worker_id != before.worker_id or _is_anew(before, lease))


def _is_anew(before: Lease, after: Lease) -> bool:
    """Whether the same worker was given it anew."""
    return bool(after.worker_id) and after.until_ms == NOW + TERMS.lease_ms and after.token > before.token


@settings(max_examples=400, deadline=None)
@given(snapshots())
def test_a_working_holder_loses_nothing_that_it_was_not_asked_for(seen: Snapshot) -> None:
    open_ids = {order.stream_id for order in seen.orders}
    live = {w.worker_id for w in seen.workers if w.beat_at_ms > NOW - TERMS.beat_ms}
    for decision in plan(seen, TERMS):
        held = decision.seen
        works = held.worker_id in live and held.until_ms > NOW and not held.recalled_at_ms
        if works and decision.stream_id in open_ids:
            assert isinstance(decision, Recall)


@settings(max_examples=400, deadline=None)
@given(snapshots())
def test_no_wanted_broadcast_waits_while_there_is_room(seen: Snapshot) -> None:
    after = applied(seen, plan(seen, TERMS), TERMS)
    loads = carried(after)
    room = sum(
        max(0, int(w.capacity) - loads[w.worker_id])
        for w in after.workers
        if not w.draining and w.beat_at_ms > NOW - TERMS.beat_ms
    )
    waiting = [
        order.stream_id
        for order in after.orders
        if order.wanted is Wanted.RUN
        and not ((lease := after.leases.get(order.stream_id)) and (lease.worker_id or lease.not_before_ms > NOW))
    ]
    assert not (room and waiting)


@settings(max_examples=400, deadline=None)
@given(snapshots())
def test_nobody_waits_behind_a_less_urgent_one_that_was_placed(seen: Snapshot) -> None:
    decisions = plan(seen, TERMS)
    after = applied(seen, decisions, TERMS)
    placed = {d.stream_id for d in decisions if isinstance(d, Grant)}
    least = max((o.priority for o in seen.orders if o.stream_id in placed), default=Priority.URGENT)
    for order in after.orders:
        lease = after.leases.get(order.stream_id)
        waits = order.wanted is Wanted.RUN and (lease is None or not lease.worker_id)
        if waits and (lease is None or lease.not_before_ms <= NOW):
            assert order.priority >= least


@settings(max_examples=400, deadline=None)
@given(snapshots())
def test_deciding_again_on_what_was_decided_changes_nothing(seen: Snapshot) -> None:
    after = applied(seen, plan(seen, TERMS), TERMS)
    assert plan(after, TERMS) == ()


@settings(max_examples=200, deadline=None)
@given(snapshots())
def test_the_order_of_rows_does_not_matter(seen: Snapshot) -> None:
    turned = replace(
        seen,
        orders=tuple(reversed(seen.orders)),
        workers=tuple(reversed(seen.workers)),
        leases=dict(reversed(seen.leases.items())),
    )
    assert plan(turned, TERMS) == plan(seen, TERMS)


@settings(max_examples=200, deadline=None)
@given(snapshots())
def test_every_stopped_broadcast_ends_or_is_asked_to(seen: Snapshot) -> None:
    after = applied(seen, plan(seen, TERMS), TERMS)
    closed = {d.stream_id for d in plan(seen, TERMS) if isinstance(d, Close)}
    for order in seen.orders:
        if order.wanted is Wanted.STOP:
            assert order.stream_id in closed or after.leases[order.stream_id].recalled_at_ms
