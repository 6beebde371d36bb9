"""One broadcast, analysed segment by segment, and taken up anew from the last checkpoint when a stage is lost."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from asr.recogniser import Cut
from claims.types import Finding, Passage
from cluster.errors import LeaseGone, StageDied, StageLost, StateUnusable
from cluster.live.load import Meter, Steps
from cluster.live.remote_stages import Gate, RemoteStages
from cluster.live.types import DesiredState, EndOfWork, ReadScreen
from cluster.logs import about
from cluster.stages.backpressure import Lag
from cluster.stages.capture import CaptureStage
from cluster.stages.checkpoint import Checkpoint, Versions, checkpoint_file, read_checkpoint, write_checkpoint
from cluster.stages.decode import DecodeStage, unread_signal
from cluster.stages.events import Outcome
from cluster.stages.policies import LoadedPolicies
from cluster.stages.products import ProductStage
from cluster.types import Prepared, ScreenJob
from ingest.decode.pool import DecodePool
from ingest.decode.shedding import EffortLimits
from ingest.types import Segment
from net.backoff import backoff_s
from review.streams.types import StreamState
from review.tracing import Step, Tracing, trace_id_of

_log = logging.getLogger("zhenyan.service")
_POLL_S = 0.25
_MOST_UNDERSTOOD = 500
_FIRST_FRAMES_BYTES = 16_000_000
# Analysing a segment that failed so often is given up, and the ledger says so.
_MOST_FAULTS = 3


@dataclass(frozen=True, slots=True)
class SharedResources:
    """What the broadcasts of one process share, and how each finds its pools."""

    decoders: DecodePool
    policies: LoadedPolicies
    gate: Gate
    remote_stages_of: Callable[[str], RemoteStages]
    checkpoint_ms: int
    limits: EffortLimits
    meter: Meter = field(default_factory=Meter)
    tracing: Tracing | None = None


class StageSet:
    """A broadcast's stages from one loss to the next: fresh ones, restored from a checkpoint or at the beginning."""

    def __init__(
        self, job: ScreenJob, token: int | None, resources: SharedResources, checkpoint: Checkpoint | None
    ) -> None:
        self._job = job
        self._resources = resources
        self._session = uuid.uuid4().hex
        self._frames_bytes = _FIRST_FRAMES_BYTES
        self.steps = Steps(0)
        self._understood: dict[str, Steps] = {}
        self._remote = resources.remote_stages_of(job.stream_id)
        self._decode = DecodeStage(
            job.stream_id,
            pool=resources.decoders,
            sandbox=job.sandbox,
            limits=resources.limits,
            depth=job.depth,
            zone=job.at.tzinfo,
        )
        self._products = ProductStage(job, resources.policies)
        self.left_out = self._products.left_out
        parts = checkpoint.parts if checkpoint is not None else {}
        if checkpoint is not None:
            self._decode.load(job.stream_id, parts["decode"])
            self._products.load(job.stream_id, parts["products"])
        else:
            resources.decoders.resume(job.stream_id, None)
        ocr = self._ask_ocr("open", parts.get("ocr")).get()
        models = {"asr": self._remote.asr.ask("name").get(), "ocr": ocr}
        opened = self._remote.judge.ask("open", job, self._session, token, models, parts.get("judge")).get()
        self._hotwords = opened.hotwords if job.asr_hotwords else ()
        self.left_out = (*self.left_out, *opened.left_out)

    def analyse(self, segment: Segment, recorded_ms: int) -> tuple[Prepared, Outcome]:
        """What the segment gave, stored."""
        meter = self._resources.meter
        self.steps = steps = Steps(segment.received_at_ms)
        with self._resources.gate.holding(self._job.stream_id, self._frames_bytes):
            steps.note("waiting")
            with meter.passing("decode"), steps.doing("decode"):
                prepared, cuts, frames = self._decode.prepare(segment, recorded_ms)
            self._frames_bytes = sum(frame.image.nbytes for frame in frames) or self._frames_bytes
            asr = self._remote.asr.ask("recognise", self._expecting(cuts)) if cuts else None
            ocr = self._ask_ocr("read", frames, segment.end_ms)
            evidence = self._products.match(frames)
            with meter.timing("reading_wait_s"), meter.passing("ocr"), steps.doing("ocr"):
                read: ReadScreen = ocr.get()
        passages: list[Passage] = list(read.passages)
        if asr is not None:
            with meter.timing("hearing_wait_s"), meter.passing("asr"), steps.doing("asr"):
                passages = [*asr.get(), *passages]
        self._keep(passages)
        with meter.passing("judge"), steps.doing("judge"):
            return prepared, self._ask_judge("take", prepared, passages, evidence, read.marks).get()

    def give_up(self, segment: Segment, why: str) -> tuple[Prepared, Outcome]:
        """Enters the segment into the ledger as one whose analysis failed."""
        signal = unread_signal(segment)
        prepared = Prepared(segment=segment, has_audio=False, has_video=False, error=why, crashed=True, signal=signal)
        return prepared, self._ask_judge("take", prepared, [], [], ()).get()

    def save(self) -> dict[str, bytes]:
        """What all stages remember, after the segment that was analysed last."""
        stream_id = self._job.stream_id
        ocr, judge = self._ask_ocr("save"), self._ask_judge("save")
        return {
            "decode": self._decode.save(stream_id),
            "products": self._products.save(stream_id),
            "ocr": ocr.get(),
            "judge": judge.get(),
        }

    def finish(self, analysed_ms: int, *more: object) -> Outcome:
        """What the end of the broadcast gave, stored."""
        self.steps = steps = Steps(time.time() * 1000)
        cuts = self._decode.finish()
        asr = self._remote.asr.ask("recognise", self._expecting(cuts)) if cuts else None
        with steps.doing("ocr"):
            read: ReadScreen = self._ask_ocr("finish", analysed_ms).get()
        passages: list[Passage] = list(read.passages)
        if asr is not None:
            with steps.doing("asr"):
                passages = [*asr.get(), *passages]
        self._keep(passages)
        with steps.doing("judge"):
            outcome: Outcome = self._ask_judge("finish", passages, read.marks, analysed_ms, *more).get()
        return outcome

    def steps_of(self, finding: Finding) -> list[Step]:
        """What was done of the segment that gave the finding its last words, and how long it waited to be settled."""
        own = next((self._understood[name] for name in reversed(finding.passage_ids) if name in self._understood), None)
        if own is None or own is self.steps:
            return self.steps.taken
        settled_ms = max((step.end_ms for step in self.steps.taken), default=0.0)
        return [*own.taken, Step(name="settling", start_ms=own.taken[-1].end_ms, end_ms=settled_ms)]

    def _keep(self, passages: Sequence[Passage]) -> None:
        """Remembers for a while by which steps the passages came."""
        self._understood |= {passage.id: self.steps for passage in passages}
        while len(self._understood) > _MOST_UNDERSTOOD:
            del self._understood[next(iter(self._understood))]

    def close(self) -> None:
        """Lets the pools forget the broadcast."""
        self._resources.decoders.forget(self._job.stream_id)
        for answer in (self._ask_ocr("let_go"), self._ask_judge("let_go")):
            try:
                answer.get()
            except StageLost as lost:
                _log.info("%s: closing: %s", self._job.stream_id, lost)

    def _ask_ocr(self, method: str, *args: object) -> Any:
        return self._remote.ocr.ask(method, self._job.stream_id, self._session, *args)

    def _ask_judge(self, method: str, *args: object) -> Any:
        return self._remote.judge.ask(method, self._job.stream_id, self._session, *args)

    def _expecting(self, cuts: Sequence[Cut]) -> list[Cut]:
        return [replace(cut, hotwords=self._hotwords) for cut in cuts]


