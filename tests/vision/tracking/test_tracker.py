from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.ocr.words import words_of
from vision.tracking.track import Track
from vision.tracking.tracker import ScreenTracker
from vision.types import Box, Place, Reading, TextLine

CAPTION = Box(left=300, top=600, right=800, bottom=660)
CARD = Box(left=820, top=120, right=1240, bottom=180)

Read = list[tuple[str, Box, float]] | None


@dataclass(frozen=True, slots=True)
class Told:
    at_ms: int
    start_ms: int
    end_ms: int
    text: str


def run(reads: list[Read], *, step_ms: int = 1000, sure: Callable[[str], str] = str) -> list[Told]:
    """What is handed on, with the moment; a read of None is a frame in which the text stood unchanged.

    `sure` is what the accurate reader makes of a cheap reading.
    """
    tracker = ScreenTracker()
    told: list[Told] = []

    def settle(at_ms: int, due: list[Track]) -> None:
        for track in due:
            if tracker.settle(track, Reading(text=sure(track.best.text), score=0.97)):
                told.append(Told(at_ms, track.start_ms, track.end_ms, track.text))

    for index, read in enumerate(reads):
        at_ms = index * step_ms
        if read is None:
            settle(at_ms, tracker.stand(at_ms))
        else:
            lines = [TextLine(text=text, box=box, score=score) for text, box, score in read]
            settle(at_ms, tracker.see(at_ms, lines))
    settle(len(reads) * step_ms, tracker.flush())
    return told


def line(text: str, box: Box = CAPTION, score: float = 0.95) -> tuple[str, Box, float]:
    return text, box, score


def moved(box: Box, right: int, down: int) -> Box:
    return Box(left=box.left + right, top=box.top + down, right=box.right + right, bottom=box.bottom + down)


@pytest.mark.parametrize(
    ("reads", "told"),
    [
        pytest.param([[], [line("全网最低价")], [line("全网最低价")]], [(2000, 1000, "全网最低价")], id="seen-twice"),
        pytest.param([[line("全网最低价")], None, None], [(1000, 0, "全网最低价")], id="stood-unchanged"),
        pytest.param([[line("限时秒杀")], [], []], [(1000, 0, "限时秒杀")], id="flash-is-told-when-gone"),
        pytest.param([[line("限时秒杀")]], [(1000, 0, "限时秒杀")], id="flash-at-the-end-is-told"),
        pytest.param([[line("口口口", score=0.55)], [], []], [], id="unclear-flash-is-dropped"),
        pytest.param([[line("到手价 ¥85")], [line("到手价¥85")]], [(1000, 0, "到手价¥85")], id="spaces-do-not-matter"),
        pytest.param(
            [[line("三天见效 药妆级修", score=0.85)], [line("三天见效 药妆级修护")], None],
            [(2000, 0, "三天见效 药妆级修护")],
            id="half-faded-reading-gives-way-and-keeps-the-start",
        ),
        pytest.param(
            [[line("到手价¥85")], None, [line("到手价¥599")], None],
            [(1000, 0, "到手价¥85"), (3000, 2000, "到手价¥599")],
            id="another-price-in-the-same-place-is-another-text",
        ),
        pytest.param(
            [[line("到手价¥85")], [line("到手价¥599")], None],
            [(1000, 0, "到手价¥85"), (2000, 1000, "到手价¥599")],
            id="price-that-flashed-is-not-swallowed-by-the-next",
        ),
        pytest.param(
            [[line("全网最低价")], None, [line("全网最底价")], None, [line("全网最低价")]],
            [(1000, 0, "全网最低价")],
            id="slip-in-reading-what-stands-is-not-told",
        ),
        pytest.param(
            [[line("全网最低价")], None, [line("全网最高价")], [line("全网最高价")]],
            [(1000, 0, "全网最低价"), (3000, 2000, "全网最高价")],
            id="one-word-changed-for-good-is-told",
        ),
        pytest.param(
            [[line("秒杀")], None, [], [line("秒杀")], None],
            [(1000, 0, "秒杀")],
            id="one-missed-reading-does-not-tell-again",
        ),
        pytest.param(
            [[line("秒杀")], None, [], [], [line("秒杀")], None],
            [(1000, 0, "秒杀")],
            id="what-blinks-is-told-once",
        ),
        pytest.param(
            [[line("秒杀")], None, *[[]] * 8, [line("秒杀")], None],
            [(1000, 0, "秒杀"), (11000, 10000, "秒杀")],
            id="gone-and-back-is-told-again",
        ),
        pytest.param(
            [[line("秒杀"), line("秒杀", CARD)], None],
            [(1000, 0, "秒杀"), (1000, 0, "秒杀")],
            id="same-words-in-two-places-are-two",
        ),
        pytest.param([[line("……")], None], [], id="punctuation-alone-is-no-text"),
    ],
)
def test_what_is_told_and_when(reads: list[Read], told: list[tuple[int, int, str]]) -> None:
    assert [(text.at_ms, text.start_ms, text.text) for text in run(reads)] == told


def test_drifting_text_stays_one() -> None:
    reads: list[Read] = [[line("滚动公告", moved(CAPTION, -40 * step, step))] for step in range(8)]
    assert len(run(reads)) == 1


def test_the_accurate_reading_gives_the_words() -> None:
    told = run([[line("买一送一拍发2")], None, None], sure=lambda _: "买一送一 拍1发2")
    assert [text.text for text in told] == ["买一送一 拍1发2"]


