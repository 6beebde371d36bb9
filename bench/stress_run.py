"""One run of simulated broadcasts through the real dispatcher, leases and database."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import ray
from ray.exceptions import RayError
from sqlalchemy.exc import SQLAlchemyError

from bench.stress_report import Report, report
from bench.stress_shard import SimulatedShard, Simulation
from cluster.ray.dispatcher import DispatcherSettings, end_dispatcher, ensure_dispatcher
from cluster.ray.launcher import ActorSpec, RayLauncher
from cluster.ray.session import running_ray
from cluster.scheduler.types import DISPATCHER, NAMESPACE, ActorSlot, NodeSeen, Staffing
from review.scheduling.admission import OVER
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.orders import NewOrder, NoRoomLeft
from review.scheduling.types import Priority
from review.stores import Stores
from review.streams.types import Host, StreamRecord

_TENANT = "simulated"
_START_S = 180.0
_POLL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much, and for how long: `places` of all workers together, 0: as many as there are broadcasts.

    The first `urgent` broadcasts are urgent. `patience_s`: how much longer than the broadcasts the run may take.
    `kill`: a worker and the dispatcher are killed in the middle.
    """

    streams: int
    seconds: int
    shards: int = 2
    places: int = 0
    urgent: int = 0
    segment_ms: int = 1_000
    engine_ms: int = 10
    engines: int = 4
    finding_every: int = 4
    shed_ms: int = 20_000
    patience_s: int = 120
    kill: bool = False
    terms: LeaseTerms = field(
        default_factory=lambda: LeaseTerms(lease_ms=9_000, beat_ms=6_000, recall_ms=5_000, urgent_share=0)
    )

    def capacity(self, shard: int) -> int:
        """What this worker says that it carries."""
        places = self.places or self.streams
        return places // self.shards + (shard < places % self.shards)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedActorFactory:
    """Every shard is a simulated one."""

    simulation: Simulation
    load: Load

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        """A shard in a process of its own."""
        sim = replace(self.simulation, capacity=self.load.capacity(slot.number))
        arguments = {"simulation": sim, "worker_id": slot.name, "node": node.name}
        return ActorSpec(kind=SimulatedShard, arguments=arguments, options={"max_concurrency": 2})


class ActorFactory(Protocol):
    """Says what a shard is."""

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        """A shard in a process of its own."""
        ...


def stress(
    database_url: str,
    load: Load,
    *,
    factory_of: Callable[[Simulation, Load], ActorFactory] | None = None,
    strike: Callable[[], None] | None = None,
) -> Report:
    """Orders the broadcasts, waits until they are over, and looks at what is stored. Starts Ray if there is none.

    `strike`: what is done in the middle where the load is to be killed; None: a worker and the dispatcher are.
    """
    sim = Simulation(
        database_url=database_url,
        capacity=0,
        segment_ms=load.segment_ms,
        engine_ms=load.engine_ms,
        engines=load.engines,
        finding_every=load.finding_every,
        shed_ms=load.shed_ms,
        terms=load.terms,
    )
    factory = SimulatedActorFactory(simulation=sim, load=load) if factory_of is None else factory_of(sim, load)
    launcher = RayLauncher(factory=factory, grace_s=10)
    staffing = Staffing(shards=load.shards, hearing=0, reading=0)
    with contextlib.ExitStack() as stack:
        stores = Stores.open(database_url, terms=load.terms)
        stack.callback(stores.close)
        stack.enter_context(running_ray())
        stack.callback(end_all)
        ensure_dispatcher(
            DispatcherSettings(database_url=database_url, launcher=launcher, staffing=staffing, terms=load.terms)
        )
        until(_START_S, lambda: len(stores.leases.workers()) == load.shards)
        stores.keys.add_tenant(_TENANT, "", "stress")
        started = time.monotonic()
        ordered = [_order(stores, load, number) for number in range(load.streams)]
        refused = "" if load.places else _refusal(stores, load)
        if load.kill:
            time.sleep(load.seconds / 2)
            (strike or _kill)()
        until(
            load.seconds + load.patience_s,
            lambda: _are_over(stores, ordered),
            # Looking at very many often would be part of the load.
            poll_s=max(_POLL_S, load.streams / 500),
        )
        seconds = time.monotonic() - started
        delays_ms = sorted(delay for shard in shards() for delay in ray.get(shard.figures.remote())[1])
        costs = [ray.get(shard.costs.remote()) for shard in shards()]
        return report(
            stores,
            sim,
            ordered,
            duration_ms=load.seconds * 1_000,
            delays_ms=delays_ms,
            refused=refused,
            seconds=seconds,
            statements=sum(statements for statements, _ in costs),
            worker_bytes=max((size for _, size in costs), default=0),
        )


def _order(stores: Stores, load: Load, number: int) -> str:
    """Orders the broadcast of this number as a customer would; raises NoRoomLeft."""
    stream = StreamRecord(
        stream_id="",
        source="",
        host=Host(id=f"h{number}", name=f"主播{number}", platform="simulated"),
        title=f"{number}",
        started_at=None,
        tenant_id=_TENANT,
    )
    new = NewOrder(
        stream=stream,
        url=f"simulated://{number}",
        priority=Priority.URGENT if number < load.urgent else Priority.NORMAL,
        max_ms=load.seconds * 1_000,
    )
    return stores.orders.place(new, lambda connection, journal: [], "stress")[0]


def _refusal(stores: Stores, load: Load) -> str:
    """Why one more broadcast than there are places is refused; empty if it is not."""
    try:
        _order(stores, load, load.streams)
    except NoRoomLeft as error:
        return str(error)
    return ""


def _are_over(stores: Stores, ordered: Sequence[str]) -> bool:
    """Whether every broadcast is over; not while the database is away."""
    with contextlib.suppress(SQLAlchemyError):
        return all(stream.state in OVER for stream in stores.streams.by_ids(ordered).values())
    return False


def shards() -> list[Any]:
    """The handles of the workers that there are now."""
    named: list[Any] = ray.util.list_named_actors(all_namespaces=True)
    names = sorted(actor["name"] for actor in named if actor["namespace"] == NAMESPACE)
    return [ray.get_actor(name, namespace=NAMESPACE) for name in names if name.startswith("shard-")]


def _kill() -> None:
    """Kill -9 of the dispatcher and a worker."""
    dispatcher: Any = ray.get_actor(DISPATCHER, namespace=NAMESPACE)
    os.kill(ray.get(dispatcher.state.remote()).process_id, signal.SIGKILL)
    os.kill(ray.get(shards()[0].figures.remote())[0], signal.SIGKILL)


def end_all() -> None:
    """Ends the dispatcher, and the workers once they gave everything back."""
    end_dispatcher()
    for shard in shards():
        with contextlib.suppress(RayError):
            ray.get(shard.close.remote(), timeout=20)
        ray.kill(shard)


def until(seconds: float, is_so: Callable[[], bool], poll_s: float = _POLL_S) -> None:
    """Waits for it, at most so long; what is missing then is told by the report."""
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(poll_s)
