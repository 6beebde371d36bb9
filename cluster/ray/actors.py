"""The live service's actors on Ray: thin shells that hold a pool, a judge or a shard, and how they find one another.

Their names are their slots', and their `close` ends them in good order. Control calls have threads of their own, so
that they answer while data calls work. No call is ever retried by Ray: what was lost goes on from a checkpoint.

What an actor works with is imported when it is made: each process, and the dispatcher that only names these classes,
holds no more than its own.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cluster.errors import StageLost
from cluster.live.load import RecyclingPolicy, cpu_s, memory_bytes
from cluster.live.placement import USUAL_CORES, places_of, pool_placement
from cluster.live.process_memory import bound_heap
from cluster.live.remote_stages import RemoteStages
from cluster.live.types import Failure, FailureReason, ServiceConfig
from cluster.logs import about, write_logs
from cluster.ray.launcher import ActorSpec
from cluster.ray.remote import RayStage
from cluster.scheduler.types import NAMESPACE, ActorSlot, NodeSeen, Role
from ingest.recording.disk import keep_to_owner

if TYPE_CHECKING:
    from cluster.live.asr_pool import AsrPool
    from cluster.live.judge import JudgePool
    from cluster.live.ocr_pool import OcrPool

_log = logging.getLogger("zhenyan.service")
_TICK_S = 1.0
_LEAVE_S = 20.0
_LAST_TICK_S = 5.0
# Models are loaded meanwhile.
_TRIAL_S = 90.0
_DATA_THREADS = 64
# Ray's least: so many judges fit where a machine says `zhenyan_judging: 1` as there will ever be.
_PART_OF_A_MACHINE = 0.0001
GROUPS = {"ctl": 2, "data": _DATA_THREADS}


class _RecyclesWhenIdle:
    """Counts calls in hand, and ends a process that is to be recycled once there are none: Ray starts a new one."""

    def __init__(self, config: ServiceConfig) -> None:
        self._recycling = recycling_policy(config)
        self._in_hand = 0
        self._ending = False
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._in_hand += 1

    def __exit__(self, *how: object) -> None:
        with self._lock:
            self._in_hand -= 1
            why = self._recycling.reason_to_recycle() if self._in_hand == 0 and not self._ending else None
            self._ending = self._ending or why is not None
        if why is not None:
            _log.warning("this process is replaced: %s", why)
            threading.Timer(0.5, os._exit, (1,)).start()


class _Stage:
    """What shards call: a pool or a judge, by its methods' names."""

    def __init__(self, config: ServiceConfig, name: str) -> None:
        """`name`: its log's; empty: none is written."""
        keep_to_owner()
        bound_heap()
        if name:
            write_logs(config.data_dir / "logs", name)
        self._recycler = _RecyclesWhenIdle(config)

    def _target(self) -> Any:
        raise NotImplementedError

    def _done(self) -> float:
        return 0.0

    def _waiting(self) -> int:
        return 0

    @ray.method(concurrency_group="data")
    def call(self, context: Mapping[str, Any], method: str, *args: object) -> Any:
        """Calls the method; `context` stands in whatever is logged meanwhile."""
        with about(**context), self._recycler:
            try:
                target = self._target()
            except Exception as error:  # an actor's edge: told to whoever asks, who tries again
                return Failure(trouble=FailureReason.DATABASE, why=str(error).splitlines()[0])
            return getattr(target, method)(*args)

    @ray.method(concurrency_group="ctl")
    def figures(self) -> dict[str, Any]:
        """How it goes, what was done so far in how much processor time, and how much waits."""
        pid = os.getpid()
        return {
            "pid": pid,
            "memory_bytes": memory_bytes(),
            "cpu_s": cpu_s(pid),
            "done": self._done(),
            "waiting": self._waiting(),
        }

    @ray.method(concurrency_group="ctl")
    def close(self) -> None:
        """Nothing has to be given back: who has a broadcast here takes it up elsewhere."""


