"""One broadcast, analysed segment by segment, and taken up anew from the last checkpoint when a stage is lost."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from asr.engine import Cut
from claims.types import Passage
from cluster.capturing import Capturing
from cluster.checkpoint import Checkpoint, Versions, checkpoint_file, read_checkpoint, write_checkpoint
from cluster.driving import Outcome
from cluster.errors import LeaseGone, StageDied, StageLost, StateUnusable
from cluster.flow import Lag
from cluster.laws import Laws
from cluster.logs import about
from cluster.looking import Looking
from cluster.preparing import Preparing
from cluster.service.meter import Meter
from cluster.service.stations import Gate, Stations
from cluster.service.types import Done, ReadScreen, Wish
from cluster.types import Prepared, ScreenJob
from ingest.backoff import backoff_s
from ingest.decode_pool import DecodePool
from ingest.shed import EffortLimits
from ingest.types import Segment
from review.streams.types import StreamState

_log = logging.getLogger("zhenyan.service")
_POLL_S = 0.25
_FIRST_FRAMES_BYTES = 16_000_000
# Analysing a segment that failed so often is given up, and the ledger says so.
_MOST_FAULTS = 3


@dataclass(frozen=True, slots=True)
class Bench:
    """What the broadcasts of one process share, and how each finds its pools."""

    decoders: DecodePool
    laws: Laws
    gate: Gate
    stations_of: Callable[[str], Stations]
    checkpoint_ms: int
    limits: EffortLimits
    meter: Meter = field(default_factory=Meter)


class Life:
    """A broadcast's stages from one loss to the next: fresh ones, set on with a checkpoint, or at the beginning."""

    def __init__(self, job: ScreenJob, token: int | None, bench: Bench, checkpoint: Checkpoint | None) -> None:
        self._job = job
        self._bench = bench
        self._session = uuid.uuid4().hex
        self._frames_bytes = _FIRST_FRAMES_BYTES
        self._stations = bench.stations_of(job.stream_id)
        self._preparing = Preparing(job.stream_id, pool=bench.decoders, sandbox=job.sandbox, limits=bench.limits)
        self._looking = Looking(job, bench.laws)
        self.left_out = self._looking.left_out
        parts = checkpoint.parts if checkpoint is not None else {}
        if checkpoint is not None:
            self._preparing.load(job.stream_id, parts["preparing"])
            self._looking.load(job.stream_id, parts["looking"])
        else:
            bench.decoders.resume(job.stream_id, None)
        ocr = self._ask_reading("open", parts.get("reading")).get()
        models = {"asr": self._stations.hearing.ask("name").get(), "ocr": ocr}
        opened = self._stations.judge.ask("open", job, self._session, token, models, parts.get("judge")).get()
        self._hotwords = opened.hotwords if job.asr_hotwords else ()
        self.left_out = (*self.left_out, *opened.left_out)

    def analyse(self, segment: Segment, recorded_ms: int) -> tuple[Prepared, Outcome]:
        """What the segment gave, stored."""
        meter = self._bench.meter
        with self._bench.gate.holding(self._job.stream_id, self._frames_bytes):
            prepared, cuts, frames = self._preparing.prepare(segment, recorded_ms)
            self._frames_bytes = sum(frame.image.nbytes for frame in frames) or self._frames_bytes
            hearing = self._stations.hearing.ask("hear", self._expecting(cuts)) if cuts else None
            reading = self._ask_reading("read", frames, segment.end_ms)
            evidence = self._looking.look(frames)
            with meter.timing("reading_wait_s"):
                read: ReadScreen = reading.get()
        passages: list[Passage] = list(read.passages)
        if hearing is not None:
            with meter.timing("hearing_wait_s"):
                passages = [*hearing.get(), *passages]
        return prepared, self._ask_judge("take", prepared, passages, evidence, read.marks).get()

    def give_up(self, segment: Segment, why: str) -> tuple[Prepared, Outcome]:
        """Enters the segment into the ledger as one whose analysis failed."""
        prepared = Prepared(segment=segment, has_audio=False, has_video=False, error=why, crashed=True)
        return prepared, self._ask_judge("take", prepared, [], [], ()).get()

    def save(self) -> dict[str, bytes]:
        """What all stages remember, after the segment that was analysed last."""
        stream_id = self._job.stream_id
        reading, judge = self._ask_reading("save"), self._ask_judge("save")
        return {
            "preparing": self._preparing.save(stream_id),
            "looking": self._looking.save(stream_id),
            "reading": reading.get(),
            "judge": judge.get(),
        }

    def finish(self, analysed_ms: int, *more: object) -> Outcome:
        """What the end of the broadcast gave, stored."""
        cuts = self._preparing.finish()
        hearing = self._stations.hearing.ask("hear", self._expecting(cuts)) if cuts else None
        read: ReadScreen = self._ask_reading("finish", analysed_ms).get()
        passages = [*(hearing.get() if hearing is not None else ()), *read.passages]
        outcome: Outcome = self._ask_judge("finish", passages, read.marks, analysed_ms, *more).get()
        return outcome

    def close(self) -> None:
        """Lets the pools forget the broadcast."""
        self._bench.decoders.forget(self._job.stream_id)
        for answer in (self._ask_reading("let_go"), self._ask_judge("let_go")):
            try:
                answer.get()
            except StageLost as lost:
                _log.info("%s: closing: %s", self._job.stream_id, lost)

    def _ask_reading(self, method: str, *args: object) -> Any:
        return self._stations.reading.ask(method, self._job.stream_id, self._session, *args)

    def _ask_judge(self, method: str, *args: object) -> Any:
        return self._stations.judge.ask(method, self._job.stream_id, self._session, *args)

    def _expecting(self, cuts: Sequence[Cut]) -> list[Cut]:
        return [replace(cut, hotwords=self._hotwords) for cut in cuts]


