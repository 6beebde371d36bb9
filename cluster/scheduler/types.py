"""What the dispatcher keeps running on each machine, and by which names it is found."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

NAMESPACE = "zhenyan"
DISPATCHER = "dispatcher"
_NODE_CHARS = 12


class Role(StrEnum):
    """What an actor of the live service does: carry broadcasts, recognise speech, read the screen, or judge.

    Judges have no slots of their own: each comes and goes with its shard.
    """

    SHARD = "shard"
    HEARING = "hearing"
    READING = "reading"
    JUDGING = "judging"

    @property
    def resource(self) -> str:
        """The Ray resource by which a machine says that it is there for this role (`ray start --resources`)."""
        return f"zhenyan_{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSeen:
    """A machine of the Ray cluster. `node_id`: Ray's own; `host`: its name, which `--drain` on that machine goes by.

    `roles`: what it was set aside for by its Ray resources; empty: everything.
    """

    node_id: str
    host: str
    cpu_count: float = 0
    gpu_count: float = 0
    roles: frozenset[Role] = frozenset()

    def is_for(self, role: Role) -> bool:
        """Whether actors of this role are started here."""
        return not self.roles or role in self.roles

    @property
    def name(self) -> str:
        """How workers on it name it in the database (`Worker.node`)."""
        return node_name(self.host, self.node_id)


def node_name(host: str, node_id: str) -> str:
    """A machine's name in the database."""
    return f"{host}:{node_id[:_NODE_CHARS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorSlot:
    """A place for one actor. Its name is the actor's, and a shard's `worker_id` as well."""

    role: Role
    node_id: str
    number: int

    @property
    def name(self) -> str:
        """Unique in the namespace, and the same again after any restart."""
        return f"{self.role.value}-{self.node_id[:_NODE_CHARS]}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """How many actors of each role a machine gets.

    `free_share`: machines are asked of Ray's autoscaler so that this share of all places stays free; 0: none are.
    """

    shards: int = 1
    hearing: int = 1
    reading: int = 1
    free_share: float = 0.0

    def slots(self, node: NodeSeen) -> tuple[ActorSlot, ...]:
        """Every slot of this machine; pools first, so that shards find them."""
        counts = ((Role.HEARING, self.hearing), (Role.READING, self.reading), (Role.SHARD, self.shards))
        return tuple(
            ActorSlot(role=role, node_id=node.node_id, number=number)
            for role, count in counts
            if node.is_for(role)
            for number in range(count)
        )


class ActorLauncher(Protocol):
    """Starts and ends the actors of the live service; a plain value, so that the dispatcher can be rebuilt with it.

    Every call returns soon: nothing waits for an actor to be ready. The actors are detached, named `slot.name` in
    NAMESPACE, bound to the slot's machine, and restarted by Ray when they die.
    """

    def nodes(self) -> tuple[NodeSeen, ...]:
        """The machines that are there."""
        ...

    def present(self) -> frozenset[str]:
        """The names of the actors that are there or just being restarted."""
        ...

    def start(self, slot: ActorSlot) -> None:
        """Starts the slot's actor, unless there is one."""
        ...

    def end(self, name: str) -> None:
        """Ends the actor for good: a shard first gives back what it holds, all within a few seconds."""
        ...

    def ask_for(self, machines: int) -> None:
        """Asks for so many machines that carry broadcasts, in place of what was asked before; a hint, no promise."""
        ...
