"""The processes that judge for callers, and the line before them.

Each process hangs on a pipe of its own and is minded by a thread, so that one that dies or is killed takes the one job
with it that it was doing. (Pools of the standard library and of pebble share a queue or a lock between processes: there
the death of one breaks the others.)
"""

import asyncio
import logging
import pickle
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, Self

from anyio import to_thread

from review.judge_pool.errors import (
    CallerGone,
    JudgingBusy,
    JudgingFailed,
    JudgingFault,
    JudgingTooLong,
    JudgingUnready,
)
from review.judge_pool.fair_queue import TRY_AGAIN_S, FairQueue, Party
from review.judge_pool.limits import JudgingTerms
from review.judge_pool.task import Task
from review.judge_pool.worker import Job, Opens, Outcome, Worker

_log = logging.getLogger(__name__)
_LOOK_S = 1.0
_START_S = 120.0
_TRY_START_S = 30.0
_JOIN_S = 5.0
# Pages and other programs of the machine go before texts that are judged, and small ones before large ones.
_NICE_SMALL, _NICE_LARGE = 2, 15
# Of the threads in which pages are made, those that may wait for a job.
_MOST_THREADS = 8


class Connected(Protocol):
    """A request whose client may hang up, as ASGI tells it."""

    @property
    def receive(self) -> Callable[[], Awaitable[MutableMapping[str, Any]]]:
        """Gives the next message of its connection."""
        ...


