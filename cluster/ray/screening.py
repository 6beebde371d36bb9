"""Screening one source on Ray: the pieces of the live service, for as long as one broadcast, reported as it goes.

An actor captures and drives; an ASR pool, an OCR pool and a judge work for it. A pool or a judge that dies is
started again and the broadcast goes on from its last checkpoint; the caller never holds media.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

import configs
from asr.engines.registry import fetch
from claims.classifier.opening import prepare_reader
from cluster.errors import CaptureFailed, StageDied
from cluster.live.pipeline import Pipeline
from cluster.live.placement import pool_placement
from cluster.live.remote_stages import Gate, RemoteStages
from cluster.live.stage_set import SharedResources
from cluster.live.types import DesiredState, ServiceConfig
from cluster.ray.actors import GROUPS, AsrActor, JudgeActor, OcrActor
from cluster.ray.remote import RayStage
from cluster.stages.backpressure import effort_limits
from cluster.stages.capture import CaptureStage
from cluster.stages.checkpoint import Versions, program_version
from cluster.stages.events import Outcome, ScreeningEvents
from cluster.stages.policies import LoadedPolicies
from cluster.types import Event, Prepared, ScreenJob, Warned
from ingest.decode.pool import DecodePool
from ingest.recording.disk import keep_to_owner
from review.scheduling.types import Priority

_POLL_S = 0.25
_CHECKPOINT_MS = 10_000
_MODELS = (
    "asr_model",
    "device",
    "num_gpus",
    "threads",
    "asr_processes",
    "asr_budget_ms",
    "asr_rehear",
    "screen_side_px",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a screening gave since it was last asked, in order; `over`: nothing more comes.

    `failure`: what ended the capture, as its text and exit code, for an exception with arguments of its own does not
    survive the way. `died`: why the analysis could not go on.
    """

    given: tuple[tuple[Prepared | None, Outcome], ...]
    left_out: tuple[str, ...]
    recorded_ms: int
    over: bool
    reason: str
    failure: tuple[str, int] | None
    died: str


class Screening:
    """One source's capture and pipeline, as an actor; what it gives waits until it is asked for."""

    def __init__(self, job: ScreenJob, asr: Any, ocr: Any, judge: Any) -> None:
        keep_to_owner()
        remote = RemoteStages(RayStage(asr), RayStage(ocr), RayStage(judge))
        self._lock = threading.Lock()
        self._given: list[tuple[Prepared | None, Outcome]] = []
        self._last_reported = -1
        self._died = ""
        self._over = False
        self._decoders = DecodePool(sandbox=job.sandbox)
        policies = LoadedPolicies()
        resources = SharedResources(
            decoders=self._decoders,
            policies=policies,
            gate=Gate(1),
            remote_stages_of=lambda _: remote,
            checkpoint_ms=_CHECKPOINT_MS,
            limits=effort_limits(Priority.NORMAL),
        )
        versions = Versions(program=program_version(), policy=policies.digest(job.policy_dir), passports="")
        self._capture = CaptureStage(job)
        first = self._capture.newest
        self._pipeline = Pipeline(
            job, versions, self._capture, resources, start_after=lambda: first, resumes=False, on_outcome=self._note
        )
        threading.Thread(target=self._run, name="screening", daemon=True).start()

    def news(self) -> News:
        """What there is to tell since the last call."""
        with self._lock:
            given, self._given = tuple(self._given), []
            over = self._over
        error = self._capture.error if over else None
        return News(
            given=given,
            left_out=self._pipeline.left_out,
            recorded_ms=self._capture.recorded_ms(),
            over=over,
            reason=self._capture.reason,
            failure=None if error is None else (str(error), error.exit_code),
            died=self._died,
        )

    def _note(self, prepared: Prepared | None, outcome: Outcome) -> None:
        """Keeps what is new: a segment that is analysed again after a loss was reported before."""
        with self._lock:
            if prepared is None or prepared.segment.sequence > self._last_reported:
                self._given.append((prepared, outcome))
                self._last_reported = self._last_reported if prepared is None else prepared.segment.sequence

    def _run(self) -> None:
        try:
            self._pipeline.run(lambda: DesiredState.RUN)
        except Exception as error:  # an actor's edge: whoever asks is told
            self._died = str(error) or type(error).__name__
        finally:
            self._capture.stop()
            self._capture.join()
            self._decoders.close()
            with self._lock:
                self._over = True


@dataclass(frozen=True, slots=True)
class _Actors:
    screening: Any
    others: tuple[Any, ...]

    @classmethod
    def start(cls, job: ScreenJob) -> "_Actors":
        """The actors of one screening; on a GPU machine, hearing and reading share one GPU."""
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        gpu_count = resources.get("GPU", 0)
        config = ServiceConfig(
            job={name: getattr(job, name) for name in _MODELS},
            database_url="",
            data_dir=job.data_dir,
            recycle_s=0,
            recycle_bytes=0,
        )
        share = pool_placement(config, cores=1, gpu_count=gpu_count).gpu_share
        as_actor: Any = ray.remote

        def actor(kind: type, gpus: float = 0) -> Any:
            return as_actor(num_cpus=0, num_gpus=gpus, max_restarts=-1, concurrency_groups=GROUPS)(kind)

        asr = actor(AsrActor, share).remote(config, gpu_count)
        ocr = actor(OcrActor, share).remote(config, gpu_count)
        judge = actor(JudgeActor).remote(config)
        # It records from its first moment on, while the others load their models.
        screening = as_actor(num_cpus=0)(Screening).remote(job, asr, ocr, judge)
        ray.get([each.figures.remote() for each in (asr, ocr)])
        return cls(screening, (asr, ocr, judge))

    def end(self) -> None:
        """Frees the actors' processes."""
        for each in (self.screening, *self.others):
            ray.kill(each)


def screen_on_ray(job: ScreenJob) -> Iterator[Event]:
    """What the broadcast gives, as it goes; raises what made it impossible. Needs a running Ray."""
    if not os.environ.get("RAY_ADDRESS"):
        # An actor that can't start is told of as text; looked for here, missing weights name themselves.
        fetch(job.asr_model, job.models_dir)
        prepare_reader(job.semantic, configs.SEMANTIC_DIR, job.models_dir)
    try:
        actors = _Actors.start(job)
        try:
            yield from _drive(job, actors.screening)
        finally:
            actors.end()
    except RayError as error:
        raise StageDied(str(getattr(error, "cause", None) or error).strip().splitlines()[-1]) from error


def _drive(job: ScreenJob, screening: Any) -> Iterator[Event]:
    events = ScreeningEvents(source=job.source)
    warned: set[str] = set()
    last: Outcome | None = None
    while True:
        news: News = ray.get(screening.news.remote())
        yield from (Warned(text=why) for why in news.left_out if why not in warned)
        warned.update(news.left_out)
        for prepared, outcome in news.given:
            if prepared is None:
                last = outcome
            else:
                yield from events.segment(prepared, outcome, news.recorded_ms)
        if news.over:
            break
        time.sleep(_POLL_S)
    if news.died or last is None:
        raise StageDied(news.died or "it gave no end")
    if news.failure is not None:
        yield from last.events()
        raise CaptureFailed(*news.failure)
    yield from events.end(last, news.reason)
