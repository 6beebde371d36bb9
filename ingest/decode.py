"""Recorded segments become speech-rate audio and key frames, placed on the stream clock by their own timestamps."""

import io
from dataclasses import dataclass, field

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import Flags2
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ingest.errors import BrokenMedia, UnsupportedSource
from ingest.media import (
    DAMAGE,
    MAX_PIXELS,
    AnyPacket,
    best_streams,
    chosen,
    open_media,
    packet_ms,
    read_packets,
    reason,
)
from ingest.types import SAMPLE_RATE_HZ, AudioSpan, DecodedSegment, Frame, Segment

_SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000
# Publishers' timestamps tremble by less than this; beyond it sound is missing or doubled.
_DRIFT_MS = 40.0
_FRAME_GAP_MS = 500.0


class SegmentDecoder:
    """Decodes one stream's segments in order; any order is right, but a jump costs the first 20 ms of sound.

    One audio decoder serves a whole epoch, because a fresh one gets its first block wrong.
    """

    def __init__(self) -> None:
        self._voice: _Voice | None = None
        self._before: Segment | None = None
        self._has_audio = False
        self._has_video = False

    @property
    def has_audio(self) -> bool:
        """Whether any segment so far carried sound."""
        return self._has_audio

    @property
    def has_video(self) -> bool:
        """Whether any segment so far carried a picture."""
        return self._has_video

    def decode(self, segment: Segment) -> DecodedSegment:
        """The segment's sound and key frames; BrokenMedia if nothing in it can be decoded."""
        if not self._follows(segment):
            self._voice = None
        self._before = segment
        source = str(segment.path)
        try:
            content = segment.path.read_bytes()
        except OSError as error:
            raise BrokenMedia(source, error.strerror or "unreadable", sequence=segment.sequence) from error
        try:
            return self._decode(segment, content)
        except (BrokenMedia, UnsupportedSource, *DAMAGE) as error:
            self._voice = None
            raise BrokenMedia(source, reason(error), sequence=segment.sequence) from error

    def _follows(self, segment: Segment) -> bool:
        before = self._before
        return (
            before is not None
            and before.stream_id == segment.stream_id
            and before.epoch == segment.epoch
            and before.sequence + 1 == segment.sequence
        )

    def _decode(self, segment: Segment, content: bytes) -> DecodedSegment:
        container = open_media(io.BytesIO(content), str(segment.path))
        video, audio = best_streams(container, str(segment.path))
        packets = read_packets(container, chosen(video, audio), str(segment.path))
        sound = [packet for packet in packets if packet.stream.type == "audio"]
        picture = [packet for packet in packets if packet.stream.type == "video"]
        self._has_audio = self._has_audio or bool(sound)
        self._has_video = self._has_video or bool(picture)
        spans: tuple[AudioSpan, ...] = ()
        if sound and audio is not None:
            if self._voice is None or self._voice.key != _voice_key(audio):
                self._voice = _Voice(container, audio)
            spans = self._voice.spans(segment, sound)
        frames = _key_frames(segment, video, picture) if picture and video is not None else ()
        if not spans and not frames and (sound or any(packet.is_keyframe for packet in picture)):
            raise BrokenMedia(str(segment.path), "nothing in it decodes", sequence=segment.sequence)
        return DecodedSegment(segment=segment, audio=spans, frames=frames)


def _stream_ms(segment: Segment, source_ms: float) -> float:
    return segment.start_ms + source_ms - segment.source_start_ms


