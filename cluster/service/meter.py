"""What the work on broadcasts takes, smoothed over the last segments of all that one process carries."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_WEIGHT = 0.1


@dataclass(slots=True)
class Meter:
    """Smoothed figures by name; any number of threads may measure. `clock` gives seconds."""

    clock: Callable[[], float] = time.monotonic
    _figures: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def timing(self, name: str, per_s: float = 1.0) -> Iterator[None]:
        """Measures what it takes inside, in seconds for each `per_s`; what fails is not counted."""
        start_s = self.clock()
        yield
        self.note(name, (self.clock() - start_s) / per_s)

    def note(self, name: str, value: float) -> None:
        """Takes one more value."""
        with self._lock:
            before = self._figures.get(name, value)
            self._figures[name] = before + _WEIGHT * (value - before)

    def figures(self) -> dict[str, float]:
        """The figures as they stand."""
        with self._lock:
            return {name: round(value, 4) for name, value in self._figures.items()}
