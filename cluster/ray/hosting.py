"""One machine's part in the live service, for as long as a command runs: staffed at the start, emptied at the end."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import ray
from sqlalchemy.exc import SQLAlchemyError

from cluster.errors import WorkersMissing
from cluster.ray.dispatcher import (
    DispatcherSettings,
    DispatcherState,
    end_dispatcher,
    ensure_dispatcher,
    running_dispatcher,
)
from cluster.ray.launcher import RayLauncher
from cluster.scheduler.plan import plan
from cluster.scheduler.staffing import is_on
from cluster.scheduler.types import NodeSeen, Role
from review.scheduling.leases import LeaseStore
from review.scheduling.types import Worker

_POLL_S = 0.5
_START_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """This machine, with its actors."""

    dispatcher_settings: DispatcherSettings
    launcher: RayLauncher
    leases: LeaseStore
    node: NodeSeen

    def workers(self) -> tuple[Worker, ...]:
        """The workers of this machine that told of themselves lately."""
        return tuple(w for w in self.leases.workers() if w.node == self.node.name and self._is_young(w))

    def is_manned(self) -> bool:
        """Whether every shard of this machine has told of itself."""
        wanted = [s for s in self.dispatcher_settings.staffing.slots(self.node) if s.role is Role.SHARD]
        return len(self.workers()) >= len(wanted)

    def is_emptied(self) -> bool:
        """Whether the machine was drained and its actors are gone."""
        drained = any(w.draining for w in self.leases.workers() if w.node == self.node.name)
        return drained and not self._present()

    def held(self) -> int:
        """How many broadcasts this machine's workers have."""
        mine = {worker.worker_id for worker in self.leases.workers() if worker.node == self.node.name}
        return sum(1 for lease in self.leases.snapshot().leases.values() if lease.worker_id in mine)

    def others_take(self) -> bool:
        """Whether another machine's workers take broadcasts."""
        return any(
            w.node != self.node.name and not w.draining and w.capacity >= 1 and self._is_young(w)
            for w in self.leases.workers()
        )

    def hand_over(self, seconds: float) -> None:
        """Drains the machine: waits until others have what it carries, as long as there are others, and so long.

        Where the database does not answer, nobody else can take anything, and nothing is waited for.
        """
        deadline = time.monotonic() + seconds
        with suppress(SQLAlchemyError):
            self.leases.drain(self.node.name)
            while self.held() and self.others_take() and time.monotonic() < deadline:
                time.sleep(_POLL_S)

    def empty(self) -> None:
        """Ends the machine's actors, all at once, each giving back what it still has."""
        ending = [threading.Thread(target=self.launcher.end_now, args=(name,)) for name in self._present()]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def settle(self) -> None:
        """Tells of what nobody works on now that the dispatcher is gone."""
        with suppress(SQLAlchemyError):
            self.leases.apply(plan(self.leases.snapshot(), self.dispatcher_settings.terms))

    def dismiss(self) -> None:
        """This Ray, and with it this machine by its present name, does not come back."""
        with suppress(SQLAlchemyError):
            self.leases.dismiss(self.node.name)

    def _present(self) -> list[str]:
        return sorted(name for name in self.launcher.present() if is_on(name, self.node))

    def _is_young(self, worker: Worker) -> bool:
        return worker.beat_at_ms > time.time_ns() // 1_000_000 - self.dispatcher_settings.terms.beat_ms


@contextmanager
def hosting(
    dispatcher_settings: DispatcherSettings, launcher: RayLauncher, leases: LeaseStore, hand_over_s: float
) -> Iterator[Hosting]:
    """Mans this machine, together with the dispatcher if none runs; at the end, whatever ends it, empties it.

    Needs a Ray that was started or joined. WorkersMissing where the shards do not come up. Where Ray was started by
    this process, it ends with it, and so does the dispatcher; of a cluster, the dispatcher stays for the others.
    """
    node = _here(launcher)
    here = Hosting(dispatcher_settings=dispatcher_settings, launcher=launcher, leases=leases, node=node)
    leases.drain(node.name, draining=False)
    ensure_dispatcher(dispatcher_settings)
    try:
        if not _comes(here.is_manned, _START_S):
            raise WorkersMissing(node.host, _why(running_dispatcher()))
        yield here
    finally:
        here.hand_over(hand_over_s)
        here.empty()
        joined = bool(os.environ.get("RAY_ADDRESS"))
        if not joined or not launcher.is_used():
            end_dispatcher()
            if not joined:
                here.dismiss()
            here.settle()


def _here(launcher: RayLauncher) -> NodeSeen:
    node_id = ray.get_runtime_context().get_node_id()
    return next(node for node in launcher.nodes() if node.node_id == node_id)


def _comes(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _why(state: DispatcherState | None) -> str:
    if state is None:
        return "the dispatcher does not answer"
    return state.database_error or state.staffing_error or "its processes end, or take too long; see Ray's logs"
