"""Pools: one engine for many broadcasts. What waits at the same time shares the engine's calls."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asr.batching.placement import Placement, place
from asr.recogniser import Cut, length_ms
from asr.rescoring.candidates import SoundAlikes
from claims.obfuscation.soundalike import alikes_of
from claims.types import Passage
from cluster.live.failures import NotOpen, answered
from cluster.live.types import ReadScreen, ServiceConfig
from cluster.stages.asr import AsrStage
from cluster.stages.ocr import OcrStage
from cluster.stages.policies import LoadedPolicies
from ingest.types import Frame
from review.policies.folders import in_force_folder

# After a call that failed as a whole, so many calls go one by one: who spoils a call spoils its own alone.
_APART = 50


def pool_placement(config: ServiceConfig, *, cores: int, gpu_count: float) -> Placement:
    """Where a pool's engines run: on a part of a GPU where there is one, else on half of the machine's cores."""
    return place(
        config.job["device"],
        gpu_count=gpu_count,
        gpu_share=config.job["num_gpus"],
        cores=max(1, cores // 2),
        process_count=config.job["asr_processes"] or None,
    )


def _alikes(config: ServiceConfig) -> SoundAlikes | None:
    """What finds words to listen for once more: those of the policy in force when the pool starts."""
    if not config.job["asr_rehear"]:
        return None
    return alikes_of(LoadedPolicies().policy(config.policy_dir or in_force_folder(config.data_dir)))


class AsrPool:
    """Recognises cuts of any number of broadcasts; remembers nothing of them."""

    def __init__(self, config: ServiceConfig, placement: Placement) -> None:
        self._asr = AsrStage(
            model=config.job["asr_model"],
            models_dir=config.job.get("models") or Path(config.data_dir) / "models",
            placement=placement,
            threads=config.job["threads"],
            budget_ms=config.job["asr_budget_ms"],
            shared=True,
            alikes=_alikes(config),
        )
        self._recognised_ms = 0
        self._counting = threading.Lock()

    @property
    def done(self) -> float:
        """Seconds of sound that were recognised so far."""
        return self._recognised_ms / 1000

    @property
    def model(self) -> str:
        """The recogniser as findings name it."""
        return self._asr.model

    def name(self) -> str:
        """The recogniser as findings name it."""
        return self.model

    @answered
    def recognise(self, cuts: Sequence[Cut]) -> list[Passage]:
        """What was said in these cuts, in their order; any number of threads may call."""
        passages = self._asr.transcribe(cuts)
        with self._counting:
            self._recognised_ms += sum(map(length_ms, cuts))
        return passages

    def close(self) -> None:
        """Ends the engines."""
        self._asr.close()


@dataclass(slots=True)
class _Asked:
    """A segment's frames that wait to be read."""

    stream_id: str
    session: str
    frames: Sequence[Frame]
    until_ms: int
    done: bool = False
    gave: ReadScreen | None = None
    error: Exception | None = None


@dataclass(slots=True)
class _Desk:
    waiting: list[_Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class OcrPool:
    """Reads the screens of any number of broadcasts; remembers each under the session of whoever opened it.

    Any number of threads may call: whoever finds the reader free reads for all that wait.
    """

    def __init__(self, config: ServiceConfig, placement: Placement) -> None:
        self._ocr = OcrStage(
            device=placement.device, threads=config.job["threads"], max_side_px=config.job["screen_side_px"]
        )
        self._sessions: dict[str, str] = {}
        self._desk = _Desk()
        self._reader = threading.Lock()
        self._apart = 0
        self._read = 0

    @property
    def done(self) -> float:
        """How many pictures were looked at so far."""
        return float(self._read)

    @property
    def model(self) -> str:
        """The reader as findings name it."""
        return self._ocr.model

    @answered
    def open(self, stream_id: str, session: str, state: bytes | None) -> str:
        """Takes the broadcast up, from this state or from nothing; earlier sessions of it end. Gives the reader's
        name."""
        with self._reader:
            self._ocr.forget(stream_id)
            if state is not None:
                self._ocr.load(stream_id, state)
            self._sessions[stream_id] = session
        return self.model

    @answered
    def read(self, stream_id: str, session: str, frames: Sequence[Frame], until_ms: int) -> ReadScreen:
        """What these frames newly show, and the marks seen up to `until_ms`."""
        asked = _Asked(stream_id, session, frames, until_ms)
        with self._desk.lock:
            self._desk.waiting.append(asked)
        with self._reader:
            while not asked.done:
                self._read_for(self._taken())
        if asked.error is not None:
            raise asked.error
        assert asked.gave is not None
        return asked.gave

    @answered
    def save(self, stream_id: str, session: str) -> bytes:
        """What is remembered of the broadcast."""
        with self._reader:
            self._check(stream_id, session)
            return self._ocr.save(stream_id)

    @answered
    def finish(self, stream_id: str, session: str, until_ms: int) -> ReadScreen:
        """What was seen and not told when the broadcast ended; it stays open until it is closed."""
        with self._reader:
            self._check(stream_id, session)
            passages = self._ocr.finish(stream_id)
            return ReadScreen(passages=passages, marks=self._ocr.marks(stream_id, until_ms))

    @answered
    def let_go(self, stream_id: str, session: str) -> None:
        """Lets go of the broadcast, if it still is this session's."""
        with self._reader:
            if self._sessions.get(stream_id) == session:
                del self._sessions[stream_id]
                self._ocr.forget(stream_id)

    def _check(self, stream_id: str, session: str) -> None:
        if self._sessions.get(stream_id) != session:
            raise NotOpen(f"the reader was not given {stream_id!r}, or was given it anew")

    def _taken(self) -> list[_Asked]:
        with self._desk.lock:
            count = 1 if self._apart else len(self._desk.waiting)
            taken, self._desk.waiting = self._desk.waiting[:count], self._desk.waiting[count:]
        self._apart = max(0, self._apart - 1)
        return taken

    def _read_for(self, taken: list[_Asked]) -> None:
        asked: list[_Asked] = []
        for one in taken:
            try:
                self._check(one.stream_id, one.session)
                asked.append(one)
            except NotOpen as error:
                one.error, one.done = error, True
        try:
            passages = self._ocr.read_together([(one.stream_id, one.frames) for one in asked])
            self._read += sum(len(one.frames) for one in asked)
            for one, gave in zip(asked, passages, strict=True):
                one.gave = ReadScreen(passages=gave, marks=self._ocr.marks(one.stream_id, one.until_ms))
        except Exception as error:
            # What the reader remembers of any of them may be half of the truth now: all are taken up anew.
            self._apart = _APART
            for one in asked:
                one.error = error
                self._sessions.pop(one.stream_id, None)
        for one in asked:
            one.done = True
