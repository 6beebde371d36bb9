"""What a broadcast takes of a machine: as tried at the start with a piece of the packaged one.

Counted is processor time, which hardly depends on what else the machine does meanwhile. Pools serve others at the same
time, so that theirs is divided by what they did meanwhile for everybody.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import configs
from asr.recogniser import Cut, length_ms
from cluster.errors import StageLost
from cluster.live.load import cpu_s
from cluster.live.remote_stages import RemoteStage
from cluster.live.types import ServiceConfig
from cluster.stages.decode import DecodeStage
from cluster.stages.products import ProductStage
from cluster.types import ScreenJob
from ingest.capture.supervisor import CaptureJob, CaptureSupervisor
from ingest.decode.pool import DecodePool
from ingest.types import Segment
from review.policies.folders import in_force_folder

_STREAM = "trial"
_TRIAL_MS = 16_000
# Of a core, as measured by the benchmarks: recording and judging, which a trial so short would mostly load.
_NOT_TRIED = 0.05
_LEAST = 0.01


class Measured(RemoteStage, Protocol):
    """A pool that tells what it has done so far, and in how much processor time."""

    def figures(self) -> dict[str, Any]:
        """Among others `cpu_s` and `done`."""
        ...


@dataclass(frozen=True, slots=True)
class _Taken:
    cpu_s: float
    done: float


class BroadcastCost:
    """What a pool's work takes, from when this is made."""

    def __init__(self, pool: Measured) -> None:
        self._pool = pool
        self._before = self._read()

    def share(self, done: float) -> float:
        """Seconds of processor time for so much of all that was done since; StageLost if nothing was."""
        now = self._read()
        if now.done <= self._before.done:
            raise StageLost("nothing was done meanwhile, or a pool was started anew")
        return (now.cpu_s - self._before.cpu_s) * done / (now.done - self._before.done)

    def _read(self) -> _Taken:
        figures = self._pool.figures()
        return _Taken(figures["cpu_s"], figures["done"])


def tried_cores(config: ServiceConfig, asr: Measured, ocr: Measured) -> float:
    """Of a core, what a broadcast takes here: seconds of processor time a second of the packaged one.

    Its first segment warms everything up and does not count. Raises StageLost.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / _STREAM
        job = trial_job(config, folder)
        first, *others = _recorded(job)
        decoders = DecodePool(sandbox=job.sandbox)
        try:
            trial = _Trial(job, decoders, asr, ocr)
            trial.take(first)
            return trial.cores(others)
        finally:
            decoders.close()


class _Trial:
    """All stages that cost anything, on one broadcast, one segment after the other."""

    def __init__(self, job: ScreenJob, decoders: DecodePool, asr: Measured, ocr: Measured) -> None:
        self._decode = DecodeStage(_STREAM, pool=decoders, sandbox=job.sandbox)
        self._products = ProductStage(job)
        self._asr, self._ocr = asr, ocr
        self._session = f"{_STREAM}-{os.getpid()}"
        # The name is this process's own: a shard beside this one tries the same at the same pools.
        self._name = self._session
        ocr.ask("open", self._name, self._session, None).get()

    def cores(self, segments: Sequence[Segment]) -> float:
        """Processor time a second of these segments."""
        own_s = cpu_s(os.getpid())
        tolls = BroadcastCost(self._asr), BroadcastCost(self._ocr)
        heard, read = self._all_of(segments)
        spent_s = cpu_s(os.getpid()) - own_s + tolls[0].share(heard) + tolls[1].share(read)
        self._ocr.ask("let_go", self._name, self._session).get()
        return max(_LEAST, 1000 * spent_s / (segments[-1].end_ms - segments[0].start_ms) + _NOT_TRIED)

    def take(self, segment: Segment) -> tuple[float, float]:
        """Seconds of sound that were heard of the segment, and pictures that were read."""
        _, cuts, frames = self._decode.prepare(segment)
        asr = self._recognise(cuts)
        ocr = self._ocr.ask("read", self._name, self._session, frames, segment.end_ms)
        self._products.match(frames)
        ocr.get()
        return asr, float(len(frames))

    def _all_of(self, segments: Sequence[Segment]) -> tuple[float, float]:
        each = [self.take(segment) for segment in segments]
        last = self._recognise(self._decode.finish())
        return sum(heard for heard, _ in each) + last, sum(read for _, read in each)

    def _recognise(self, cuts: Sequence[Cut]) -> float:
        if cuts:
            self._asr.ask("recognise", list(cuts)).get()
        return sum(map(length_ms, cuts)) / 1000


def trial_job(config: ServiceConfig, folder: Path) -> ScreenJob:
    """The packaged broadcast as a screening by these settings, recorded into this folder."""
    return ScreenJob(
        stream_id=_STREAM,
        source=str(configs.TRIAL_FILM),
        recording_dir=folder,
        passports_file=configs.DEMO_DIR / "passports.yaml",
        policy_dir=config.policy_dir or in_force_folder(config.data_dir),
        at=datetime.now(UTC),
        data_dir=config.data_dir,
        max_ms=_TRIAL_MS,
        **config.job,
    )


def _recorded(job: ScreenJob) -> list[Segment]:
    capture = CaptureJob(source=job.source, stream_id=_STREAM, folder=job.recording_dir, max_ms=job.max_ms)
    segments = list(CaptureSupervisor(capture, sandbox=job.sandbox).segments(lambda: False))
    if len(segments) < 2:
        raise StageLost("the packaged broadcast could not be recorded")
    return segments