class Pipeline:
    """Drives one broadcast through its stages, anew after each loss.

    `on_outcome` is called with what each segment, and the end, gave.

    `resumes` false: a checkpoint that an earlier process left is not looked at. `token`: the lease under which this is
    done. Without one nobody else goes on, so that the end of the broadcast and its state are stored here whatever ended
    it.
    """

    def __init__(
        self,
        job: ScreenJob,
        versions: Versions,
        capture: CaptureStage,
        resources: SharedResources,
        *,
        token: int | None = None,
        start_after: Callable[[], int] = lambda: -1,
        resumes: bool = True,
        on_outcome: Callable[[Prepared | None, Outcome], None] = lambda prepared, outcome: None,
    ) -> None:
        self._job = job
        self._versions = versions
        self._capture = capture
        self._resources = resources
        self._token = token
        self._start_after = start_after
        self._on_outcome = on_outcome
        self._last: Checkpoint | None = None
        self._resumes = resumes
        self._faults: tuple[int, int] = (-1, 0)
        self._at = -1
        self._current: StageSet | None = None
        self._failed_starts = 0
        self._traced: set[str] = set()
        self.left_out: tuple[str, ...] = ()
        self._lag = Lag()
        self.analysed_ms = 0
        self.lag_grown_ms = 0
        self.lost = 0
        self.why = ""

    def run(self, wanted: Callable[[], DesiredState], pause: Callable[[float], object] = time.sleep) -> EndOfWork:
        """Analyses until the broadcast is over or is to be given back. "stop" ends the capture, and what is recorded is
        analysed. Raises LeaseGone, and StageDied where doing it again is of no use."""
        attempt = 0
        while True:
            before = self._at
            try:
                return self._live(wanted)
            except StateUnusable as unusable:
                self._note(str(unusable))
                self._last = None
                checkpoint_file(self._job.recording_dir).unlink(missing_ok=True)
            except StageLost as lost:
                self._note(str(lost))
                if lost.is_fault:
                    self._note_fault()
            except StageDied:
                raise
            except LeaseGone:
                self._let_go()
                raise
            except Exception as error:  # a fault of a stage in this process costs its segment, not the broadcast
                _log.exception("%s", self._job.stream_id)
                self._note(f"{type(error).__name__}: {error}")
                self._note_fault()
            if wanted() is DesiredState.GIVE_BACK:
                return EndOfWork.GIVEN_BACK
            attempt = 0 if self._at > before else attempt + 1
            pause(backoff_s(attempt, first_s=0.2))

    def _live(self, wanted: Callable[[], DesiredState]) -> EndOfWork:
        checkpoint = self._checkpoint()
        self._current = current = self._begin(checkpoint)
        self._at = checkpoint.sequence if checkpoint is not None else self._start_after()
        self._lag = Lag()
        saved_ms = self.analysed_ms = checkpoint.end_ms if checkpoint is not None else 0
        while (want := wanted()) in (DesiredState.RUN, DesiredState.STOP):
            if want is DesiredState.STOP:
                self._capture.stop(for_good=True)
            segment = self._capture.after(self._at, _POLL_S)
            if segment is None and self._capture.is_over_at(self._at):
                return self._end(current)
            if segment is None:
                continue
            with about(sequence=segment.sequence):
                self._advance(current, segment)
            if segment.end_ms - saved_ms >= self._resources.checkpoint_ms:
                self._save(current)
                saved_ms = segment.end_ms
        if want is DesiredState.ABANDON:
            raise LeaseGone(f"stream {self._job.stream_id!r} is no longer held here")
        self._save(current)
        current.close()
        return EndOfWork.GIVEN_BACK

    def _begin(self, checkpoint: Checkpoint | None) -> StageSet:
        """Fresh stages; raises StageDied where they fail again and again before anything is analysed."""
        try:
            current = StageSet(self._job, self._token, self._resources, checkpoint)
        except (LeaseGone, StateUnusable):
            raise
        except Exception as error:  # what can't be begun three times can't be begun
            self._failed_starts += not isinstance(error, StageLost) or error.is_fault
            if self._failed_starts >= _MOST_FAULTS:
                raise StageDied(str(error)) from error
            raise
        self._failed_starts, self.left_out = 0, current.left_out
        return current

    def _advance(self, current: StageSet, segment: Segment) -> None:
        sequence, count = self._faults
        if sequence == segment.sequence and count >= _MOST_FAULTS:
            prepared, outcome = current.give_up(segment, f"its analysis failed {count} times: {self.why}")
        else:
            with self._resources.meter.timing("work_ratio", max(1, segment.end_ms - segment.start_ms) / 1000):
                prepared, outcome = current.analyse(segment, self._capture.recorded_ms())
        self._at, self.analysed_ms = segment.sequence, segment.end_ms
        self._trace(current, outcome)
        if segment.live:
            self._resources.meter.note_latency("segment", time.time() - segment.received_at_ms / 1000)
        if prepared.error is not None:
            _log.warning("%s: not analysed: %s", self._job.stream_id, prepared.error)
        self.lag_grown_ms = self._lag.grown_ms(self._capture.recorded_ms(), segment.end_ms)
        self._on_outcome(prepared, outcome)

    def _trace(self, current: StageSet, outcome: Outcome) -> None:
        """Begins the trace of each finding that is new, with what was done of the segment, or the end, that gave it."""
        tracing = self._resources.tracing
        new = [finding for finding in outcome.findings if finding.finding_id not in self._traced]
        self._traced.update(finding.finding_id for finding in new)
        for finding in new:
            _log.info("found %s", finding.finding_id, extra={"trace_id": trace_id_of(finding.finding_id)})
            if tracing is not None and (steps := current.steps_of(finding)):
                tracing.trace_finding(
                    finding.finding_id,
                    steps,
                    stream_id=self._job.stream_id,
                    sequence=self._at,
                    class_id=finding.class_id,
                )

    def _end(self, current: StageSet) -> EndOfWork:
        error = self._capture.error
        if error is not None and error.exit_code != 2 and self._token is not None:
            self._save(current)
            current.close()
            return EndOfWork.FAILED
        state = StreamState.ENDED if error is None else StreamState.FAILED
        why = None if error is None else str(error)
        outcome = current.finish(self.analysed_ms, state if self._token is None else None, why)
        self._trace(current, outcome)
        self._on_outcome(None, outcome)
        current.close()
        checkpoint_file(self._job.recording_dir).unlink(missing_ok=True)
        return EndOfWork.OVER

    def _note(self, why: str) -> None:
        self.lost, self.why = self.lost + 1, why
        _log.warning("%s: taken up anew: %s", self._job.stream_id, why, extra={"sequence": self._at + 1})

    def _note_fault(self) -> None:
        """Raises StageDied where nothing helped at this place: neither giving the segment up nor doing it again."""
        sequence, count = self._faults
        failed = self._at + 1
        self._faults = failed, count + 1 if sequence == failed else 1
        if self._faults[1] >= 3 * _MOST_FAULTS:
            raise StageDied(self.why)

    def _let_go(self) -> None:
        if self._current is not None:
            self._current.close()

    def _checkpoint(self) -> Checkpoint | None:
        path = checkpoint_file(self._job.recording_dir)
        if self._last is not None or not self._resumes:
            return self._last
        return read_checkpoint(path, self._job.stream_id, self._versions)

    def _save(self, current: StageSet) -> None:
        """A full disk, or one that fails, costs the file and not the broadcast: it is kept in memory as well.

        A stage that can't say what it remembers goes on all the same: after a loss it is taken up from the one before.
        """
        if self._at < 0:
            return
        try:
            self._last = Checkpoint(
                stream_id=self._job.stream_id,
                sequence=self._at,
                end_ms=self.analysed_ms,
                versions=self._versions,
                parts=current.save(),
            )
            write_checkpoint(checkpoint_file(self._job.recording_dir), self._last)
        except LeaseGone:
            raise
        except OSError as error:
            self._go_on_without(error.strerror or str(error))
        except Exception as error:
            if isinstance(error, StageLost) and not error.is_fault:
                raise
            self._go_on_without(str(error))

    def _go_on_without(self, why: str) -> None:
        self.why = f"no checkpoint was written: {why}"
        _log.warning("%s: %s", self._job.stream_id, self.why)
