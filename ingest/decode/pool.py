"""A worker's decoding children: each serves several streams, and its death costs one segment at most."""

import socket
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ingest.decode.shedding import Effort
from ingest.errors import BrokenMedia, ParserDied
from ingest.sandbox.answers import Answer, Mark, read_answer, read_decoded
from ingest.sandbox.process import SandboxChoice, SandboxLimits, SandboxProcess, SandboxView, printable, start_sandbox
from ingest.sandbox.protocol import (
    ENDED,
    MAX_FILES,
    Channel,
    ChannelBroken,
    Stretch,
    open_segment,
    segment_row,
    to_line,
)
from ingest.types import DecodedSegment, Frame, Segment

if TYPE_CHECKING:
    from ingest.decode.decoder import Dense

# Of each stream a child keeps up to eight files open, and at 1080p some 100 MB of addresses.
DECODE_LIMITS = SandboxLimits(open_files=128)
_STREAMS_EACH = 8
_SOCKET_BYTES = 1 << 20
_LAST_BREATH_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxedSegment:
    """A decoded segment, and whether its stream has carried sound and picture since its child started."""

    decoded: DecodedSegment
    has_audio: bool
    has_video: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a stream's decoding stands: what a new decoder goes on from."""

    segment: Segment
    mark: Mark | None


class DecodePool:
    """Decodes many streams' segments in child processes, each stream in order; may be used from any thread.

    Another child is started where each has eight streams, and ended when it has none.

    A stream whose segment ends a child gets a child of its own from then on, where the segment is tried once more:
    the other streams lose nothing, as a new child is first given the segment before.
    """

    def __init__(
        self,
        *,
        children: int = 1,
        sandbox: SandboxChoice = "auto",
        limits: SandboxLimits | None = None,
        request_s: float = 60.0,
    ) -> None:
        self._new_child: Callable[[], _Child] = lambda: _Child(
            sandbox, limits or DECODE_LIMITS, request_s, self._count_death
        )
        self._least = children
        self._shared = [self._new_child() for _ in range(children)]
        self._of: dict[str, _Child] = {}
        self._cursors: dict[str, Cursor] = {}
        self._deaths = 0
        self._lock = threading.Lock()

    @property
    def deaths(self) -> int:
        """How many children died, or were killed because they did not answer."""
        return self._deaths

    @property
    def pids(self) -> tuple[int, ...]:
        """The running children; under bubblewrap these are the processes that hold them."""
        return tuple(pid for child in self._children() if (pid := child.pid) is not None)

    def decode(
        self,
        segment: Segment,
        *,
        effort: Effort = Effort.EVERY_KEY_FRAME,
        every_ms: int = 0,
        dense: "Dense | None" = None,
    ) -> SandboxedSegment:
        """The segment's sound and frames; BrokenMedia if it cannot be read, ParserDied if it ended two children."""
        stream_id = segment.stream_id
        cursor = self._cursors.pop(stream_id, None)
        if cursor is not None and not _follows(segment, cursor.segment):
            cursor = None
        asked = {
            "ask": "decode",
            "segment": segment_row(segment),
            "effort": int(effort),
            "every_ms": every_ms,
            "dense": asdict(dense) if dense is not None else None,
        }
        try:
            answer, decoded = self._serving(stream_id).decode(segment, asked, cursor)
        except ChannelBroken:
            try:
                answer, decoded = self._alone(stream_id).decode(segment, asked, cursor)
            except ChannelBroken as error:
                raise ParserDied(str(segment.path), str(error), sequence=segment.sequence) from error
        self._cursors[stream_id] = Cursor(segment=segment, mark=answer.mark)
        return SandboxedSegment(decoded=decoded, has_audio=answer.has_audio, has_video=answer.has_video)

    def frames_between(
        self, segments: Sequence[Segment], *, start_ms: int, end_ms: int, every_ms: int
    ) -> tuple[Frame, ...]:
        """What `ingest.decode.decoder.frames_between` gives, from a child of its own; ParserDied if that ends it."""
        wanted = [segment for segment in segments if segment.start_ms < end_ms][-MAX_FILES:]
        if not wanted:
            return ()
        asked = {"ask": "frames", "start_ms": start_ms, "end_ms": end_ms, "every_ms": every_ms}
        child = self._new_child()
        try:
            return child.frames(wanted, asked)
        except ChannelBroken as error:
            raise ParserDied(str(wanted[0].path), str(error)) from error
        finally:
            child.end()

    def cursor(self, stream_id: str) -> Cursor | None:
        """Where this stream's decoding stands; None before its first segment, and after one that was not readable."""
        return self._cursors.get(stream_id)

    def resume(self, stream_id: str, cursor: Cursor | None) -> None:
        """Goes on with this stream from there, whatever of it was decoded here before."""
        self.forget(stream_id)
        if cursor is not None:
            self._cursors[stream_id] = cursor

    def forget(self, stream_id: str) -> None:
        """Drops what is kept of a stream that has ended."""
        self._cursors.pop(stream_id, None)
        with self._lock:
            child = self._of.pop(stream_id, None)
            if child is None:
                return
            is_kept = child in self._shared
            if is_kept and len(self._shared) > self._least and child not in self._of.values():
                self._shared.remove(child)
                is_kept = False
        if is_kept:
            child.forget(stream_id)
        else:
            child.end()

    def close(self) -> None:
        """Ends all children."""
        for child in self._children():
            child.end()

    def _count_death(self) -> None:
        with self._lock:
            self._deaths += 1

    def _children(self) -> "list[_Child]":
        with self._lock:
            return list(dict.fromkeys([*self._shared, *self._of.values()]))

    def _serving(self, stream_id: str) -> "_Child":
        with self._lock:
            if stream_id not in self._of:
                taken = list(self._of.values())
                child = min(self._shared, key=taken.count)
                if taken.count(child) >= _STREAMS_EACH:
                    child = self._new_child()
                    self._shared.append(child)
                self._of[stream_id] = child
            return self._of[stream_id]

    def _alone(self, stream_id: str) -> "_Child":
        with self._lock:
            if self._of[stream_id] in self._shared:
                self._of[stream_id] = self._new_child()
            return self._of[stream_id]


