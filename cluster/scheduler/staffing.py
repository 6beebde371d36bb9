"""Which actors are missing on which machine, and which are too many: a pure function."""

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


def is_on(name: str, node: NodeSeen) -> bool:
    """Whether this is the name of an actor slot of that machine."""
    return any(name.startswith(ActorSlot(role=role, node_id=node.node_id, number=0).name[:-1]) for role in Role)
