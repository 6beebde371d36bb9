"""Which actors are missing on which machine and which are too many, and how many machines there should be: pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cluster.scheduler.types import ActorSlot, NodeSeen, Role, Staffing
from review.scheduling.types import Lease, Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What to start, pools first, and what to end, by name."""

    start: tuple[ActorSlot, ...] = ()
    end: tuple[str, ...] = ()


def staffing_changes(
    nodes: Iterable[NodeSeen],
    present: frozenset[str],
    workers: Iterable[Worker],
    leases: Mapping[str, Lease],
    staffing: Staffing,
) -> Change:
    """What makes the actors on each machine what the settings say.

    A machine without CPUs of its own (a head that only coordinates) gets none. A machine that is being drained gets no
    new ones, and loses those that it has once its shards carry nothing.
    """
    draining = {worker.node for worker in workers if worker.draining}
    holders = {lease.worker_id for lease in leases.values()}
    start: list[ActorSlot] = []
    end: list[str] = []
    for node in sorted(nodes, key=lambda n: n.node_id):
        slots = staffing.slots(node) if node.cpu_count >= 1 else ()
        there = {name for name in present if is_on(name, node)}
        if node.name not in draining:
            start += [slot for slot in slots if slot.name not in there]
            end += sorted(there - {slot.name for slot in slots})
        elif not there & holders:
            end += sorted(there)
    return Change(start=tuple(start), end=tuple(end))


def machines_wanted(nodes: Iterable[NodeSeen], workers: Iterable[Worker], running: int, free_share: float) -> int:
    """How many machines that carry broadcasts leave this share of their places free, with so many broadcasts to run.

    A machine more counts for as many places as one that is there has on average. While none has told of its places,
    there should be as many as there are, or one. A machine that is being drained is none any more.
    """
    draining = {worker.node for worker in workers if worker.draining}
    places: dict[str, float] = {}
    for worker in workers:
        if worker.node not in draining:
            places[worker.node] = places.get(worker.node, 0.0) + worker.capacity
    carrying = [n for n in nodes if n.cpu_count >= 1 and n.is_for(Role.SHARD) and n.name not in draining]
    if not sum(places.values()):
        return max(1, len(carrying))
    of_one = sum(places.values()) / len(places)
    return max(1, math.ceil(running / (of_one * (1.0 - free_share))))


def is_on(name: str, node: NodeSeen) -> bool:
    """Whether this is the name of an actor slot of that machine."""
    return any(name.startswith(ActorSlot(role=role, node_id=node.node_id, number=0).name[:-1]) for role in Role)
