import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.policy.lexicon import Lexicon, spelled_forms

ALPHABET = "最好国家级abz1"
words = st.text(alphabet=ALPHABET, min_size=1, max_size=4)
concepts = st.dictionaries(st.sampled_from(["first", "second", "third"]), st.lists(words, max_size=4), max_size=3)


def is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def naive_hits(word: str, text: str) -> set[tuple[int, int, str]]:
    """Every place of the word by plain comparison; ASCII words don't count inside longer Latin words."""
    found: set[tuple[int, int, str]] = set()
    for start in range(len(text) - len(word) + 1):
        end = start + len(word)
        if text[start:end] != word:
            continue
        padded = f" {text} "
        cut_left = is_latin(word[0]) and is_latin(padded[start])
        cut_right = is_latin(word[-1]) and is_latin(padded[end + 1])
        if not (word.isascii() and (cut_left or cut_right)):
            found.add((start, end, word))
    return found


@given(concepts, st.text(alphabet=ALPHABET + ",", max_size=20))
@settings(max_examples=500, deadline=None)
def test_one_pass_finds_what_a_search_for_each_word_finds(concepts: dict[str, list[str]], text: str) -> None:
    found = Lexicon(concepts).search(text)
    everything = {word for group in concepts.values() for word in group}
    assert {(h.start, h.end, h.entry.word) for h in found} == {hit for w in everything for hit in naive_hits(w, text)}
    assert len(found) == len({(h.start, h.end, h.entry.form) for h in found})
    assert [(h.start, h.end) for h in found] == sorted((h.start, h.end) for h in found)
    for hit in found:
        assert set(hit.entry.concepts) == {c for c, group in concepts.items() if hit.entry.word in group}


SENSITIVE = Lexicon(
    {"absolute": ["最低价", "国家级"], "plain": ["今天"]},
    sensitive=frozenset({"absolute"}),
    aliases={"醉低价": "最低价", "锦天": "今天", "无主": "无此词"},
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("zui低价", ["最低价"], id="one character in pinyin"),
        pytest.param("国家ji", ["国家级"], id="the last character in pinyin"),
        pytest.param("zuidijia", ["最低价"], id="all in pinyin"),
        pytest.param("醉低价", ["最低价"], id="a known look-alike"),
        pytest.param("锦天", ["今天"], id="a look-alike of a plain word"),
        pytest.param("azuidijia", [], id="pinyin inside a longer Latin word"),
        pytest.param("国家jia", [], id="pinyin that goes on"),
        pytest.param("jin天", [], id="a word that is not sensitive"),
        pytest.param("无主", [], id="an alias of a word that nobody looks for"),
    ],
)
def test_sensitive_words_are_found_when_partly_spelled(text: str, meant: list[str]) -> None:
    hits = [h for h in SENSITIVE.search(text) if h.entry.spelled]
    assert [h.entry.word for h in hits] == meant
    assert all((h.start, h.end) == (0, len(text)) for h in hits)


def test_upper_case_words_are_found_in_folded_text() -> None:
    assert [h.entry.word for h in Lexicon({"mark": ["T恤", "NO.1"]}).search("这件t恤no.1")] == ["t恤", "no.1"]


def test_an_empty_lexicon_finds_nothing() -> None:
    assert Lexicon({}).search("最低价") == []


@pytest.mark.parametrize("word", ["好", "abc", "a级", ""])
def test_words_that_have_no_spelled_form(word: str) -> None:
    assert spelled_forms(word) == []
