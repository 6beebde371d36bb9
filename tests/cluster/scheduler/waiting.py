"""Waiting for what another process does."""

import time
from collections.abc import Callable


def until(is_so: Callable[[], bool], seconds: float = 90) -> None:
    """Returns once it is so; fails if it never is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.1)
