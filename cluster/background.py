"""Looks for work in a thread, again and again, until it is told to stop."""

import logging
import threading
from collections.abc import Callable

_EVERY_S = 1.0


class BackgroundJob:
    """Calls `once` until `close`: again at once while it found work, else after a second.

    `failed` is logged with what nobody expected; the next round may go well. `stopping` is set by `close`.
    """

    def __init__(self, once: Callable[[], bool], *, name: str, log: logging.Logger, failed: str) -> None:
        self._once = once
        self._log = log
        self._failed = failed
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins the rounds."""
        self._thread.start()

    def close(self, patience_s: float) -> None:
        """Ends them; waits so long for the round in hand."""
        self.stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=patience_s)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                if self._once():
                    continue
            except Exception:
                self._log.exception(self._failed)
            self.stopping.wait(_EVERY_S)
