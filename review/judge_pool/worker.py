"""A process that judges: it loads policy and models once, does one job after the other, and ends with its parent."""

import gc
import multiprocessing
import os
import pickle
import resource
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from net.errors import ZhenyanError
from review.errors import ReviewError
from review.judge_pool.policy_in_force import Judges


class Job(Protocol):
    """Something to do in such a process; it and what comes of it travel as pickles."""

    def run(self, judges: Callable[[], Judges]) -> object:
        """Does it; an error of the project's own is given back to whoever asked."""
        ...


class Opens(Protocol):
    """What can be opened in another process."""

    def open(self) -> Callable[[], Judges]:
        """Loads what is judged by."""
        ...


class Outcome(StrEnum):
    """What a process says: that it is ready or can't be, and of a job that it is done, was refused, or went wrong."""

    READY = "ready"
    UNREADY = "unready"
    DONE = "done"
    REFUSED = "refused"
    MEMORY = "memory"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came of a job: its result, the error that it was refused with, or a text that tells what went wrong."""

    outcome: Outcome
    value: Any


class Worker:
    """One such process, seen from its parent. Starting it takes seconds; `is_ready` waits for that."""

    def __init__(self, source: Opens, *, memory_bytes: int, nice: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.jobs_done = 0
        self._process = context.Process(
            target=_work, args=(theirs, source, memory_bytes, nice), name="zhenyan-judge", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be given a job."""
        return self._process.is_alive()

    def hear(self, timeout_s: float | None = None) -> Said | None:
        """What it says next; None where it has not within this time. EOFError where it is gone."""
        heard = wait([self.connection, self._process.sentinel], timeout_s)
        if not heard:
            return None
        if self.connection not in heard and not self.connection.poll():
            raise EOFError
        try:
            said: Said = pickle.loads(self.connection.recv_bytes())
        except OSError as error:
            raise EOFError from error
        return said

    def give(self, payload: bytes) -> None:
        """Sends it a pickled job; EOFError where it is gone."""
        try:
            self.connection.send_bytes(payload)
        except OSError as error:
            raise EOFError from error

    def kill(self) -> None:
        """Ends it now, whatever it does."""
        self._process.kill()

    def end(self) -> None:
        """Ends it and frees what it held."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _work(connection: Connection, source: Opens, memory_bytes: int, nice: int) -> None:
    # Ctrl-C at a terminal goes to all of its processes; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _end_with_parent()
    os.nice(nice)
    _limit(resource.RLIMIT_CORE, 0)
    try:
        judges = source.open()
    except (ZhenyanError, OSError, MemoryError) as error:
        _say(connection, Outcome.UNREADY, f"{type(error).__name__}: {error}")
        return
    # What it allocates, not the model files that it maps and shares with the others. Only now: where weights are to be
    # converted first, that takes a gigabyte in a process of its own, which would have the same limit.
    _limit(resource.RLIMIT_DATA, memory_bytes)
    # What is loaded stays: to look through it for garbage again and again costs a tenth of the time.
    gc.collect()
    gc.freeze()
    _say(connection, Outcome.READY, None)
    while True:
        try:
            payload = connection.recv_bytes()
        except EOFError:
            return
        if not _do(connection, payload, judges):
            return


def _do(connection: Connection, payload: bytes, judges: Callable[[], Judges]) -> bool:
    """Does one job and says what came of it; False where this process had better be replaced."""
    try:
        job: Job = pickle.loads(payload)
        value = job.run(judges)
        _say(connection, Outcome.DONE, value)
    except MemoryError:
        _say(connection, Outcome.MEMORY, None)
        return False
    except ZhenyanError as error:
        _say(connection, Outcome.REFUSED, error if _travels(error) else ReviewError(str(error)))
    except Exception:  # The edge of the process: it is told to the parent, which logs it.
        _say(connection, Outcome.FAULT, traceback.format_exc())
    return True


def _say(connection: Connection, outcome: Outcome, value: object) -> None:
    connection.send_bytes(pickle.dumps(Said(outcome=outcome, value=value)))


def _travels(error: ZhenyanError) -> bool:
    """Whether the error can be made again from its pickle, which an `__init__` of its own may prevent."""
    try:
        return str(pickle.loads(pickle.dumps(error))) == str(error)
    except (TypeError, AttributeError, pickle.PicklingError):
        return False


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
