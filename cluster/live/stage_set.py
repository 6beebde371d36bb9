"""A broadcast's stages from one loss to the next, and the segments that are in hand between them."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from asr.recogniser import Cut
from claims.types import Finding, Passage
from cluster.errors import StageLost
from cluster.live.load import Meter, Steps
from cluster.live.remote_stages import Answer, Gate, RemoteStages
from cluster.live.types import ReadScreen
from cluster.stages.checkpoint import Checkpoint
from cluster.stages.decode import DecodeStage, unread_signal
from cluster.stages.events import Outcome
from cluster.stages.policies import LoadedPolicies
from cluster.stages.products import ProductStage
from cluster.types import Prepared, ScreenJob
from ingest.decode.pool import DecodePool
from ingest.decode.shedding import EffortLimits
from ingest.types import Segment
from review.tracing import Step, Tracing
from vision.products.timeline import Evidence

_log = logging.getLogger("zhenyan.service")
_MOST_UNDERSTOOD = 500
_FIRST_FRAMES_BYTES = 16_000_000


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


@dataclass(slots=True, kw_only=True)
class SegmentInHand:
    """A segment whose analysis was begun: what was asked for it, and what came of that so far.

    `frames`: the loan of its pictures, which ends when they are read. `saves`: whether a checkpoint is to be written
    after it; `saved`: what the stages before the judge remember after it, `unsaved`: why one could not say it.
    """

    segment: Segment
    prepared: Prepared
    steps: Steps
    begun_s: float
    frames: ExitStack = field(default_factory=ExitStack)
    asr: Answer | None = None
    ocr: Answer | None = None
    read: ReadScreen = field(default_factory=lambda: ReadScreen(passages=[], marks=()))
    evidence: Sequence[Evidence] = ()
    saves: bool = False
    saved: dict[str, bytes] = field(default_factory=dict)
    unsaved: Exception | None = None

    def wait(self, seconds: float) -> bool:
        """Whether what takes longest is there, at the latest after so many seconds."""
        longest = self.asr or self.ocr
        return longest is None or longest.wait(seconds)


class StageSet:
    """A broadcast's stages: fresh ones, restored from a checkpoint or at the beginning.

    `begin` takes a segment in hand and returns while the pools work on it, `finish` gives what came of the oldest one.
    Each stage sees the segments in their order: pictures are given to the reader when those before have been read.
    """

    def __init__(
        self, job: ScreenJob, token: int | None, resources: SharedResources, checkpoint: Checkpoint | None
    ) -> None:
        self._job = job
        self._resources = resources
        self._session = uuid.uuid4().hex
        self._frames_bytes = _FIRST_FRAMES_BYTES
        self._unread: SegmentInHand | None = None
        self._finished_s = 0.0
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

    def begin(self, segment: Segment, recorded_ms: int, *, saves: bool) -> SegmentInHand:
        """The segment, decoded, while its sound and its pictures are with the pools."""
        self._settle_reading()
        meter, steps, begun_s = self._resources.meter, Steps(segment.received_at_ms), time.monotonic()
        with ExitStack() as loan:
            loan.enter_context(self._resources.gate.holding(self._job.stream_id, self._frames_bytes))
            steps.note("waiting")
            with meter.passing("decode"), steps.doing("decode"):
                prepared, cuts, frames = self._decode.prepare(segment, recorded_ms)
            self._frames_bytes = sum(frame.image.nbytes for frame in frames) or self._frames_bytes
            in_hand = SegmentInHand(segment=segment, prepared=prepared, steps=steps, begun_s=begun_s, saves=saves)
            in_hand.asr = self._remote.asr.ask("recognise", self._expecting(cuts)) if cuts else None
            in_hand.ocr = self._ask_ocr("read", frames, segment.end_ms)
            in_hand.evidence = self._products.match(frames)
            if saves:
                self._save_into(in_hand, self._own_memory)
            in_hand.frames = loan.pop_all()
        self._unread = in_hand
        return in_hand

    def give_up(self, segment: Segment, why: str) -> SegmentInHand:
        """The segment as one whose analysis failed: nothing is asked for it, and the ledger will say so."""
        self._settle_reading()
        signal = unread_signal(segment)
        prepared = Prepared(segment=segment, has_audio=False, has_video=False, error=why, crashed=True, signal=signal)
        return SegmentInHand(
            segment=segment, prepared=prepared, steps=Steps(segment.received_at_ms), begun_s=time.monotonic()
        )

    def finish(self, in_hand: SegmentInHand) -> Outcome:
        """What the oldest segment in hand gave, stored."""
        meter, steps = self._resources.meter, in_hand.steps
        if self._unread is in_hand:
            self._settle_reading()
        passages: list[Passage] = list(in_hand.read.passages)
        if in_hand.asr is not None:
            with meter.timing("hearing_wait_s"), meter.passing("asr"), steps.doing("asr"):
                passages = [*in_hand.asr.get(), *passages]
        self._keep(passages, steps)
        with meter.passing("judge"), steps.doing("judge"):
            outcome: Outcome = self._ask_judge(
                "take", in_hand.prepared, passages, in_hand.evidence, in_hand.read.marks
            ).get()
        self._note_pace(in_hand)
        return outcome

    def memory_after(self, in_hand: SegmentInHand) -> dict[str, bytes]:
        """What all stages remember after this segment, which was begun with `saves` and finished last.

        Raises what kept a stage from saying it.
        """
        if in_hand.unsaved is not None:
            raise in_hand.unsaved
        return {**in_hand.saved, "judge": self._ask_judge("save").get()}

    def save(self) -> dict[str, bytes]:
        """What all stages remember; nothing may be in hand."""
        ocr, judge = self._ask_ocr("save"), self._ask_judge("save")
        return {**self._own_memory(), "ocr": ocr.get(), "judge": judge.get()}

    def end(self, analysed_ms: int, *more: object) -> Outcome:
        """What the end of the broadcast gave, stored; nothing may be in hand."""
        self.steps = steps = Steps(time.time() * 1000)
        cuts = self._decode.finish()
        asr = self._remote.asr.ask("recognise", self._expecting(cuts)) if cuts else None
        with steps.doing("ocr"):
            read: ReadScreen = self._ask_ocr("finish", analysed_ms).get()
        passages: list[Passage] = list(read.passages)
        if asr is not None:
            with steps.doing("asr"):
                passages = [*asr.get(), *passages]
        self._keep(passages, steps)
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

    def drop(self) -> None:
        """Gives back what is lent for pictures in hand: what comes of them is wanted no more."""
        if self._unread is not None:
            self._unread.frames.close()
            self._unread = None

    def close(self) -> None:
        """Lets the pools forget the broadcast."""
        self.drop()
        self._resources.decoders.forget(self._job.stream_id)
        for answer in (self._ask_ocr("let_go"), self._ask_judge("let_go")):
            try:
                answer.get()
            except StageLost as lost:
                _log.info("%s: closing: %s", self._job.stream_id, lost)

    def _settle_reading(self) -> None:
        """Waits until the pictures of the segment that was begun last are read, and gives back what they took."""
        in_hand = self._unread
        if in_hand is None or in_hand.ocr is None:
            return
        meter = self._resources.meter
        with in_hand.frames, meter.timing("reading_wait_s"), meter.passing("ocr"), in_hand.steps.doing("ocr"):
            in_hand.read = in_hand.ocr.get()
        # Only now: a segment whose reading failed is not finished without it, but fails with it.
        self._unread = None
        if in_hand.saves:
            self._save_into(in_hand, lambda: {"ocr": self._ask_ocr("save").get()})

    def _save_into(self, in_hand: SegmentInHand, memory: Callable[[], dict[str, bytes]]) -> None:
        """Keeps what a stage remembers now; what keeps it from saying that is told when the checkpoint is due."""
        try:
            in_hand.saved |= memory()
        except Exception as error:
            in_hand.unsaved = error

    def _note_pace(self, in_hand: SegmentInHand) -> None:
        """How long the segment kept its broadcast busy by itself, for each second of it."""
        now_s, segment = time.monotonic(), in_hand.segment
        own_s = now_s - max(in_hand.begun_s, self._finished_s)
        self._resources.meter.note("work_ratio", own_s * 1000 / max(1, segment.end_ms - segment.start_ms))
        self._finished_s, self.steps = now_s, in_hand.steps

    def _own_memory(self) -> dict[str, bytes]:
        stream_id = self._job.stream_id
        return {"decode": self._decode.save(stream_id), "products": self._products.save(stream_id)}

    def _keep(self, passages: Sequence[Passage], steps: Steps) -> None:
        """Remembers for a while by which steps the passages came."""
        self._understood |= {passage.id: steps for passage in passages}
        while len(self._understood) > _MOST_UNDERSTOOD:
            del self._understood[next(iter(self._understood))]

    def _ask_ocr(self, method: str, *args: object) -> Any:
        return self._remote.ocr.ask(method, self._job.stream_id, self._session, *args)

    def _ask_judge(self, method: str, *args: object) -> Any:
        return self._remote.judge.ask(method, self._job.stream_id, self._session, *args)

    def _expecting(self, cuts: Sequence[Cut]) -> list[Cut]:
        return [replace(cut, hotwords=self._hotwords) for cut in cuts]
