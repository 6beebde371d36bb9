"""What tests ask the system about child processes."""

import time
from collections.abc import Callable
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """The process and all below it, parents first; empty if it is gone.

    The kernel lists a child under the thread that started it, which need not be the first.
    """
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for thread in threads for child in _started_by(thread) for one in descendants(child))]


def _started_by(thread: Path) -> list[int]:
    try:
        return [int(child) for child in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def parser_of(pid: int) -> int:
    """The process that parses, under whatever holds it."""
    wait_until(lambda: any(_is_python(one) for one in descendants(pid)))
    return next(one for one in descendants(pid) if _is_python(one))


def _is_python(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return b"python" in Path(command[0].decode()).name.encode() if command[0] else False


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for has ended, too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def peak_bytes(pid: int) -> int:
    """The most memory that the process has held."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def wait_until(holds: Callable[[], bool], limit_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline_s, "it never came true"
        time.sleep(0.01)
