"""The child's side of a warm sandbox: one process that has imported everything, and forks for each request.

What forks reads only what its parent process says. Each fork sees the files of its own request and nothing of the
others, and ends with it: hostile bytes that take it over have nobody else's media before them. A fork whose request has
no `wall_s` lasts until it ends by itself or is ended; its files are its standard input, output and error.
"""

import ctypes
import gc
import json
import math
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ingest.sandbox.child import PR_SET_PDEATHSIG
from ingest.sandbox.protocol import MAX_FILES, Channel, ChannelBroken, to_line

_REQUEST_S = 60.0

Handle = Callable[[dict[str, Any], Sequence[int]], bytes]


@dataclass(frozen=True, slots=True)
class _Fork:
    """A process at work on a request; `answer`: where its end is told."""

    pid: int
    answer: int
    deadline_s: float


def serve_forked(handle: Handle, renew: Callable[[], None]) -> None:
    """Serves until the parent closes the channel, or asks for nothing for as long as its last request said.

    `handle` gets a request and its open files, in a process of its own, and gives a line to answer. `renew`: what
    entering the sandbox gave, which renews the CPU time of the process that forks.
    """
    gc.collect()
    gc.freeze()
    channel = Channel(socket.socket(fileno=0))
    poll = select.poll()
    poll.register(channel.socket, select.POLLIN)
    forks: dict[int, _Fork] = {}
    idle_s = _REQUEST_S
    while True:
        left_s = min((fork.deadline_s - time.monotonic() for fork in forks.values()), default=idle_s)
        ready = poll.poll(None if math.isinf(left_s) else max(0.0, left_s) * 1000)
        if not ready and not forks:
            return
        renew()
        for file, _ in ready:
            if file in forks:
                poll.unregister(file)
                _bury(file, forks.pop(file))
                continue
            try:
                request, files = _receive(channel)
            except ChannelBroken:
                return
            idle_s = float(request["idle_s"])
            watched, fork = _forked(handle, request, files)
            forks[watched] = fork
            poll.register(watched, select.POLLIN)
        for fork in forks.values():
            if fork.deadline_s <= time.monotonic():
                _kill(fork)


def _forked(handle: Handle, request: dict[str, Any], files: Sequence[int]) -> tuple[int, _Fork]:
    """A process that works on the request, and a file that is ready when it ends."""
    answer, *given = files
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _work(handle, request, answer, given, parent)
    for file in given:
        os.close(file)
    wall_s = math.inf if request["wall_s"] is None else float(request["wall_s"])
    return os.pidfd_open(pid), _Fork(pid, answer, time.monotonic() + wall_s)


def _receive(channel: Channel) -> tuple[dict[str, Any], list[int]]:
    deadline_s = time.monotonic() + _REQUEST_S
    request: dict[str, Any] = json.loads(channel.line(deadline_s))
    files: list[int] = []
    while len(files) < request["files"]:
        _, some, _, _ = socket.recv_fds(channel.socket, 1, MAX_FILES)
        if not some:
            raise ChannelBroken("fewer files than told")
        files += some
    return request, files


def _end_with(parent: int) -> None:
    """From now on this fork ends with the process that forked it; if that is gone by now, at once."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _work(handle: Handle, request: dict[str, Any], answer: int, files: Sequence[int], parent: int) -> None:
    """A fork's life: nothing of other requests is open in it, and it never returns."""
    status = 1
    try:
        _end_with(parent)
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        _close_all_but({0, 1, 2, answer, *files})
        if request["wall_s"] is None:
            _settle(request["folder"], files)
            _introduce(answer)
            files = ()
        line = handle(request, files)
        with socket.socket(fileno=answer) as out:
            out.sendall(line)
        status = 0
    except BaseException:  # the edge of this process: its last words are on standard error
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(status)


def _settle(folder: str, files: Sequence[int]) -> None:
    """Goes to the folder and takes the files for its standard ones."""
    os.chdir(folder)
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)


def _introduce(answer: int) -> None:
    """Tells who this is, with a handle by which it can be ended: its number alone may be somebody else's by then."""
    handle = os.pidfd_open(os.getpid())
    with socket.socket(fileno=os.dup(answer)) as out:
        socket.send_fds(out, [to_line({"pid": os.getpid()})], [handle])
    os.close(handle)


def _close_all_but(kept: set[int]) -> None:
    edges = sorted(kept)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for below, above in zip([-1, *edges], [*edges, most], strict=True):
        # A range that holds nothing would be taken for one without end.
        if below + 1 < above:
            os.closerange(below + 1, above)


def _kill(fork: _Fork) -> None:
    try:
        os.killpg(fork.pid, signal.SIGKILL)
    except ProcessLookupError:
        # It does not lead its group yet. Until it is waited for, its number is nobody else's.
        os.kill(fork.pid, signal.SIGKILL)


def _bury(watched: int, fork: _Fork) -> None:
    """Tells how the fork ended, after all that it said itself; what it started ends with it."""
    is_late = fork.deadline_s <= time.monotonic()
    _, status = os.waitpid(fork.pid, 0)
    os.close(watched)
    with socket.socket(fileno=fork.answer) as out:
        out.setblocking(False)
        with suppress(ProcessLookupError):
            os.killpg(fork.pid, signal.SIGKILL)
        try:
            out.send(to_line({"status": os.waitstatus_to_exitcode(status), "late": is_late}))
        except OSError:
            # Nobody listens, or it filled the channel: then its end is told by nothing.
            return
