"""Whole words told in letters."""

import pytest

from claims.spaced import SpacedSpeller
from claims.words import CommonWords

SPELLER = SpacedSpeller(["减肥", "胃炎", "糖尿病", "销量", "水杨酸"], CommonWords({"第一": 9000, "生气": 9000}))


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        pytest.param("jian fei两个字", "jian fei", "减肥", id="syllables"),
        pytest.param("w-e-i,y-a-n的人", "w-e-i,y-a-n", "胃炎", id="letters one by one"),
        pytest.param("t n b的人", "t n b", "糖尿病", id="initials"),
        pytest.param("xiao liang di yi的", "xiao liang di yi", "销量第一", id="a term and a common word"),
        pytest.param("别sheng qi", "sheng qi", "生气", id="a common word"),
    ],
)
def test_letters_are_read_as_the_word(text: str, heard: str, meant: str) -> None:
    (edit,) = SPELLER.edits(text)
    assert (text[edit.start : edit.end], edit.meant, edit.kind) == (heard, meant, "spelled")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("jian fei", id="no characters at all"),
        pytest.param("u-s-b口在侧面", id="no word"),
        pytest.param("type c的线", id="no syllables"),
        pytest.param("s y s是高压", id="the text says what they are"),
        pytest.param("j f成功", id="two initials alone"),
        pytest.param("abb、aab是批次", id="not spaced"),
    ],
)
def test_other_letters_stay(text: str) -> None:
    assert SPELLER.edits(text) == []


def test_letters_that_repeat_the_word_are_taken_out() -> None:
    edits = SPELLER.edits("jian fei两个字,j,f,成功")
    assert [(e.meant, e.kind) for e in edits] == [("减肥", "spelled"), ("", "spelled")]
