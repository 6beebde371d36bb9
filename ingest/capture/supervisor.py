"""Capture in a child process: it may die and is started again, and every segment that it closed is told once."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import ChildReported, ParserDied
from ingest.recording.manifest import read_manifest
from ingest.sandbox.answers import checked_segment
from ingest.sandbox.lasting import start_fork
from ingest.sandbox.process import (
    SandboxChoice,
    SandboxLimits,
    SandboxProcess,
    SandboxView,
    choose_sandbox,
    printable,
    start_sandbox,
)
from ingest.sandbox.protocol import ENDED, LATE, MAX_LINE_BYTES, ChannelBroken, is_ready, segment_row, to_line
from ingest.types import EndPolicy, GapKind, RetentionLimits, Segment, Trouble
from net.backoff import backoff_s, pause
from net.schemes import OBJECT_STORES

if TYPE_CHECKING:
    from ingest.capture.sources import CaptureLimits

CAPTURE_LIMITS = SandboxLimits(cpu_s=120, file_bytes=1 << 30, open_files=256, processes=64)
# Whoever reads from an object store has to sign for it.
STORE_SCHEMES = frozenset(OBJECT_STORES)
_STORE_VARIABLES = ("AWS_", "FSSPEC_", "GOOGLE_", "AZURE_", "OSS_")
_MOST_DEATHS = 5
_SILENCE_S = 120.0
_POLL_S = 0.2
_STOP_S = 15.0
_LAST_BREATH_S = 5.0
_MOST_WHY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureJob:
    """What one child records, and where. `max_ms` None: until the broadcast ends. Other None: what `capture` takes."""

    source: str
    stream_id: str
    folder: Path
    allow_net: tuple[str, ...] = ()
    trust: Path | None = None
    max_ms: int | None = None
    limits: "CaptureLimits | None" = None
    end: EndPolicy | None = None
    retention: RetentionLimits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How a capture goes on after its child's death: so many in a row without a new segment end it."""

    most_deaths: int = _MOST_DEATHS
    silence_s: float = _SILENCE_S
    first_pause_s: float = 0.5


