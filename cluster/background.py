"""Polls a job in a background thread until stopped, and runs what is heavy of it in a process of its own."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable

_EVERY_S, _LOOKS_EVERY_S = 1.0, 0.2
_NICE = 10


class BackgroundJob:
    """Calls `once` until `close`: again at once while it found work, else after a second.

    `failed` is logged with what nobody expected; the next round may go well. `stopping` is set by `close`, which waits
    `patience_s` at most for the round in hand.
    """

    def __init__(
        self, once: Callable[[], bool], *, name: str, log: logging.Logger, failed: str, patience_s: float = 30
    ) -> None:
        self._once = once
        self._log = log
        self._failed = failed
        self._patience_s = patience_s
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins the rounds."""
        self._thread.start()

    def close(self) -> None:
        """Ends them; waits a while for the round in hand."""
        self.stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=self._patience_s)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                if self._once():
                    continue
            except Exception:
                self._log.exception(self._failed)
            self.stopping.wait(_EVERY_S)


def run_apart(work: Callable[..., None], *arguments: object, name: str, stopping: threading.Event) -> int:
    """The exit status of a process, at lower priority, in which the work was done; it is ended once `stopping` is set.

    `work` is a function of a module, and its arguments can be pickled.
    """
    process = multiprocessing.get_context("spawn").Process(target=_at_low_priority, args=(work, *arguments), name=name)
    process.start()
    while process.is_alive() and not stopping.is_set():
        process.join(timeout=_LOOKS_EVERY_S)
    if process.is_alive():
        process.terminate()
    process.join()
    return process.exitcode or 0


def _at_low_priority(work: Callable[..., None], *arguments: object) -> None:
    os.nice(_NICE)
    work(*arguments)
