"""The dispatcher as an actor: detached, found by its name, rebuilt by Ray wherever it dies."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from cluster.logs import write_logs
from cluster.scheduler.reconciler import TICK_S, Reconciler
from cluster.scheduler.types import DISPATCHER, NAMESPACE, ActorLauncher, Staffing
from ingest.recording.disk import keep_to_owner
from review.db.opening import open_current
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore

log = logging.getLogger("zhenyan.dispatch")

_STAFFING_S = 2.0
_ANSWER_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherSettings:
    """All that a dispatcher is made of: plain values, so that Ray can make it anew. The URL may hold a password.

    `logs_dir`: where it writes its log; None: to standard error alone.
    """

    database_url: str = field(repr=False)
    launcher: ActorLauncher
    staffing: Staffing = field(default_factory=Staffing)
    terms: LeaseTerms = field(default_factory=LeaseTerms)
    logs_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherState:
    """How the dispatcher is doing. `database_error` and `staffing_error` are empty while all is well."""

    dispatcher_settings: DispatcherSettings
    process_id: int
    tick_count: int
    decision_count: int
    database_error: str
    staffing_error: str


class Dispatcher:
    """Decides and supervises in threads of its own; its methods answer at once."""

    def __init__(self, dispatcher_settings: DispatcherSettings) -> None:
        keep_to_owner()
        if dispatcher_settings.logs_dir is not None:
            write_logs(dispatcher_settings.logs_dir, DISPATCHER)
        self._settings = dispatcher_settings
        self._reconciler = Reconciler(self._open, dispatcher_settings.terms)
        self._staffing_error = ""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(each,), name=each.__name__, daemon=True)
            for each in (self._decide, self._apply_staffing)
        ]
        for thread in self._threads:
            thread.start()

    @ray.method(concurrency_group="ctl")
    def state(self) -> DispatcherState:
        """How it is doing."""
        return DispatcherState(
            dispatcher_settings=self._settings,
            process_id=os.getpid(),
            tick_count=self._reconciler.tick_count,
            decision_count=self._reconciler.decision_count,
            database_error=self._reconciler.error,
            staffing_error=self._staffing_error,
        )

    def stop(self) -> None:
        """Returns once nothing is decided any more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _open(self) -> LeaseStore:
        return LeaseStore(open_current(self._settings.database_url), lambda: datetime.now(UTC), self._settings.terms)

    def _repeat(self, tick: Callable[[], float]) -> None:
        while not self._stop.wait(tick()):
            pass

    def _decide(self) -> float:
        try:
            return self._reconciler.tick()
        except Exception:  # at the actor's edge: the next round may go well
            log.exception("a round of decisions failed")
            return TICK_S

    def _apply_staffing(self) -> float:
        try:
            self._reconciler.apply_staffing(self._settings.launcher, self._settings.staffing)
            self._staffing_error = ""
        except Exception as error:  # as above
            if not self._staffing_error:
                log.exception("supervising failed")
            self._staffing_error = f"{type(error).__name__}: {error}"
        return _STAFFING_S


def ensure_dispatcher(dispatcher_settings: DispatcherSettings) -> Any:
    """The handle of the dispatcher with these settings: the one that runs, or one that is started now.

    One that runs with other settings is replaced: what it decided stands in the database.
    """
    running = _running()
    if running is not None:
        try:
            if ray.get(running.state.remote(), timeout=_ANSWER_S).dispatcher_settings == dispatcher_settings:
                return running
        except RayError:
            log.warning("the dispatcher that runs does not answer and is replaced")
        end_dispatcher()
    as_actor: Any = ray.remote
    kind = as_actor(num_cpus=0, max_restarts=-1, max_task_retries=-1, concurrency_groups={"ctl": 2})(Dispatcher)
    handle = kind.options(name=DISPATCHER, namespace=NAMESPACE, lifetime="detached", get_if_exists=True).remote(
        dispatcher_settings
    )
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