class CaptureSupervisor:
    """One stream's capture in a child. `deaths` counts its children that died; `reason` says why it ended.

    `trouble`: what keeps media away since the last segment; None: nothing that is known of.
    """

    def __init__(
        self,
        job: CaptureJob,
        *,
        sandbox: SandboxChoice = "auto",
        limits: SandboxLimits = CAPTURE_LIMITS,
        revival: RestartPolicy | None = None,
    ) -> None:
        self._job = job
        self._sandbox = sandbox
        self._limits = limits
        self._revival = revival or RestartPolicy()
        self._box: SandboxProcess | None = None
        self.deaths = 0
        self.reason = ""
        self.trouble: Trouble | None = None

    @property
    def pid(self) -> int | None:
        """The running child; under bubblewrap this is the process that holds it."""
        return self._box.process.pid if self._box else None

    def segments(self, stop: Callable[[], bool]) -> Iterator[Segment]:
        """Each segment once, as soon as it is closed; a SourceError tells what ended the capture, if an error did."""
        folder = self._job.folder
        folder.mkdir(parents=True, exist_ok=True)
        reported = _last_sequence(folder)
        in_a_row = 0
        while True:
            try:
                for segment in self._one_child(reported, stop):
                    reported, in_a_row = segment.sequence, 0
                    yield segment
                return
            except ChannelBroken as death:
                self.deaths += 1
                in_a_row += 1
                for segment in self._recorded(reported):
                    reported, in_a_row = segment.sequence, 1
                    yield segment
                if in_a_row >= self._revival.most_deaths:
                    raise ParserDied(self._job.source, f"{in_a_row} times in a row; {death}") from death
            if pause(backoff_s(in_a_row - 1, first_s=self._revival.first_pause_s), stop):
                self.reason = "stopped"
                return

    def _recorded(self, reported: int) -> Iterator[Segment]:
        """What the dead child had closed and not told; the manifest is its work, too."""
        for segment in read_manifest(self._job.folder.absolute()):
            if segment.sequence > reported:
                yield self._checked(segment_row(segment), reported)
                reported = segment.sequence

    def _checked(self, row: object, reported: int) -> Segment:
        folder = self._job.folder
        segment = checked_segment(row, stream_id=self._job.stream_id, folder=folder.absolute(), after=reported)
        return replace(segment, path=folder / segment.path.name)

    def _one_child(self, reported: int, stop: Callable[[], bool]) -> Iterator[Segment]:
        """A child's segments until it ends by itself; ChannelBroken if it dies, falls silent or talks nonsense."""
        local = None if "://" in self._job.source else Path(self._job.source).absolute()
        box = self._box = self._started(local)
        try:
            self._send_job(box, local)
            for message in _messages(box, stop, self._revival.silence_s):
                if "segment" in message:
                    segment = self._checked(message["segment"], reported)
                    reported, self.trouble = segment.sequence, None
                    yield segment
                elif "trouble" in message:
                    self.trouble = _trouble(message["trouble"])
                elif "end" in message:
                    self.reason = printable(str(message["end"]), 40)
                    return
                elif "error" in message:
                    raise self._reported(message, local)
        except ChannelBroken as error:
            how = box.end(0.0 if str(error) == LATE else _LAST_BREATH_S)
            raise ChannelBroken(LATE if str(error) == LATE else f"{error}: {how}") from error
        finally:
            box.end(_LAST_BREATH_S)
            self._box = None

    def _started(self, local: Path | None) -> SandboxProcess:
        """A child that waits for its job. One that is given the operator's keys shares no memory with others."""
        needs_keys = self._job.source.partition("://")[0].lower() in STORE_SCHEMES
        folder = self._job.folder.absolute()
        if not needs_keys and choose_sandbox(self._sandbox) == "rlimits":
            return start_fork("ingest.capture.child_forks", limits=self._limits, folder=folder)
        return start_sandbox(
            "ingest.capture.child",
            sandbox=self._sandbox,
            limits=self._limits,
            view=SandboxView(
                readable=self._readable(local),
                writable=folder,
                network=True,
                variables=_STORE_VARIABLES if needs_keys else (),
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def _readable(self, local: Path | None) -> tuple[Path, ...]:
        trust = None if self._job.trust is None else self._job.trust.absolute()
        return tuple(path for path in (local, trust) if path is not None and path.is_file())

    def _send_job(self, box: SandboxProcess, local: Path | None) -> None:
        job = asdict(self._job) | {
            "source": str(local) if local is not None else self._job.source,
            "folder": str(self._job.folder.absolute()),
            "trust": None if self._job.trust is None else str(self._job.trust.absolute()),
        }
        assert box.process.stdin is not None
        try:
            box.process.stdin.write(to_line(job))
            box.process.stdin.flush()
        except BrokenPipeError as error:
            raise ChannelBroken(ENDED) from error

    def _reported(self, message: dict[str, Any], local: Path | None) -> ChildReported:
        text = printable(str(message["error"]), 1_000)
        if local is not None:
            text = text.replace(str(local), self._job.source)
        return ChildReported(text, 2 if message.get("exit_code") == 2 else 1)


def _trouble(reported: object) -> Trouble:
    """What a child said of its source, fit to show; ChannelBroken where it is nothing of the kind."""
    if not isinstance(reported, dict) or reported.get("kind") not in set(GapKind):
        raise ChannelBroken("a line that is no message")
    return Trouble(kind=GapKind(reported["kind"]), why=printable(str(reported.get("why", "")), _MOST_WHY))


def _last_sequence(folder: Path) -> int:
    recorded = read_manifest(folder)
    return recorded[-1].sequence if recorded else -1


def _messages(box: SandboxProcess, stop: Callable[[], bool], silence_s: float) -> Iterator[dict[str, Any]]:
    """The child's lines; ChannelBroken at its end, after too long a silence, and for a line that is no message.

    When `stop` holds, the child is told so and has a little time to close what it has open.
    """
    assert box.process.stdin is not None
    assert box.process.stdout is not None
    pipe = box.process.stdout.fileno()
    buffer = bytearray()
    deadline_s = time.monotonic() + silence_s
    stopping = False
    while True:
        if not stopping and stop():
            stopping = True
            deadline_s = time.monotonic() + _STOP_S
            box.process.stdin.close()
        if is_ready(pipe, _POLL_S):
            got = os.read(pipe, MAX_LINE_BYTES)
            if not got:
                raise ChannelBroken(ENDED)
            buffer += got
            if not stopping:
                deadline_s = time.monotonic() + silence_s
        *lines, rest = bytes(buffer).split(b"\n")
        buffer = bytearray(rest)
        for line in lines:
            yield _message(line)
        if len(buffer) > MAX_LINE_BYTES:
            raise ChannelBroken("a line without end")
        if time.monotonic() > deadline_s:
            if stopping:
                yield {"end": "stopped"}
            raise ChannelBroken(LATE)


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise ChannelBroken("a line that is no message") from error
    if not isinstance(message, dict):
        raise ChannelBroken("a line that is no message")
    return message
