"""Children that last, and do what each line of their standard input says until it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.sandbox.child import enter_sandbox
from ingest.sandbox.forking import serve_forked
from ingest.sandbox.protocol import to_line


def _handle(request: dict[str, Any], files: Sequence[int]) -> bytes:
    with os.fdopen(0, "rb") as lines:
        for line in lines:
            os.write(1, to_line(_done(line.decode().strip())))
    return b""


def _done(do: str) -> object:
    match do:
        case "who":
            return {"pid": os.getpid(), "parent": os.getppid(), "folder": str(Path.cwd())}
        case "open":
            return [str(path.readlink()) for path in sorted(Path("/proc/self/fd").iterdir()) if path.exists()]
        case "complain":
            sys.stderr.write("it hurts\n")
            sys.stderr.flush()
        case "fail":
            raise ValueError("of no use")
        case "start":
            return subprocess.Popen(["sleep", "60"]).pid
        case "flee":
            return subprocess.Popen(["sleep", "5"], start_new_session=True, close_fds=False).pid
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
    return {}


if __name__ == "__main__":
    serve_forked(_handle, enter_sandbox())
