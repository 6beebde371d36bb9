"""Whole words told in letters."""

import pytest

from claims.obfuscation.spaced import SpacedSpeller
from claims.text.words import CommonWords

WORDS = CommonWords({"第一": 9000, "生气": 9000, "全新": 90, "未": 80, "拆": 70}, used=["香精", "昨天"])
SPELLER = SpacedSpeller(["减肥", "胃炎", "糖尿病", "销量", "水杨酸"], WORDS, ["日本", "西藏"])


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        pytest.param("jian fei两个字", "jian fei", "减肥", id="syllables"),
        pytest.param("w-e-i,y-a-n的人", "w-e-i,y-a-n", "胃炎", id="letters one by one"),
        pytest.param("t n b的人", "t n b", "糖尿病", id="initials"),
        pytest.param("xiao liang di yi的", "xiao liang di yi", "销量第一", id="a term and a common word"),
        pytest.param("别sheng qi", "sheng qi", "生气", id="a common word"),
        pytest.param("quan xin wei chai的", "quan xin wei chai", "全新未拆", id="words and characters in a row"),
        pytest.param("er ling yi wu年", "er ling yi wu", "二零一五", id="numerals"),
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


@pytest.mark.parametrize(
    ("letters", "meant"),
    [
        pytest.param("xiangjing", "香精", id="a word of the policy"),
        pytest.param("riben", "日本", id="a name"),
        pytest.param("liangwan", "两万", id="a number"),
        pytest.param("jianfeile", None, id="no word"),
        pytest.param("yiwu", None, id="a short one may be anything"),
    ],
)
def test_letters_with_nothing_between_are_a_word_of_the_policy(letters: str, meant: str | None) -> None:
    assert SPELLER.glued(letters) == meant
