"""The dispatcher as an actor: detached, found by its name, rebuilt by Ray wherever it dies."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from cluster.dispatch.reconciling import TURN_S, Reconciling
from cluster.dispatch.types import DISPATCHER, NAMESPACE, Carriers, Staffing
from cluster.logs import write_logs
from ingest.disk import keep_to_owner
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore
from review.store import Store

log = logging.getLogger("zhenyan.dispatch")

_STAFF_S = 2.0
_ANSWER_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """All that a dispatcher is made of: plain values, so that Ray can make it anew. The URL may hold a password.

    `logs_dir`: where it writes its log; None: to standard error alone.
    """

    database_url: str = field(repr=False)
    carriers: Carriers
    staffing: Staffing = field(default_factory=Staffing)
    terms: LeaseTerms = field(default_factory=LeaseTerms)
    logs_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherState:
    """How the dispatcher is doing. `database_error` and `staff_error` are empty while all is well."""

    charge: Charge
    process_id: int
    turn_count: int
    decision_count: int
    database_error: str
    staff_error: str


class Dispatcher:
    """Decides and supervises in threads of its own; its methods answer at once."""

    def __init__(self, charge: Charge) -> None:
        keep_to_owner()
        if charge.logs_dir is not None:
            write_logs(charge.logs_dir, DISPATCHER)
        self._charge = charge
        self._reconciling = Reconciling(self._open, charge.terms)
        self._staff_error = ""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(each,), name=each.__name__, daemon=True)
            for each in (self._decide, self._staff)
        ]
        for thread in self._threads:
            thread.start()

    @ray.method(concurrency_group="ctl")
    def state(self) -> DispatcherState:
        """How it is doing."""
        return DispatcherState(
            charge=self._charge,
            process_id=os.getpid(),
            turn_count=self._reconciling.turn_count,
            decision_count=self._reconciling.decision_count,
            database_error=self._reconciling.error,
            staff_error=self._staff_error,
        )

    def stop(self) -> None:
        """Returns once nothing is decided any more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _open(self) -> LeaseStore:
        return Store.open(self._charge.database_url, terms=self._charge.terms).leases

    def _repeat(self, turn: Callable[[], float]) -> None:
        while not self._stop.wait(turn()):
            pass

    def _decide(self) -> float:
        try:
            return self._reconciling.turn()
        except Exception:  # at the actor's edge: the next round may go well
            log.exception("a round of decisions failed")
            return TURN_S

    def _staff(self) -> float:
        try:
            self._reconciling.staff(self._charge.carriers, self._charge.staffing)
            self._staff_error = ""
        except Exception as error:  # as above
            if not self._staff_error:
                log.exception("supervising failed")
            self._staff_error = f"{type(error).__name__}: {error}"
        return _STAFF_S


def ensure_dispatcher(charge: Charge) -> Any:
    """The handle of the dispatcher with this charge: the one that runs, or one that is started now.

    One that runs with another charge (settings were changed) is replaced: what it decided stands in the database.
    """
    running = _running()
    if running is not None:
        try:
            if ray.get(running.state.remote(), timeout=_ANSWER_S).charge == charge:
                return running
        except RayError:
            log.warning("the dispatcher that runs does not answer and is replaced")
        end_dispatcher()
    as_actor: Any = ray.remote
    kind = as_actor(num_cpus=0, max_restarts=-1, max_task_retries=-1, concurrency_groups={"ctl": 2})(Dispatcher)
    handle = kind.options(name=DISPATCHER, namespace=NAMESPACE, lifetime="detached", get_if_exists=True).remote(charge)
    ray.get(handle.state.remote(), timeout=_ANSWER_S)
    return handle


def end_dispatcher() -> None:
    """Ends the dispatcher, if one runs; everything that it decided stays as it is."""
    running = _running()
    if running is not None:
        try:
            ray.get(running.stop.remote(), timeout=_ANSWER_S)
        except RayError:
            log.warning("the dispatcher did not stop by itself")
        ray.kill(running)


def running_dispatcher() -> DispatcherState | None:
    """How the dispatcher is doing; None where none answers."""
    running = _running()
    try:
        found: DispatcherState | None = None if running is None else ray.get(running.state.remote(), timeout=_ANSWER_S)
    except RayError:
        return None
    return found


def _running() -> Any | None:
    try:
        return ray.get_actor(DISPATCHER, namespace=NAMESPACE)
    except ValueError:
        return None
