"""The actors of the live service on Ray: where there are machines, which actors are there, and one more or less."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import ray
from ray.autoscaler.sdk import request_resources
from ray.exceptions import ActorDiedError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cluster.scheduler.types import DISPATCHER, NAMESPACE, ActorSlot, NodeSeen, Role

log = logging.getLogger("zhenyan.dispatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorSpec:
    """What an actor is made of: its class, the arguments of its constructor, and options for Ray (CPUs, groups …).

    The class has a method `close()`, which gives back what the actor holds and returns within `RayLauncher.grace_s`.
    """

    kind: type
    arguments: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class ActorFactory(Protocol):
    """Knows what the actor of each slot is made of; a plain value."""

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        """What to start in this slot."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RayLauncher:
    """Starts and ends actors on Ray; see `ActorLauncher`. `grace_s`: how long an actor has to close by itself."""

    factory: ActorFactory
    grace_s: float = 30.0

    def nodes(self) -> tuple[NodeSeen, ...]:
        """The machines that are there."""
        seen: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        return tuple(
            NodeSeen(
                node_id=node["NodeID"],
                host=node["NodeManagerHostname"],
                cpu_count=node["Resources"].get("CPU", 0.0),
                gpu_count=node["Resources"].get("GPU", 0.0),
                roles=frozenset(role for role in Role if node["Resources"].get(role.resource)),
            )
            for node in seen
            if node["Alive"]
        )

    def present(self) -> frozenset[str]:
        """The names of the actors that are there or just being restarted."""
        named: list[Any] = ray.util.list_named_actors(all_namespaces=True)
        return frozenset(actor["name"] for actor in named if actor["namespace"] == NAMESPACE)

    def is_used(self) -> bool:
        """Whether any actor of the live service is there, but for the dispatcher."""
        return bool(self.present() - {DISPATCHER})

    def start(self, slot: ActorSlot) -> None:
        """Starts the slot's actor, unless there is one; nothing happens where its machine is gone."""
        node = next((node for node in self.nodes() if node.node_id == slot.node_id), None)
        if node is None:
            return
        spec = self.factory.spec(slot, node)
        options = dict(spec.options)
        groups = {key: options.pop(key) for key in ("concurrency_groups",) if key in options}
        as_actor: Any = ray.remote
        kind = as_actor(num_cpus=0, **groups)(spec.kind)
        kind.options(
            name=slot.name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=slot.node_id, soft=False),
            **options,
        ).remote(**spec.arguments)

    def end(self, name: str) -> None:
        """Lets the actor close by itself, in the background, and ends its process in any case."""
        threading.Thread(target=self.end_now, args=(name,), name=f"end-{name}", daemon=True).start()

    def ask_for(self, machines: int) -> None:
        """Asks Ray's autoscaler for so many machines that are set aside for captures; without one nothing happens."""
        request_resources(bundles=[{Role.SHARD.resource: 1.0}] * machines)

    def end_now(self, name: str) -> None:
        """The same, and returns when the actor is gone."""
        try:
            actor: Any = ray.get_actor(name, namespace=NAMESPACE)
        except ValueError:
            return
        try:
            ray.get(actor.close.remote(), timeout=self.grace_s)
        except ActorDiedError:
            return  # somebody else ended it meanwhile
        except RayError as error:
            log.warning("%s did not close by itself: %s", name, str(error).strip().splitlines()[-1])
        ray.kill(actor)