class Pipeline:
    """Drives one broadcast through its lives; `told` is called with what each segment, and the end, gave.

    `resumes` false: a checkpoint that an earlier process left is not looked at. `token`: the lease under which this is
    done. Without one nobody else goes on, so that the end of the broadcast and its state are stored here whatever ended
    it.
    """

    def __init__(
        self,
        job: ScreenJob,
        versions: Versions,
        capturing: Capturing,
        bench: Bench,
        *,
        token: int | None = None,
        start_after: Callable[[], int] = lambda: -1,
        resumes: bool = True,
        told: Callable[[Prepared | None, Outcome], None] = lambda prepared, outcome: None,
    ) -> None:
        self._job = job
        self._versions = versions
        self._capturing = capturing
        self._bench = bench
        self._token = token
        self._start_after = start_after
        self._told = told
        self._last: Checkpoint | None = None
        self._resumes = resumes
        self._faults: tuple[int, int] = (-1, 0)
        self._at = -1
        self._life: Life | None = None
        self._stillborn = 0
        self.left_out: tuple[str, ...] = ()
        self._lag = Lag()
        self.analysed_ms = 0
        self.lag_grown_ms = 0
        self.lost = 0
        self.why = ""

    def run(self, wanted: Callable[[], Wish], pause: Callable[[float], object] = time.sleep) -> Done:
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
            if wanted() is Wish.GIVE_BACK:
                return Done.GIVEN_BACK
            attempt = 0 if self._at > before else attempt + 1
            pause(backoff_s(attempt, first_s=0.2))

    def _live(self, wanted: Callable[[], Wish]) -> Done:
        checkpoint = self._checkpoint()
        self._life = life = self._born(checkpoint)
        self._at = checkpoint.sequence if checkpoint is not None else self._start_after()
        self._lag = Lag()
        saved_ms = self.analysed_ms = checkpoint.end_ms if checkpoint is not None else 0
        while (want := wanted()) in (Wish.RUN, Wish.STOP):
            if want is Wish.STOP:
                self._capturing.stop(for_good=True)
            segment = self._capturing.after(self._at, _POLL_S)
            if segment is None and self._capturing.is_over_at(self._at):
                return self._end(life)
            if segment is None:
                continue
            with about(sequence=segment.sequence):
                self._advance(life, segment)
            if segment.end_ms - saved_ms >= self._bench.checkpoint_ms:
                self._save(life)
                saved_ms = segment.end_ms
        if want is Wish.ABANDON:
            raise LeaseGone(f"stream {self._job.stream_id!r} is no longer held here")
        self._save(life)
        life.close()
        return Done.GIVEN_BACK

    def _born(self, checkpoint: Checkpoint | None) -> Life:
        """Fresh stages; raises StageDied where they fail again and again before anything is analysed."""
        try:
            life = Life(self._job, self._token, self._bench, checkpoint)
        except (LeaseGone, StateUnusable):
            raise
        except Exception as error:  # what can't be begun three times can't be begun
            self._stillborn += not isinstance(error, StageLost) or error.is_fault
            if self._stillborn >= _MOST_FAULTS:
                raise StageDied(str(error)) from error
            raise
        self._stillborn, self.left_out = 0, life.left_out
        return life

    def _advance(self, life: Life, segment: Segment) -> None:
        sequence, count = self._faults
        if sequence == segment.sequence and count >= _MOST_FAULTS:
            prepared, outcome = life.give_up(segment, f"its analysis failed {count} times: {self.why}")
        else:
            with self._bench.meter.timing("work_ratio", max(1, segment.end_ms - segment.start_ms) / 1000):
                prepared, outcome = life.analyse(segment, self._capturing.recorded_ms())
        self._at, self.analysed_ms = segment.sequence, segment.end_ms
        if prepared.error is not None:
            _log.warning("%s: not analysed: %s", self._job.stream_id, prepared.error)
        self.lag_grown_ms = self._lag.grown_ms(self._capturing.recorded_ms(), segment.end_ms)
        self._told(prepared, outcome)

    def _end(self, life: Life) -> Done:
        error = self._capturing.error
        if error is not None and error.exit_code != 2 and self._token is not None:
            self._save(life)
            life.close()
            return Done.FAILED
        state = StreamState.ENDED if error is None else StreamState.FAILED
        why = None if error is None else str(error)
        self._told(None, life.finish(self.analysed_ms, state if self._token is None else None, why))
        life.close()
        checkpoint_file(self._job.recording_dir).unlink(missing_ok=True)
        return Done.OVER

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
        if self._life is not None:
            self._life.close()

    def _checkpoint(self) -> Checkpoint | None:
        path = checkpoint_file(self._job.recording_dir)
        if self._last is not None or not self._resumes:
            return self._last
        return read_checkpoint(path, self._job.stream_id, self._versions)

    def _save(self, life: Life) -> None:
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
                parts=life.save(),
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
