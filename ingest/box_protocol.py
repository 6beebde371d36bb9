"""What a child and its parent say to each other: a line of JSON, then raw arrays; a child's words are checked."""

import json
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingest.limits import MAX_DECODED_BYTES, MAX_FRAMES, MAX_PIXELS, MAX_SAMPLES, MAX_SIDE_PX, MAX_SPANS
from ingest.types import AudioSpan, DecodedSegment, Frame, Segment, Shed

MAX_LINE_BYTES = 1 << 18
MAX_FILES = 64
LATE = "no answer in time"
ENDED = "it ended"
_FAR_MS = 1 << 53

_Ms = Annotated[int, Field(ge=-_FAR_MS, le=_FAR_MS)]
_Side = Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
_STRICT = ConfigDict(strict=True, extra="forbid")
_SEGMENT = TypeAdapter(Segment)


class ChannelBroken(Exception):
    """The other side is gone, late, or says what it must not; never leaves this folder."""


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
    """Where a decoder's sound stands, as `ingest.sound.SoundMark` has it; the child that made it may ask it back."""

    sequence: int
    start_ms: Annotated[float, Field(ge=-_FAR_MS, le=_FAR_MS)]
    fed: Annotated[int, Field(ge=0, le=_FAR_MS)]
    given: Annotated[int, Field(ge=0, le=_FAR_MS)]


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Answer:
    """What a decoding child says of a request; `broken` set: why the media cannot be read, and nothing follows."""

    broken: Annotated[str, Field(max_length=2_000)] | None = None
    has_audio: bool = False
    has_video: bool = False
    audio: Annotated[list[SpanHeader], Field(max_length=MAX_SPANS)] = Field(default_factory=list)
    frames: Annotated[list[FrameHeader], Field(max_length=MAX_FRAMES)] = Field(default_factory=list)
    shed: Annotated[list[ShedHeader], Field(max_length=MAX_FRAMES)] = Field(default_factory=list)
    mark: Mark | None = None


_ANSWER = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class Channel:
    """One side of a stream socket, with deadlines."""

    socket: socket.socket

    def send(self, parts: list[bytes | memoryview], deadline_s: float, files: list[int] | None = None) -> None:
        """Sends all parts; open files travel with the first, which must be short."""
        try:
            self.socket.settimeout(_left(deadline_s))
            if files:
                sent = socket.send_fds(self.socket, [parts[0]], files)
                self.socket.sendall(parts[0][sent:])
                parts = parts[1:]
            for part in parts:
                self.socket.settimeout(_left(deadline_s))
                self.socket.sendall(part)
        except OSError as error:
            raise ChannelBroken(error.strerror or LATE) from error

    def line(self, deadline_s: float) -> bytes:
        """The next line; an answer's arrays are only asked for after it, so it is read byte by byte at its end."""
        line = bytearray()
        while True:
            seen = self._receive(MAX_LINE_BYTES, deadline_s, socket.MSG_PEEK)
            end = seen.find(b"\n") + 1
            line += self._receive(end or len(seen), deadline_s, 0)
            if end:
                return bytes(line)
            if len(line) > MAX_LINE_BYTES:
                raise ChannelBroken("a line without end")

    def fill(self, target: memoryview, deadline_s: float) -> None:
        """Fills the buffer."""
        done = 0
        while done < len(target):
            try:
                self.socket.settimeout(_left(deadline_s))
                got = self.socket.recv_into(target[done:])
            except OSError as error:
                raise ChannelBroken(error.strerror or LATE) from error
            if not got:
                raise ChannelBroken(ENDED)
            done += got

    def _receive(self, most: int, deadline_s: float, flags: int) -> bytes:
        try:
            self.socket.settimeout(_left(deadline_s))
            got = self.socket.recv(most, flags)
        except OSError as error:
            raise ChannelBroken(error.strerror or LATE) from error
        if not got:
            raise ChannelBroken(ENDED)
        return got


def _left(deadline_s: float) -> float:
    left = deadline_s - time.monotonic()
    if left <= 0:
        raise TimeoutError(None, LATE)
    return left


def to_line(message: object) -> bytes:
    """The message as one line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def segment_row(segment: Segment) -> dict[str, Any]:
    """The segment as JSON has it."""
    return asdict(segment) | {"path": str(segment.path)}


def trusted_segment(row: dict[str, Any]) -> Segment:
    """The segment that a parent told."""
    return Segment(**(row | {"path": Path(row["path"])}))


def checked_segment(row: object, *, stream_id: str, folder: Path, after: int) -> Segment:
    """The segment that a child told; ChannelBroken unless it is this stream's next and its file lies in the folder."""
    try:
        segment = _SEGMENT.validate_json(json.dumps(row), strict=True)
    except ValidationError as error:
        raise ChannelBroken("a segment that is none") from error
    name = segment.path.name
    told = (segment.stream_id, segment.sequence, segment.path.parent)
    if told != (stream_id, after + 1, folder) or name in ("", ".", "..") or abs(segment.end_ms) > _FAR_MS:
        raise ChannelBroken("a segment out of place")
    return replace(segment, path=folder / name)


def answer_parts(audio: Sequence[AudioSpan], frames: Sequence[Frame], **told: object) -> list[bytes | memoryview]:
    """The answer to send; frames beyond the limits are left out, the last first, and too much sound is refused."""
    kept = [frame for frame in frames if max(frame.image.shape) <= MAX_SIDE_PX][:MAX_FRAMES]
    audio_bytes = sum(span.samples.nbytes for span in audio)
    if audio_bytes > 4 * MAX_SAMPLES or len(audio) > MAX_SPANS:
        return [to_line({"broken": "more sound than a segment can hold"})]
    while kept and audio_bytes + sum(frame.image.nbytes for frame in kept) > MAX_DECODED_BYTES:
        kept.pop()
    answer = told | {
        "audio": [{"start_ms": span.start_ms, "samples": len(span.samples)} for span in audio],
        "frames": [{"at_ms": f.at_ms, "height_px": f.image.shape[0], "width_px": f.image.shape[1]} for f in kept],
    }
    arrays: list[NDArray[Any]] = [*(span.samples for span in audio), *(frame.image for frame in kept)]
    return [to_line(answer), *(np.ascontiguousarray(array).data.cast("B") for array in arrays)]


def read_answer(channel: Channel, deadline_s: float) -> Answer:
    """What the child says first."""
    try:
        return _ANSWER.validate_json(channel.line(deadline_s))
    except ValidationError as error:
        raise ChannelBroken("an answer that is none") from error


def read_decoded(channel: Channel, answer: Answer, segment: Segment, deadline_s: float) -> DecodedSegment:
    """The arrays that follow an answer; sound that is no number becomes silence."""
    wanted = 4 * sum(h.samples for h in answer.audio) + 3 * sum(h.height_px * h.width_px for h in answer.frames)
    if wanted > MAX_DECODED_BYTES or any(h.height_px * h.width_px > MAX_PIXELS for h in answer.frames):
        raise ChannelBroken("an answer beyond all limits")
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
