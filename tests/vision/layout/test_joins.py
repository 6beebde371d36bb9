from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import configs
from bench.rooms import FONTS, font
from vision.errors import RoomPolicyError
from vision.layout.joins import LayoutPolicy, join_texts, load_layout_policy
from vision.layout.marks import ScreenLayout
from vision.layout.strikethrough import is_struck
from vision.types import Box, FrameText, Role


@pytest.fixture(scope="module")
def policy() -> LayoutPolicy:
    return load_layout_policy(configs.ROOT / "vision" / "layout.yaml")


def drawn(
    words: str,
    *,
    size: int = 36,
    family: str = "noto-sans",
    struck: bool = False,
    slant: float = 0.0,
    ink: tuple[int, int, int] = (130, 130, 130),
    ground: tuple[int, int, int] = (255, 255, 255),
) -> NDArray[np.uint8]:
    """The words as a strip, through JPEG."""
    face = font(family, size)
    left, top, right, bottom = face.getbbox(words)
    picture = Image.new("RGB", (round(right - left) + 10, round(bottom - top) + 10), ground)
    pen = ImageDraw.Draw(picture)
    pen.text((5 - left, 5 - top), words, ink, font=face)
    if struck:
        middle, lift = picture.height / 2, slant * picture.height / 2
        pen.line((2, middle + lift, picture.width - 3, middle - lift), fill=ink, width=max(1, size // 16))
    _, packed = cv2.imencode(".jpg", np.asarray(picture)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


AMOUNTS = ("￥299", "¥1299.00", "599元", "88", "￥69.9", "1111", "777", "￥1,299")


@pytest.mark.parametrize("family", list(FONTS))
def test_struck_amounts_are_told_from_plain_ones(family: str) -> None:
    looks = [
        {"size": size, "family": family, "ink": ink, "ground": ground}
        for size in (24, 40)
        for ink, ground in (((140, 140, 140), (255, 255, 255)), ((255, 255, 255), (210, 40, 60)))
    ]
    plain = [
        words for words in (*AMOUNTS, "到手价99", "一一", "二百") for look in looks if is_struck(drawn(words, **look))
    ]
    assert plain == []
    struck = [
        is_struck(drawn(words, struck=True, slant=slant, **look))
        for words in AMOUNTS
        for look in looks
        for slant in (0.0, 0.3, 0.8)
    ]
    assert sum(struck) / len(struck) > 0.85


@pytest.mark.parametrize("shape", [(4, 100, 3), (100, 4, 3), (40, 200, 3)])
def test_empty_strips_are_not_struck(shape: tuple[int, int, int]) -> None:
    assert not is_struck(np.full(shape, 90, np.uint8))


def line(
    words: str,
    x: int,
    y: int,
    *,
    high: int = 30,
    struck: bool = False,
    score: float = 0.95,
    start_ms: int = 0,
    end_ms: int = 4000,
    role: Role = Role.SELLER,
) -> FrameText:
    """Words on screen with their upper left corner at x, y."""
    box = Box(left=x, top=y, right=x + round(high * 0.8 * len(words)), bottom=y + high)
    _, crop = cv2.imencode(".jpg", drawn(words, struck=struck))
    return FrameText(
        stream_id="s", start_ms=start_ms, end_ms=end_ms, box=box, text=words, score=score, model="m",
        best_at_ms=start_ms, best_box=box, role=role, crop_jpeg=crop.tobytes(),
    )  # fmt: skip


Said = Callable[[], FrameText]


def said(words: str, x: int, y: int, **how: Any) -> Said:
    """The same, drawn when the test runs: the tables below are read where there are no fonts, too."""
    return partial(line, words, x, y, **how)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([said("到手价", 10, 10), said("￥99", 100, 10)], ["到手价 99元"], id="a label beside its price"),
        pytest.param([said("券后价", 10, 10), said("￥99", 12, 45, high=50)], ["券后价 99元"], id="over its price"),
        pytest.param(
            [said("￥299", 10, 10, struck=True), said("￥99", 130, 10)],
            ["划线价 299元 到手价 99元"],
            id="a struck price beside the price asked",
        ),
        pytest.param(
            [said("￥299", 150, 60, struck=True), said("到手价", 10, 10), said("￥99", 100, 10)],
            ["划线价 299元 到手价 99元"],
            id="a struck price under a labelled one",
        ),
        pytest.param(
            [said("￥299", 10, 50, struck=True), said("到手价￥99", 10, 10)],
            ["划线价 299元 到手价￥99"],
            id="a struck price under a label and price in one line",
        ),
        pytest.param([said("￥299", 10, 10, struck=True), said("￥399", 130, 10)], [], id="the struck one is lower"),
        pytest.param([said("￥299", 10, 10), said("￥99", 130, 10)], [], id="nothing is struck"),
        pytest.param([said("￥299", 10, 10, struck=True)], [], id="a struck price alone"),
        pytest.param([said("￥299", 10, 10, struck=True), said("￥99", 800, 600)], [], id="far apart"),
        pytest.param(
            [said("￥299", 200, 10, struck=True), said("￥99", 80, 10), said("￥89", 320, 10)],
            [],
            id="between two prices",
        ),
        pytest.param([said("净含量", 10, 10), said("500g", 100, 10)], ["净含量 500g"], id="net content"),
        pytest.param([said("净含量：", 10, 10), said("500g", 130, 10)], ["净含量 500g"], id="with a colon"),
        pytest.param([said("净含量", 10, 10), said("500g", 100, 10, score=0.6)], [], id="a value that is not sure"),
        pytest.param(
            [said("净含量", 10, 10), said("500g", 100, 10, role=Role.COMMENTS)], [], id="a viewer's words are no value"
        ),
        pytest.param(
            [said("功率", 10, 10), said("100W", 160, 10), said("接口", 10, 60), said("两个", 160, 60)],
            ["功率 100W", "接口 两个"],
            id="rows of a table",
        ),
        pytest.param([said("今晚", 10, 10), said("抽奖", 160, 10)], [], id="two words side by side are no table"),
        pytest.param(
            [said("到手价", 10, 10), said("￥99", 100, 10), said("￥89", 100, 12)], [], id="two prices, one label"
        ),
        pytest.param([said("大家好", 10, 10), said("欢迎来到直播间", 10, 60)], [], id="plain captions"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_what_words_mean_together(policy: LayoutPolicy, texts: list[Said], expected: list[str]) -> None:
    assert sorted(one.text for one in join_texts([one() for one in texts], policy)) == sorted(expected)


def test_what_is_joined_says_of_what_and_when(policy: LayoutPolicy) -> None:
    label, price = line("到手价", 10, 10, start_ms=1000, end_ms=9000), line("￥99", 100, 10, start_ms=2000, end_ms=8000)
    (joined,) = join_texts([label, price], policy)
    assert (joined.start_ms, joined.end_ms) == (2000, 8000)
    assert joined.parts == (label.frame_text_id, price.frame_text_id)
    assert joined.box == Box(left=10, top=10, right=price.box.right, bottom=40)


def test_a_joined_text_is_told_once_while_it_stands(policy: LayoutPolicy) -> None:
    layout = ScreenLayout(policy)
    label, price = line("到手价", 10, 10), line("￥99", 100, 10)
    assert layout.see([label]) == []
    assert [one.text for one in layout.see([price])] == ["到手价 99元"]
    assert layout.see([line("新品", 500, 500)]) == []
    layout.see([], gone=[price])
    assert [one.text for one in layout.see([line("￥89", 100, 10, start_ms=9000)])] == ["到手价 89元"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("广告", "advertisement"),
        ("【广告】", "advertisement"),
        ("商家资质信息", "seller_identity"),
        ("营业执照公示", "seller_identity"),
        ("本商品由示例贸易有限公司销售", "seller_identity"),
        ("主播由AI生成", "generated_presenter"),
        ("数字人直播中", "generated_presenter"),
        ("内容由人工智能生成，请注意甄别", "generated_presenter"),
        ("广告法不让说", None),
        ("我不是数字人", None),
        ("小雨：这是数字人吧", None),
        ("AI智能扫地机", None),
    ],
)
def test_which_words_are_marks(policy: LayoutPolicy, words: str, kind: str | None) -> None:
    layout = ScreenLayout(policy)
    layout.see([line(words, 10, 10)])
    assert [mark.kind for mark in layout.marks(10_000)] == ([kind] if kind else [])


def test_what_viewers_write_is_no_mark(policy: LayoutPolicy) -> None:
    layout = ScreenLayout(policy)
    layout.see([line("数字人主播", 10, 10, role=Role.COMMENTS)])
    assert layout.marks(10_000) == ()


def test_the_share_of_time_a_mark_stood(policy: LayoutPolicy) -> None:
    layout = ScreenLayout(policy)
    layout.watched_from(0)
    first = line("AI主播", 10, 10, start_ms=10_000, end_ms=20_000)
    layout.see([first])
    (standing,) = layout.marks(30_000)
    assert (standing.share, standing.first_ms, standing.last_ms) == (round(20 / 30, 4), 10_000, 30_000)
    layout.see([], gone=[line("AI主播", 10, 10, start_ms=10_000, end_ms=30_000)])
    layout.see([line("AI主播", 11, 10, start_ms=60_000, end_ms=61_000)])
    (later,) = layout.marks(100_000)
    assert later.share == 0.6
    assert len(later.texts) == 2
    assert later.mark_id == standing.mark_id


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param("a: [", "is no YAML", id="broken"),
        pytest.param("deal_price: 3", "deal_price", id="a wrong value"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(tmp_path: Path, content: str | None, why: str) -> None:
    path = tmp_path / "layout.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RoomPolicyError, match=why):
        load_layout_policy(path)
