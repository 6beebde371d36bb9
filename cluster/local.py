"""Screening in one process, without Ray: the same stages, one after the other, while capture runs beside them."""

from collections.abc import Iterator

from asr.engines.registry import visible_gpu_count
from claims.products.hotwords import hotwords_of
from cluster.stages.asr import AsrStage, asr_stage_of, placement_of
from cluster.stages.capture import CaptureStage
from cluster.stages.decode import DecodeStage
from cluster.stages.events import Outcome, ScreeningEvents
from cluster.stages.judging import JudgingStage
from cluster.stages.ocr import OcrStage
from cluster.stages.products import ProductStage
from cluster.stages.recorder import Recorder
from cluster.types import Event, Marked, OnSale, ScreenJob, Warned
from net.errors import SourceError
from review.streams.types import StreamState


def screen_locally(job: ScreenJob) -> Iterator[Event]:
    """What the broadcast gives, as it goes; raises what made it impossible."""
    placement = placement_of(job, visible_gpu_count())
    asr = asr_stage_of(job, placement)
    try:
        yield from _screen(
            job, asr, OcrStage(device=placement.device, threads=job.threads, max_side_px=job.screen_side_px)
        )
    finally:
        asr.close()


def _screen(job: ScreenJob, asr: AsrStage, ocr: OcrStage) -> Iterator[Event]:
    judging = JudgingStage(job, {"asr": asr.model, "ocr": ocr.model})
    if job.asr_hotwords:
        asr.expect(job.stream_id, hotwords_of(judging.passports))
    decode, recorder, capture = DecodeStage(job.stream_id, sandbox=job.sandbox), Recorder(job), CaptureStage(job)
    products = ProductStage(job)
    yield from (Warned(text=why) for why in (*products.left_out, *judging.left_out))
    events = ScreeningEvents(source=job.source)
    error: SourceError | None = None
    try:
        for segment in capture.segments():
            prepared, cuts, frames = decode.prepare(segment, capture.recorded_ms())
            passages = asr.transcribe(cuts) + ocr.read(job.stream_id, frames)
            evidence = products.match(frames)
            marked = judging.see(evidence, ocr.marks(job.stream_id, segment.end_ms))
            findings = judging.judge(passages, segment.end_ms)
            clipped = recorder.record(prepared, passages, findings, evidence)
            recorder.keep(judging.read())
            outcome = Outcome(
                passages=passages,
                findings=findings,
                clipped=clipped,
                coverage=recorder.coverage,
                seen=[*marked, *judging.on_sale(segment.end_ms)],
            )
            yield from events.segment(prepared, outcome, capture.recorded_ms())
    except SourceError as stopped:
        error = stopped
    finally:
        capture.stop()
    passages = asr.transcribe(decode.finish()) + ocr.finish(job.stream_id)
    findings = judging.judge(passages, events.analysed_ms) + judging.finish()
    state = StreamState.ENDED if error is None else StreamState.FAILED
    recorder.keep(judging.read())
    clipped = recorder.finish(passages, findings, state, str(error) if error else None)
    marks: list[OnSale | Marked] = [Marked(mark=mark) for mark in ocr.marks(job.stream_id, events.analysed_ms)]
    outcome = Outcome(
        passages=passages,
        findings=findings,
        clipped=clipped,
        coverage=recorder.coverage,
        seen=[*marks, *judging.on_sale(events.analysed_ms)],
    )
    if error is not None:
        yield from outcome.events()
        raise error
    yield from events.end(outcome, capture.reason)
