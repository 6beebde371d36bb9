"""Capture in the background: a child process records, whoever analyses takes the closed segments when it can.

What waits to be analysed lies on the disk. Of the newest segments the rows are at hand; older ones are read from the
manifest again, so that any lag costs no memory, and a broadcast that is taken up anew is no special case.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from cluster.types import ScreenJob
from ingest.capture.supervisor import CaptureJob, CaptureSupervisor
from ingest.recording.manifest import read_manifest
from ingest.sandbox.answers import checked_segment
from ingest.sandbox.protocol import segment_row
from ingest.types import EndReason, Segment, Trouble
from net.errors import SourceError
from review.scheduling.decisions import Air

_AT_HAND = 256
# So long nothing may come before its cause counts: segments are some seconds long, and an origin may be late with one.
_AWAY_S = 10.0


class CaptureStage:
    """One stream's recording; slow analysis never slows it.

    `records` false: nothing more of it is recorded; `is_whole`: what was recorded is all that there was. What was
    recorded before is given only to those who ask for it by `after`.
    """

    def __init__(self, job: ScreenJob, *, records: bool = True, is_whole: bool = False) -> None:
        self._job = job
        self._changed = threading.Condition()
        self._recent: deque[Segment] = deque(maxlen=_AT_HAND)
        self._old: deque[Segment] = deque()
        self._stop = threading.Event()
        self._over = not records
        self._began_ms = time.time_ns() // 1_000_000
        self._came_s = time.monotonic()
        self._last: Segment | None = None
        self._error: SourceError | None = None
        recorded = read_manifest(job.recording_dir)
        self._recorded_ms = recorded[-1].end_ms if recorded else 0
        self._newest = self._taken = recorded[-1].sequence if recorded else -1
        self._capture = CaptureSupervisor(
            CaptureJob(
                source=job.source,
                stream_id=job.stream_id,
                folder=job.recording_dir,
                allow_net=job.allow_net,
                trust=job.trust_ca,
                max_ms=job.max_ms,
                end=job.end,
                retention=job.retention,
            ),
            sandbox=job.sandbox,
        )
        self._is_whole = is_whole
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name=f"capture-{job.stream_id}", daemon=True)
        if records:
            self._thread.start()

    def take(self, most: int, wait_s: float) -> list[Segment]:
        """Up to `most` closed segments that were not taken yet, waiting at most `wait_s` for the first."""
        taken: list[Segment] = []
        while len(taken) < most and (segment := self.after(self._taken, 0.0 if taken else wait_s)) is not None:
            self._taken = segment.sequence
            taken.append(segment)
        return taken

    def after(self, sequence: int, wait_s: float) -> Segment | None:
        """The first segment after this one, -1 for the first of all; None if none comes in time. One caller at a time.

        Its file may be gone: the ring gave it up.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest > sequence or self._over, wait_s)
            if self._newest <= sequence:
                return None
            for segment in self._recent:
                if segment.sequence == sequence + 1:
                    return segment
        return self._recorded_before(sequence)

    @property
    def is_over(self) -> bool:
        """True once all was taken and nothing more comes."""
        return self.is_over_at(self._taken)

    def is_over_at(self, sequence: int) -> bool:
        """Whether nothing comes after this segment any more."""
        with self._changed:
            return self._over and self._newest <= sequence

    @property
    def newest(self) -> int:
        """The last segment that is recorded so far; -1 if none is."""
        with self._changed:
            return self._newest

    @property
    def reason(self) -> str:
        """Why the recording ended; empty while it goes on, or when an error ended it."""
        return self._capture.reason

    @property
    def error(self) -> SourceError | None:
        """What ended the recording, if an error did."""
        return self._error

    @property
    def air(self) -> Air:
        """What comes of the broadcast. Segments that an earlier capture left are no sign that more of it comes."""
        with self._changed:
            last, is_over = self._last, self._over
        if is_over:
            return Air.OVER if self._is_ended(last) else Air.UNSEEN
        if self.trouble is not None and time.monotonic() - self._came_s >= _AWAY_S:
            return Air.AWAY
        if last is None:
            return Air.UNSEEN
        return Air.ON if last.live else Air.OVER

    @property
    def trouble(self) -> Trouble | None:
        """What keeps media away since the last segment; None: nothing that is known of."""
        return self._capture.trouble

    @property
    def deaths(self) -> int:
        """How many capturing children died so far."""
        return self._capture.deaths

    @property
    def pid(self) -> int | None:
        """The running child, or the process that holds it."""
        return self._capture.pid

    def recorded_ms(self) -> int:
        """Where the recording ends so far, on the stream clock."""
        return self._recorded_ms

    def stop(self, *, for_good: bool = False) -> None:
        """Ends the capture after the segment in hand; `for_good`: nobody goes on with it elsewhere."""
        self._is_stopped = self._is_stopped or for_good
        self._stop.set()

    def join(self) -> None:
        """Returns once the capture has ended and its child is gone."""
        if self._thread.ident is not None:
            self._thread.join()

    def segments(self) -> Iterator[Segment]:
        """Every segment until the broadcast ends; raises what ended it."""
        while True:
            taken = self.take(1, 0.2)
            yield from taken
            if not taken and self.is_over:
                if self._error is not None:
                    raise self._error
                return

    def _recorded_before(self, sequence: int) -> Segment | None:
        """The segment after this one from the manifest; a child wrote it, so that each row is looked at closely."""
        if not self._old or self._old[0].sequence != sequence + 1:
            folder = self._job.recording_dir
            rows = [row for row in read_manifest(folder.absolute()) if row.sequence > sequence][:_AT_HAND]
            self._old = deque(
                replace(
                    checked_segment(
                        segment_row(row),
                        stream_id=self._job.stream_id,
                        folder=folder.absolute(),
                        after=sequence + index,
                    ),
                    path=folder / row.path.name,
                )
                for index, row in enumerate(rows)
            )
        return self._old.popleft() if self._old else None

    def _is_ended(self, last: Segment | None) -> bool:
        """Whether the capture that is over has seen all that there will be, and not only this process' part of it."""
        if self._is_whole or self._error is not None:
            return self._is_whole
        was_stopped = self.reason in ("", EndReason.STOPPED.value)
        return not was_stopped or (self._is_stopped and last is not None)

    def _note_arrival(self, segment: Segment) -> None:
        if segment.received_at_ms >= self._began_ms:
            self._came_s, self._last = time.monotonic(), segment

    def _run(self) -> None:
        try:
            for segment in self._capture.segments(self._stop.is_set):
                with self._changed:
                    self._recorded_ms, self._newest = segment.end_ms, segment.sequence
                    self._note_arrival(segment)
                    self._recent.append(segment)
                    self._changed.notify_all()
        except SourceError as error:
            self._error = error
            folder = self._job.recording_dir
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
