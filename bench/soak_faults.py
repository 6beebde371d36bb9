"""What breaks in a soak: each fault strikes the real processes or the real database, and is lifted again."""

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bench.soak_parts import JumpingClock, start_sender
from bench.soak_plan import Fault, FaultKind
from bench.stress_run import shards
from bench.webhook_receiver import Receiver
from cluster.scheduler.types import DISPATCHER, NAMESPACE

_ANSWER_S = 5.0
# A process that may write no file beyond this writes to no database.
_FULL_AT_BYTES = 65_536
Lift = Callable[[], None]


@dataclass
class Stage:
    """What faults strike: the database, the workers' and the sender's folder, the receiver and the sender, if any."""

    url: str
    folder: Path
    receiver: Receiver = field(default_factory=lambda: Receiver(failing=0))
    sender: subprocess.Popen[bytes] | None = None
    struck: dict[FaultKind, int] = field(default_factory=dict)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.url.startswith("sqlite")

    @property
    def kinds(self) -> tuple[FaultKind, ...]:
        """The faults that there are here: a file is never gone while the machine runs."""
        return tuple(kind for kind in FaultKind if not (self.is_sqlite and kind is FaultKind.DATABASE_GONE))

    def strike(self, fault: Fault) -> Lift:
        """Has the fault begin; gives what ends it. Where there is nobody to strike, nothing happens."""
        lift = _STRIKES[fault.kind](self, fault)
        if lift is None:
            return _nothing
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        return lift


def worker_pids() -> dict[str, int]:
    """The process of each worker that answers, by its name."""
    found: dict[str, int] = {}
    for name, handle in _named_shards():
        with contextlib.suppress(RayError):
            found[name] = ray.get(handle.figures.remote(), timeout=_ANSWER_S)[0]
    return found


def dispatcher_pid() -> int | None:
    """The process of the dispatcher; None: none answers."""
    with contextlib.suppress(RayError, ValueError):
        handle: Any = ray.get_actor(DISPATCHER, namespace=NAMESPACE)
        return int(ray.get(handle.state.remote(), timeout=_ANSWER_S).process_id)
    return None


def _named_shards() -> Iterator[tuple[str, Any]]:
    with contextlib.suppress(RayError, ValueError):
        for number, handle in enumerate(shards()):
            yield f"shard-{number}", handle


def _worker(fault: Fault) -> tuple[str, int] | None:
    there = sorted(worker_pids().items())
    return there[int(fault.whom * len(there))] if there else None


def _nothing() -> None:
    """There is nothing to lift."""


def _kill(pid: int | None) -> Lift | None:
    if pid is None:
        return None
    kill_process(pid)
    return _nothing


def kill_process(pid: int) -> None:
    """Kill -9; one that is gone already is none."""
    _signal(pid, signal.SIGKILL)


def _signal(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _worker_killed(stage: Stage, fault: Fault) -> Lift | None:
    whom = _worker(fault)
    return None if whom is None else _kill(whom[1])


def _dispatcher_killed(stage: Stage, fault: Fault) -> Lift | None:
    return _kill(dispatcher_pid())


def _sender_killed(stage: Stage, fault: Fault) -> Lift | None:
    if stage.sender is None:
        return None
    stage.sender.kill()
    stage.sender.wait()
    stage.sender = start_sender(stage.url, stage.folder)
    return _nothing


def _worker_stalled(stage: Stage, fault: Fault) -> Lift | None:
    """It stands still, and goes on later as if nothing had been."""
    whom = _worker(fault)
    if whom is None:
        return None
    _signal(whom[1], signal.SIGSTOP)
    return lambda: _signal(whom[1], signal.SIGCONT)


def _disk_full(stage: Stage, fault: Fault) -> Lift | None:
    """A worker can write to no file, or the database's own processes can't."""
    if stage.is_sqlite:
        whom = _worker(fault)
        pids = [] if whom is None else [whom[1]]
    else:
        with _admin(stage.url) as connection:
            pids = list(connection.scalars(_BACKENDS))
    limited = [pid for pid in pids if _limit(pid, _FULL_AT_BYTES)]

    def make_room() -> None:
        for pid in limited:
            _limit(pid, resource.RLIM_INFINITY)

    return make_room if limited else None


def _limit(pid: int, most_bytes: int) -> bool:
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
    except (ProcessLookupError, PermissionError):
        # Somebody else's process, such as a database server's, may be limited by few.
        return False
    return True


def _database_slow(stage: Stage, fault: Fault) -> Lift:
    """Whoever writes waits."""
    engine = create_engine(stage.url)
    if stage.is_sqlite:
        connection = engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute("pragma busy_timeout = 20000")
        with contextlib.suppress(sqlite3.OperationalError):
            cursor.execute("begin immediate")

        def unlock() -> None:
            connection.rollback()
            connection.close()
            engine.dispose()

        return unlock
    held = engine.connect()
    with contextlib.suppress(SQLAlchemyError):
        held.execute(text("set lock_timeout = '5s'"))
        held.execute(text("lock table findings, segments in exclusive mode"))

    def let_go() -> None:
        with contextlib.suppress(SQLAlchemyError):
            held.close()
        engine.dispose()

    return let_go


_BACKENDS = text(
    "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' "
    "and pid <> pg_backend_pid()"
)


def _database_gone(stage: Stage, fault: Fault) -> Lift | None:
    """Every connection is cut; or one of the server's processes dies, and with it all, until it has recovered."""
    with _admin(stage.url) as connection:
        pids = list(connection.scalars(_BACKENDS))
        if fault.whom < 0.5 or not pids:
            connection.execute(
                text("select pg_terminate_backend(pid) from (select unnest(:pids) as pid) as those"), {"pids": pids}
            )
            return _nothing
    return _kill(pids[0])


@contextlib.contextmanager
def _admin(url: str) -> Iterator[Any]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _receiver_fails(stage: Stage, fault: Fault) -> Lift:
    """Every other message fails, or every one."""
    stage.receiver.failing = 1 if fault.whom < 0.5 else 2
    return lambda: setattr(stage.receiver, "failing", 0)


def _clock_jumps(stage: Stage, fault: Fault) -> Lift:
    names = ("sender", "shard-0", "shard-1")
    clock = JumpingClock(stage.folder / f"{names[int(fault.whom * len(names))]}.clock")
    clock.jump(fault.shift_ms)
    return lambda: clock.jump(0)


_STRIKES: dict[FaultKind, Callable[[Stage, Fault], Lift | None]] = {
    FaultKind.WORKER_KILLED: _worker_killed,
    FaultKind.DISPATCHER_KILLED: _dispatcher_killed,
    FaultKind.SENDER_KILLED: _sender_killed,
    FaultKind.WORKER_STALLED: _worker_stalled,
    FaultKind.DISK_FULL: _disk_full,
    FaultKind.DATABASE_SLOW: _database_slow,
    FaultKind.DATABASE_GONE: _database_gone,
    FaultKind.RECEIVER_FAILS: _receiver_fails,
    FaultKind.CLOCK_JUMPS: _clock_jumps,
}
