import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bench.rooms import Room, compose, font
from cluster.stages.ocr import OcrStage
from ingest.types import Frame

GREY, RED, WHITE = (150, 150, 150), (214, 28, 58), (255, 255, 255)


@pytest.fixture(scope="module")
def card() -> NDArray[np.uint8]:
    """A room with a price card, one price of it struck through, a spec sheet and two marks, through JPEG."""
    room = Room(name="card", width=1280, height=720, duration_ms=1000, texts=(), ground="texture", seed=4)
    picture = Image.fromarray(np.ascontiguousarray(compose(room, 0)[:, :, ::-1]))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((820, 120, 1240, 460), 20, WHITE)
    pen.text((850, 200), "到手价", RED, font("noto-sans", 34))
    pen.text((970, 192), "￥85", RED, font("noto-sans", 48))
    pen.text((1100, 206), "￥599", GREY, font("noto-sans", 30))
    left, top, right, bottom = pen.textbbox((1100, 206), "￥599", font=font("noto-sans", 30))
    pen.line((left - 3, (top + bottom) / 2, right + 3, (top + bottom) / 2), GREY, 2)
    for row, (label, value) in enumerate((("净含量", "500g"), ("功率", "100W"), ("接口", "双口"))):
        pen.text((850, 300 + 50 * row), label, (60, 60, 60), font("noto-sans", 28))
        pen.text((1000, 300 + 50 * row), value, (60, 60, 60), font("noto-sans", 28))
    pen.text((60, 120), "主播由AI生成", WHITE, font("noto-sans", 26))
    pen.text((60, 160), "广告", WHITE, font("noto-sans", 26))
    _, packed = cv2.imencode(".jpg", np.asarray(picture)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


def test_a_card_is_read_as_it_is_meant_and_marks_are_seen(card: NDArray[np.uint8]) -> None:
    reading = OcrStage(device="cpu", threads=1, max_side_px=960)
    frames = [Frame(stream_id="s", at_ms=at_ms, image=card) for at_ms in range(0, 4000, 1000)]
    joined = {passage.text.replace(" ", "") for passage in reading.read("s", frames) if passage.id.startswith("j")}
    assert {"净含量500g", "功率100W", "接口双口"} <= joined
    assert any(text.startswith("划线价599元到手价") and "85" in text for text in joined)
    marks = {mark.kind: mark for mark in reading.marks("s", 4000)}
    assert set(marks) == {"advertisement", "generated_presenter"}
    assert all(mark.share == 1.0 for mark in marks.values())
