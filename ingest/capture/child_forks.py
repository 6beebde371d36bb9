"""Forks a process for each stream that is recorded: all share what they import, and none waits for it."""

import gc
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ingest.capture.child import record
from ingest.sandbox.child import enter_sandbox
from ingest.sandbox.forking import serve_forked


def _record(renew: Callable[[], None], request: dict[str, Any], files: Sequence[int]) -> bytes:
    """Records as `child` does; the files are its standard input, output and error."""
    os.chdir(request["folder"])
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    renew()
    record(renew, gc.collect)
    return b""


if __name__ == "__main__":
    renew_cpu_time = enter_sandbox()
    serve_forked(partial(_record, renew_cpu_time), renew_cpu_time)
