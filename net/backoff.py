"""How long to wait before trying again."""

import random
import time
from collections.abc import Callable


def backoff_s(attempt: int, *, first_s: float = 0.5, cap_s: float = 8.0) -> float:
    """The pause before retry `attempt` (0, 1, 2 …): doubled each time up to the cap, with full jitter above half.

    Jitter keeps a thousand streams of one dead origin from coming back in the same instant.
    """
    whole = min(cap_s, first_s * 2.0 ** min(attempt, 16))
    return whole / 2 + random.uniform(0, whole / 2)


def pause(seconds: float, stop: Callable[[], bool]) -> bool:
    """Waits; true if it was asked to stop meanwhile."""
    deadline = time.monotonic() + seconds
    while not stop():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(0.1, left))
    return True
