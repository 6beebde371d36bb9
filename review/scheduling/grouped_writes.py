"""Small writes that come at once go to the database in one transaction: the disk is waited for once, not for each."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class Grouped(Generic[Job, Result]):
    """Calls `write` with all jobs that wait, from one of the threads that brought them; the others wait for theirs.

    `write` gives for each job, in their order, its result, or the exception that is raised where it was brought. What
    it raises itself is raised for every one of them. Where one group followed the one before within `pause_s`, others
    are waited for that long; a job that comes alone waits for nobody.
    """

    def __init__(
        self, write: Callable[[Sequence[Job]], Sequence[Result | Exception]], *, most: int = 100, pause_s: float = 0.02
    ) -> None:
        self._write = write
        self._most = most
        self._pause_s = pause_s
        self._written_s = 0.0
        self._waiting: list[tuple[Job, Future[Result]]] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def put(self, job: Job) -> Result:
        """The job's result, once it is written."""
        answer: Future[Result] = Future()
        with self._guard:
            self._waiting.append((job, answer))
        with self._turn:
            if not answer.done() and time.monotonic() - self._written_s < self._pause_s:
                time.sleep(self._pause_s)
            while not answer.done():
                self._write_some()
            self._written_s = time.monotonic()
        return answer.result()

    def _write_some(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            results = self._write([job for job, _ in group])
        except BaseException as error:
            for _, answer in group:
                answer.set_exception(error)
            return
        for (_, answer), result in zip(group, results, strict=True):
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