class AsrActor(_Stage):
    """An ASR pool as an actor."""

    def __init__(self, config: ServiceConfig, gpu_count: float, name: str = "") -> None:
        from cluster.live.asr_pool import AsrPool

        super().__init__(config, name)
        self._pool = AsrPool(config, pool_placement(config, cores=os.cpu_count() or 1, gpu_count=gpu_count))

    def _target(self) -> "AsrPool":
        return self._pool

    def _done(self) -> float:
        return self._pool.done

    def _waiting(self) -> int:
        return self._pool.waiting

    @ray.method(concurrency_group="ctl")
    def close(self) -> None:
        """Ends the engines."""
        self._pool.close()


class OcrActor(_Stage):
    """An OCR pool as an actor."""

    def __init__(self, config: ServiceConfig, gpu_count: float, name: str = "") -> None:
        from cluster.live.ocr_pool import OcrPool

        super().__init__(config, name)
        self._pool = OcrPool(config, pool_placement(config, cores=os.cpu_count() or 1, gpu_count=gpu_count))

    def _target(self) -> "OcrPool":
        return self._pool

    def _done(self) -> float:
        return self._pool.done


def make_judge(database_url: str) -> "JudgePool":
    """A judge that stores in this database; without one each job names its own, and nobody tells facts."""
    from cluster.live.judge import JudgePool
    from review.scheduling.worker_feed import Feeding
    from review.stores import Stores

    if not database_url:
        return JudgePool(None, None)
    return JudgePool(Stores.open(database_url).stream_writer, Feeding.open(database_url))


class JudgeActor(_Stage):
    """A judge, begun when it is first asked: a database that does not answer then must not end it."""

    def __init__(self, config: ServiceConfig, name: str = "") -> None:
        super().__init__(config, name)
        self._url = config.database_url
        self._pool: JudgePool | None = None
        self._lock = threading.Lock()

    def _target(self) -> "JudgePool":
        with self._lock:
            self._pool = self._pool or make_judge(self._url)
            return self._pool

    def _done(self) -> float:
        return self._pool.done if self._pool is not None else 0.0


class ShardActor:
    """A shard with its judge; the judge ends with it."""

    def __init__(self, config: ServiceConfig, slot: ActorSlot, node: str, cores: int) -> None:
        from cluster.live.capacity import trial_job
        from cluster.live.shard import Shard

        keep_to_owner()
        bound_heap()
        write_logs(config.data_dir / "logs", slot.name)
        as_actor: Any = ray.remote
        self._judge: Any = (
            as_actor(num_cpus=0, max_restarts=-1, concurrency_groups=GROUPS)(JudgeActor)
            .options(**_judge_placement())
            .remote(config, f"{slot.name}-judge")
        )
        self._shard = Shard(
            config, worker_id=slot.name, node=node, most=config.places, remote_stages_of=self._remote_stages_of
        )
        # Models load while orders come: what is on air meanwhile is recorded, and understood when they are there.
        self._judge.call.remote({}, "warm_up", trial_job(config, config.data_dir / "recordings" / "warm-up"))
        self._config = config
        self._cores = cores
        self._slot = slot
        self._recycling = recycling_policy(config)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shard", daemon=True)
        self._thread.start()

    @ray.method(concurrency_group="ctl")
    def figures(self) -> dict[str, Any]:
        """How it goes, with the processes that it holds."""
        mine = {"pid": os.getpid(), "memory_bytes": memory_bytes(), "children": self._shard.child_pids()}
        return {**self._shard.figures(), **mine, "judge": ray.get(self._judge.figures.remote())}

    @ray.method(concurrency_group="ctl")
    def close(self) -> None:
        """Gives back what it holds."""
        self._shard.give_back_all()
        _wait(lambda: not self._shard.held, _LEAVE_S)
        self._ending.set()
        # A beat that came after the leaving would tell of a worker that is gone.
        self._thread.join(_LAST_TICK_S)
        self._shard.leave()

    def _run(self) -> None:
        if not self._config.places:
            self._measure()
        is_leaving = False
        while not self._ending.is_set():
            self._shard.tick()
            if self._shard.replaced or (is_leaving and not self._shard.held):
                os._exit(1)
            why = self._recycling.reason_to_recycle()
            if why is not None and not is_leaving:
                is_leaving = True
                _log.warning("this shard is replaced: %s", why)
                self._shard.give_back_all()
            self._ending.wait(_TICK_S)

    def _measure(self) -> None:
        """What this slot found before a restart stands: nobody waits for it to be found again."""
        from cluster.live.capacity import tried_cores

        cores = self._shard.known_cores()
        deadline_s = time.monotonic() + _TRIAL_S
        while not cores and not self._ending.is_set():
            try:
                hearing, reading = (RayStage(_pool(r, self._slot, "")) for r in (Role.HEARING, Role.READING))
                cores = tried_cores(self._config, hearing, reading)
            except Exception as error:  # an actor's edge: without a figure of its own it goes by the usual one
                if time.monotonic() > deadline_s:
                    _log.warning("what a broadcast takes was not measured: %s", error)
                    cores = USUAL_CORES
                self._ending.wait(_TICK_S)
            else:
                _log.info("a broadcast takes %.3f of a core here", cores)
        if cores:
            self._shard.carry(places_of(self._cores, cores), cores)

    def _remote_stages_of(self, stream_id: str) -> RemoteStages:
        """The pools of this machine, else of another; StageLost while there are none."""
        hearing, reading = (_pool(role, self._slot, stream_id) for role in (Role.HEARING, Role.READING))
        return RemoteStages(RayStage(hearing), RayStage(reading), RayStage(self._judge))


