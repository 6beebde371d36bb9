"""The live service's actors on Ray: thin shells that hold a pool, a judge or a shard, and how they find one another.

Their names are their posts', and their `close` ends them in good order. Control calls have threads of their own, so
that they answer while data calls work. No call is ever retried by Ray: what was lost goes on from a checkpoint.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from asr.engine import Cut
from claims.types import Passage
from cluster.dispatch.types import NAMESPACE, Post, Role
from cluster.errors import StageLost
from cluster.logs import write_logs
from cluster.service.capacity import measured_places
from cluster.service.judge import JudgePool
from cluster.service.pools import HearingPool, ReadingPool, pool_placement
from cluster.service.shard import Shard
from cluster.service.stations import Stations, checked
from cluster.service.types import Failure, ReadScreen, ServiceConfig, Trouble
from cluster.service.wear import Wear, memory_bytes
from ingest.types import Frame
from review.live.feeding import Feeding
from review.store import Store

_log = logging.getLogger("zhenyan.service")
_CALL_LIMIT_S = 300.0
_TURN_S = 1.0
_LEAVE_S = 20.0
_DATA_THREADS = 64
GROUPS = {"ctl": 2, "data": _DATA_THREADS}


class RemoteStation:
    """An actor by its handle."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def ask(self, method: str, *args: object) -> "RemoteAnswer":
        """Calls the method; returns at once."""
        try:
            return RemoteAnswer(getattr(self._handle, method).remote(*args))
        except RayError as error:
            raise StageLost(_told(error)) from error


class RemoteAnswer:
    """A call's answer by its reference."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def get(self) -> Any:
        """Waits for it; raises StageLost, LeaseGone or StateUnusable."""
        try:
            answer = ray.get(self._reference, timeout=_CALL_LIMIT_S)
        except GetTimeoutError as error:
            raise StageLost(f"an actor did not answer for {_CALL_LIMIT_S:.0f} s") from error
        except RayError as error:
            raise StageLost(_told(error)) from error
        return checked(answer)


class _Worn:
    """Counts what is in hand, and ends the process when it is worn and nothing is: Ray then starts a new one."""

    def __init__(self, config: ServiceConfig) -> None:
        self._wear = Wear(most_s=config.recycle_s, most_bytes=config.recycle_bytes)
        self._in_hand = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._in_hand += 1

    def __exit__(self, *how: object) -> None:
        with self._lock:
            self._in_hand -= 1
            why = self._wear.due() if self._in_hand == 0 else None
        if why is not None:
            _log.warning("this process is replaced: %s", why)
            threading.Timer(0.5, os._exit, (1,)).start()


class HearingActor:
    """A hearing pool."""

    def __init__(self, config: ServiceConfig, gpu_count: float) -> None:
        self._pool = HearingPool(config, pool_placement(config, cores=os.cpu_count() or 1, gpu_count=gpu_count))
        self._worn = _Worn(config)

    @ray.method(concurrency_group="ctl")
    def name(self) -> str:
        """The recogniser as findings name it."""
        return self._pool.name()

    @ray.method(concurrency_group="data")
    def hear(self, cuts: Sequence[Cut]) -> list[Passage] | Failure:
        """What was said in these cuts."""
        with self._worn:
            return self._pool.hear(cuts)

    @ray.method(concurrency_group="ctl")
    def figures(self) -> dict[str, Any]:
        """How it goes."""
        return {"pid": os.getpid(), "memory_bytes": memory_bytes()}

    @ray.method(concurrency_group="ctl")
    def close(self) -> None:
        """Ends the engines."""
        self._pool.close()


class ReadingActor:
    """A reading pool."""

    def __init__(self, config: ServiceConfig, gpu_count: float) -> None:
        self._pool = ReadingPool(config, pool_placement(config, cores=os.cpu_count() or 1, gpu_count=gpu_count))
        self._worn = _Worn(config)

    @ray.method(concurrency_group="data")
    def open(self, stream_id: str, session: str, state: bytes | None) -> str | Failure:
        """Takes a broadcast up."""
        return self._pool.open(stream_id, session, state)

    @ray.method(concurrency_group="data")
    def read(self, stream_id: str, session: str, frames: Sequence[Frame], until_ms: int) -> ReadScreen | Failure:
        """What these frames newly show."""
        with self._worn:
            return self._pool.read(stream_id, session, frames, until_ms)

    @ray.method(concurrency_group="data")
    def save(self, stream_id: str, session: str) -> bytes | Failure:
        """What is remembered of the broadcast."""
        return self._pool.save(stream_id, session)

    @ray.method(concurrency_group="data")
    def finish(self, stream_id: str, session: str, until_ms: int) -> ReadScreen | Failure:
        """What was seen and not told at the end."""
        return self._pool.finish(stream_id, session, until_ms)

    @ray.method(concurrency_group="data")
    def let_go(self, stream_id: str, session: str) -> Failure | None:
        """Lets go of the broadcast."""
        return self._pool.let_go(stream_id, session)

    @ray.method(concurrency_group="ctl")
    def figures(self) -> dict[str, Any]:
        """How it goes."""
        return {"pid": os.getpid(), "memory_bytes": memory_bytes()}

    @ray.method(concurrency_group="ctl")
    def close(self) -> None:
        """Nothing has to be given back: who has a broadcast here takes it up elsewhere."""


def make_judge(database_url: str) -> JudgePool:
    """A judge that stores in this database; without one each job names its own, and nobody tells facts."""
    if not database_url:
        return JudgePool(None, None)
    return JudgePool(Store.open(database_url), Feeding.open(database_url))


class JudgeActor:
    """A judge, begun when it is first asked: a database that does not answer then must not end it."""

    def __init__(self, config: ServiceConfig) -> None:
        self._config = config
        self._pool: JudgePool | None = None
        self._lock = threading.Lock()
        self._worn = _Worn(config)

    @ray.method(concurrency_group="data")
    def call(self, method: str, *args: object) -> Any:
        """Calls the judge's method."""
        with self._worn:
            try:
                with self._lock:
                    self._pool = self._pool or make_judge(self._config.database_url)
            except Exception as error:  # an actor's edge: told to whoever asks, who tries again
                return Failure(trouble=Trouble.DATABASE, why=str(error).splitlines()[0])
            return getattr(self._pool, method)(*args)

    @ray.method(concurrency_group="ctl")
    def figures(self) -> dict[str, Any]:
        """How it goes."""
        return {"pid": os.getpid(), "memory_bytes": memory_bytes()}


