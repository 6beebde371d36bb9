"""Screening on Ray: capturing, preparing, hearing, reading and judging, each in an actor of its own.

The driver hands references on and never holds media. Segments are analysed in order, a few at a time; capture goes
on regardless, because it records first.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from asr.opening import fetch
from claims.hotwords import hotwords_of
from claims.types import Passage
from cluster.capturing import Capturing
from cluster.driving import Outcome, Told
from cluster.errors import CaptureFailed, StageDied
from cluster.hearing import Hearing, concurrency_of, placement_of
from cluster.judging import Judging
from cluster.looking import Looking
from cluster.preparing import Preparing
from cluster.reading import Reading
from cluster.recorder import Recorder
from cluster.types import Event, Marked, Prepared, ScreenJob, Warned
from ingest.types import Segment
from review.types import StreamState
from vision.meaning import RoomMark
from vision.timeline import Evidence

_IN_FLIGHT = 3
_POLL_S = 0.25


class RemoteCapturing(Capturing):
    """Capture as an actor."""

    def poll(self, most: int, wait_s: float) -> tuple[list[Segment], int, bool, str, CaptureFailed | None]:
        """Closed segments, how far the recording is, whether it is over, why, and the error that ended it.

        An error travels as its text and exit code: an exception with arguments of its own does not survive pickling.
        """
        taken = self.take(most, wait_s)
        over, error = self.is_over, self.error
        failure = CaptureFailed(str(error), error.exit_code) if over and error is not None else None
        return taken, self.recorded_ms(), over, self.reason, failure


class JudgingAndRecording:
    """Judges a stream's passages and stores the results: one actor, so that a stream has one writer."""

    def __init__(self, job: ScreenJob, models: dict[str, str]) -> None:
        self._judging = Judging(job, models)
        self._recorder = Recorder(job)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What can't be judged by for want of a package."""
        return self._judging.left_out

    def hotwords(self) -> tuple[str, ...]:
        """What the products on sale are called."""
        return hotwords_of(self._judging.passports)

    def take(
        self,
        prepared: Prepared,
        heard: list[Passage],
        read: list[Passage],
        evidence: list[Evidence],
        marks: tuple[RoomMark, ...],
    ) -> tuple[Prepared, Outcome]:
        """What the segment gave, stored."""
        passages = [*heard, *read]
        marked = self._judging.see(evidence, marks)
        findings = self._judging.judge(passages, prepared.segment.end_ms)
        clipped = self._recorder.record(prepared, passages, findings)
        return prepared, Outcome(
            passages=passages,
            findings=findings,
            clipped=clipped,
            coverage=self._recorder.coverage,
            seen=[*marked, *self._judging.on_sale(prepared.segment.end_ms)],
        )

    def finish(
        self,
        heard: list[Passage],
        read: list[Passage],
        marks: tuple[RoomMark, ...],
        analysed_ms: int,
        error: str | None,
    ) -> Outcome:
        """What the end of the stream gave, stored with its state."""
        passages = [*heard, *read]
        findings = self._judging.judge(passages, analysed_ms) + self._judging.finish()
        state = StreamState.ENDED if error is None else StreamState.FAILED
        clipped = self._recorder.finish(passages, findings, state, error)
        return Outcome(
            passages=passages,
            findings=findings,
            clipped=clipped,
            coverage=self._recorder.coverage,
            seen=[*self._judging.on_sale(analysed_ms), *(Marked(mark=mark) for mark in marks)],
        )


