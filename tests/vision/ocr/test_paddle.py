import pytest

from bench.rooms import FONTS
from bench.sights import folded
from tests.vision.support import frames_of, room_of, shown
from vision.ocr.paddle import PaddleReader
from vision.ocr.recogniser import most_shared, with_ends
from vision.types import Reading


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("words", ["到手价￥99.90", "原价399现价129", "净含量：500毫升"])
def test_prices_and_contents_are_read_in_every_font(reader: PaddleReader, font: str, words: str) -> None:
    [frame] = frames_of(room_of(shown(words, font=font, size_px=32, look="card"), ground="plain"), [0])
    [lines] = reader.read([frame.image])
    assert [folded(line.text) for line in lines] == [folded(words)]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        pytest.param({"angle": 12.0, "look": "rotated"}, "全网最低价", id="tilted"),
        pytest.param({"angle": -14.0, "look": "rotated", "size_px": 30}, "库存128件", id="tilted-down"),
        pytest.param({"look": "vertical", "y": 360}, "产地云南普洱", id="column"),
        pytest.param({"look": "vertical", "y": 360, "font": "kai", "size_px": 30}, "食品级不锈钢", id="brush-column"),
        pytest.param({"look": "outlined"}, "限时秒杀", id="outlined"),
        pytest.param({"size_px": 22}, "七天无理由退货", id="small"),
        pytest.param({"size_px": 120, "y": 360}, "大促", id="large"),
    ],
)
def test_lines_of_all_kinds_are_read(reader: PaddleReader, how: dict[str, object], words: str) -> None:
    room = room_of(shown(words, **how), ground="plain")
    [frame] = frames_of(room, [0])
    [lines] = reader.read([frame.image])
    assert [folded(line.text) for line in lines] == [folded(words)]
    place = room.box_of(room.texts[0], 0)
    assert abs(lines[0].box.left - place.left) < 40
    assert abs(lines[0].box.bottom - place.bottom) < 40


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (960, 540), (1920, 1080)], ids=str)
def test_all_usual_sizes_are_read(reader: PaddleReader, size: tuple[int, int]) -> None:
    width, height = size
    how = {"x": width / 2, "y": height / 2, "size_px": round(30 * min(size) / 720)}
    [frame] = frames_of(room_of(shown("买二送二 顺丰包邮", **how), width=width, height=height, ground="plain"), [0])
    [lines] = reader.read([frame.image])
    assert [folded(line.text) for line in lines] == ["买二送二顺丰包邮"]


@pytest.mark.parametrize(
    ("narrow", "wide", "whole"),
    [
        pytest.param("销量第", "销量第一", "销量第一", id="a-level-letter-was-lost"),
        pytest.param("到手价", "好货到手价", "到手价", id="other-letters-are-a-neighbours"),
        pytest.param("到手价99", "到手价991", "到手价99", id="an-edge-is-no-digit"),
        pytest.param("销量第", "好货", "销量第", id="another-line"),
    ],
)
def test_what_is_taken_from_beside_a_line(narrow: str, wide: str, whole: str) -> None:
    assert with_ends(Reading(text=narrow, score=0.9), Reading(text=wide, score=0.95)).text == whole
    assert with_ends(Reading(text=narrow, score=0.9), Reading(text=wide, score=0.6)).text == narrow


@pytest.mark.parametrize(
    ("readings", "words", "score"),
    [
        pytest.param([("第三件", 0.96), ("第二件", 0.95), ("第二件", 0.98)], "第二件", 0.965, id="two-of-three"),
        pytest.param([("99:90", 0.9), ("99.90", 0.95)], "99.90", 0.95, id="the-surer-of-two"),
        pytest.param([("包邮", 0.9), ("包 邮", 0.8)], "包邮", 0.85, id="spaces-are-no-difference"),
        pytest.param([("a", 0.6), ("b", 0.8), ("c", 0.7)], "b", 0.8, id="no-two-alike"),
    ],
)
def test_the_words_that_most_readings_share_win(readings: list[tuple[str, float]], words: str, score: float) -> None:
    won = most_shared([Reading(text=text, score=each) for text, each in readings])
    assert (won.text, won.score) == (words, score)
