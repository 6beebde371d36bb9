"""Child processes that parse hostile bytes: limited, without secrets, and under bubblewrap where that works."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO, Literal, Protocol

from ingest.errors import SandboxUnavailable

SandboxChoice = Literal["auto", "bubblewrap", "rlimits"]

_log = logging.getLogger(__name__)
# What a child imports of the project, and nothing else of it.
_ROOT = Path(__file__).parents[2]
_PACKAGES = (_ROOT / "ingest", _ROOT / "net")
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ")
_NETWORK_FILES = ("resolv.conf", "hosts", "nsswitch.conf", "gai.conf", "ssl", "ca-certificates", "pki")
_SYSTEM_FILES = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
_PROBE_S = 20
_STDERR_BYTES = 4096
_KILLED_BY = {
    signal.SIGKILL: "killed",
    signal.SIGXCPU: "over its limit of CPU time",
    signal.SIGSEGV: "a memory fault",
    signal.SIGABRT: "it aborted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What one child may use. `cpu_s` is for one request or segment, and renewed with the next.

    `processes` 0: neither process nor thread besides its own; the kernel holds root to no such limit.
    """

    memory_bytes: int = 1_500_000_000
    cpu_s: int = 20
    file_bytes: int = 0
    open_files: int = 64
    processes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxView:
    """What a child sees besides the system and this program: files and folders to read, one folder to write.

    `variables`: beginnings of the names of environment variables that it is given beyond the usual few.
    """

    readable: tuple[Path, ...] = ()
    writable: Path | None = None
    network: bool = False
    variables: tuple[str, ...] = ()


class ChildProcess(Protocol):
    """A process with its standard files, as `subprocess.Popen` has it."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended; subprocess.TimeoutExpired if that takes longer."""
        ...


class SandboxProcess:
    """One running child; `stderr` is kept for its last words, `kill` ends it and all that it started."""

    def __init__(self, process: ChildProcess, stderr: int, kill: Callable[[], None] | None = None) -> None:
        self.process = process
        self._stderr = stderr
        self._kill = kill or self._kill_session

    def last_words(self) -> str:
        """What it, or what it forked, said last on standard error since this was asked."""
        return "" if self._stderr < 0 else _last_words(self._stderr)

    def end(self, grace_s: float) -> str:
        """Kills the child unless it ends within `grace_s`, frees what it held, and says how it ended."""
        if self.process.stdin is not None:
            _close(self.process.stdin)
        try:
            status = self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._kill()
            status = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if self._stderr < 0:
            return how_it_ended(status, "")
        words = _last_words(self._stderr)
        os.close(self._stderr)
        self._stderr = -1
        return how_it_ended(status, words)

    def _kill_session(self) -> None:
        """The child leads a session of its own: what it has started goes with it."""
        os.killpg(self.process.pid, signal.SIGKILL)


def how_it_ended(status: int, words: str) -> str:
    """An exit status in words; bubblewrap tells a signal as 128 + its number."""
    number = -status if status < 0 else status - 128
    if number in _KILLED_BY:
        return _KILLED_BY[signal.Signals(number)]
    return f"exit status {status}" + (f", {words}" if words else "")


def choose_sandbox(choice: SandboxChoice) -> Literal["bubblewrap", "rlimits"]:
    """What children are held by; SandboxUnavailable if bubblewrap is demanded and does not work here."""
    if choice == "rlimits":
        return "rlimits"
    why = _why_no_bubblewrap()
    if not why:
        return "bubblewrap"
    if choice == "bubblewrap":
        raise SandboxUnavailable(why)
    return "rlimits"


def describe_sandbox(choice: SandboxChoice) -> str:
    """One line for operators: what holds the processes that parse media."""
    if choose_sandbox(choice) == "bubblewrap":
        return "media is parsed under bubblewrap"
    return f"media is parsed in child processes with rlimits alone ({_why_no_bubblewrap() or 'as the settings say'})"