def _key_frames(segment: Segment, video: VideoStream, packets: list[AnyPacket]) -> tuple[Frame, ...]:
    """Decodes key packets alone, each to its end: a key frame needs no other, and none is held back."""
    context = video.codec_context
    if context.width * context.height > MAX_PIXELS:
        return ()
    context.thread_count = 1
    context.skip_frame = "NONKEY"
    context.options = {"max_pixels": str(MAX_PIXELS)}
    frames: list[Frame] = []
    next_ms = -float("inf")
    for packet in packets:
        if not packet.is_keyframe or packet_ms(packet) < next_ms:
            continue
        next_ms = packet_ms(packet) + _FRAME_GAP_MS
        for image in _decoded_images(video, packet):
            at_ms = _stream_ms(segment, packet_ms(packet))
            pixels = image.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
            frames.append(Frame(stream_id=segment.stream_id, at_ms=round(at_ms), image=pixels))
    return tuple(frames)


def _decoded_images(video: VideoStream, packet: AnyPacket) -> list[VideoFrame]:
    context = video.codec_context
    try:
        return [*context.decode(packet), *context.decode(None)][:1]
    except (av.InvalidDataError, av.ArgumentError):
        return []
    finally:
        context.flush_buffers()


def _voice_key(audio: AudioStream) -> tuple[str, int, str, bytes | None]:
    context = audio.codec_context
    return context.name, context.sample_rate, context.layout.name, context.extradata


@dataclass(slots=True)
class _Run:
    """Contiguous sound: where it began, and how much of it has been given."""

    start_ms: float
    given: int = 0
    fed_ms: float = 0.0
    blocks: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.fed_ms

    def take(self, stream_id: str) -> AudioSpan | None:
        if not self.blocks:
            return None
        samples = np.concatenate(self.blocks)
        start_ms = round(self.start_ms + self.given / _SAMPLES_PER_MS)
        self.given += len(samples)
        self.blocks.clear()
        return AudioSpan(stream_id=stream_id, start_ms=start_ms, samples=samples) if len(samples) else None


class _Voice:
    """The audio decoder and resampler of one epoch."""

    def __init__(self, container: InputContainer, audio: AudioStream) -> None:
        # The decoder belongs to the first segment's container, which must stay open with it.
        self._container = container
        self._context: AudioCodecContext = audio.codec_context
        self._context.thread_count = 1
        # Matroska marks the codec's delay in every file; only the stream's first one is real.
        self._context.flags2 |= Flags2.skip_manual
        self.key = _voice_key(audio)
        self._resampler: AudioResampler | None = None
        self._format: tuple[int, str, str] | None = None
        self._run: _Run | None = None

    def spans(self, segment: Segment, packets: list[AnyPacket]) -> tuple[AudioSpan, ...]:
        """The sound of these packets; a span ends where the timestamps leave what was counted by samples."""
        spans: list[AudioSpan] = []
        for packet in packets:
            for frame in self._decoded(packet):
                source_ms = packet_ms(packet) if frame.time is None else frame.time * 1000
                spans += self._feed(segment.stream_id, frame, _stream_ms(segment, source_ms))
        if self._run is not None and (span := self._run.take(segment.stream_id)):
            spans.append(span)
        return tuple(spans)

    def _decoded(self, packet: AnyPacket) -> list[AudioFrame]:
        try:
            return self._context.decode(packet)
        except (av.InvalidDataError, av.ArgumentError):
            return []

    def _feed(self, stream_id: str, frame: AudioFrame, at_ms: float) -> list[AudioSpan]:
        spans: list[AudioSpan] = []
        shape = (frame.sample_rate, frame.layout.name, frame.format.name)
        run = self._run
        if run is None or shape != self._format or abs(at_ms - run.end_ms) > _DRIFT_MS:
            if run is not None and self._resampler is not None:
                run.blocks += _samples(self._resampler.resample(None))
                spans += [span for span in (run.take(stream_id),) if span is not None]
            run = self._run = _Run(start_ms=at_ms)
            self._format = shape
            self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        assert self._resampler is not None
        run.fed_ms += frame.samples * 1000 / frame.sample_rate
        frame.pts = None
        run.blocks += _samples(self._resampler.resample(frame))
        return spans


def _samples(frames: list[AudioFrame]) -> list[NDArray[np.float32]]:
    return [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]