class JudgingPool:
    """Does jobs in processes that have policy and models loaded; safe from any thread.

    `start` loads them at once; without it they are when the first job comes. `close` ends them.
    """

    def __init__(self, source: Opens, terms: JudgingTerms | None = None) -> None:
        self.terms = terms or JudgingTerms()
        self._source = source
        self._changed = threading.Condition()
        self._line: FairQueue[Task] = FairQueue(
            seats=self.terms.processes, places=self.terms.places, per_key=self.terms.per_key
        )
        self._seats: list[_Seat] = []
        self._threads = threading.Semaphore(_MOST_THREADS)
        self._closing = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts the processes, without waiting for them; a second start does nothing."""
        with self._changed:
            if self._seats or self._closing:
                return
            self._seats = [_Seat(self, number) for number in range(self.terms.processes)]
        for seat in self._seats:
            seat.thread.start()

    def close(self) -> None:
        """Ends the processes; jobs that wait or run are answered as broken off."""
        with self._changed:
            self._closing = True
            left = self._line.all()
            for task in left:
                self._line.leave(task)
            for seat in self._seats:
                if seat.worker is not None:
                    seat.worker.kill()
            self._changed.notify_all()
        for task in left:
            task.answer.set_exception(JudgingFailed("the server stops", TRY_AGAIN_S))
        for seat in self._seats:
            if seat.thread.is_alive():
                seat.thread.join(_JOIN_S)

    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run."""
        with self._changed:
            workers = [seat.worker for seat in self._seats if seat.worker is not None and seat.worker.is_alive]
            return tuple(worker.pid for worker in workers if worker.pid is not None)

    def counts(self) -> tuple[int, int]:
        """How many jobs are being done, and how many wait."""
        with self._changed:
            return sum(seat.task is not None for seat in self._seats), len(self._line)

    def check_room(self, party: Party) -> None:
        """TooManyChecks where the party has as many under way as it may, before anything of its job is looked at."""
        with self._changed:
            self._line.check_room(party)

    async def run(self, party: Party, job: Job, request: Connected) -> Any:
        """What comes of the job; it is stopped when the request's client hangs up, and that is CallerGone.

        Raises what the job refuses, and TooManyChecks, JudgingBusy, JudgingTooLong, JudgingFailed.
        """
        payload = await to_thread.run_sync(pickle.dumps, job)
        task = self.submit(party, payload)
        answer = asyncio.wrap_future(task.answer)
        gone = asyncio.ensure_future(_hangs_up(request))
        try:
            await asyncio.wait({answer, gone}, timeout=self.terms.wait_s, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and not gone.done():
                if self._withdraw(task, only_waiting=True):
                    raise JudgingBusy(TRY_AGAIN_S)
                await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise CallerGone
        finally:
            gone.cancel()
            if not answer.done():
                answer.cancel()
                self._withdraw(task)

    def do(self, party: Party, job: Job) -> Any:
        """As `run`, for a route that has a thread of its own; so many threads wait here at once and no more."""
        if not self._threads.acquire(blocking=False):
            raise JudgingBusy(TRY_AGAIN_S)
        try:
            task = self.submit(party, pickle.dumps(job))
            try:
                return task.answer.result(self.terms.wait_s + self.terms.deadline_s)
            except TimeoutError as error:
                self._withdraw(task)
                raise JudgingBusy(TRY_AGAIN_S) from error
        finally:
            self._threads.release()

    def submit(self, party: Party, payload: bytes) -> Task:
        """Puts a pickled job into the line; TooManyChecks, JudgingBusy."""
        self.start()
        task = Task(party=party, payload=payload, is_large=len(payload) > 1024 * self.terms.small_kb)
        # Nobody cancels it but by withdrawing the task.
        task.answer.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise JudgingFailed("the server stops", TRY_AGAIN_S)
            self._line.join(task)
            # All of them: it may be none for the first that wakes.
            self._changed.notify_all()
        return task

    def _withdraw(self, task: Task, *, only_waiting: bool = False) -> bool:
        """Takes a job back: one that waits leaves the line, one that is being done is stopped. False: it is over."""
        with self._changed:
            if task.waits and not self._closing:
                task.waits = False
                self._line.leave(task)
                return True
            if only_waiting:
                return False
            task.withdrawn = True
            if task.worker is not None:
                task.killed = True
                task.worker.kill()
            return task.killed

    def take(self, is_well: Callable[[], bool], *, takes_large: bool) -> tuple[Task | None, bool]:
        """The next job, and whether to go on; waits for one while the seat's process is well."""
        with self._changed:
            while not self._closing:
                task = self._line.next(takes_large=takes_large)
                if task is not None:
                    task.waits = False
                    return task, True
                if not is_well():
                    return None, True
                self._changed.wait(_LOOK_S)
            return None, False

    def begin(self, task: Task, worker: Worker) -> bool:
        """From now on withdrawing the job kills this process; False where it was withdrawn already."""
        with self._changed:
            task.worker = worker
            return not task.withdrawn

    def finish(self, task: Task) -> bool:
        """Says that the job is over, and whether its process was killed by a withdrawal."""
        with self._changed:
            task.worker = None
            self._line.done(task)
            self._changed.notify_all()
            return task.killed

    @property
    def is_closing(self) -> bool:
        """Whether it is about to end."""
        return self._closing

    def open_worker(self, nice: int) -> Worker:
        """A process that has begun to load."""
        return Worker(self._source, memory_bytes=self.terms.memory_mb * 1024 * 1024, nice=nice)


class _Seat:
    """A thread with one process at a time, which it replaces when it is gone, was killed or has done its share."""

    def __init__(self, pool: JudgingPool, number: int) -> None:
        self.worker: Worker | None = None
        self.task: Task | None = None
        self.thread = threading.Thread(target=self._run, name=f"judging-{number}", daemon=True)
        self._pool = pool
        self._try_again = 0.0
        # One of several is for small jobs alone, and goes before the others.
        self._takes_large = number > 0 or pool.terms.processes == 1
        # Not all of them are replaced at once.
        self._jobs_left = pool.terms.recycle_jobs * (number + 1) // pool.terms.processes or 1

    def _run(self) -> None:
        self._ready()
        goes_on = True
        while goes_on:
            self.task, goes_on = self._pool.take(self._is_well, takes_large=self._takes_large)
            if self.task is not None:
                self._do(self.task)
            elif goes_on and self.worker is not None:
                _log.warning("a process that judges has died while it waited; another takes its place")
            if goes_on and not self._pool.is_closing:
                self._ready()
        self._drop()

    def _do(self, task: Task) -> None:
        result, error, is_fit = self._outcome(task)
        self.task = None
        self._jobs_left -= 1
        if self._pool.finish(task) or not is_fit or self._jobs_left <= 0:
            self._drop()
        if self._jobs_left <= 0:
            self._jobs_left = self._pool.terms.recycle_jobs
        if error is None:
            task.answer.set_result(result)
        else:
            task.answer.set_exception(error)

    def _is_well(self) -> bool:
        """False where the process has died, or another start may be tried after one that failed."""
        return time.monotonic() < self._try_again if self.worker is None else self.worker.is_alive

    def _outcome(self, task: Task) -> tuple[Any, Exception | None, bool]:
        """What came of the job, why it failed, and whether the process may do another."""
        worker = self._ready()
        if worker is None:
            return None, JudgingUnready(TRY_AGAIN_S), True
        if not self._pool.begin(task, worker):
            return None, CallerGone(), True
        deadline_s = self._pool.terms.deadline_s
        try:
            worker.give(task.payload)
            said = worker.hear(deadline_s)
        except EOFError:
            if not task.killed and not self._pool.is_closing:
                _log.warning("a process that judges has died; its job is broken off, another takes its place")
            return None, JudgingFailed("the process that did it died", TRY_AGAIN_S), False
        except Exception as error:  # The edge of the thread: what a process answered can't be read.
            _log.exception("what a process that judges has answered can't be read; another takes its place")
            return None, JudgingFault(str(error)), False
        if said is None:
            return None, JudgingTooLong(deadline_s), False
        match said.outcome:
            case Outcome.DONE:
                return said.value, None, True
            case Outcome.REFUSED:
                return None, said.value, True
            case Outcome.MEMORY:
                return None, JudgingFailed("it takes more memory than a check may", TRY_AGAIN_S), False
            case _:
                return None, JudgingFault(str(said.value)), True

    def _ready(self) -> Worker | None:
        """The process, loaded; None where it can't be, and then the log says why."""
        if self.worker is not None and self.worker.is_alive:
            return self.worker
        self._drop()
        started = time.monotonic()
        self.worker = self._pool.open_worker(_NICE_LARGE if self._takes_large else _NICE_SMALL)
        try:
            said = self.worker.hear(_START_S)
            why = f"it is not ready after {_START_S:g} s" if said is None else str(said.value)
            if said is not None and said.outcome is Outcome.READY:
                _log.info("a process judges after %.1f s of loading", time.monotonic() - started)
                return self.worker
        except EOFError:
            why = "it died while it loaded"
        self._drop()
        if not self._pool.is_closing:
            _log.error("a process that judges can't be started: %s", why)
            self._try_again = time.monotonic() + _TRY_START_S
        return None

    def _drop(self) -> None:
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.end()


async def _hangs_up(request: Connected) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