class _Child:
    """One decoding process, started when it is needed and again after its death; one request at a time."""

    def __init__(
        self, sandbox: SandboxChoice, limits: SandboxLimits, request_s: float, on_death: Callable[[], None]
    ) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._request_s = request_s
        self._on_death = on_death
        self._running: tuple[SandboxProcess, Channel] | None = None
        self._knows: set[str] = set()
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The running process, if any."""
        running = self._running
        return running[0].process.pid if running else None

    def decode(self, segment: Segment, asked: dict[str, Any], cursor: Cursor | None) -> tuple[Answer, DecodedSegment]:
        """The decoded segment; ChannelBroken says how the child ended over it."""
        with self._lock, ExitStack() as opened:
            channel = self._awake()
            files = [open_segment(segment, opened)]
            before = cursor.segment if cursor is not None and segment.stream_id not in self._knows else None
            if before is not None:
                try:
                    files.append(open_segment(before, opened))
                except BrokenMedia:
                    before = None
            mark = cursor.mark if cursor is not None and before is not None else None
            asked = asked | {
                "before": segment_row(before) if before is not None else None,
                "mark": asdict(mark) if mark is not None else None,
            }
            self._knows.add(segment.stream_id)
            return self._ask(channel, asked, files, [segment])

    def frames(self, segments: Sequence[Segment], asked: dict[str, Any]) -> tuple[Frame, ...]:
        """The frames asked for; segments that are gone are left out."""
        with self._lock, ExitStack() as opened:
            channel = self._awake()
            there: list[Segment] = []
            files: list[int] = []
            for segment in segments:
                try:
                    files.append(open_segment(segment, opened))
                except BrokenMedia:
                    continue
                there.append(segment)
            if not there:
                return ()
            asked = asked | {"segments": [segment_row(segment) for segment in there]}
            return self._ask(channel, asked, files, there)[1].frames

    def _ask(
        self, channel: Channel, asked: dict[str, Any], files: list[int], segments: Sequence[Segment]
    ) -> tuple[Answer, DecodedSegment]:
        deadline_s = time.monotonic() + self._request_s
        segment = segments[0]
        try:
            channel.send([to_line(asked)], deadline_s, files)
            answer = read_answer(channel, deadline_s)
            if answer.broken is not None:
                raise BrokenMedia(str(segment.path), printable(answer.broken, 200), sequence=segment.sequence)
            return answer, read_decoded(channel, answer, segment, Stretch.around(segments), deadline_s)
        except ChannelBroken as error:
            raise ChannelBroken(self._buried(str(error))) from error

    def forget(self, stream_id: str) -> None:
        """Frees the stream's decoder."""
        with self._lock:
            if self._running is None or stream_id not in self._knows:
                return
            self._knows.discard(stream_id)
            channel = self._running[1]
            deadline_s = time.monotonic() + self._request_s
            try:
                channel.send([to_line({"ask": "forget", "stream_id": stream_id})], deadline_s)
                read_answer(channel, deadline_s)
            except ChannelBroken as error:
                self._buried(str(error))

    def end(self) -> None:
        """Stops the process, if it runs."""
        with self._lock:
            self._stop(_LAST_BREATH_S)

    def _awake(self) -> Channel:
        if self._running is not None and self._running[0].process.poll() is not None:
            self._buried(ENDED)
        if self._running is None:
            ours, theirs = socket.socketpair()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
            with theirs:
                box = start_sandbox(
                    "ingest.decode.child",
                    sandbox=self._sandbox,
                    limits=self._limits,
                    view=SandboxView(),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                )
            self._running = box, Channel(ours)
            self._abandoned = weakref.finalize(self, _end, box, ours)
        return self._running[1]

    def _buried(self, why: str) -> str:
        """Removes the dead or useless process; gives how it ended."""
        self._on_death()
        if why != ENDED:
            self._stop(0.0)
            return why
        return self._stop(_LAST_BREATH_S)

    def _stop(self, grace_s: float) -> str:
        if self._running is None:
            return ""
        (box, channel), self._running = self._running, None
        self._knows.clear()
        self._abandoned.detach()
        return _end(box, channel.socket, grace_s)


def _end(box: SandboxProcess, channel: socket.socket, grace_s: float = 0.0) -> str:
    channel.close()
    return box.end(grace_s)


def _follows(segment: Segment, before: Segment) -> bool:
    return (before.epoch, before.sequence + 1) == (segment.epoch, segment.sequence)
