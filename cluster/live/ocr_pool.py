"""The OCR pool: one reader for many broadcasts; what waits at the same time shares its calls."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from asr.batching.placement import Placement
from cluster.live.failures import NotOpen, answered
from cluster.live.types import ReadScreen, ServiceConfig
from cluster.stages.ocr import OcrStage
from ingest.types import Frame

# After a call that failed as a whole, so many calls go one by one: who spoils a call spoils its own alone.
_APART = 50


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
