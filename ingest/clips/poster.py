"""A still of a clip at one moment, as JPEG."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ingest.decode.pictures import pixels_of
from ingest.errors import BrokenMedia
from ingest.media.container import (
    DAMAGE,
    MAX_PIXELS,
    AnyPacket,
    ahead_ms,
    best_streams,
    demux_chosen,
    open_media,
    packet_ms,
    reason,
)


def poster_of(clip: Path, *, at_ms: int) -> bytes | None:
    """What the clip shows `at_ms` after its start, at its full size; None if it has no picture.

    Before the first picture that is the first, after the last the last. Places of words on screen hold on it as they
    are. Raises BrokenMedia.
    """
    try:
        with clip.open("rb") as file, open_media(file, clip.name, look=False) as container:
            video, _ = best_streams(container, clip.name)
            if video is None or video.codec_context.width * video.codec_context.height > MAX_PIXELS:
                return None
            video.codec_context.thread_count = 1
            video.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            container.seek(max(0, at_ms) * 1000)
            shown = _shown_at(container, video, at_ms)
            return None if shown is None else _jpeg(pixels_of(shown))
    except DAMAGE as error:
        raise BrokenMedia(clip.name, reason(error)) from error


def _shown_at(container: InputContainer, video: VideoStream, at_ms: int) -> VideoFrame | None:
    """The picture that stands at this moment; of those before it only what others refer to is decoded."""
    packets: list[AnyPacket] = []
    for packet in demux_chosen(container, [video]):
        if packet.size and packet.pts is not None:
            packets.append(packet)
            if packet_ms(packet) - ahead_ms(packet) > at_ms + 0.5:
                break
    times = {packet_ms(packet): packet.pts for packet in packets}
    before = [at for at in times if at <= at_ms + 0.5]
    wanted = times[max(before) if before else min(times)] if times else None
    shown: VideoFrame | None = None
    for image in _decoded(video.codec_context, packets, wanted):
        if shown is not None and image.pts is not None and wanted is not None and image.pts > wanted:
            break
        shown = image
    return shown


def _decoded(context: VideoCodecContext, packets: Sequence[AnyPacket], wanted: int | None) -> Iterator[VideoFrame]:
    for packet in packets:
        context.skip_frame = "NONREF" if packet.pts != wanted else "DEFAULT"
        yield from context.decode(cast("Packet[VideoStream]", packet))
    yield from context.decode(None)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    height, width = pixels.shape[:2]
    width, height = (max(2, side // 2 * 2) for side in (width, height))
    image = VideoFrame.from_ndarray(pixels, format="bgr24").reformat(width=width, height=height, format="yuvj420p")
    encoder = av.VideoCodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": "3", "qmax": "3"}
    return b"".join(bytes(packet) for packet in [*encoder.encode(image), *encoder.encode(None)])
