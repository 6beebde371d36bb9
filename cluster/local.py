"""Screening in one process, without Ray: the same stages, one after the other, while capture runs beside them."""

from collections.abc import Iterator

from asr.opening import visible_gpu_count
from claims.products.hotwords import hotwords_of
from cluster.capturing import Capturing
from cluster.driving import Outcome, Told
from cluster.hearing import Hearing, hearing_of, placement_of
from cluster.judging import Judging
from cluster.looking import Looking
from cluster.preparing import Preparing
from cluster.reading import Reading
from cluster.recorder import Recorder
from cluster.types import Event, Marked, OnSale, ScreenJob, Warned
from ingest.errors import IngestError
from review.streams.types import StreamState


def screen_locally(job: ScreenJob) -> Iterator[Event]:
    """What the broadcast gives, as it goes; raises what made it impossible."""
    placement = placement_of(job, visible_gpu_count())
    hearing = hearing_of(job, placement)
    try:
        yield from _screen(
            job, hearing, Reading(device=placement.device, threads=job.threads, max_side_px=job.screen_side_px)
        )
    finally:
        hearing.close()


def _screen(job: ScreenJob, hearing: Hearing, reading: Reading) -> Iterator[Event]:
    judging = Judging(job, {"asr": hearing.model, "ocr": reading.model})
    if job.asr_hotwords:
        hearing.expect(job.stream_id, hotwords_of(judging.passports))
    preparing, recorder, capturing = Preparing(job.stream_id, sandbox=job.sandbox), Recorder(job), Capturing(job)
    looking = Looking(job)
    yield from (Warned(text=why) for why in (*looking.left_out, *judging.left_out))
    told = Told(source=job.source)
    error: IngestError | None = None
    try:
        for segment in capturing.segments():
            prepared, cuts, frames = preparing.prepare(segment, capturing.recorded_ms())
            passages = hearing.transcribe(cuts) + reading.read(job.stream_id, frames)
            evidence = looking.look(frames)
            marked = judging.see(evidence, reading.marks(job.stream_id, segment.end_ms))
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
            yield from told.segment(prepared, outcome, capturing.recorded_ms())
    except IngestError as stopped:
        error = stopped
    finally:
        capturing.stop()
    passages = hearing.transcribe(preparing.finish()) + reading.finish(job.stream_id)
    findings = judging.judge(passages, told.analysed_ms) + judging.finish()
    state = StreamState.ENDED if error is None else StreamState.FAILED
    recorder.keep(judging.read())
    clipped = recorder.finish(passages, findings, state, str(error) if error else None)
    marks: list[OnSale | Marked] = [Marked(mark=mark) for mark in reading.marks(job.stream_id, told.analysed_ms)]
    outcome = Outcome(
        passages=passages,
        findings=findings,
        clipped=clipped,
        coverage=recorder.coverage,
        seen=[*marks, *judging.on_sale(told.analysed_ms)],
    )
    if error is not None:
        yield from outcome.events()
        raise error
    yield from told.end(outcome, capturing.reason)