def start_sandbox(
    module: str,
    *,
    sandbox: SandboxChoice,
    limits: SandboxLimits,
    view: SandboxView,
    stdin: int,
    stdout: int,
) -> SandboxProcess:
    """A child that runs `module`; its first argument holds the limits that it sets for itself before it reads."""
    kind = choose_sandbox(sandbox)
    # Counted over all of a user's processes where there is no namespace of one's own.
    processes = limits.processes if kind == "bubblewrap" or limits.processes == 0 else -1
    terms = asdict(limits) | {"processes": processes, "parent": os.getpid() if kind == "rlimits" else 0}
    command = [sys.executable, "-s", "-B", "-m", module, json.dumps(terms)]
    if kind == "bubblewrap":
        command = [*_bubblewrap(view), "--", *command]
    read_end, write_end = last_words_pipe()
    try:
        process = (
            _spawner()
            .submit(
                subprocess.Popen,
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=write_end,
                env=_environment(view.variables),
                cwd=None if kind == "bubblewrap" else (view.writable or _ROOT),
                start_new_session=True,
            )
            .result()
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return SandboxProcess(process, read_end)


def last_words_pipe() -> tuple[int, int]:
    """Where a child's standard error is read and where it is written; neither end ever blocks."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    os.set_blocking(read_end, False)
    return read_end, write_end


@cache
def _spawner() -> ThreadPoolExecutor:
    """The one thread that starts children: the kernel ends them when the thread that started them ends."""
    return ThreadPoolExecutor(1, thread_name_prefix="box")


@cache
def _why_no_bubblewrap() -> str:
    """Why bubblewrap is not used; empty if it works."""
    if shutil.which("bwrap") is None:
        why = "bubblewrap is not installed"
    else:
        probe = [*_bubblewrap(SandboxView()), "--", sys.executable, "-s", "-S", "-c", ""]
        try:
            done = subprocess.run(probe, capture_output=True, timeout=_PROBE_S, check=False, env=_environment())
            words = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            why = "" if done.returncode == 0 else f"bubblewrap does not work here: {words}"
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"bubblewrap does not work here: {error}"
    _log.info("media is parsed under %s", f"rlimits alone ({why})" if why else "bubblewrap")
    return why


def _bubblewrap(view: SandboxView) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if view.network:
        command.append("--share-net")
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            command += _read_only(path)
    for name in (*_SYSTEM_FILES, *(_NETWORK_FILES if view.network else ())):
        path = Path("/etc", name)
        if path.exists():
            command += ["--ro-bind", str(path.resolve()), str(path)]
    for path in _program():
        command += _read_only(path)
    command += ["--proc", "/proc", "--dev", "/dev"]
    for path in view.readable:
        command += _read_only(path)
    if view.writable is not None:
        command += ["--bind", str(view.writable), str(view.writable)]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(view.writable or "/")]


def _read_only(path: Path) -> list[str]:
    return ["--ro-bind", str(path), str(path)]


@cache
def _program() -> tuple[Path, ...]:
    """Where Python, its libraries and the packages that a child imports lie, beyond the system's own folders."""
    sites = (Path(entry) for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"})
    places: list[Path] = []
    for path in (Path(sys.base_prefix), Path(sys.prefix), *sites, *_PACKAGES):
        if path.is_dir() and not any(path.is_relative_to(place) for place in (Path("/usr"), *places)):
            places.append(path)
    return tuple(places)


@cache
def _import_path() -> str:
    sites = [entry for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"}]
    return os.pathsep.join((str(_ROOT), *sites))


def _environment(more: tuple[str, ...] = ()) -> dict[str, str]:
    """The few variables that a child is given; one thread per library, as its memory is counted by addresses."""
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT or name.startswith(more)}
    return kept | {
        "PYTHONPATH": _import_path(),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _last_words(pipe: int) -> str:
    try:
        said = os.read(pipe, 1 << 16)
    except BlockingIOError:
        return ""
    lines = said[-_STDERR_BYTES:].decode("utf-8", "replace").strip().splitlines()
    return printable(lines[-1], 200) if lines else ""


def printable(text: str, most: int) -> str:
    """Text of a child fit for messages: no control characters, and not longer than `most`."""
    return "".join(c if c.isprintable() else " " for c in text[:most])


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        # What was not yet sent has no reader any more.
        return
