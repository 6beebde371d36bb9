"""What a child says, checked: it may have been taken over by the bytes that it reads."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingest.sandbox.protocol import Channel, ChannelBroken, Stretch
from ingest.types import (
    FAR_MS,
    MAX_DECODED_BYTES,
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_SAMPLES,
    MAX_SIDE_PX,
    MAX_SPANS,
    AudioSpan,
    DecodedSegment,
    Frame,
    Segment,
    Shed,
)

_Ms = Annotated[int, Field(ge=-FAR_MS, le=FAR_MS)]
_Side = Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
_STRICT = ConfigDict(strict=True, extra="forbid")
_SEGMENT = TypeAdapter(Segment)


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class SpanHeader:
    """One span of sound whose samples follow."""

    start_ms: _Ms
    samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES)]


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class FrameHeader:
    """One frame whose pixels follow."""

    at_ms: _Ms
    height_px: _Side
    width_px: _Side


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ShedHeader:
    """A stretch that was deliberately not looked at."""

    channel: Annotated[str, Field(max_length=20)]
    start_ms: _Ms
    end_ms: _Ms
    why: Annotated[str, Field(max_length=200)]


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Mark:
    """Where a decoder's sound stands, as `decode.audio.SoundMark` has it; the child that made it may ask it back."""

    sequence: int
    start_ms: Annotated[float, Field(ge=-FAR_MS, le=FAR_MS)]
    fed: Annotated[int, Field(ge=0, le=FAR_MS)]
    given: Annotated[int, Field(ge=0, le=FAR_MS)]


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Answer:
    """What a decoding child says of a request; `broken` set: why the media cannot be read, and nothing follows."""

    broken: Annotated[str, Field(max_length=2_000)] | None = None
    has_audio: bool = False
    has_video: bool = False
    audio: Annotated[list[SpanHeader], Field(max_length=MAX_SPANS)] = Field(default_factory=list)
    frames: Annotated[list[FrameHeader], Field(max_length=MAX_FRAMES)] = Field(default_factory=list)
    shed: Annotated[list[ShedHeader], Field(max_length=MAX_SPANS)] = Field(default_factory=list)
    mark: Mark | None = None


_ANSWER = TypeAdapter(Answer)


def checked_segment(row: object, *, stream_id: str, folder: Path, after: int) -> Segment:
    """The segment that a child told; ChannelBroken unless it is this stream's next and its file lies in the folder."""
    try:
        segment = _SEGMENT.validate_json(json.dumps(row), strict=True)
    except ValidationError as error:
        raise ChannelBroken("a segment that is none") from error
    name = segment.path.name
    named = (segment.stream_id, segment.sequence, segment.path.parent)
    if named != (stream_id, after + 1, folder) or name in ("", ".", "..") or abs(segment.end_ms) > FAR_MS:
        raise ChannelBroken("a segment out of place")
    return replace(segment, path=folder / name)


def read_answer(channel: Channel, deadline_s: float) -> Answer:
    """What the child says first."""
    try:
        return _ANSWER.validate_json(channel.line(deadline_s))
    except ValidationError as error:
        raise ChannelBroken("an answer that is none") from error


def read_decoded(
    channel: Channel, answer: Answer, segment: Segment, stretch: Stretch, deadline_s: float
) -> DecodedSegment:
    """The arrays that follow an answer; sound that is no number becomes silence."""
    wanted = 4 * sum(h.samples for h in answer.audio) + 3 * sum(h.height_px * h.width_px for h in answer.frames)
    if wanted > MAX_DECODED_BYTES or any(h.height_px * h.width_px > MAX_PIXELS for h in answer.frames):
        raise ChannelBroken("an answer beyond all limits")
    if not all(map(stretch.holds, [*(h.start_ms for h in answer.audio), *(h.at_ms for h in answer.frames)])):
        raise ChannelBroken("an answer astray")
    spans: list[AudioSpan] = []
    for header in answer.audio:
        samples: NDArray[np.float32] = np.empty(header.samples, np.float32)
        channel.fill(samples.data.cast("B"), deadline_s)
        if not np.isfinite(samples).all():
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        spans.append(AudioSpan(stream_id=segment.stream_id, start_ms=header.start_ms, samples=samples))
    frames: list[Frame] = []
    for shape in answer.frames:
        image: NDArray[np.uint8] = np.empty((shape.height_px, shape.width_px, 3), np.uint8)
        channel.fill(image.data.cast("B"), deadline_s)
        frames.append(Frame(stream_id=segment.stream_id, at_ms=shape.at_ms, image=image))
    shed = tuple(Shed(stream_id=segment.stream_id, **asdict(stretch)) for stretch in answer.shed)
    return DecodedSegment(segment=segment, audio=tuple(spans), frames=tuple(frames), shed=shed)