def _judge_placement() -> dict[str, Any]:
    """Options for Ray: beside the shard, or on a machine set aside for judging, which shares the data folder."""
    if ray.cluster_resources().get(Role.JUDGING.resource):  # type: ignore[no-untyped-call]
        return {"resources": {Role.JUDGING.resource: _PART_OF_A_MACHINE}, "scheduling_strategy": "SPREAD"}
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return {"scheduling_strategy": here}


def recycling_policy(config: ServiceConfig) -> RecyclingPolicy:
    """The wear of a process that begins now."""
    return RecyclingPolicy(most_s=config.recycle_s, most_bytes=config.recycle_bytes, least_s=config.recycle_least_s)


def _pool(role: Role, shard: ActorSlot, stream_id: str) -> Any:
    names = sorted(
        str(one["name"])
        for one in ray.util.list_named_actors(all_namespaces=True)
        if one["namespace"] == NAMESPACE and str(one["name"]).startswith(f"{role.value}-")
    )
    near = [name for name in names if name.startswith(ActorSlot(role=role, node_id=shard.node_id, number=0).name[:-1])]
    chosen = near or names
    if not chosen:
        raise StageLost(f"no {role.value} pool is there")
    name = chosen[sum(stream_id.encode()) % len(chosen)]
    try:
        return ray.get_actor(name, namespace=NAMESPACE)
    except ValueError as error:
        raise StageLost(f"{name} is not there") from error


def _wait(holds: Callable[[], bool], limit_s: float) -> None:
    deadline_s = time.monotonic() + limit_s
    while not holds() and time.monotonic() < deadline_s:
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class ServiceActorFactory:
    """Makes shards and pools by these settings; a pool asks for its part of a GPU where its machine has one."""

    config: ServiceConfig

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        """What to start in this slot. No call is ever retried by Ray: what was lost goes on from a checkpoint."""
        options: dict[str, object] = {"concurrency_groups": GROUPS, "max_task_retries": 0}
        if slot.role is Role.SHARD:
            cores = max(1, int(node.cpu_count) // self.config.shards)
            return ActorSpec(
                kind=ShardActor,
                arguments={"config": self.config, "slot": slot, "node": node.name, "cores": cores},
                options=options,
            )
        placement = pool_placement(self.config, cores=1, gpu_count=node.gpu_count)
        return ActorSpec(
            kind=AsrActor if slot.role is Role.HEARING else OcrActor,
            arguments={"config": self.config, "gpu_count": node.gpu_count, "name": slot.name},
            options=options | {"num_gpus": placement.gpu_share},
        )
