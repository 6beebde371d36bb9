"""What a child and its parent say to each other: a line of JSON, then raw arrays.

It loads no numpy, which few children need.
"""

import json
import os
import select
import socket
import stat
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.errors import BrokenMedia
from ingest.types import MAX_ASTRAY_MS, MAX_SEGMENT_BYTES, Segment

MAX_LINE_BYTES = 1 << 20
MAX_FILES = 64
LATE = "no answer in time"
ENDED = "it ended"


class ChannelBroken(Exception):
    """The other side is gone, late, or says what it must not; never leaves this folder."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One side of a stream socket, with deadlines."""

    socket: socket.socket

    def send(self, parts: list[bytes | memoryview], deadline_s: float, files: list[int] | None = None) -> None:
        """Sends all parts; open files travel with the first, which must be short."""
        try:
            self.socket.settimeout(_left(deadline_s))
            if files:
                sent = socket.send_fds(self.socket, [parts[0]], files)
                self.socket.sendall(parts[0][sent:])
                parts = parts[1:]
            for part in parts:
                self.socket.settimeout(_left(deadline_s))
                self.socket.sendall(part)
        except OSError as error:
            raise ChannelBroken(_why(error)) from error

    def line(self, deadline_s: float) -> bytes:
        """The next line; an answer's arrays are only asked for after it, so it is read byte by byte at its end."""
        line = bytearray()
        while True:
            seen = self._receive(MAX_LINE_BYTES, deadline_s, socket.MSG_PEEK)
            end = seen.find(b"\n") + 1
            line += self._receive(end or len(seen), deadline_s, 0)
            if end:
                return bytes(line)
            if len(line) > MAX_LINE_BYTES:
                raise ChannelBroken("a line without end")

    def fill(self, target: memoryview, deadline_s: float) -> None:
        """Fills the buffer."""
        done = 0
        while done < len(target):
            try:
                self.socket.settimeout(_left(deadline_s))
                got = self.socket.recv_into(target[done:])
            except OSError as error:
                raise ChannelBroken(_why(error)) from error
            if not got:
                raise ChannelBroken(ENDED)
            done += got

    def _receive(self, most: int, deadline_s: float, flags: int) -> bytes:
        try:
            self.socket.settimeout(_left(deadline_s))
            got = self.socket.recv(most, flags)
        except OSError as error:
            raise ChannelBroken(_why(error)) from error
        if not got:
            raise ChannelBroken(ENDED)
        return got


def is_ready(file: int, seconds: float | None) -> bool:
    """Whether the file, whatever its number, can be read or has ended, at the latest after so many seconds."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))


def _why(error: OSError) -> str:
    return ENDED if isinstance(error, ConnectionError) else error.strerror or LATE


def _left(deadline_s: float) -> float:
    left = deadline_s - time.monotonic()
    if left <= 0:
        raise TimeoutError(None, LATE)
    return left


def to_line(message: object) -> bytes:
    """The message as one line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def segment_row(segment: Segment) -> dict[str, Any]:
    """The segment as JSON has it."""
    return asdict(segment) | {"path": str(segment.path)}


def trusted_segment(row: dict[str, Any]) -> Segment:
    """The segment that a parent told."""
    return Segment(**(row | {"path": Path(row["path"])}))


def open_segment(segment: Segment, opened: ExitStack) -> int:
    """A plain file to hand over, closed with `opened`; whoever records could have put a link or a pipe there.

    Raises BrokenMedia.
    """
    name = str(segment.path)
    try:
        file = os.open(segment.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BrokenMedia(name, error.strerror or "unreadable", sequence=segment.sequence) from error
    opened.callback(os.close, file)
    facts = os.fstat(file)
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_SEGMENT_BYTES:
        raise BrokenMedia(name, "no segment file", sequence=segment.sequence)
    return file


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where on the stream clock the sound and pictures of some segments may lie."""

    start_ms: int
    end_ms: int

    @classmethod
    def around(cls, segments: Sequence[Segment]) -> "Stretch":
        """From a little before the first to a little after the last."""
        return cls(
            min(segment.start_ms for segment in segments) - MAX_ASTRAY_MS,
            max(segment.end_ms for segment in segments) + MAX_ASTRAY_MS,
        )

    def holds(self, at_ms: int) -> bool:
        """Whether the moment lies in it."""
        return self.start_ms <= at_ms <= self.end_ms
