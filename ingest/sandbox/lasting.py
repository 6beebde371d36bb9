"""Children that last, as long as a stream is recorded: forks of one process that has imported everything.

A fork takes no start of a process, and of the memory only what it writes itself. It sees the same files as any other
child that limits alone hold; where bubblewrap holds a child, each has its own view, and none is forked.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from ingest.sandbox.process import SandboxLimits, SandboxProcess, last_words_pipe
from ingest.sandbox.protocol import ChannelBroken, is_ready
from ingest.sandbox.warm import WarmDied, WarmSandbox, end_of

# The end of a fork is told by the process that forks, at once; if that is gone as well, by nobody.
_TOLD_S = 2.0


class Fork:
    """A running fork as `subprocess.Popen` has it. `handle`: the kernel's for it; `said`: where its end is told."""

    def __init__(self, pid: int, handle: int, said: socket.socket, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = stdin
        self.stdout: IO[bytes] | None = stdout
        self._handle = handle
        self._said = said
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended; subprocess.TimeoutExpired if that takes longer."""
        if self._status is None:
            if not is_ready(self._handle, timeout):
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0.0)
            self._status = self._exit_status()
            self._said.close()
            os.close(self._handle)
        return self._status

    def kill(self) -> None:
        """Ends it; the process that forks ends what it has started."""
        if self._status is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _exit_status(self) -> int:
        """How it ended, as the process that forks tells; that it was killed, where nobody is left to tell it."""
        self._said.settimeout(_TOLD_S)
        said = b""
        with suppress(OSError):
            while got := self._said.recv(1 << 12):
                said += got
                with suppress(ValidationError):
                    return end_of(said).status
        return -signal.SIGKILL


def start_fork(module: str, *, limits: SandboxLimits, folder: Path) -> SandboxProcess:
    """A fork of `module`, which serves by `forking.serve_forked`, with its standard files as `start_sandbox` has them.

    It works in this folder. ChannelBroken if no process can be had that forks.
    """
    with _standard_files() as (ours, theirs):
        stdin, stdout, stderr = ours
        try:
            pid, handle, said = _warm(module, limits).start({"folder": str(folder)}, theirs)
        except WarmDied as error:
            raise ChannelBroken(str(error)) from error
        fork = Fork(pid, handle, said, os.fdopen(os.dup(stdin), "wb"), os.fdopen(os.dup(stdout), "rb", buffering=0))
        return SandboxProcess(fork, os.dup(stderr), fork.kill)


@contextmanager
def _standard_files() -> Iterator[tuple[list[int], list[int]]]:
    """Three pipes, this side's ends and the child's; all are closed here at the end."""
    stdin, to_child = os.pipe()
    from_child, stdout = os.pipe()
    words, stderr = last_words_pipe()
    try:
        yield [to_child, from_child, words], [stdin, stdout, stderr]
    finally:
        for file in (stdin, to_child, from_child, stdout, words, stderr):
            os.close(file)


@cache
def _warm(module: str, limits: SandboxLimits) -> WarmSandbox:
    return WarmSandbox(module, sandbox="rlimits", limits=limits)
