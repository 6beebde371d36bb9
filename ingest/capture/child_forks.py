"""Forks a process for each stream that is recorded: all share what they import, and none waits for it."""

import gc
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ingest.capture.child import record
from ingest.sandbox.child import enter_sandbox
from ingest.sandbox.forking import serve_forked


def _record(renew: Callable[[], None], request: dict[str, Any], files: Sequence[int]) -> bytes:
    """Records as `child` does; what is to be recorded comes on standard input."""
    renew()
    record(renew, gc.collect)
    return b""


if __name__ == "__main__":
    renew_cpu_time = enter_sandbox()
    serve_forked(partial(_record, renew_cpu_time), renew_cpu_time)
