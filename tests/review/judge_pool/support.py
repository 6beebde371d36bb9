"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE_S = 120


def until(holds: Callable[[], object], what: str) -> None:
    """Returns when it holds; fails after two minutes."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {_PATIENCE_S} s"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """True for a process that is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
