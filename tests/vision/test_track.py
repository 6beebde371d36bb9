import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.track import ScreenTracker, words_of
from vision.types import Box, FrameText, TextLine

CAPTION = Box(left=300, top=600, right=800, bottom=660)
CARD = Box(left=820, top=120, right=1240, bottom=180)

Read = list[tuple[str, Box, float]] | None


def run(reads: list[Read], *, step_ms: int = 1000) -> list[tuple[int, FrameText]]:
    """What is handed on, with the moment; a read of None is a frame in which the text stood unchanged."""
    tracker = ScreenTracker("s", "m")
    told: list[tuple[int, FrameText]] = []
    for index, read in enumerate(reads):
        at_ms = index * step_ms
        if read is None:
            texts = tracker.stand(at_ms)
        else:
            texts = tracker.see(at_ms, [TextLine(text=text, box=box, score=score) for text, box, score in read])
        told += [(at_ms, text) for text in texts]
    return told + [(len(reads) * step_ms, text) for text in tracker.flush()]


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
        pytest.param([[line("到手价 ¥85")], [line("到手价¥85")]], [(1000, 0, "到手价 ¥85")], id="spaces-do-not-matter"),
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
            [(1000, 0, "秒杀"), (5000, 4000, "秒杀")],
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
    assert [(at_ms, text.start_ms, text.text) for at_ms, text in run(reads)] == told


def test_drifting_text_stays_one() -> None:
    reads: list[Read] = [[line("滚动公告", moved(CAPTION, -40 * step, step))] for step in range(8)]
    assert len(run(reads)) == 1


def test_the_surest_reading_gives_the_words_and_the_mean_gives_the_score() -> None:
    [(_, text)] = run([[line("SPF50+　PA++++", score=0.7)], [line("SPF50+ PA++++", score=0.9)]])
    assert text.text == "SPF50+ PA++++"
    assert text.score == pytest.approx(0.8)
    assert (text.stream_id, text.model, text.end_ms) == ("s", "m", 1000)


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
    assert {text.text for _, text in told} == {text for read in shown for text, _, _ in read}
    assert all(text.start_ms <= text.end_ms <= at_ms for at_ms, text in told)
    assert len({(text.frame_text_id, text.text) for _, text in told}) == len(told)
