"""Judges: many broadcasts in one process, which share policy and semantic layer; each has one writer of its results."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from claims.products.hotwords import hotwords_of
from claims.types import Passage, PlatformFact
from cluster.live.failures import NotOpen, answered
from cluster.stages.events import Outcome
from cluster.stages.judging import JudgingStage
from cluster.stages.policies import LoadedPolicies
from cluster.stages.recorder import Recorder
from cluster.stages.state import freeze, thaw
from cluster.types import Marked, Prepared, ScreenJob
from ingest.types import Segment
from review.stream_store.writer import StreamWriter
from review.streams.types import StreamState
from vision.layout.types import RoomMark
from vision.products.timeline import Evidence

_WARM_MS = 4_000
_WARM_TEXT = "这款产品的参数都在详情页上，大家可以对照着看。"
# Words of Latin letters are cut by a tokenizer of their own, as they stand in passports' names.
_WARM_LATIN = "Bluetooth"


class Feed(Protocol):
    """Gives the facts of a broadcast."""

    def facts(self, stream_id: str, after: int = 0) -> tuple[tuple[int, PlatformFact], ...]:
        """The facts after this number, each with its own, in the order in which they came."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A broadcast that was taken up: words to expect in it, and what can't be judged by."""

    hotwords: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Broadcast:
    session: str
    job: ScreenJob
    token: int | None
    judging: JudgingStage
    recorder: Recorder
    facts_read: int = 0
    reported_live: bool = False


class JudgePool:
    """Judges and records; `feed` tells what platforms say meanwhile, None: nobody says anything.

    Calls of different broadcasts may come at once. Judging itself goes one by one, for it is the interpreter's work
    anyway; storing and cutting clips do not wait for it.
    """

    def __init__(self, writer: StreamWriter | None, feed: Feed | None, policies: LoadedPolicies | None = None) -> None:
        self._writer = writer
        self._feed = feed
        self._policies = policies or LoadedPolicies()
        self._broadcasts: dict[str, _Broadcast] = {}
        self._judging = threading.Lock()
        self._judged = 0

    @property
    def done(self) -> float:
        """How many segments were judged so far, the warming up among them."""
        return float(self._judged)

    @answered
    def warm_up(self, job: ScreenJob) -> None:
        """Loads what such a broadcast is judged by and judges a sentence: the first live one need not wait for that."""
        stream_id = job.stream_id
        said = Passage(stream_id=stream_id, id="u0", start_ms=0, end_ms=_WARM_MS, text=_WARM_TEXT)
        with self._judging:
            self._policies.policy(job.policy_dir).load()
            reader = self._policies.semantics(job).reader
            if reader is not None and reader.links is not None:
                reader.links.nearness(_WARM_TEXT, [_WARM_LATIN])
            JudgingStage(job, {}, self._policies).judge([said], 2 * _WARM_MS)
            self._judged += 1

    @answered
    def open(
        self,
        job: ScreenJob,
        session: str,
        token: int | None,
        models: Mapping[str, str],
        state: bytes | None,
    ) -> Opened:
        """Takes the broadcast up, from this state or from nothing; earlier sessions of it end."""
        with self._judging:
            self._broadcasts.pop(job.stream_id, None)
            judging = JudgingStage(job, models, self._policies)
        recorder = Recorder(job, writer=self._writer, token=token)
        broadcast = _Broadcast(session=session, job=job, token=token, judging=judging, recorder=recorder)
        if state is not None:
            memory, recorded, broadcast.facts_read = thaw(state, {})
            judging.load(job.stream_id, memory)
            recorder.load(job.stream_id, recorded)
        self._broadcasts[job.stream_id] = broadcast
        self._learn(broadcast)
        return Opened(hotwords=hotwords_of(judging.passports), left_out=judging.left_out)

    @answered
    def take(
        self,
        stream_id: str,
        session: str,
        prepared: Prepared,
        passages: Sequence[Passage],
        evidence: Sequence[Evidence],
        marks: Sequence[RoomMark],
    ) -> Outcome:
        """What the segment gave, stored."""
        broadcast = self._known(stream_id, session)
        self._learn(broadcast)
        end_ms = prepared.segment.end_ms
        with self._judging:
            marked = broadcast.judging.see(evidence, marks)
            findings = broadcast.judging.judge(passages, end_ms)
            on_sale = broadcast.judging.on_sale(end_ms)
            read = broadcast.judging.read()
            self._judged += 1
        clipped = broadcast.recorder.record(prepared, passages, findings, evidence)
        broadcast.recorder.keep(read)
        self._report_live(broadcast, prepared.segment)
        return Outcome(
            passages=list(passages),
            findings=findings,
            clipped=clipped,
            coverage=broadcast.recorder.coverage,
            seen=[*marked, *on_sale],
        )

    @answered
    def save(self, stream_id: str, session: str) -> bytes:
        """What is remembered of the broadcast."""
        broadcast = self._known(stream_id, session)
        with self._judging:
            memory = broadcast.judging.save(stream_id)
        return freeze((memory, broadcast.recorder.save(stream_id), broadcast.facts_read), {})

    @answered
    def finish(
        self,
        stream_id: str,
        session: str,
        passages: Sequence[Passage],
        marks: Sequence[RoomMark],
        analysed_ms: int,
        state: StreamState | None = None,
        error: str | None = None,
    ) -> Outcome:
        """What the end of the broadcast gave, stored, with its state; None: whoever lent the broadcast tells that."""
        broadcast = self._known(stream_id, session)
        self._learn(broadcast)
        with self._judging:
            findings = broadcast.judging.judge(passages, analysed_ms) + broadcast.judging.finish()
            on_sale = broadcast.judging.on_sale(analysed_ms)
            read = broadcast.judging.read()
        broadcast.recorder.keep(read)
        clipped = broadcast.recorder.finish(passages, findings, state, error)
        return Outcome(
            passages=list(passages),
            findings=findings,
            clipped=clipped,
            coverage=broadcast.recorder.coverage,
            seen=[*on_sale, *(Marked(mark=mark) for mark in marks)],
        )

    @answered
    def let_go(self, stream_id: str, session: str) -> None:
        """Lets go of the broadcast, if it still is this session's."""
        broadcast = self._broadcasts.get(stream_id)
        if broadcast is not None and broadcast.session == session:
            del self._broadcasts[stream_id]

    def _known(self, stream_id: str, session: str) -> _Broadcast:
        broadcast = self._broadcasts.get(stream_id)
        if broadcast is None or broadcast.session != session:
            raise NotOpen(f"the judge was not given {stream_id!r}, or was given it anew")
        return broadcast

    def _learn(self, broadcast: _Broadcast) -> None:
        """Takes what the platform told since this was last asked."""
        if self._feed is None:
            return
        for number, fact in self._feed.facts(broadcast.job.stream_id, broadcast.facts_read):
            with self._judging:
                broadcast.judging.learn(fact)
            broadcast.facts_read = number

    def _report_live(self, broadcast: _Broadcast, segment: Segment) -> None:
        if not broadcast.reported_live and self._writer is not None and broadcast.token is not None:
            self._writer.report_live(segment, token=broadcast.token)
        broadcast.reported_live = True
