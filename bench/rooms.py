"""Composes live rooms whose every text is known: words, box, from when to when; plays them through H.264."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cli.broadcast.errors import FontMissingError
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import Frame
from vision.types import Box

Image3 = NDArray[np.uint8]
Colour = tuple[int, int, int]
Look = Literal["caption", "outlined", "card", "sticker", "vertical", "rotated", "comment", "chrome", "pack"]
Ground = Literal["plain", "texture", "pan", "clutter"]
FPS = 25
BIT_RATE_KBPS = 740

# Families whose shapes differ: sans, serif, another sans, brush, slanted display. File name and face in a collection.
FONTS: dict[str, tuple[str, int]] = {
    "noto-sans": ("NotoSansCJK-Bold.ttc", 2),
    "noto-serif": ("NotoSerifCJK-Bold.ttc", 2),
    "zen-hei": ("wqy-zenhei.ttc", 0),
    "kai": ("ukai.ttc", 0),
    "smiley": ("SmileySans-Oblique.ttf", 0),
}
_DEBIAN = "fonts-noto-cjk fonts-wqy-zenhei fonts-arphic-ukai fonts-smiley-sans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line of text in a room; it stands in `[from_ms, to_ms)` with its middle at `x`, `y` (pixels).

    `blink_ms` hides it in every second span of that length; `rise_px_s` moves it upwards; `sway_px` to and fro.
    `paint` is the colours (RGB) of letters and outline where they are not the look's own.
    """

    words: str
    x: float
    y: float
    size_px: int
    from_ms: int
    to_ms: int
    look: Look = "caption"
    font: str = "noto-sans"
    angle: float = 0.0
    blink_ms: int = 0
    rise_px_s: float = 0.0
    sway_px: float = 0.0
    paint: tuple[Colour, Colour] | None = None

    def stands(self, at_ms: float) -> bool:
        """Whether it is on screen at this moment."""
        if not self.from_ms <= at_ms < self.to_ms:
            return False
        return not self.blink_ms or int((at_ms - self.from_ms) // self.blink_ms) % 2 == 0

    def middle(self, at_ms: float) -> tuple[float, float]:
        """Where its middle is at this moment."""
        passed_s = (at_ms - self.from_ms) / 1000
        return self.x + self.sway_px * float(np.sin(passed_s * 2.1)), self.y - self.rise_px_s * passed_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room as a camera sees it; `seen_width` below `width` is a picture that was enlarged by whoever sent it."""

    name: str
    width: int
    height: int
    duration_ms: int
    texts: tuple[Shown, ...]
    ground: Ground = "texture"
    seed: int = 1
    blur_px: int = 0
    seen_width: int = 0
    key_every_ms: int = 1000
    kbps: int = BIT_RATE_KBPS
    tags: frozenset[str] = field(default_factory=frozenset)

    def box_of(self, text: Shown, at_ms: float) -> Box:
        """Where the text stands in the picture."""
        height, width = _sprite(text).shape[:2]
        x, y = text.middle(at_ms)
        return Box(
            left=round(x - width / 2),
            top=round(y - height / 2),
            right=round(x + width / 2),
            bottom=round(y + height / 2),
        )


@cache
def font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The font of this family; FontMissingError names the packages that bring them."""
    file, index = FONTS[name]
    try:
        return ImageFont.truetype(file, size_px, index=index)
    except OSError as error:
        raise FontMissingError(f"font {file} was not found: install {_DEBIAN} (Debian: apt install)") from error


_INK = {
    "caption": ((255, 255, 255), (20, 20, 20), None),
    "outlined": ((255, 230, 40), (200, 20, 40), None),
    "card": ((30, 30, 30), None, (250, 246, 238, 255)),
    "sticker": ((255, 255, 255), None, (225, 40, 60, 255)),
    "vertical": ((255, 255, 255), (120, 10, 30), None),
    "rotated": ((255, 255, 255), (20, 40, 120), None),
    "comment": ((255, 255, 255), None, (0, 0, 0, 96)),
    "chrome": ((255, 255, 255), None, (0, 0, 0, 70)),
    "pack": ((40, 60, 50), None, (236, 232, 214, 255)),
}


@cache
def _sprite(text: Shown) -> Image3:
    """The text drawn on nothing: RGBA."""
    ink, outline, ground = _INK[text.look] if text.paint is None else (*text.paint, None)
    face = font(text.font, text.size_px)
    stroke = max(1, text.size_px // (8 if text.look == "outlined" else 12)) if outline else 0
    words = "\n".join(text.words) if text.look == "vertical" else text.words
    left, top, right, bottom = ImageDraw.Draw(Image.new("RGBA", (8, 8))).multiline_textbbox(
        (0, 0), words, font=face, stroke_width=stroke, spacing=text.size_px // 8
    )
    pad = max(4, text.size_px // 4)
    size = (round(right - left) + 2 * pad, round(bottom - top) + 2 * pad)
    picture = Image.new("RGBA", size, ground or (*ink, 0))
    ImageDraw.Draw(picture).multiline_text(
        (pad - left, pad - top),
        words,
        ink,
        font=face,
        stroke_width=stroke,
        stroke_fill=outline,
        spacing=text.size_px // 8,
    )
    if text.angle:
        picture = picture.rotate(text.angle, resample=Image.Resampling.BICUBIC, expand=True)
    return np.asarray(picture)


@cache
def _scenery(width: int, height: int, ground: Ground, seed: int) -> Image3:
    """A backdrop larger than the picture by a quarter, so that a camera can move over it."""
    rng = np.random.default_rng(seed)
    wide, high = width * 5 // 4, height * 5 // 4
    if ground == "plain":
        return np.full((high, wide, 3), rng.integers(40, 160, 3), np.uint8)
    layers = np.zeros((high, wide, 3), np.float32)
    for grain, strength in ((6, 40), (24, 22), (96, 12), (300, 6)):
        shape = (max(2, high * grain // wide), grain, 3)
        # Light varies more than colour does.
        noise = rng.normal(0, strength, (*shape[:2], 1)) + rng.normal(0, strength / 3, shape)
        layers += cv2.resize(noise.astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(layers + 110, 0, 255).astype(np.uint8)
    for _ in range(60 if ground == "clutter" else 14):
        _draw_thing(picture, rng)
    return picture


def _draw_thing(picture: Image3, rng: np.random.Generator) -> None:
    """A shelf, a box, a lattice, leaves: what stands about in a room and has edges but no words."""
    high, wide = picture.shape[:2]
    x, y = int(rng.integers(0, wide)), int(rng.integers(0, high))
    w, h = (int(value) for value in rng.integers(wide // 24, wide // 5, 2))
    colour = [int(value) for value in rng.integers(20, 240, 3)]
    kind = int(rng.integers(0, 5))
    if kind == 0:
        cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1)
    elif kind == 1:
        for step in range(0, w, max(6, w // 9)):
            cv2.line(picture, (x + step, y), (x + step, y + h), colour, 3, cv2.LINE_AA)
    elif kind == 2:
        for step in range(0, max(w, h), max(8, w // 7)):
            cv2.line(picture, (x + step, y), (x + step, y + h), colour, 2, cv2.LINE_AA)
            cv2.line(picture, (x, y + step), (x + w, y + step), colour, 2, cv2.LINE_AA)
    elif kind == 3:
        cv2.ellipse(picture, (x, y), (w // 2, h // 2), float(rng.integers(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    else:
        for _ in range(24):
            at = (x + int(rng.integers(0, w)), y + int(rng.integers(0, h)))
            cv2.ellipse(picture, at, (9, 3), float(rng.integers(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)


def compose(room: Room, at_ms: float) -> Image3:
    """The picture at this moment, before any compression: BGR."""
    scenery = _scenery(room.width, room.height, room.ground, room.seed)
    free_y, free_x = scenery.shape[0] - room.height, scenery.shape[1] - room.width
    across, down = 0.5, 0.5
    if room.ground in ("pan", "clutter"):
        across = 0.5 + 0.5 * float(np.sin(at_ms / 2300))
        down = 0.5 + 0.45 * float(np.sin(at_ms / 3100))
    elif room.ground == "texture":
        across = 0.5 + 0.08 * float(np.sin(at_ms / 900))
    left, top = round(free_x * across), round(free_y * down)
    picture = scenery[top : top + room.height, left : left + room.width].copy()
    if room.ground != "plain":
        _draw_host(picture, at_ms)
    for text in room.texts:
        if text.stands(at_ms):
            _paste(picture, _sprite(text), text.middle(at_ms))
    if room.blur_px:
        smear = np.full((1, room.blur_px), 1 / room.blur_px, np.float32)
        picture = np.asarray(cv2.filter2D(picture, -1, smear), dtype=np.uint8)
    if room.seen_width:
        seen = (room.seen_width, round(room.height * room.seen_width / room.width))
        small = cv2.resize(picture, seen, interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (room.width, room.height), interpolation=cv2.INTER_CUBIC)
        picture = np.asarray(large, dtype=np.uint8)
    return picture


def _draw_host(picture: Image3, at_ms: float) -> None:
    high, wide = picture.shape[:2]
    x = round(wide * (0.5 + 0.05 * float(np.sin(at_ms / 700))))
    y, r = round(high * 0.42), round(min(high, wide) * 0.13)
    cv2.ellipse(picture, (x, y + 3 * r), (2 * r, 2 * r), 0, 180, 360, (150, 90, 60), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y), (r, round(r * 1.3)), 0, 0, 360, (150, 180, 225), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y - r // 2), (r, r), 0, 180, 360, (30, 30, 40), -1, cv2.LINE_AA)
    lips = max(2, round(r * 0.2 * abs(float(np.sin(at_ms / 130)))))
    cv2.ellipse(picture, (x, y + r // 2), (r // 3, lips), 0, 0, 360, (70, 60, 170), -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(picture, (x + side * r // 2, y - r // 8), max(2, r // 9), (40, 40, 40), -1, cv2.LINE_AA)


def _paste(picture: Image3, sprite: Image3, middle: tuple[float, float]) -> None:
    high, wide = sprite.shape[:2]
    left, top = round(middle[0] - wide / 2), round(middle[1] - high / 2)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(picture.shape[1], left + wide), min(picture.shape[0], top + high)
    if x0 >= x1 or y0 >= y1:
        return
    piece = sprite[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    cover = piece[:, :, 3:] / 255
    under = picture[y0:y1, x0:x1].astype(np.float32)
    picture[y0:y1, x0:x1] = (piece[:, :, 2::-1] * cover + under * (1 - cover)).astype(np.uint8)


def film(room: Room, path: Path, *, fps: int = FPS) -> None:
    """Writes the room as H.264 at its bit rate, one key frame every `key_every_ms`."""
    gop = str(round(room.key_every_ms * fps / 1000))
    size = f"{room.width}x{room.height}"
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", size, "-r", str(fps), "-i", "-"]
    rate = f"{room.kbps}k"
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", rate, "-maxrate", rate, "-bufsize", f"{2 * room.kbps}k"]
    shape = ["-pix_fmt", "yuv420p", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-threads", "1"]
    command = [str(find_ffmpeg()), "-loglevel", "error", "-y", *source, *coding, *shape, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for index in range(room.duration_ms * fps // 1000):
            encoder.stdin.write(compose(room, index * 1000 / fps).tobytes())
        encoder.stdin.close()
    if encoder.returncode:
        raise OSError(f"ffmpeg could not write {path.name} (status {encoder.returncode}): read its message above")


def key_frames(path: Path, stream_id: str) -> list[Frame]:
    """The key frames of a film with their times."""
    return list(_pictures(path, stream_id, only_keys=True))


def frames_between(path: Path, stream_id: str, start_ms: int, end_ms: int, step_ms: int) -> Sequence[Frame]:
    """Frames strictly between two moments, at least a step from each other and from the first moment."""
    found: list[Frame] = []
    next_ms = start_ms + step_ms
    for frame in _pictures(path, stream_id, only_keys=False):
        if next_ms <= frame.at_ms < end_ms:
            found.append(frame)
            next_ms = frame.at_ms + step_ms
    return found


def _pictures(path: Path, stream_id: str, *, only_keys: bool) -> Iterator[Frame]:
    with av.open(str(path)) as media:
        video = media.streams.video[0]
        video.codec_context.thread_count = 1
        if only_keys:
            video.codec_context.skip_frame = "NONKEY"
        for picture in media.decode(video):
            at_ms = round((picture.time or 0.0) * 1000)
            pixels = picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
            yield Frame(stream_id=stream_id, at_ms=at_ms, image=pixels)
