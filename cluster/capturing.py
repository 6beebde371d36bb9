"""Capture in the background: a child process records, whoever analyses takes the closed segments when it can."""

import queue
import threading
from collections.abc import Iterator

from cluster.types import ScreenJob
from ingest.capture_box import BoxedCapture, CaptureJob
from ingest.errors import IngestError
from ingest.types import Segment


class Capturing:
    """One stream's recording; slow analysis never slows it."""

    def __init__(self, job: ScreenJob) -> None:
        self._job = job
        self._closed: queue.Queue[Segment] = queue.Queue()
        self._stop = threading.Event()
        self._over = threading.Event()
        self._error: IngestError | None = None
        self._recorded_ms = 0
        self._capture = BoxedCapture(
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
        self._thread = threading.Thread(target=self._run, name=f"capture-{job.stream_id}", daemon=True)
        self._thread.start()

    def take(self, most: int, wait_s: float) -> list[Segment]:
        """Up to `most` closed segments, waiting at most `wait_s` for the first."""
        taken: list[Segment] = []
        while len(taken) < most:
            try:
                taken.append(
                    self._closed.get(timeout=wait_s) if not taken and wait_s > 0 else self._closed.get_nowait()
                )
            except queue.Empty:
                break
        return taken

    @property
    def is_over(self) -> bool:
        """True once all was taken and nothing more comes."""
        return self._over.is_set() and self._closed.empty()

    @property
    def reason(self) -> str:
        """Why the recording ended; empty while it goes on, or when an error ended it."""
        return self._capture.reason

    @property
    def error(self) -> IngestError | None:
        """What ended the recording, if an error did."""
        return self._error

    @property
    def deaths(self) -> int:
        """How many capturing children died so far."""
        return self._capture.deaths

    def recorded_ms(self) -> int:
        """Where the recording ends so far, on the stream clock."""
        return self._recorded_ms

    def stop(self) -> None:
        """Ends the capture after the segment in hand."""
        self._stop.set()

    def segments(self) -> Iterator[Segment]:
        """Every segment until the broadcast ends; raises what ended it."""
        while True:
            taken = self.take(1, 0.2)
            yield from taken
            if not taken and self.is_over:
                if self._error is not None:
                    raise self._error
                return

    def _run(self) -> None:
        try:
            for segment in self._capture.segments(self._stop.is_set):
                self._recorded_ms = segment.end_ms
                self._closed.put(segment)
        except IngestError as error:
            self._error = error
            if not any(self._job.recording_dir.iterdir()):
                self._job.recording_dir.rmdir()
        finally:
            self._over.set()