def test_where_the_readings_differ_it_is_looked_at_again() -> None:
    looks = iter(["第二件半价", "第三件半价", "第二件半价"])
    told = run([[line("第二件半价")], None, None, None], sure=lambda _: next(looks))
    assert [(text.at_ms, text.text) for text in told] == [(1000, "第二件半价")]
    looks = iter(["第三件半价", "第二件半价", "第二件半价"])
    # Of a strip that was looked at in vain nothing more can be learned; the next one is.
    told = run([[line("第二件半价")], None, None, [line("第二件半价")]], sure=lambda _: next(looks))
    assert [(text.at_ms, text.text) for text in told] == [(3000, "第二件半价")]


def test_what_the_accurate_reader_cannot_read_is_not_told() -> None:
    assert run([[line("口口口")], None, None, None, None], sure=lambda _: "") == []


def test_slips_of_the_cheap_reader_are_one_text_for_the_accurate_one() -> None:
    told = run([[line("拍1发2")], None, [line("拍发2")], None, [line("拍1发2")]], sure=lambda _: "拍1发2")
    assert [text.text for text in told] == ["拍1发2"]


def test_an_unclear_reading_and_the_next_with_other_digits_are_one_text() -> None:
    guesses = ("展时秒杀9.9", "限时秒杀59.9")
    told = run([[line(guess, score=0.86)] for guess in guesses])
    assert [(text.start_ms, text.text) for text in told] == [(0, "限时秒杀59.9")]
    clear = run([[line(guess, score=0.97)] for guess in guesses])
    assert [text.text for text in clear] == list(guesses)


def test_a_reading_that_is_not_plain_is_looked_at_twice() -> None:
    tracker = ScreenTracker()
    words = TextLine(text="敏感肌可用", box=CARD, score=0.95)
    [track] = [*tracker.see(0, [words]), *tracker.see(1000, [words])]
    assert not tracker.settle(track, Reading(text="敏感肌可用", score=0.9))
    [track] = tracker.see(2000, [words])
    assert tracker.settle(track, Reading(text="敏感肌可用", score=0.9))


def test_a_doubted_text_that_goes_is_told_as_what_leads() -> None:
    tracker = ScreenTracker()
    words = TextLine(text="教感肌可用", box=CARD, score=0.95)
    [track] = [*tracker.see(0, [words]), *tracker.see(1000, [words])]
    assert not tracker.settle(track, Reading(text="敏感肌可用", score=0.9))
    [gone] = tracker.see(2000, [])
    assert tracker.settle(gone, Reading(text="敏感肌可用", score=0.9))
    assert (gone.text, gone.start_ms, gone.end_ms) == ("敏感肌可用", 0, 1000)


def test_what_goes_on_beyond_a_known_line_is_read_anew_and_a_piece_of_it_is_not() -> None:
    tracker = ScreenTracker()
    image = np.zeros((720, 1280, 3), np.uint8)
    corners = np.array([[300, 600], [800, 600], [800, 660], [300, 660]], np.float32)
    known = TextLine(
        text="防水等", box=CAPTION, score=0.95, place=Place(corners=corners, score=1), strip=image[600:660, 300:800]
    )
    tracker.see(0, [known])
    assert tracker.recall(1000, CAPTION, image) is not None
    assert tracker.recall(1000, replace(CAPTION, right=1100), image) is None
    assert set(tracker.wholes([replace(CAPTION, right=600), CAPTION, CARD])) == {0}


def test_a_text_that_went_says_how_long_it_stood() -> None:
    tracker = ScreenTracker()
    [track] = [t for at_ms in (0, 1000, 2000) for t in tracker.see(at_ms, [TextLine(text="满减", box=CARD, score=1)])][
        :1
    ]
    assert tracker.settle(track, Reading(text="满减", score=0.99))
    for at_ms in range(3000, 12000, 1000):
        tracker.see(at_ms, [])
    assert [(over.start_ms, over.end_ms) for over in tracker.take_over()] == [(0, 2000)]
    assert tracker.take_over() == []


def test_lines_outside_the_part_that_was_read_stand() -> None:
    tracker = ScreenTracker()
    tracker.see(0, [TextLine(text="到手价", box=CAPTION, score=0.9), TextLine(text="秒杀价", box=CARD, score=0.9)])
    due = tracker.see(1000, [], regions=[CARD])
    assert [(track.text, track.end_ms) for track in due] == [("秒杀价", 0), ("到手价", 1000)]


def test_lines_that_rise_together_are_followed() -> None:
    tracker = ScreenTracker()
    row = Box(left=20, top=1000, right=220, bottom=1030)
    for step in range(4):
        tracker.see(1000 * step, [TextLine(text="小雨：真的假的", box=moved(row, 0, -45 * step), score=0.9)])
    assert len(tracker.visible) == 1
    assert tracker.visible[0].has_risen
    assert [move.is_upward for move in tracker.moves] == [True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("ＳＰＦ５０＋", "spf50+", id="full-width"),
        pytest.param("配料：蜂蜜  产地", "配料蜂蜜产地", id="punctuation-and-spaces"),
        pytest.param("99.9%", "99.9%", id="point-and-percent-stay"),
        pytest.param("！？", "", id="nothing-left"),
    ],
)
def test_words_of(text: str, words: str) -> None:
    assert words_of(text) == words


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["甲乙丙", "丁戊己", "¥85", "¥599"]), st.integers(0, 3)), max_size=4),
        max_size=12,
    )
)
def test_a_clear_line_is_told_whatever_comes_after(reads: list[list[tuple[str, int]]]) -> None:
    shown = [
        [line(text, Box(left=0, top=100 * row, right=300, bottom=100 * row + 40)) for text, row in sorted(set(read))]
        for read in reads
    ]
    told = run([*shown])
    assert {text.text for text in told} == {text for read in shown for text, _, _ in read}
    assert all(text.start_ms <= text.end_ms <= text.at_ms for text in told)
