"""Takes a stream's segments apart: speech as cuts, picture as key frames."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo

from asr.recogniser import Cut
from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from cluster.stages.backpressure import Lag, effort_limits
from cluster.stages.state import freeze, thaw
from cluster.types import Prepared
from ingest.decode.depth import EVERYTHING, DepthPlan
from ingest.decode.pool import DecodePool
from ingest.decode.shedding import Effort, EffortLimits, effort_for
from ingest.errors import BrokenMedia, ParserDied
from ingest.sandbox.process import SandboxChoice
from ingest.types import Frame, Segment
from review.scheduling.types import Priority
from review.stretches.types import Signal, Span
from vision.standstill import PictureWatch

_LIMITS = effort_limits(Priority.NORMAL)


class DecodeStage:
    """Has a stream's segments decoded in a child process and cuts its speech at pauses.

    Streams of one worker may share a pool; without one, this stream has its own until `finish`.
    """

    def __init__(
        self,
        stream_id: str,
        *,
        pool: DecodePool | None = None,
        sandbox: SandboxChoice = "auto",
        limits: EffortLimits = _LIMITS,
        new_lag: Callable[[], Lag] = Lag,
        depth: DepthPlan = EVERYTHING,
        zone: tzinfo | None = None,
    ) -> None:
        """`depth`: what was ordered of the broadcast's pictures, by the clock of this `zone`."""
        self._stream_id = stream_id
        self._limits = limits
        self._owns_pool = pool is None
        self._pool = pool or DecodePool(sandbox=sandbox)
        detector = SileroVad()
        self._shared = {"network": detector.network}
        self._listener = StreamListener(stream_id, detector)
        self._picture = PictureWatch()
        self._has_audio = False
        self._has_video = False
        self._effort = Effort.EVERY_KEY_FRAME
        self._depth, self._zone = depth, zone
        self._new_lag = new_lag
        self._lag = new_lag()

    @property
    def deaths(self) -> int:
        """How many decoding children died so far."""
        return self._pool.deaths

    @property
    def pids(self) -> tuple[int, ...]:
        """The decoding children that run."""
        return self._pool.pids

    def prepare(
        self, segment: Segment, recorded_ms: int | None = None
    ) -> tuple[Prepared, tuple[Cut, ...], tuple[Frame, ...]]:
        """The segment's finished cuts and key frames; one that cannot be read says so and the stream goes on.

        `recorded_ms`: how far the recording is. Who falls behind a live stream leaves pictures out, and says which.
        """
        depth = self._depth.at(segment.received_at_ms, self._zone)
        effort = self._effort_at(segment, recorded_ms)
        if depth.pictures == "none":
            effort = Effort.SOUND_ONLY
        try:
            boxed = self._pool.decode(segment, effort=effort, every_ms=depth.every_ms)
        except (BrokenMedia, ParserDied) as error:
            return _unread(segment, error), (), ()
        self._has_audio = self._has_audio or boxed.has_audio
        self._has_video = self._has_video or boxed.has_video
        cuts = tuple(self._listener.push(boxed.decoded.audio))
        prepared = Prepared(
            segment=segment,
            has_audio=self._has_audio,
            has_video=self._has_video,
            shed=tuple(replace(one, why=depth.why or one.why) for one in boxed.decoded.shed),
            is_ordered=bool(depth.why),
            signal=self._signal(segment, boxed.decoded.frames),
        )
        return prepared, cuts, boxed.decoded.frames

    def _signal(self, segment: Segment, frames: Sequence[Frame]) -> Signal:
        """What the segment's sound and picture gave, whatever is understood of it."""
        stills = self._picture.see(frames)
        return Signal(
            sequence=segment.sequence,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            spoken=tuple(Span(start_ms=start, end_ms=end) for start, end in self._listener.take_spoken()),
            pictures=len(frames),
            seen_ms=max(0, self._picture.seen_ms),
            black=tuple(Span(start_ms=s.start_ms, end_ms=s.end_ms) for s in stills if s.look == "black"),
            frozen=tuple(Span(start_ms=s.start_ms, end_ms=s.end_ms) for s in stills if s.look == "frozen"),
            black_since_ms=self._picture.since_ms("black"),
            frozen_since_ms=self._picture.since_ms("frozen"),
        )

    def _effort_at(self, segment: Segment, recorded_ms: int | None) -> Effort:
        """How many pictures to look at. Only lag that has grown counts: a late start is made up for, not shed."""
        if not segment.live or recorded_ms is None:
            return Effort.EVERY_KEY_FRAME
        self._effort = effort_for(self._lag.grown_ms(recorded_ms, segment.end_ms), self._effort, self._limits)
        return self._effort

    def save(self, stream_id: str) -> bytes:
        """The utterance that is open, and where detector and decoder stand; the stage has this one stream."""
        memory = (self._listener, self._pool.cursor(stream_id), self._has_audio, self._has_video, self._effort)
        return freeze((*memory, self._picture), self._shared)

    def load(self, stream_id: str, state: bytes) -> None:
        """Goes on from what was saved; the time that this took is made up for, not shed."""
        memory = thaw(state, self._shared)
        self._listener, cursor, self._has_audio, self._has_video, self._effort, self._picture = memory
        self._pool.resume(stream_id, cursor)
        self._lag = self._new_lag()

    def finish(self) -> tuple[Cut, ...]:
        """The utterance that was open when the stream ended."""
        self._pool.forget(self._stream_id)
        if self._owns_pool:
            self._pool.close()
        return tuple(self._listener.flush())


def _unread(segment: Segment, error: BrokenMedia | ParserDied) -> Prepared:
    return Prepared(
        segment=segment,
        has_audio=False,
        has_video=False,
        error=str(error),
        crashed=isinstance(error, ParserDied),
        signal=unread_signal(segment),
    )


def unread_signal(segment: Segment) -> Signal:
    """What is told of a segment of which nothing is known."""
    return Signal(sequence=segment.sequence, start_ms=segment.start_ms, end_ms=segment.end_ms, analysed=False)
