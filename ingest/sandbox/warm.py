"""A sandbox that stays warm: its process forks for each request, so that a request costs no start of a process."""

import socket
import subprocess
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingest.sandbox.process import (
    SandboxChoice,
    SandboxLimits,
    SandboxProcess,
    SandboxView,
    how_it_ended,
    start_sandbox,
)
from ingest.sandbox.protocol import ENDED, LATE, MAX_FILES, Channel, ChannelBroken, to_line

_MAX_ANSWER_BYTES = 1 << 20
_SEND_S = 60.0
# Once more where the process had just ended.
_TRIES = 2
# The process that forks tells that one of its forks is late; so long after that it is itself taken for lost.
_GRACE_S = 10.0


@checked(frozen=True, slots=True)
class End:
    """How a fork ended, as the process that forks tells it last."""

    status: int
    late: bool


@checked(frozen=True, slots=True)
class _Introduction:
    pid: int


_END = TypeAdapter(End)
_INTRODUCTION = TypeAdapter(_Introduction)


class WarmDied(Exception):
    """The fork ended without an answer, and how; never leaves this folder's users."""


@dataclass(frozen=True, slots=True)
class _Running:
    box: SandboxProcess
    channel: Channel


class WarmSandbox:
    """Asks a process of `module`, which serves by `forking.serve_forked`; may be used from any thread.

    It is started with the first request, ends by itself after `idle_s` without one, and is started again when it is
    needed. Several requests run beside one another, each in a fork of its own that sees no folder and no network.
    """

    def __init__(self, module: str, *, sandbox: SandboxChoice, limits: SandboxLimits, idle_s: float = 60.0) -> None:
        self._idle_s = idle_s
        self._module = module
        self._sandbox: SandboxChoice = sandbox
        self._limits = limits
        self._running: _Running | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process that forks, if it runs; under bubblewrap the process that holds it."""
        running = self._running
        return running.box.process.pid if running else None

    def ask(self, request: Mapping[str, Any], files: Sequence[int], wall_s: float) -> bytes:
        """The answer's line, which is whatever the fork says. The files are its own from then on, and stay open here.

        WarmDied says how the fork ended, if it did so without an answer, badly or late.
        """
        how = ENDED
        for _ in range(_TRIES):
            ours, running, is_sent = self._forked(request, files, wall_s)
            with ours:
                said = _all_of(ours, wall_s + _GRACE_S) if is_sent else b""
            if said:
                return self._answer(said, running)
            ended = self._drop(running)
            if said is None:
                raise WarmDied(LATE)
            # Idle, it ended before the request or while that was on its way: it is started again.
            how = ENDED if is_sent else ended
        raise WarmDied(how)

    def start(self, request: Mapping[str, Any], files: Sequence[int]) -> tuple[int, int, socket.socket]:
        """A fork that lasts until it ends by itself: its number, the kernel's handle for it, and where its end is told.

        The handle and the socket are the caller's. WarmDied if none could be had.
        """
        how = ENDED
        for _ in range(_TRIES):
            ours, running, is_sent = self._forked(request, files, None)
            said, handles = _said_first(ours) if is_sent else (b"", [])
            if handles:
                return _INTRODUCTION.validate_json(said).pid, handles[0], ours
            ours.close()
            if said:
                # That one failed before it began; those beside it go on.
                raise WarmDied(how_it_ended(end_of(said).status, running.box.last_words()))
            how = self._drop(running)
        raise WarmDied(how)

    def close(self) -> None:
        """Ends the process and all its forks."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            self._finalizer.detach()
            _end(running)

    def _forked(
        self, request: Mapping[str, Any], files: Sequence[int], wall_s: float | None
    ) -> tuple[socket.socket, _Running, bool]:
        """Where the answer comes, the process that forks, and whether the request reached it."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            running = self._awake()
            return ours, running, self._is_sent(running, request, [theirs.fileno(), *files], wall_s)

    def _is_sent(
        self, running: _Running, request: Mapping[str, Any], files: Sequence[int], wall_s: float | None
    ) -> bool:
        deadline_s = time.monotonic() + _SEND_S
        line = to_line(dict(request) | {"files": len(files), "wall_s": wall_s, "idle_s": self._idle_s})
        try:
            running.channel.send([line], deadline_s)
            for first in range(0, len(files), MAX_FILES):
                running.channel.send([b"."], deadline_s, list(files[first : first + MAX_FILES]))
        except ChannelBroken:
            return False
        return True

    def _answer(self, said: bytes, running: _Running) -> bytes:
        lines = said.splitlines()[:-1]
        try:
            end = end_of(said)
        except ValidationError as error:
            raise WarmDied(ENDED) from error
        if end.late or end.status != 0 or not lines:
            raise WarmDied(LATE if end.late else how_it_ended(end.status, running.box.last_words()))
        return lines[0]

    def _awake(self) -> _Running:
        if self._running is not None and self._running.box.process.poll() is not None:
            self._bury(self._running)
        if self._running is None:
            ours, theirs = socket.socketpair()
            with theirs:
                box = start_sandbox(
                    self._module,
                    sandbox=self._sandbox,
                    limits=self._limits,
                    view=SandboxView(),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                )
            self._running = _Running(box, Channel(ours))
            self._finalizer = weakref.finalize(self, _end, self._running)
        return self._running

    def _drop(self, running: _Running) -> str:
        with self._lock:
            return self._bury(running)

    def _bury(self, running: _Running) -> str:
        if self._running is not running:
            return ENDED
        self._running = None
        self._finalizer.detach()
        return _end(running)


def end_of(said: bytes) -> End:
    """How the fork ended that said all this; ValidationError where nobody told."""
    return _END.validate_json((said.splitlines() or [b""])[-1])


def _said_first(ours: socket.socket) -> tuple[bytes, list[int]]:
    """What is said first of a fork that lasts: who it is, with the kernel's handle for it, or how it ended before that;
    nothing if nobody is there."""
    ours.settimeout(_SEND_S)
    try:
        said, handles, _, _ = socket.recv_fds(ours, 1 << 12, 1)
    except OSError:
        return b"", []
    return said, handles


def _end(running: _Running) -> str:
    running.channel.socket.close()
    return running.box.end(0.0)


def _all_of(ours: socket.socket, wall_s: float) -> bytes | None:
    """All that is said until nobody can say more; None if that takes longer. What is too long is cut short."""
    deadline_s = time.monotonic() + wall_s
    said = bytearray()
    while len(said) <= _MAX_ANSWER_BYTES:
        ours.settimeout(max(0.001, deadline_s - time.monotonic()))
        try:
            got = ours.recv(1 << 16)
        except TimeoutError:
            return None
        except ConnectionError:
            break
        if not got:
            break
        said += got
    return bytes(said)
