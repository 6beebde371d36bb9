import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from claims.obfuscation.sound import SoundIndex, cuts_word, fuzzy, is_word
from claims.text.normalise import is_cjk

INDEX = SoundIndex({"disease": ["药到病除", "增强免疫力"], "absolute": ["国家级", "最好", "a级品质"]})


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhang", "zan"), ("chi", "ci"), ("shi", "si"), ("lan", "nan"), ("ran", "lan"), ("fei", "hei"), ("ying", "yin")],
)
def test_syllables_that_are_confused_fall_together(one: str, other: str) -> None:
    assert fuzzy(one) == fuzzy(other)


@pytest.mark.parametrize(("one", "other"), [("ba", "pa"), ("ma", "na"), ("gao", "kao"), ("zhi", "chi"), ("wei", "hei")])
def test_syllables_that_are_told_apart_stay_apart(one: str, other: str) -> None:
    assert fuzzy(one) != fuzzy(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("真的药到病出", ["药到病除"], id="a homophone of the last syllable"),
        pytest.param("要道病除", ["药到病除"], id="two homophones"),
        pytest.param("增强免异力", ["增强免疫力"], id="inside a long word"),
        pytest.param("国佳级的", ["国家级"], id="three syllables"),
        pytest.param("药到病除", [], id="spelled right is the lexicon's matter"),
        pytest.param("醉好", [], id="words of two syllables are too short"),
        pytest.param("药,到病出", [], id="not across a comma"),
        pytest.param("药到家除", [], id="one syllable too different"),
        pytest.param("到病出", [], id="cut off at the beginning of the text"),
        pytest.param("", [], id="nothing said"),
    ],
)
def test_a_misheard_word_is_found_by_its_sound(text: str, words: list[str]) -> None:
    assert [h.entry.word for h in INDEX.search(text)] == words


def test_a_hit_says_what_was_heard_and_what_was_meant() -> None:
    (hit,) = INDEX.search("真的国佳级")
    assert (hit.start, hit.end, hit.entry.form, hit.entry.word, hit.entry.concepts, hit.entry.spelled) == (
        2,
        5,
        "国佳级",
        "国家级",
        ("absolute",),
        True,
    )


@pytest.mark.parametrize(
    ("text", "left", "right", "cuts"),
    [
        pytest.param("不好意思说", 1, 3, True, id="in the middle of 不好意思"),
        pytest.param("不好意思说", 0, 4, False, id="the whole word"),
        pytest.param("好甲乙丙", 1, 4, False, id="no word there"),
        pytest.param("其实你会发现", 1, 5, True, id="words of two across both edges"),
        pytest.param("其实你会好呢", 1, 5, False, id="a word of two across the left edge alone"),
        pytest.param("哪实你会发现什么", 1, 5, False, id="a word of two across the right edge alone"),
        pytest.param("实你会发现什么", 0, 4, False, id="nothing before it"),
    ],
)
def test_words_of_the_dictionary_are_not_cut(text: str, left: int, right: int, cuts: bool) -> None:
    assert is_word("不好意思")
    assert cuts_word(text, left, right) is cuts


def test_an_index_without_long_words_finds_nothing() -> None:
    assert SoundIndex({"short": ["最好"]}).search("罪好的东西") == []


SYLLABLES = "药要到道病并除出厨增曾强墙免面疫意力利国果家佳级即好,。a"


@given(st.text(alphabet=SYLLABLES, max_size=14))
@settings(max_examples=500, deadline=None)
def test_every_hit_sounds_like_its_word_and_is_written_otherwise(text: str) -> None:
    for hit in INDEX.search(text):
        heard, word = text[hit.start : hit.end], hit.entry.word
        assert heard == hit.entry.form != word
        assert all(map(is_cjk, heard))
        pairs = zip(map(fuzzy, (lazy_pinyin(c)[0] for c in heard)), map(fuzzy, lazy_pinyin(word)), strict=True)
        assert sum(a != b for a, b in pairs) <= (1 if len(word) >= 4 else 0)
