"""Leaves a model alone for a while once it failed so often in a row; then one call tries it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row; `clock` gives seconds. Any number of threads may ask; nobody waits for a call.

    Closed: every call is made. Open: none, for `rest_s`. Then one at a time tries, until one went well.
    """

    failures: int
    rest_s: float
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = 0
    _opened_s: float | None = None
    _trying_until_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_call(self) -> bool:
        """Whether a call may be made now; whoever is let through by a rested breaker is its one trial."""
        with self._lock:
            if self._opened_s is None:
                return True
            now_s = self.clock()
            if now_s < self._opened_s + self.rest_s or now_s < self._trying_until_s:
                return False
            # A trial that never tells how it went holds nobody up for longer than a rest.
            self._trying_until_s = now_s + self.rest_s
            return True

    def went_well(self) -> None:
        """The model answered."""
        with self._lock:
            self._in_a_row, self._opened_s, self._trying_until_s = 0, None, 0.0

    def failed(self) -> None:
        """The model did not answer, or not in time."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self.failures or self._opened_s is not None:
                self._opened_s, self._trying_until_s = self.clock(), 0.0

    def gave_up(self) -> None:
        """The call that was let through was not made after all."""
        with self._lock:
            self._trying_until_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the model is left alone, or being tried."""
        with self._lock:
            return self._opened_s is not None
