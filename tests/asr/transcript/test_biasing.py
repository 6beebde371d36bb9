"""Hotwords bring in their own terms and nothing else, and what they bring in is marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript.hotwords import fit_terms, take_terms
from asr.types import Alternative, Utterance, Word

NAMES = ("洋槐蜜", "赤霞珠干红葡萄酒", "圆领短袖T恤", "双口氮化镓充电器")


def heard(text: str, *alternatives: str) -> Utterance:
    words = tuple(
        Word(text=character, start_ms=100 * i, end_ms=100 * i + 100, probability=0.5)
        for i, character in enumerate(text)
    )
    return Utterance(
        stream_id="s1",
        start_ms=0,
        end_ms=100 * len(text),
        text=text,
        words=words,
        confidence=0.5,
        model="m",
        alternatives=tuple(Alternative(text=one, score=-0.3) for one in alternatives),
    )


@pytest.mark.parametrize(
    ("untold", "told", "text", "marked"),
    [
        pytest.param("洋环密的波美度", "洋槐蜜的玻美度", "洋槐蜜的波美度", ["槐蜜"], id="a name, not what is beside"),
        pytest.param("吃虾猪干红葡萄酒", "赤霞珠干红葡萄酒", "赤霞珠干红葡萄酒", ["赤霞珠"], id="part of a name"),
        pytest.param("原龄短袖的这件", "圆领短袖的这件", "圆领短袖的这件", ["圆领"], id="a name cut short"),
        pytest.param("一位治疗师面对面", "一位治疗室面对面", "一位治疗师面对面", [], id="words that are no terms stay"),
        pytest.param("村绵花的仓库", "纯棉花的仓库", "村绵花的仓库", [], id="another word that is no term"),
        pytest.param("这款洋槐蜜，好喝", "这款洋槐蜜 好喝", "这款洋槐蜜，好喝", [], id="heard by itself"),
        pytest.param("好的", "洋槐蜜 赤霞珠干红葡萄酒 圆领短袖T恤", "好的", [], id="the list said back"),
        pytest.param("大家好，我们开始了", "", "大家好，我们开始了", [], id="nothing told"),
    ],
)
def test_terms_are_taken_over_and_marked(untold: str, told: str, text: str, marked: list[str]) -> None:
    taken = take_terms(heard(untold), told, NAMES)
    assert taken.text == text
    assert [taken.text[term.start : term.end] for term in taken.biased] == marked
    assert not any(term.confirmed for term in taken.biased)


def test_what_was_heard_untold_is_kept_beside_the_term() -> None:
    (term,) = take_terms(heard("洋环密好"), "洋槐蜜好", NAMES).biased
    assert (term.start, term.end, term.heard) == (1, 3, "环密")


def test_an_untold_alternative_that_holds_the_term_confirms_it() -> None:
    (term,) = take_terms(heard("洋环密好", "洋怀密好", "洋槐蜜好"), "洋槐蜜好", NAMES).biased
    assert term.confirmed


def test_words_still_join_to_the_text_within_the_time_of_what_they_replace() -> None:
    taken = take_terms(heard("喝吃虾猪干红"), "喝赤霞珠干红", NAMES)
    assert "".join(word.text for word in taken.words) == taken.text
    assert [(word.text, word.start_ms, word.end_ms) for word in taken.words[1:4]] == [
        ("赤", 100, 200),
        ("霞", 200, 300),
        ("珠", 300, 400),
    ]


@given(
    st.text("洋槐蜜环密好，喝1T恤a", min_size=1, max_size=12),
    st.text("洋槐蜜环密好，喝1T恤a", max_size=12),
    st.booleans(),
)
def test_without_what_was_taken_over_the_text_is_the_untold_one(untold: str, told: str, nearly: bool) -> None:
    utterance = heard(untold, *([told] if nearly else []))
    taken = take_terms(utterance, told, NAMES)
    assert "".join(word.text for word in taken.words) == taken.text
    text = taken.text
    for term in reversed(taken.biased):
        assert text[term.start : term.end].lower() in "".join(NAMES).lower()
        text = text[: term.start] + term.heard + text[term.end :]
    assert text == untold
    starts = [word.start_ms for word in taken.words]
    assert starts == sorted(starts)


def test_terms_fit_the_prompt_first_ones_first_without_numbers() -> None:
    phrases = ("空气炸锅 3.5L", "幼儿配方奶粉3段", "洋槐蜜", "洋槐蜜", "极长的名字极长的名字", "酒")
    assert fit_terms(phrases, len, 18) == ("空气炸锅", "幼儿配方奶粉", "洋槐蜜")
