"""A warm sandbox whose forks do what a request asks of them."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.sandbox.child import enter_sandbox
from ingest.sandbox.forking import serve_forked
from ingest.sandbox.protocol import to_line


def _handle(request: dict[str, Any], files: Sequence[int]) -> bytes:
    match request["do"]:
        case "say":
            return to_line({"pid": os.getpid(), "parent": os.getppid()})
        case "open":
            names = sorted(int(path.name) for path in Path("/proc/self/fd").iterdir() if path.exists())
            return to_line({"open": names, "given": list(files)})
        case "read":
            return to_line({"read": [os.read(file, 100).decode() for file in files]})
        case "wait":
            time.sleep(60)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "lie":
            answer = max(int(path.name) for path in Path("/proc/self/fd").iterdir() if path.exists())
            os.write(answer, b'{"status": 0, "late": false}\n' * 10)
        case "flood":
            return b"x" * (4 << 20)
        case "fail":
            raise ValueError("of no use")
    return b""


if __name__ == "__main__":
    serve_forked(_handle, enter_sandbox())
