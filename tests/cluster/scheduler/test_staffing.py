"""Which actors are missing and which are too many, and how many machines there should be."""

from dataclasses import replace

import pytest

from cluster.scheduler.staffing import Change, machines_wanted, staffing_changes
from cluster.scheduler.types import ActorSlot, NodeSeen, Role, Staffing
from review.scheduling.types import Lease, Worker

NODE = NodeSeen(node_id="aaaaaaaaaaaaaaaaaaaa", host="m1", cpu_count=4)
OTHER = NodeSeen(node_id="bbbbbbbbbbbbbbbbbbbb", host="m2", cpu_count=4)
STAFFING = Staffing(shards=2)
ALL = frozenset(slot.name for slot in STAFFING.slots(NODE))


def shard(node: NodeSeen, *, draining: bool = False) -> Worker:
    name = ActorSlot(role=Role.SHARD, node_id=node.node_id, number=0).name
    return Worker(worker_id=name, node=node.name, capacity=2, draining=draining)


def test_an_empty_machine_gets_everything_pools_first() -> None:
    change = staffing_changes([NODE], frozenset(), (), {}, STAFFING)
    assert [slot.role for slot in change.start] == [Role.HEARING, Role.READING, Role.SHARD, Role.SHARD]
    assert change.end == ()
    assert {slot.name for slot in change.start} == ALL


def test_what_is_there_is_left_alone_and_what_is_missing_started() -> None:
    missing = STAFFING.slots(NODE)[1]
    assert staffing_changes([NODE], ALL, (), {}, STAFFING) == Change()
    assert staffing_changes([NODE], ALL - {missing.name}, (), {}, STAFFING) == Change(start=(missing,))


def test_a_machine_without_cpus_of_its_own_gets_nothing() -> None:
    head = NodeSeen(node_id="cccccccccccccccc", host="head", cpu_count=0)
    assert staffing_changes([head], frozenset(), (), {}, STAFFING) == Change()


def test_what_the_settings_no_longer_ask_for_is_ended() -> None:
    change = staffing_changes([NODE], ALL, (), {}, Staffing(shards=1))
    assert change == Change(end=("shard-aaaaaaaaaaaa-1",))


def test_a_drained_machine_is_left_alone_until_it_carries_nothing_and_then_emptied() -> None:
    workers = [shard(NODE, draining=True), shard(OTHER)]
    held = {"s1": Lease(stream_id="s1", worker_id=workers[0].worker_id, token=1, until_ms=0)}
    assert staffing_changes([NODE], ALL - {"hearing-aaaaaaaaaaaa-0"}, workers, held, STAFFING) == Change()
    assert staffing_changes([NODE], ALL, workers, {}, STAFFING) == Change(end=tuple(sorted(ALL)))
    assert staffing_changes([NODE], frozenset(), workers, {}, STAFFING) == Change()


def test_names_of_others_are_not_touched() -> None:
    others = frozenset({"dispatcher", "shard-bbbbbbbbbbbb-0", "hearing-zzzzzzzzzzzz-0", "judge"})
    assert staffing_changes([NODE], ALL | others, (), {}, STAFFING) == Change()


def test_a_machine_that_is_set_aside_gets_only_what_it_is_for() -> None:
    card = NodeSeen(node_id="dddddddddddddddd", host="m4", cpu_count=4, roles=frozenset({Role.HEARING}))
    judge = NodeSeen(node_id="eeeeeeeeeeeeeeee", host="m5", cpu_count=4, roles=frozenset({Role.JUDGING}))
    both = NodeSeen(node_id="ffffffffffffffff", host="m6", cpu_count=4, roles=frozenset({Role.READING, Role.SHARD}))
    change = staffing_changes([card, judge, both], frozenset(), (), {}, STAFFING)
    started = {node.host: [s.role for s in change.start if s.node_id == node.node_id] for node in (card, judge, both)}
    assert started == {"m4": [Role.HEARING], "m5": [], "m6": [Role.READING, Role.SHARD, Role.SHARD]}


def test_what_a_machine_is_no_longer_for_is_ended() -> None:
    aside = NodeSeen(node_id=NODE.node_id, host="m1", cpu_count=4, roles=frozenset({Role.SHARD}))
    change = staffing_changes([aside], ALL, (), {}, STAFFING)
    assert change == Change(end=("hearing-aaaaaaaaaaaa-0", "reading-aaaaaaaaaaaa-0"))


@pytest.mark.parametrize(
    ("running", "free_share", "machines"),
    [(0, 0.2, 1), (1, 0.2, 1), (6, 0.25, 2), (7, 0.25, 3), (12, 0.25, 4), (8, 0.0, 2), (9, 0.0, 3), (4, 0.5, 2)],
)
def test_as_many_machines_are_wanted_as_leave_a_share_of_the_places_free(
    running: int, free_share: float, machines: int
) -> None:
    workers = [replace(shard(NODE), capacity=5), replace(shard(OTHER), capacity=3)]
    assert machines_wanted([NODE, OTHER], workers, running, free_share) == machines


def test_the_places_of_a_machine_are_those_of_all_its_shards_and_a_drained_one_has_none() -> None:
    two = [replace(shard(NODE), worker_id=name, capacity=4) for name in ("a", "b")]
    assert machines_wanted([NODE], two, 16, 0.0) == 2
    drained = replace(shard(OTHER, draining=True), capacity=100)
    assert machines_wanted([NODE, OTHER], [*two, drained], 16, 0.0) == 2


def test_while_no_places_are_known_there_should_be_as_many_machines_as_there_are() -> None:
    head = NodeSeen(node_id="cccccccccccccccc", host="head", cpu_count=0)
    card = NodeSeen(node_id="dddddddddddddddd", host="m4", cpu_count=4, roles=frozenset({Role.HEARING}))
    assert machines_wanted([head, card, NODE, OTHER], (), 50, 0.2) == 2
    assert machines_wanted([head], (), 50, 0.2) == 1
