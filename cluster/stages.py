"""The stages of one stream with what each must remember; the same objects run in one process or inside actors."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import configs
from asr.engine import Cut
from asr.listen import StreamListener
from asr.models import find_whisper
from asr.vad import SileroVad
from asr.whisper import WhisperSettings, WhisperTranscriber
from claims.conversation import ClaimEngine
from claims.errors import UnknownProduct
from claims.passages import from_frame_text, from_utterance
from claims.passport import Passport
from claims.passport_load import load_passports
from claims.policy import Policy
from claims.types import Finding, Passage
from cluster.types import Prepared, ScreenJob
from ingest.decode import SegmentDecoder
from ingest.errors import BrokenMedia
from ingest.types import Frame, Segment
from vision.rapid import RapidReader
from vision.watch import StreamWatcher

_PATIENCE_MS = 2_500


class Preparing:
    """Decodes a stream's segments and cuts its speech at pauses."""

    def __init__(self, stream_id: str) -> None:
        self._decoder = SegmentDecoder()
        self._listener = StreamListener(stream_id, SileroVad())

    def prepare(self, segment: Segment) -> tuple[Prepared, tuple[Cut, ...], tuple[Frame, ...]]:
        """The segment's finished cuts and key frames; a broken one says so and the stream goes on."""
        try:
            decoded = self._decoder.decode(segment)
        except BrokenMedia as error:
            return Prepared(segment=segment, has_audio=False, has_video=False, error=str(error)), (), ()
        prepared = Prepared(segment=segment, has_audio=self._decoder.has_audio, has_video=self._decoder.has_video)
        return prepared, tuple(self._listener.hear(decoded.audio)), decoded.frames

    def finish(self) -> tuple[Cut, ...]:
        """The utterance that was open when the stream ended."""
        return tuple(self._listener.flush())


class Hearing:
    """Recognises cuts; one engine serves many streams."""

    def __init__(self, *, model: str, models_dir: Path, device: str, threads: int) -> None:
        weights = find_whisper(model, models_dir)
        self._transcriber = WhisperTranscriber(weights, WhisperSettings(device=device, cpu_threads=threads))  # type: ignore[arg-type]

    @property
    def model(self) -> str:
        """The recogniser as findings name it."""
        return self._transcriber.model_name

    def transcribe(self, cuts: Sequence[Cut]) -> list[Passage]:
        """The passages that were said in these cuts."""
        return [from_utterance(u) for u in self._transcriber.transcribe(cuts)] if cuts else []


class Reading:
    """Reads the screens of streams; one reader serves them all."""

    def __init__(self, *, device: str, threads: int, max_side_px: int) -> None:
        self._reader = RapidReader(device=device, threads=threads, max_side_px=max_side_px)  # type: ignore[arg-type]
        self._watchers: dict[str, StreamWatcher] = {}

    @property
    def model(self) -> str:
        """The reader as findings name it."""
        return self._reader.model

    def read(self, stream_id: str, frames: Sequence[Frame]) -> list[Passage]:
        """The passages newly shown in these frames."""
        return [from_frame_text(t) for t in self._watcher(stream_id).watch(frames)]

    def finish(self, stream_id: str) -> list[Passage]:
        """The passages that were seen and not handed on when the stream ended."""
        return [from_frame_text(t) for t in self._watcher(stream_id).finish()]

    def _watcher(self, stream_id: str) -> StreamWatcher:
        return self._watchers.setdefault(stream_id, StreamWatcher(stream_id, self._reader))


class Judging:
    """Holds a stream's passages against passports and law."""

    def __init__(self, job: ScreenJob, models: dict[str, str]) -> None:
        policy = Policy(job.policy_dir or configs.POLICY_DIR)
        self.passports = on_sale(policy, job)
        self._conversation = ClaimEngine(policy, self.passports, at=job.at).conversation(job.stream_id, job.facts)
        self._models = models

    def judge(self, passages: Sequence[Passage], analysed_ms: int) -> list[Finding]:
        """Findings, new or changed, now that the stream is analysed up to `analysed_ms`."""
        findings: list[Finding] = []
        for passage in sorted(passages, key=lambda p: (p.channel == "speech", p.start_ms)):
            findings += self._conversation.hear(passage)
        findings += self._conversation.idle_until(analysed_ms, _PATIENCE_MS)
        return [self._signed(f) for f in findings]

    def finish(self) -> list[Finding]:
        """Findings in the last words."""
        return [self._signed(f) for f in self._conversation.flush()]

    def _signed(self, finding: Finding) -> Finding:
        name = "asr" if finding.channel == "speech" else "ocr"
        return replace(finding, models={name: self._models[name]} if name in self._models else {})


def on_sale(policy: Policy, job: ScreenJob) -> tuple[Passport, ...]:
    """The job's passports in the order of their link numbers; UnknownProduct names one that no passport describes."""
    passports = load_passports(job.passports_file, policy.quantity_reader)
    by_id = {p.id: p for p in passports}
    for product_id in job.products:
        if product_id not in by_id:
            raise UnknownProduct(product_id)
    return tuple(by_id[p] for p in job.products) or passports
