"""When a long-lived process should be replaced: at an age, or once it holds too much memory."""

import os
import time
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Wear:
    """The wear of this process since this was made; a process younger than `least_s` is not worn.

    Without that, limits below what the work takes in any case would replace processes for ever, and nothing went on.
    """

    def __init__(self, *, most_s: float, most_bytes: int, least_s: float = 0) -> None:
        self._least_s = least_s
        self._most_s = most_s
        self._most_bytes = most_bytes
        self._born_s = time.monotonic()

    def due(self) -> str | None:
        """Why the process should be replaced; None: it is good."""
        age_s, held = time.monotonic() - self._born_s, memory_bytes()
        if age_s < self._least_s:
            return None
        if self._most_s and age_s > self._most_s:
            return f"it ran for {age_s / 3600:.1f} h"
        if self._most_bytes and held > self._most_bytes:
            return f"it holds {held // 1_000_000} MB"
        return None


def memory_bytes() -> int:
    """What this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