class JudgeStation(RemoteStation):
    """A judge by its handle."""

    def ask(self, method: str, *args: object) -> RemoteAnswer:
        """Calls the judge's method; returns at once."""
        return super().ask("call", method, *args)


class ShardActor:
    """A shard with its judge; the judge ends with it."""

    def __init__(self, config: ServiceConfig, post: Post, node: str, cores: int) -> None:
        write_logs(config.data_dir / "logs", post.name)
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        as_actor: Any = ray.remote
        self._judge: Any = (
            as_actor(num_cpus=0, max_restarts=-1, concurrency_groups=GROUPS)(JudgeActor)
            .options(scheduling_strategy=here)
            .remote(config)
        )
        most = config.places or measured_places(cores)
        self._shard = Shard(config, worker_id=post.name, node=node, most=most, stations_of=self._stations_of)
        self._post = post
        self._wear = Wear(most_s=config.recycle_s, most_bytes=config.recycle_bytes)
        self._ending = threading.Event()
        threading.Thread(target=self._run, name="shard", daemon=True).start()

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
        self._shard.leave()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._shard.turn()
            if self._shard.replaced:
                os._exit(1)
            why = self._wear.due()
            if why is not None:
                _log.warning("this shard is replaced: %s", why)
                self._shard.give_back_all()
                if not self._shard.held:
                    os._exit(1)
            self._ending.wait(_TURN_S)

    def _stations_of(self, stream_id: str) -> Stations:
        """The pools of this machine, else of another; StageLost while there are none."""
        hearing, reading = (_pool(role, self._post, stream_id) for role in (Role.HEARING, Role.READING))
        return Stations(RemoteStation(hearing), RemoteStation(reading), JudgeStation(self._judge))


def _pool(role: Role, shard: Post, stream_id: str) -> Any:
    names = sorted(
        str(one["name"])
        for one in ray.util.list_named_actors(all_namespaces=True)
        if one["namespace"] == NAMESPACE and str(one["name"]).startswith(f"{role.value}-")
    )
    near = [name for name in names if name.startswith(Post(role=role, node_id=shard.node_id, number=0).name[:-1])]
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


def _told(error: RayError) -> str:
    return str(getattr(error, "cause", None) or error).strip().splitlines()[0]
