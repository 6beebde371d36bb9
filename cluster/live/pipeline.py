"""One broadcast, analysed segment by segment, and taken up anew from the last checkpoint when a stage is lost."""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cluster.errors import LeaseGone, StageDied, StageLost, StateUnusable
from cluster.live.stage_set import SegmentInHand, SharedResources, StageSet
from cluster.live.types import DesiredState, EndOfWork
from cluster.logs import about
from cluster.stages.backpressure import Lag
from cluster.stages.capture import CaptureStage
from cluster.stages.checkpoint import Checkpoint, Versions, checkpoint_file, read_checkpoint, write_checkpoint
from cluster.stages.events import Outcome
from cluster.types import Prepared, ScreenJob
from ingest.types import Segment
from net.backoff import backoff_s
from review.streams.types import StreamState
from review.tracing import trace_id_of

_log = logging.getLogger("zhenyan.service")
_POLL_S, _TURN_S = 0.25, 0.5
# So many segments of a broadcast are worked on at a time: while one is heard, the next are decoded and read.
_MOST_IN_HAND = 4
# Analysing a segment that failed so often is given up, and the ledger says so.
_MOST_FAULTS = 3


@dataclass(slots=True, kw_only=True)
class _Line:
    """The segments in hand, oldest first; `newest`: the last that was taken in hand.

    `saved_ms`: where the last one ends that is followed by a checkpoint.
    """

    newest: int
    saved_ms: int
    in_hand: deque[SegmentInHand] = field(default_factory=deque)


class Pipeline:
    """Drives one broadcast through its stages, several segments at a time, anew after each loss.

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
        line = _Line(newest=self._at, saved_ms=saved_ms)
        try:
            while (want := wanted()) in (DesiredState.RUN, DesiredState.STOP):
                if want is DesiredState.STOP:
                    self._capture.stop(for_good=True)
                if not line.in_hand and self._capture.is_over_at(self._at):
                    return self._end(current)
                self._go_on(current, line)
            if want is DesiredState.ABANDON:
                raise LeaseGone(f"stream {self._job.stream_id!r} is no longer held here")
            while line.in_hand:
                self._advance(current, line)
        finally:
            current.drop()
        self._save(current.save)
        current.close()
        return EndOfWork.GIVEN_BACK

    def _go_on(self, current: StageSet, line: "_Line") -> None:
        """Finishes the oldest segment in hand if it is there, else takes one more in hand, else waits for either."""
        if line.in_hand and line.in_hand[0].wait(0):
            return self._advance(current, line)
        segment = None
        if len(line.in_hand) < self._most_in_hand(line):
            segment = self._capture.after(line.newest, 0 if line.in_hand else _POLL_S)
        if segment is not None:
            with about(sequence=segment.sequence):
                return self._take_in_hand(current, line, segment)
        if line.in_hand and line.in_hand[0].wait(_TURN_S):
            self._advance(current, line)

    def _most_in_hand(self, line: "_Line") -> int:
        """Where something failed, segments go one by one until they are past it, so that the one at fault is known."""
        failed, count = self._faults
        return 1 if count and line.newest < failed + _MOST_IN_HAND else _MOST_IN_HAND

    def _take_in_hand(self, current: StageSet, line: "_Line", segment: Segment) -> None:
        """Begins the segment; what fails in that is told when those before it are done."""
        sequence, count = self._faults
        saves = segment.end_ms - line.saved_ms >= self._resources.checkpoint_ms
        try:
            if sequence == segment.sequence and count >= _MOST_FAULTS:
                why = f"its analysis failed {count} times: {self.why}"
                line.in_hand.append(current.give_up(segment, why))
            else:
                line.in_hand.append(current.begin(segment, self._capture.recorded_ms(), saves=saves))
                line.saved_ms = segment.end_ms if saves else line.saved_ms
        except Exception:
            while line.in_hand:
                self._advance(current, line)
            raise
        line.newest = segment.sequence

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

    def _advance(self, current: StageSet, line: "_Line") -> None:
        """Finishes the oldest segment in hand, waiting for it."""
        in_hand = line.in_hand[0]
        segment, prepared = in_hand.segment, in_hand.prepared
        with about(sequence=segment.sequence):
            outcome = current.finish(in_hand)
            line.in_hand.popleft()
            self._at, self.analysed_ms = segment.sequence, segment.end_ms
            self._trace(current, outcome)
            if segment.live:
                self._resources.meter.note_latency("segment", time.time() - segment.received_at_ms / 1000)
            if prepared.error is not None:
                _log.warning("%s: not analysed: %s", self._job.stream_id, prepared.error)
            self.lag_grown_ms = self._lag.grown_ms(self._capture.recorded_ms(), segment.end_ms)
            self._on_outcome(prepared, outcome)
        if in_hand.saves:
            self._save(lambda: current.memory_after(in_hand))

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
            self._save(current.save)
            current.close()
            return EndOfWork.FAILED
        state = StreamState.ENDED if error is None else StreamState.FAILED
        why = None if error is None else str(error)
        outcome = current.end(self.analysed_ms, state if self._token is None else None, why)
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

    def _save(self, memory: Callable[[], dict[str, bytes]]) -> None:
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
                parts=memory(),
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
