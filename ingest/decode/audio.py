"""Packets of sound become speech-rate samples, sample for sample the same wherever the recording was cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Any

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import Flags2
from numpy.typing import NDArray

from ingest.decode.packets import Piece
from ingest.media.container import AnyPacket, packet_ms
from ingest.types import SAMPLE_RATE_HZ, AudioSpan

_SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000
# Publishers' timestamps tremble by less than this; beyond it sound is missing or doubled.
_DRIFT_MS = 40.0

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundMark:
    """How far a stream's sound was given after segment `sequence`: keep it with the stream's cursor.

    `start_ms` is where the contiguous sound began; `fed` counts its samples at the publisher's rate, `given` those
    at ours.
    """

    sequence: int
    start_ms: float
    fed: int
    given: int


@dataclass(slots=True)
class _Run:
    """Contiguous sound: where it began, and how much of it has been given."""

    start_ms: float
    rate_hz: int
    fed: int = 0
    given: int = 0
    surplus: int = 0
    blocks: list[Samples] = field(default_factory=list)

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.fed * 1000 / self.rate_hz

    def add(self, blocks: Sequence[Samples]) -> None:
        for block in blocks:
            passed = min(self.surplus, len(block))
            self.surplus -= passed
            if passed < len(block):
                self.blocks.append(block[passed:])

    def take(self, stream_id: str) -> AudioSpan | None:
        if not self.blocks:
            return None
        samples = np.concatenate(self.blocks)
        start_ms = round(self.start_ms + self.given / _SAMPLES_PER_MS)
        self.given += len(samples)
        self.blocks.clear()
        return AudioSpan(stream_id=stream_id, start_ms=start_ms, samples=samples)


def voice_key(audio: AudioStream) -> tuple[str, int, str, bytes | None]:
    """What must be the same for one decoder to go on."""
    context = audio.codec_context
    return context.name, context.sample_rate, context.layout.name, context.extradata


class Voice:
    """The audio decoder and resampler of one epoch; a fresh decoder would get its first block wrong."""

    def __init__(self, piece: Piece, audio: AudioStream) -> None:
        # The decoder belongs to the first segment's container, which must stay open with it.
        self._container = piece.container
        self._context: AudioCodecContext = audio.codec_context
        self._context.thread_count = 1
        # Matroska marks the codec's delay in every file; only the stream's first one is real.
        self._context.flags2 |= Flags2.skip_manual
        self.key = voice_key(audio)
        self._resampler: AudioResampler | None = None
        self._format: tuple[int, str, str] | None = None
        self._run: _Run | None = None

    @property
    def runs_on(self) -> bool:
        """Whether what is decoded depends on all that this decoder has decoded: AAC's noise does."""
        return self._context.name.startswith("aac")

    def spans(self, piece: Piece) -> tuple[AudioSpan, ...]:
        """The sound of this piece; a span ends where the timestamps leave what was counted by samples."""
        stream_id = piece.segment.stream_id
        spans: list[AudioSpan] = []
        for packet in piece.sounds:
            for frame in self._decoded(packet):
                spans += self._feed(stream_id, frame, _at_ms(piece, packet, frame))
        if self._run is not None and (span := self._run.take(stream_id)):
            spans.append(span)
        return tuple(spans)

    def mark(self, sequence: int) -> SoundMark | None:
        """Where this voice stands after the segment; None before any sound."""
        run = self._run
        return (
            None if run is None else SoundMark(sequence=sequence, start_ms=run.start_ms, fed=run.fed, given=run.given)
        )

    def prime(self, piece: Piece, mark: SoundMark | None) -> None:
        """Hears a piece whose sound was given already, so that the next one goes on without a seam.

        With the mark that was made after it, the resampler stands at the same phase as before, too: the next samples
        are bit for bit those that an unbroken run would give.
        """
        if mark is None or mark.sequence != piece.segment.sequence:
            self.spans(piece)
            return
        frames = [frame for packet in piece.sounds for frame in self._decoded(packet)]
        frames = _last(frames, mark.fed)
        if not frames:
            return
        rate_hz = frames[-1].sample_rate
        common = gcd(rate_hz, SAMPLE_RATE_HZ)
        step, our_step = rate_hz // common, SAMPLE_RATE_HZ // common
        first = mark.fed - sum(frame.samples for frame in frames)
        late = -first % step
        self._begin(frames[-1], mark.start_ms)
        assert self._run is not None
        self._run.surplus = max(0, mark.given - (first + late) // step * our_step)
        for frame in frames:
            skipped = min(late, frame.samples)
            late -= skipped
            if skipped < frame.samples:
                self._resample(_without(frame, skipped))
        self._run.fed, self._run.given = mark.fed, mark.given

    def _decoded(self, packet: AnyPacket) -> list[AudioFrame]:
        try:
            return self._context.decode(packet)
        except (av.InvalidDataError, av.ArgumentError):
            return []

    def _feed(self, stream_id: str, frame: AudioFrame, at_ms: float) -> list[AudioSpan]:
        spans: list[AudioSpan] = []
        run = self._run
        if run is None or _shape(frame) != self._format or abs(at_ms - run.end_ms) > _DRIFT_MS:
            if run is not None and self._resampler is not None:
                run.add(_samples(self._resampler.resample(None)))
                spans += [span for span in (run.take(stream_id),) if span is not None]
            self._begin(frame, at_ms)
        self._resample(frame)
        return spans

    def _begin(self, frame: AudioFrame, at_ms: float) -> None:
        self._run = _Run(start_ms=at_ms, rate_hz=frame.sample_rate)
        self._format = _shape(frame)
        self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)

    def _resample(self, frame: AudioFrame) -> None:
        assert self._resampler is not None
        assert self._run is not None
        self._run.fed += frame.samples
        frame.pts = None
        self._run.add(_samples(self._resampler.resample(frame)))


def _at_ms(piece: Piece, packet: AnyPacket, frame: AudioFrame) -> float:
    return piece.place_ms(packet_ms(packet) if frame.time is None else frame.time * 1000)


def _shape(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name


def _last(frames: Sequence[AudioFrame], most: int) -> list[AudioFrame]:
    """The last frames that hold at most so many samples, all of one shape."""
    kept: list[AudioFrame] = []
    for frame in reversed(frames):
        most -= frame.samples
        if most < 0 or _shape(frame) != _shape(frames[-1]):
            break
        kept.insert(0, frame)
    return kept


def _without(frame: AudioFrame, skipped: int) -> AudioFrame:
    """The frame without its first samples."""
    if not skipped:
        return frame
    columns = skipped if frame.format.is_planar else skipped * frame.layout.nb_channels
    rest: Any = np.ascontiguousarray(frame.to_ndarray()[:, columns:])
    shorter = AudioFrame.from_ndarray(rest, format=frame.format.name, layout=frame.layout.name)
    shorter.sample_rate = frame.sample_rate
    return shorter


def _samples(frames: Sequence[AudioFrame]) -> list[Samples]:
    return [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]
