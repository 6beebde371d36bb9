import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageDraw

from cli.broadcast.fonts import chinese_font
from cli.broadcast.studio import draw_backdrop, drift_px
from vision.change import HEARTBEAT_MS, LastRead, ReadReason, note_read, reason_to_read, stroke_map
from vision.types import Box

Words = list[tuple[str, int, int, int]]
PRICE: Words = [("到手价 ¥85", 400, 560, 60)]


def frame(words: Words, *, at_ms: int = 0, noise: int = 0) -> NDArray[np.uint8]:
    offset = drift_px(at_ms)
    picture = draw_backdrop().crop((offset, 0, offset + 1280, 720))
    pen = ImageDraw.Draw(picture)
    for text, left, top, size in words:
        pen.text((left, top), text, (255, 255, 255), chinese_font(size), stroke_width=3, stroke_fill=(0, 0, 0))
    image = np.asarray(picture)[:, :, ::-1]
    grain = np.random.default_rng(at_ms).integers(-noise, noise + 1, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def boxes(words: Words) -> list[Box]:
    found = []
    for text, left, top, size in words:
        edges = chinese_font(size).getbbox(text)
        found.append(
            Box(
                left=left + int(edges[0]),
                top=top + int(edges[1]),
                right=left + int(edges[2]),
                bottom=top + int(edges[3]),
            )
        )
    return found


def read(words: Words, at_ms: int = 0, last: LastRead | None = None) -> LastRead:
    return note_read(last, stroke_map(frame(words, at_ms=at_ms)), at_ms, boxes(words))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param(PRICE, None, id="same-text-on-a-moving-background"),
        pytest.param([("到手价 ¥85", 404, 558, 60)], None, id="text-that-bobs"),
        pytest.param([("到手价 ¥86", 400, 560, 60)], None, id="digit-much-like-it-waits-for-the-heartbeat"),
        pytest.param([("到手价 ¥599", 400, 560, 60)], ReadReason.CHANGED, id="another-price"),
        pytest.param([], ReadReason.CHANGED, id="gone"),
        pytest.param([*PRICE, ("全网最低价", 860, 300, 60)], ReadReason.APPEARED, id="large-text-came"),
        pytest.param([*PRICE, ("库存仅剩三件", 860, 300, 28)], ReadReason.APPEARED, id="small-text-came"),
    ],
)
def test_reason_to_read_after_two_seconds(words: Words, reason: ReadReason | None) -> None:
    assert reason_to_read(read(PRICE), stroke_map(frame(words, at_ms=2000, noise=6)), 2000) is reason


def test_the_first_frame_is_read() -> None:
    assert reason_to_read(None, stroke_map(frame([])), 0) is ReadReason.FIRST


def test_another_frame_size_is_read() -> None:
    assert reason_to_read(read(PRICE), stroke_map(np.zeros((360, 360, 3), np.uint8)), 1000) is ReadReason.FIRST


@pytest.mark.parametrize("at_ms", [pytest.param(HEARTBEAT_MS, id="in-time"), pytest.param(-1, id="clock-went-back")])
def test_heartbeat(at_ms: int) -> None:
    assert reason_to_read(read(PRICE), stroke_map(frame(PRICE)), at_ms) is ReadReason.HEARTBEAT


def test_clutter_is_looked_at_once() -> None:
    pattern: Words = [*PRICE, ("卌卌卌卌", 100, 200, 60)]
    seen = stroke_map(frame(pattern, at_ms=1000))
    before = read(PRICE)
    assert reason_to_read(before, seen, 1000) is ReadReason.APPEARED
    without = read(PRICE, 2000, note_read(before, seen, 1000, boxes(PRICE)))
    assert reason_to_read(without, stroke_map(frame(pattern, at_ms=3000)), 3000) is None


def test_tiny_frame_is_mapped() -> None:
    tiny = stroke_map(np.zeros((8, 8, 3), np.uint8))
    last = note_read(None, tiny, 0, [])
    assert reason_to_read(last, tiny, 1000) is None
