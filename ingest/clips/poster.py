"""A still of a clip at one moment, as JPEG."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ingest.decode.pictures import pixels_of
from ingest.errors import BrokenMedia
from ingest.media.container import DAMAGE, MAX_PIXELS, best_streams, open_media, reason


def poster_of(clip: Path, *, at_ms: int) -> bytes | None:
    """What the clip shows `at_ms` after its start, at its full size; None if it has no picture.

    Before the first picture that is the first, after the last the last. Places of words on screen hold on it as they
    are. Raises BrokenMedia.
    """
    try:
        with clip.open("rb") as file, open_media(file, clip.name) as container:
            video, _ = best_streams(container, clip.name)
            if video is None or video.codec_context.width * video.codec_context.height > MAX_PIXELS:
                return None
            video.codec_context.thread_count = 1
            video.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            container.seek(max(0, at_ms) * 1000)
            shown: VideoFrame | None = None
            for image in container.decode(video):
                if shown is not None and image.time is not None and image.time * 1000 > at_ms + 0.5:
                    break
                shown = image
            return None if shown is None else _jpeg(pixels_of(shown))
    except DAMAGE as error:
        raise BrokenMedia(clip.name, reason(error)) from error


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    height, width = pixels.shape[:2]
    width, height = (max(2, side // 2 * 2) for side in (width, height))
    image = VideoFrame.from_ndarray(pixels, format="bgr24").reformat(width=width, height=height, format="yuvj420p")
    encoder = av.VideoCodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": "3", "qmax": "3"}
    return b"".join(bytes(packet) for packet in [*encoder.encode(image), *encoder.encode(None)])
