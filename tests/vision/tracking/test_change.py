from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageDraw

from cli.broadcast.fonts import chinese_font
from cli.broadcast.studio import draw_backdrop, drift_px
from vision.tracking.change import HEARTBEAT_MS, LastRead, ReadPlan, ReadReason, note_read, plan_reading, stroke_map
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


WHOLE = ReadPlan(reason=ReadReason.FIRST)
SIZE = (1280, 720)


def read(words: Words, at_ms: int = 0, last: LastRead | None = None) -> LastRead:
    return note_read(last, stroke_map(frame(words, at_ms=at_ms)), at_ms, boxes(words), WHOLE)


def look(
    last: LastRead | None, words: Words, at_ms: int, *, quiet: Sequence[Box] = (), noise: int = 0
) -> ReadPlan | None:
    return plan_reading(last, stroke_map(frame(words, at_ms=at_ms, noise=noise)), at_ms, quiet=quiet, size=SIZE)


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
def test_why_a_frame_is_read_after_a_second(words: Words, reason: ReadReason | None) -> None:
    seen = look(read(PRICE), words, 1000, noise=6)
    assert (seen.reason if seen else None) is reason


@pytest.mark.parametrize(
    ("words", "place"),
    [
        pytest.param([("到手价 ¥599", 400, 560, 60)], (560, 590), id="the-price-that-changed"),
        pytest.param([*PRICE, ("全网最低价", 860, 300, 60)], (1000, 330), id="what-came"),
        pytest.param([*PRICE, ("限\n时\n秒\n杀", 1100, 200, 40)], (1120, 300), id="a-column-that-came"),
    ],
)
def test_only_the_part_that_differs_is_read(words: Words, place: tuple[int, int]) -> None:
    seen = look(read(PRICE), words, 1000)
    assert seen is not None
    [region] = seen.regions
    assert region.left < place[0] < region.right
    assert region.top < place[1] < region.bottom
    assert region.area < 0.25 * SIZE[0] * SIZE[1]


def test_a_part_that_was_read_is_known_and_the_rest_still_waits_for_the_whole() -> None:
    before = read(PRICE)
    changed: Words = [("到手价 ¥599", 400, 560, 60)]
    seen = look(before, changed, 1000)
    assert seen is not None
    after = note_read(before, stroke_map(frame(changed, at_ms=1000)), 1000, boxes(changed), seen)
    assert after.whole_at_ms == before.whole_at_ms
    assert look(after, changed, 1500) is None


def test_change_in_a_quiet_part_waits_for_the_whole() -> None:
    comments = Box(left=20, top=400, right=380, bottom=700)
    new: Words = [*PRICE, ("小雨：真的假的", 40, 600, 28)]
    assert look(read(PRICE), new, 1000) is not None
    assert look(read(PRICE), new, 1000, quiet=[comments]) is None


def test_much_change_means_the_whole_frame() -> None:
    everywhere: Words = [
        (f"第{row}行是新的文字内容在这里", 60 + 560 * (row % 2), 20 + 58 * row, 44) for row in range(11)
    ]
    assert look(read(PRICE), everywhere, 1000) == ReadPlan(reason=ReadReason.CHANGED)


def test_the_first_frame_is_read() -> None:
    assert look(None, [], 0) == ReadPlan(reason=ReadReason.FIRST)


def test_another_frame_size_is_read() -> None:
    other = stroke_map(np.zeros((360, 360, 3), np.uint8))
    assert plan_reading(read(PRICE), other, 1000, size=(360, 360)) == ReadPlan(reason=ReadReason.FIRST)


@pytest.mark.parametrize("at_ms", [pytest.param(HEARTBEAT_MS, id="in-time"), pytest.param(-1, id="clock-went-back")])
def test_heartbeat_reads_the_whole(at_ms: int) -> None:
    same = stroke_map(frame(PRICE))
    assert plan_reading(read(PRICE), same, at_ms, size=SIZE) == ReadPlan(reason=ReadReason.HEARTBEAT)


def test_clutter_is_looked_at_once() -> None:
    pattern: Words = [*PRICE, ("卌卌卌卌", 100, 200, 60)]
    before = read(PRICE)
    seen = look(before, pattern, 1000)
    assert seen is not None
    assert seen.reason is ReadReason.APPEARED
    without = note_read(before, stroke_map(frame(pattern, at_ms=1000)), 1000, boxes(PRICE), seen)
    assert look(without, pattern, 1500) is None


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 2000), (2000, 3)], ids=str)
def test_tiny_frames_are_mapped(shape: tuple[int, int]) -> None:
    tiny = stroke_map(np.zeros((*shape, 3), np.uint8))
    last = note_read(None, tiny, 0, [], WHOLE)
    assert plan_reading(last, tiny, 1000, size=(shape[1], shape[0])) is None
