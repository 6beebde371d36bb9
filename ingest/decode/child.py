"""Decodes segments for a parent: each request brings the open files, so this process needs no folder and no network."""

import json
import os
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.decode.audio import SoundMark
from ingest.decode.decoder import Dense, SegmentDecoder, frames_between
from ingest.decode.shedding import Effort
from ingest.errors import BrokenMedia
from ingest.sandbox.child import enter_sandbox, leave_alone_what_is_there
from ingest.sandbox.protocol import MAX_FILES, Channel, ChannelBroken, Stretch, to_line, trusted_segment
from ingest.types import (
    FAR_MS,
    MAX_DECODED_BYTES,
    MAX_FRAMES,
    MAX_SAMPLES,
    MAX_SIDE_PX,
    MAX_SPANS,
    AudioSpan,
    Frame,
    Segment,
)

_MAX_REQUEST_BYTES = 1 << 18
_ANSWER_S = 600.0
# Dense decoding looks back to the last key frame, so far at most.
_HELD_FILES = 8

Parts = list[bytes | memoryview]


@dataclass(slots=True)
class _Stream:
    """A stream's decoder, and its last segments' files, which the decoder may read again."""

    decoder: SegmentDecoder = field(default_factory=SegmentDecoder)
    files: deque[int] = field(default_factory=deque)

    def hold(self, file: int) -> None:
        self.files.append(file)
        if len(self.files) > _HELD_FILES:
            os.close(self.files.popleft())


def main() -> None:
    """Serves requests until the parent closes the channel."""
    renew, collect = enter_sandbox(), leave_alone_what_is_there()
    channel = Channel(socket.socket(fileno=0))
    streams: dict[str, _Stream] = {}
    while True:
        channel.socket.settimeout(None)
        line, files, _, _ = socket.recv_fds(channel.socket, _MAX_REQUEST_BYTES, MAX_FILES)
        if not line:
            return
        while not line.endswith(b"\n"):
            line += channel.line(time.monotonic() + _ANSWER_S)
        renew()
        try:
            channel.send(_answer(json.loads(line), files, streams), time.monotonic() + _ANSWER_S)
        except ChannelBroken:
            return
        collect()


def _answer(request: dict[str, Any], files: Sequence[int], streams: dict[str, _Stream]) -> Parts:
    try:
        if request["ask"] == "decode":
            return _decode(request, files, streams)
        if request["ask"] == "frames":
            return _frames(request, files)
        _forget(request, streams)
    except BrokenMedia as error:
        return [to_line({"broken": error.why[:2_000]})]
    return [to_line({})]


def _decode(request: dict[str, Any], files: Sequence[int], streams: dict[str, _Stream]) -> Parts:
    segment = trusted_segment(request["segment"])
    stream = streams.setdefault(segment.stream_id, _Stream())
    decoder = stream.decoder
    for file in reversed(files):
        stream.hold(file)
    if request["before"] is not None:
        mark = SoundMark(**request["mark"]) if request["mark"] is not None else None
        decoder.resume(_at(trusted_segment(request["before"]), files[1]), mark)
    decoded = decoder.decode(
        _at(segment, files[0]),
        effort=Effort(request["effort"]),
        every_ms=request["every_ms"],
        dense=Dense(**request["dense"]) if request["dense"] is not None else None,
    )
    return _answer_parts(
        decoded.audio,
        decoded.frames,
        Stretch.around([segment]),
        has_audio=decoder.has_audio,
        has_video=decoder.has_video,
        shed=[{name: value for name, value in asdict(s).items() if name != "stream_id"} for s in decoded.shed],
        mark=asdict(mark) if (mark := decoder.mark) is not None and abs(mark.start_ms) < FAR_MS else None,
    )


def _frames(request: dict[str, Any], files: Sequence[int]) -> Parts:
    segments = [_at(trusted_segment(row), file) for row, file in zip(request["segments"], files, strict=True)]
    try:
        frames = frames_between(
            segments, start_ms=request["start_ms"], end_ms=request["end_ms"], every_ms=request["every_ms"]
        )
    finally:
        for file in files:
            os.close(file)
    return _answer_parts((), frames, Stretch.around(segments))


def _answer_parts(
    audio: Sequence[AudioSpan], frames: Sequence[Frame], stretch: Stretch, **fields: object
) -> list[bytes | memoryview]:
    """The answer to send: what lies astray is left out, so are frames beyond the limits; too much sound is refused."""
    kept = [f for f in frames if max(f.image.shape) <= MAX_SIDE_PX and stretch.holds(f.at_ms)][:MAX_FRAMES]
    audio = [span for span in audio if len(span.samples) and stretch.holds(span.start_ms)]
    audio_bytes = sum(span.samples.nbytes for span in audio)
    if audio_bytes > 4 * MAX_SAMPLES or len(audio) > MAX_SPANS:
        return [to_line({"broken": "more sound than a segment can hold"})]
    while kept and audio_bytes + sum(frame.image.nbytes for frame in kept) > MAX_DECODED_BYTES:
        kept.pop()
    answer = fields | {
        "audio": [{"start_ms": span.start_ms, "samples": len(span.samples)} for span in audio],
        "frames": [{"at_ms": f.at_ms, "height_px": f.image.shape[0], "width_px": f.image.shape[1]} for f in kept],
    }
    arrays: list[NDArray[Any]] = [*(span.samples for span in audio), *(frame.image for frame in kept)]
    return [to_line(answer), *(np.ascontiguousarray(array).data.cast("B") for array in arrays)]


def _forget(request: dict[str, Any], streams: dict[str, _Stream]) -> None:
    stream = streams.pop(request["stream_id"], None)
    for file in stream.files if stream is not None else ():
        os.close(file)


def _at(segment: Segment, file: int) -> Segment:
    return replace(segment, path=Path(f"/proc/self/fd/{file}"))


if __name__ == "__main__":
    main()
