"""A recorded stretch heard and seen anew, after what was understood before it; nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile

from asr.engines.registry import visible_gpu_count
from asr.recogniser import Cut
from claims.products.hotwords import hotwords_of
from claims.types import Finding, Passage
from cluster.stages.asr import AsrStage, asr_stage_of, placement_of
from cluster.stages.capture import CaptureStage
from cluster.stages.decode import DecodeStage
from cluster.stages.judging import JudgingStage
from cluster.stages.ocr import OcrStage
from cluster.stages.policies import LoadedPolicies
from cluster.stages.products import ProductStage
from cluster.types import ScreenJob
from ingest.types import Segment
from review.reanalyses.recording import KeptStretch
from review.replays.types import StoredStream

# A sentence that begins before the stretch, or ends after it, is heard whole.
_LEAD_MS, _TAIL_MS = 10_000, 10_000


@dataclass(slots=True, kw_only=True)
class Rescreened:
    """What was understood and found; `unread_ms`: how much of what is kept could not be read."""

    passages: list[Passage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread_ms: int = 0


def rescreen(
    job: ScreenJob,
    stream: StoredStream,
    stretch: KeptStretch,
    policies: LoadedPolicies,
    report_progress: Callable[[int, int], bool],
) -> Rescreened | None:
    """What the stretch gives by the job's model; None if `report_progress` (how long it is, how far) said: stop.

    What was said and seen before the stretch is taken as it was understood then, so that it is known what is on sale.
    """
    if not report_progress(stretch.span_ms, 0):
        return None
    placement = placement_of(job, visible_gpu_count())
    asr = asr_stage_of(job, placement, policies)
    try:
        ocr = OcrStage(device=placement.device, threads=job.threads, max_side_px=job.screen_side_px)
        return _Rescreening(job, asr, ocr, policies).run(stream, stretch, report_progress)
    finally:
        asr.close()


class _Rescreening:
    def __init__(self, job: ScreenJob, asr: AsrStage, ocr: OcrStage, policies: LoadedPolicies) -> None:
        self._job, self._asr, self._ocr = job, asr, ocr
        self._judging = JudgingStage(job, {"asr": asr.model, "ocr": ocr.model}, policies)
        self._products = ProductStage(job, policies)
        self._decode = DecodeStage(job.stream_id, sandbox=job.sandbox)
        self._given = Rescreened()
        if job.asr_hotwords:
            asr.expect(job.stream_id, hotwords_of(self._judging.passports))

    def run(
        self, stream: StoredStream, stretch: KeptStretch, report_progress: Callable[[int, int], bool]
    ) -> Rescreened | None:
        recorded = CaptureStage(self._job, records=False)
        at, analysed_ms = self._begin(stream, stretch, recorded), stretch.start_ms
        cuts: tuple[Cut, ...] = ()
        try:
            while (segment := recorded.after(at, 0.0)) is not None and segment.start_ms < stretch.end_ms + _TAIL_MS:
                at, analysed_ms = segment.sequence, segment.end_ms
                self._take(segment, stretch)
                if not report_progress(stretch.span_ms, min(max(0, analysed_ms - stretch.start_ms), stretch.span_ms)):
                    return None
        finally:
            cuts = self._decode.finish()
        passages = self._asr.transcribe(cuts) + self._ocr.finish(self._job.stream_id)
        self._given.passages += passages
        self._given.findings += self._judging.judge(passages, analysed_ms) + self._judging.finish()
        return self._given

    def _begin(self, stream: StoredStream, stretch: KeptStretch, recorded: CaptureStage) -> int:
        """The sequence before the first segment that is heard; what was understood before it is judged already."""
        from_ms = stretch.start_ms - _LEAD_MS
        before, first = -1, None
        while (segment := recorded.after(before, 0.0)) is not None and segment.end_ms <= from_ms:
            before, first = segment.sequence, segment
        began_ms = 0 if first is None else first.end_ms
        known = {passage.id: passage for passage in stream.passages if passage.end_ms <= began_ms}
        for step in takewhile(lambda step: step.until_ms <= began_ms, stream.steps):
            self._judging.see(step.evidence, ())
            self._judging.judge([known.pop(id_) for id_ in step.passage_ids if id_ in known], step.until_ms)
        if known:
            self._judging.judge(list(known.values()), began_ms)
        return before

    def _take(self, segment: Segment, stretch: KeptStretch) -> None:
        stream_id = self._job.stream_id
        prepared, cuts, frames = self._decode.prepare(segment)
        within_ms = min(segment.end_ms, stretch.end_ms) - max(segment.start_ms, stretch.start_ms)
        if prepared.error is not None and segment.path.exists():
            self._given.unread_ms += max(0, within_ms)
        passages = self._asr.transcribe(cuts) + self._ocr.read(stream_id, frames)
        evidence = self._products.match(frames)
        self._judging.see(evidence, self._ocr.marks(stream_id, segment.end_ms))
        self._given.passages += passages
        self._given.findings += self._judging.judge(passages, segment.end_ms)
