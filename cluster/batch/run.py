"""Screens many files side by side in processes, each file once, and goes on where a batch before stopped."""

import atexit
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.queues import Queue
from typing import Any

from cluster.batch.folder import held, keep_job, write_results
from cluster.batch.screening import BatchScreener
from cluster.batch.types import WORK, BatchJob, BatchSource, FileProgress, FileResult, FileState
from net.errors import ZhenyanError

_POLL_S = 0.2
_ORPHAN_S = 0.5
# A file whose process died so often is given up: it may be what kills it.
_MOST_DEATHS = 2
_IN_WORK = "is being worked on by another batch; wait for it, or name another folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a file is, or why it can't be read."""

    work: str = ""
    sha256: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """What is done with the file of this number: identified, or screened once it is known."""

    number: int
    known: _Known | None = None


def run_batch(
    job: BatchJob,
    sources: Sequence[BatchSource],
    *,
    workers: int = 1,
    on_progress: Callable[[FileProgress], None] = lambda _: None,
    wanted: Callable[[], bool] = lambda: True,
) -> tuple[FileResult, ...]:
    """What became of each file, in their order; findings and passages lie in the job's folder then.

    A file that can't be screened is told of and stops no other. Once `wanted` says False no more is begun, and what
    was not finished is left for the next call. Raises BatchFolderTaken.
    """
    with held(job.out / WORK, _IN_WORK):
        keep_job(job)
        results = _Batch(job, sources, workers, on_progress, wanted).run()
        write_results(job.out, results)
        return results


class _Batch:
    def __init__(
        self,
        job: BatchJob,
        sources: Sequence[BatchSource],
        workers: int,
        on_progress: Callable[[FileProgress], None],
        wanted: Callable[[], bool],
    ) -> None:
        self._job, self._sources, self._workers, self._report_to = job, sources, workers, on_progress
        self._wanted = wanted
        self._results: dict[int, FileResult] = {}
        self._first_of: dict[str, int] = {}
        self._deaths: dict[int, int] = {}
        self._steps: deque[_Step] = deque(_Step(number) for number in range(len(sources)))
        self._context = multiprocessing.get_context("spawn")
        self._progress: Queue[FileProgress] = self._context.Queue()

    def run(self) -> tuple[FileResult, ...]:
        while self._steps and self._wanted():
            left = self._run_pool()
            if left:
                self._note_deaths(left)
        self._note_same()
        return tuple(self._results.get(number) or _unfinished(source) for number, source in enumerate(self._sources))

    def _run_pool(self) -> list[_Step]:
        """Works until all is done; gives the steps during which a process of the pool died."""
        running: dict[Future[Any], _Step] = {}
        pool = ProcessPoolExecutor(
            self._workers,
            mp_context=self._context,
            initializer=_start,
            initargs=(self._job, self._progress, os.getpid()),
        )
        try:
            while running or (self._steps and self._wanted()):
                while self._steps and len(running) <= self._workers and self._wanted():
                    step = self._steps.popleft()
                    running[self._submitted(pool, step)] = step
                if not self._wanted():
                    _end(pool)
                    return []
                done, _ = wait(running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
                self._report()
                for future in done:
                    step = running[future]
                    answer = future.result()
                    del running[future]
                    self._take(step, answer)
            return []
        except BrokenProcessPool:
            return list(running.values())
        except BaseException:
            _end(pool)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            self._report()

    def _submitted(self, pool: ProcessPoolExecutor, step: _Step) -> Future[Any]:
        source = self._sources[step.number]
        if step.known is None:
            return pool.submit(_identify, source)
        return pool.submit(_screen, source, step.known)

    def _take(self, step: _Step, answer: "_Known | FileResult") -> None:
        if isinstance(answer, FileResult):
            self._finish(step.number, answer)
            return
        source = self._sources[step.number]
        if answer.error is not None:
            self._finish(step.number, _failed(source, answer.error))
        elif (first := self._first_of.setdefault(answer.sha256, step.number)) == step.number:
            self._steps.appendleft(_Step(step.number, answer))
        else:
            same_as = self._sources[first].name
            result = FileResult(
                name=source.name, host_id=source.host_id, state=FileState.SAME, sha256=answer.sha256, same_as=same_as
            )
            self._finish(step.number, result)

    def _finish(self, number: int, result: FileResult) -> None:
        self._results[number] = result
        if result.state is not FileState.DONE:
            self._report_to(FileProgress(name=result.name, state=result.state))

    def _note_deaths(self, steps: Sequence[_Step]) -> None:
        """Tries again what was in work when a process died, until a file has seen too many deaths."""
        for step in reversed(steps):
            deaths = self._deaths[step.number] = self._deaths.get(step.number, 0) + 1
            if deaths > _MOST_DEATHS:
                why = f"the process that screened it died {deaths} times; look at memory and at the file"
                self._finish(step.number, _failed(self._sources[step.number], why))
            else:
                self._steps.appendleft(step)

    def _note_same(self) -> None:
        """A file with the content of one that failed has failed as well."""
        for number, result in self._results.items():
            first = self._results.get(self._first_of.get(result.sha256, number))
            if result.state is FileState.SAME and first is not None and first.state is FileState.FAILED:
                self._results[number] = _failed(self._sources[number], f"as {first.name}: {first.error}")

    def _report(self) -> None:
        while True:
            try:
                self._report_to(self._progress.get_nowait())
            except queue.Empty:
                return


def _failed(source: BatchSource, why: str) -> FileResult:
    return FileResult(name=source.name, host_id=source.host_id, state=FileState.FAILED, error=why)


def _unfinished(source: BatchSource) -> FileResult:
    return FileResult(name=source.name, host_id=source.host_id, state=FileState.WAITING)


def _end(pool: ProcessPoolExecutor) -> None:
    """Ends the pool's processes at once: each finished segment is kept, the one in work is done again."""
    for process in list((pool._processes or {}).values()):
        process.kill()


_here: "list[tuple[BatchScreener, Queue[FileProgress]]]" = []


def _start(job: BatchJob, progress: "Queue[FileProgress]", parent: int) -> None:
    """Readies this process, which ends when its parent does: nobody would take what it finds."""
    # Ctrl-C at a terminal goes to all of its processes; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    atexit.register(_leave)
    _here.append((BatchScreener(job), progress))


def _leave() -> None:
    """Ends this process at once: taking the engines' libraries down costs time and has them complain."""
    for screener, _ in _here:
        screener.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_ORPHAN_S)
    os._exit(1)


def _identify(source: BatchSource) -> _Known:
    screener, _ = _here[0]
    try:
        work, sha256 = screener.identify(source)
    except (ZhenyanError, OSError) as error:
        return _Known(error=_why(error))
    return _Known(work=work, sha256=sha256)


def _screen(source: BatchSource, known: _Known) -> FileResult:
    screener, progress = _here[0]
    progress.put(FileProgress(name=source.name, state=FileState.RUNNING))
    try:
        return screener.screen(source, known.work, known.sha256, progress.put)
    except (ZhenyanError, OSError) as error:
        return _failed(source, _why(error))
    except Exception as error:  # a fault of a stage costs its file, not the batch; it is told with the file
        return _failed(source, f"a fault of the program: {type(error).__name__}: {error}")


def _why(error: ZhenyanError | OSError) -> str:
    return str(error) if isinstance(error, ZhenyanError) else f"cannot be read: {error.strerror or error}"
