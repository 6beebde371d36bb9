"""How many readers a key keeps waiting at once: each holds a connection, and a customer who leaks them must notice."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from review.api_errors import TooManyWaiting

MOST_WAITING = 8


class Waiting:
    """The open streams and long polls of this process, by who holds them; at most `most` each."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    @contextmanager
    def place(self, actor: str) -> Iterator[None]:
        """Holds a place while the block lasts; TooManyWaiting."""
        with self._lock:
            if self._open[actor] >= self._most:
                raise TooManyWaiting(self._most)
            self._open[actor] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[actor] -= 1
                if not self._open[actor]:
                    del self._open[actor]

    def count(self, actor: str) -> int:
        """How many places somebody holds."""
        with self._lock:
            return self._open[actor]