@dataclass(frozen=True, slots=True)
class _Actors:
    capturing: Any
    preparing: Any
    hearing: Any
    reading: Any
    looking: Any
    judging: Any

    @classmethod
    def start(cls, job: ScreenJob) -> "_Actors":
        """One actor a stage; on a GPU machine, hearing and reading share one GPU."""
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        placement = placement_of(job, resources.get("GPU", 0))

        def actor(kind: type, gpus: float = 0) -> Any:
            return ray.remote(num_cpus=0, num_gpus=gpus)(kind)

        capturing = actor(RemoteCapturing).remote(job)
        hearing_kind = actor(Hearing, placement.gpu_share).options(max_concurrency=concurrency_of(placement))
        hearing = hearing_kind.remote(
            model=job.asr_model,
            models_dir=job.models_dir,
            placement=placement,
            threads=job.threads,
            budget_ms=job.asr_budget_ms,
        )
        reading = actor(Reading, placement.gpu_share).remote(
            device=placement.device, threads=job.threads, max_side_px=job.screen_side_px
        )
        asr, ocr = ray.get([a.__ray_call__.remote(lambda stage: stage.model) for a in (hearing, reading)])
        judging = actor(JudgingAndRecording).remote(job, {"asr": asr, "ocr": ocr})
        if job.asr_hotwords:
            ray.get(hearing.expect.remote(job.stream_id, judging.hotwords.remote()))
        preparing = actor(Preparing).remote(job.stream_id, sandbox=job.sandbox)
        return cls(capturing, preparing, hearing, reading, actor(Looking).remote(job), judging)

    def send(self, job: ScreenJob, segment: Segment, recorded_ms: int) -> Any:
        """The reference to what the segment will have given."""
        prepared, cuts, frames = self.preparing.prepare.options(num_returns=3).remote(segment, recorded_ms)
        heard = self.hearing.transcribe.remote(cuts)
        read = self.reading.read.remote(job.stream_id, frames)
        marks = self.reading.marks.remote(job.stream_id, segment.end_ms)
        return self.judging.take.remote(prepared, heard, read, self.looking.look.remote(frames), marks)

    def finish(self, job: ScreenJob, analysed_ms: int, error: str | None) -> Outcome:
        """What the end of the stream gave."""
        heard = self.hearing.transcribe.remote(self.preparing.finish.remote())
        read = self.reading.finish.remote(job.stream_id)
        marks = self.reading.marks.remote(job.stream_id, analysed_ms)
        outcome: Outcome = ray.get(self.judging.finish.remote(heard, read, marks, analysed_ms, error))
        return outcome

    def end(self) -> None:
        """Frees the actors' processes."""
        actors: Sequence[Any] = (
            *(self.capturing, self.preparing, self.hearing),
            *(self.reading, self.looking, self.judging),
        )
        for each in actors:
            ray.kill(each)


def screen_on_ray(job: ScreenJob) -> Iterator[Event]:
    """What the broadcast gives, as it goes; raises what made it impossible. Needs a running Ray."""
    if not os.environ.get("RAY_ADDRESS"):
        # An actor that can't start is told of as text; looked for here, missing weights name themselves.
        fetch(job.asr_model, job.models_dir)
    try:
        actors = _Actors.start(job)
        try:
            yield from _drive(job, actors)
        finally:
            actors.end()
    except RayError as error:
        raise StageDied(str(getattr(error, "cause", None) or error).strip().splitlines()[-1]) from error


def _drive(job: ScreenJob, actors: _Actors) -> Iterator[Event]:
    stages = (actors.looking, actors.judging)
    for left_out in ray.get([a.__ray_call__.remote(lambda stage: stage.left_out) for a in stages]):
        yield from (Warned(text=why) for why in left_out)
    told = Told(source=job.source)
    waiting: deque[Any] = deque()
    over, reason, recorded_ms = False, "", 0
    failure: CaptureFailed | None = None
    while not over or waiting:
        if not over and len(waiting) < _IN_FLIGHT:
            wait_s = 0.0 if waiting else _POLL_S
            taken, recorded_ms, over, reason, failure = ray.get(
                actors.capturing.poll.remote(_IN_FLIGHT - len(waiting), wait_s)
            )
            waiting.extend(actors.send(job, segment, recorded_ms) for segment in taken)
        if waiting and ray.wait([waiting[0]], timeout=_POLL_S)[0]:
            prepared, outcome = ray.get(waiting.popleft())
            yield from told.segment(prepared, outcome, recorded_ms)
    outcome = actors.finish(job, told.analysed_ms, str(failure) if failure else None)
    if failure is not None:
        yield from outcome.events()
        raise failure
    yield from told.end(outcome, reason)
