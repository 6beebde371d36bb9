"""Record first: a URL or file becomes closed, hashed, chained segments in a folder."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from ingest.capture.sources import CaptureLimits, open_parts
from ingest.errors import BrokenMedia, DiskFull, ParserDied
from ingest.recording.capture_log import CaptureLog
from ingest.recording.disk import only_writer
from ingest.recording.part import Surroundings
from ingest.recording.writer import Recording
from ingest.types import EndPolicy, EndReason, GapKind, RetentionLimits, Segment, Trouble
from net.backoff import backoff_s, pause
from net.errors import SourceError, UnreachableSource, UnsupportedSource
from net.guard import NetPolicy


def _ignore_end(reason: EndReason) -> None:
    """For callers that do not ask why a capture ended."""


def _ignore_trouble(trouble: Trouble) -> None:
    """For callers that do not ask why nothing comes."""


def capture(
    source: str,
    *,
    stream_id: str,
    folder: Path,
    policy: NetPolicy,
    stop: Callable[[], bool],
    now_ms: Callable[[], int],
    max_ms: int | None = None,
    limits: CaptureLimits | None = None,
    end: EndPolicy | None = None,
    retention: RetentionLimits | None = None,
    on_end: Callable[[EndReason], None] = _ignore_end,
    on_trouble: Callable[[Trouble], None] = _ignore_trouble,
) -> Iterator[Segment]:
    """Each segment of the broadcast as soon as it is closed and in the manifest.

    A folder that holds a recording already is continued: chain and numbers go on, what was received before is not
    recorded again, and only new segments are given; what a killed capture left open comes first. A live source that
    fails or ends is opened again until `end` says that the broadcast is over. `max_ms` bounds the recording's length
    on the stream clock. A full disk costs the oldest segments, then seconds, and never ends the capture. While another
    capture writes into the folder, as one does whose worker died a moment ago, this one waits. While nothing comes,
    `on_trouble` is told why, as often as that is noticed.

    Raises a SourceError if nothing could be captured or the address policy refuses; otherwise `on_end` is told why
    the capture ended.
    """
    with ExitStack() as stack:
        if not stack.enter_context(only_writer(folder, stop)):
            on_end(EndReason.STOPPED)
            return
        recording = Recording(stream_id, folder, retention or RetentionLimits(), now_ms)
        stack.callback(recording.clear)

        def note(kind: GapKind | None, why: str) -> None:
            recording.note(kind, why)
            if kind is not None:
                on_trouble(Trouble(kind=kind, why=why))

        around = Surroundings(folder=folder, now_ms=now_ms, stop=stop, note=note, make_room=recording.make_room)
        yield from recording.recover()
        log = CaptureLog(folder, source, now_ms)
        watched = replace(policy, on_resolved=log.connected)
        following = _Following(source, watched, limits or CaptureLimits(), end or EndPolicy(), around, log)
        reason = yield from following.segments(recording, max_ms)
        recording.finish(reason)
    on_end(reason)


class _Following:
    """Opens a source, and opens it again, until its broadcast is over."""

    def __init__(
        self,
        source: str,
        policy: NetPolicy,
        limits: CaptureLimits,
        end: EndPolicy,
        around: Surroundings,
        log: CaptureLog,
    ) -> None:
        self._source = source
        self._policy = policy
        self._limits = limits
        self._end = end
        self._around = around
        self._log = log
        self._seen = False
        self._attempt = 0
        self._media_s = time.monotonic()

    def segments(self, recording: Recording, max_ms: int | None) -> Generator[Segment, None, EndReason]:
        while True:
            failure: SourceError | None = None
            reason = EndReason.VANISHED
            try:
                reason = yield from self._once(recording, max_ms)
            except SourceError as error:
                if not self._seen and not isinstance(error, UnreachableSource | BrokenMedia | DiskFull | ParserDied):
                    raise
                failure = error
                self._around.note(*_cause(error))
            if failure is None and self._is_over(reason):
                return reason
            if self._around.stop():
                return EndReason.STOPPED
            patience_s = self._end.away_s if self._seen else self._end.start_s
            if time.monotonic() - self._media_s >= patience_s:
                if failure is not None and (not self._seen or isinstance(failure, UnsupportedSource)):
                    raise failure
                return EndReason.VANISHED
            if pause(backoff_s(self._attempt), self._around.stop):
                return EndReason.STOPPED
            self._attempt += 1
            recording.reopened()

    def _is_over(self, reason: EndReason) -> bool:
        if reason is EndReason.COMPLETE:
            return self._end.endlist_ends
        return reason in (EndReason.STOPPED, EndReason.LIMIT)

    def _once(self, recording: Recording, max_ms: int | None) -> Generator[Segment, None, EndReason]:
        """One opening of the source. What is recorded already is no sign that the broadcast goes on."""
        with closing(open_parts(self._source, self._policy, self._limits, self._around)) as parts:
            while max_ms is None or recording.end_ms < max_ms:
                try:
                    part = next(parts)
                except StopIteration as end:
                    reason: EndReason = end.value
                    return reason
                self._seen = True
                segment = recording.record(part)
                if segment is not None:
                    self._log.began(segment.received_at_ms)
                    self._attempt = 0
                    self._media_s = time.monotonic()
                    yield segment
        return EndReason.LIMIT


def _cause(error: SourceError) -> tuple[GapKind, str]:
    if isinstance(error, DiskFull):
        return GapKind.SHED, "disk full"
    if isinstance(error, ParserDied):
        return GapKind.CRASH, "the process that received it died"
    if isinstance(error, UnreachableSource):
        return (GapKind.PUBLISHER if error.answered else GapKind.NETWORK), error.why
    if isinstance(error, BrokenMedia | UnsupportedSource):
        return GapKind.PUBLISHER, "what the origin gave is no media that can be kept"
    return GapKind.NETWORK, "the origin led to an address that is not allowed"
