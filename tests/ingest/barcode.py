"""A broadcast that tells its own time: every picture shows its number as bars, and the sound is nowhere like itself."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

_BITS = 14
# One white and one black mark, the bits, white and black again: what is read must have all of it.
_CELLS = _BITS + 4
SOUND_RATE_HZ = 44_100

Pixels = NDArray[np.uint8]
Samples = NDArray[np.float32]


def draw(number: int, width: int = 320, height: int = 180) -> Pixels:
    """The picture of this number, RGB: bars in the upper third, the same bars inverted under them, movement below."""
    bits = [number >> (_BITS - 1 - place) & 1 for place in range(_BITS)]
    cells = np.array([1, 0, *bits, 1, 0])
    bars = cells[np.arange(width) * _CELLS // width]
    third = height // 3
    picture = np.empty((height, width), np.uint8)
    picture[:third] = 40 + 175 * bars
    picture[third : 2 * third] = 40 + 175 * (1 - bars)
    rows, columns = np.mgrid[2 * third : height, :width]
    picture[2 * third :] = 128 + 60 * np.sin((columns + 5 * number) / 17) * np.cos((rows - 3 * number) / 11)
    return np.repeat(picture[..., None], 3, axis=2)


def read(image: Pixels) -> int | None:
    """The number that a picture shows, at any size; None unless all marks and the inverted bars agree."""
    grey = image.mean(axis=2)
    height, width = grey.shape
    middles = (np.arange(_CELLS) * 2 + 1) * width // (2 * _CELLS)
    reach = max(1, width // (6 * _CELLS))
    upper, lower = (
        np.array([grey[row - height // 20 : row + height // 20 + 1, x - reach : x + reach + 1].mean() for x in middles])
        for row in (height // 6, height // 2)
    )
    cells = upper > lower
    if np.abs(upper - lower).min() < 60 or [*cells[:2], *cells[-2:]] != [True, False, True, False]:
        return None
    return int("".join("1" if bit else "0" for bit in cells[2:-2]), 2)


def sound(seconds: float, rate_hz: int = SOUND_RATE_HZ) -> Samples:
    """Noise below 3 kHz, always the same: correlation finds any part of it to the sample."""
    white = np.random.default_rng(20).standard_normal(round(seconds * rate_hz))
    spectrum = np.fft.rfft(white)
    spectrum[np.fft.rfftfreq(len(white), 1 / rate_hz) > 3000] = 0
    shaped = np.fft.irfft(spectrum, len(white))
    return (0.25 * shaped / np.abs(shaped).max()).astype(np.float32)


def make_broadcast(
    path: Path,
    *,
    seconds: float,
    rate: int = 30,
    gop: int = 30,
    size: tuple[int, int] = (320, 180),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    sound_codec: str | None = "aac",
    sound_rate_hz: int = SOUND_RATE_HZ,
) -> Path:
    """Encodes picture n to show n at n / rate seconds, and the sound beside it; the suffix tells the container."""
    quick = {"preset": "ultrafast", "bf": "2", "x264-params": "scenecut=0"} if codec == "libx264" else {}
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, rate=rate, options=quick | (options or {}))
        video.width, video.height = size
        video.pix_fmt = pixels
        video.codec_context.gop_size = gop
        video.codec_context.thread_count = 1
        heard = sound(seconds, sound_rate_hz)
        # Noise substitution draws from a state that no decoder of a later part can know.
        exact = {"aac_pns": "0"} if sound_codec == "aac" else {}
        audio = (
            output.add_stream(sound_codec, rate=sound_rate_hz, layout="mono", options=exact) if sound_codec else None
        )
        fed = 0
        for number in range(round(seconds * rate)):
            image = av.VideoFrame.from_ndarray(draw(number, *size), format="rgb24").reformat(format=pixels)
            image.pts, image.time_base = number, Fraction(1, rate)
            output.mux(video.encode(image))
            until = round((number + 1) * sound_rate_hz / rate)
            if audio is not None:
                block = av.AudioFrame.from_ndarray(heard[None, fed:until], format="fltp", layout="mono")
                block.sample_rate, block.pts, block.time_base = sound_rate_hz, fed, Fraction(1, sound_rate_hz)
                output.mux(audio.encode(block))
                fed = until
        output.mux(video.encode(None))
        if audio is not None:
            output.mux(audio.encode(None))
    return path


def numbers_in(path: Path) -> list[int | None]:
    """What every picture of a media file shows, in order."""
    with av.open(str(path)) as container:
        return [read(image.to_ndarray(format="rgb24")) for image in container.decode(video=0)]
