import re
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.policy.match import Located, PatternIndex, PatternMatch, find_pattern
from claims.policy.pattern import compile_pattern, literal_concept


@dataclass(frozen=True)
class Choice:
    words: tuple[str, ...]
    optional: bool

    @property
    def source(self) -> str:
        return f"({'|'.join(self.words)})" + ("?" if self.optional else "")

    @property
    def regex(self) -> str:
        return f"(?:{'|'.join(self.words)})" + ("?" if self.optional else "")


@dataclass(frozen=True)
class Space:
    most: int
    wide: bool

    @property
    def source(self) -> str:
        return f"{'..' if self.wide else '.'}{self.most}"

    @property
    def regex(self) -> str:
        """Characters counted without commas; only a wide gap crosses a comma, none crosses the end of a sentence."""
        word = "[^,、:。!?;\\n]"
        return rf"(?:[,、:]*?{word}){{0,{self.most}}}?[,、:]*?" if self.wide else rf"{word}{{0,{self.most}}}?"


words = st.text(alphabet="甲乙丙", min_size=1, max_size=2)
choices = st.builds(Choice, st.lists(words, min_size=1, max_size=3, unique=True).map(tuple), st.booleans())
spaces = st.builds(Space, st.integers(0, 4), st.booleans())
required = st.builds(Choice, st.lists(words, min_size=1, max_size=3, unique=True).map(tuple), st.just(False))
texts = st.text(alphabet="甲乙丙丁,。", max_size=16)


def located(text: str, literals: tuple[str, ...]) -> Located:
    known = Located(text)
    for word in literals:
        for start in range(len(text)):
            if text.startswith(word, start):
                known.add(start, start + len(word), literal_concept(word))
    return known


def matches(source: str, text: str) -> list[PatternMatch]:
    pattern = compile_pattern(source)
    return find_pattern(pattern, located(text, pattern.literals))


@given(required, st.lists(st.one_of(choices, spaces), max_size=4), st.lists(choices, max_size=1), texts)
@settings(max_examples=1500, deadline=None)
def test_a_pattern_finds_what_the_regular_expression_finds(
    first: Choice, middle: list[Choice | Space], last: list[Choice], text: str
) -> None:
    elements = [first, *middle, *(last or [first])]
    found = {(m.start, m.end) for m in matches(" ".join(e.source for e in elements), text)}
    regex = re.compile("".join(e.regex for e in elements))
    wanted = (regex.match(text, start) for start in range(len(text)))
    slots_end = {(m.start(), m.end()) for m in wanted if m}
    assert {s for s, _ in found} == {s for s, _ in slots_end}
    if not (last and last[0].optional):
        assert found == slots_end


@given(choices, st.lists(st.one_of(choices, spaces), max_size=3), required, texts)
@settings(max_examples=500, deadline=None)
def test_an_optional_beginning_is_matched_with_or_without(
    first: Choice, middle: list[Choice | Space], last: Choice, text: str
) -> None:
    elements = [first, *middle, last]
    regex = re.compile("".join(e.regex for e in elements))
    for match in matches(" ".join(e.source for e in elements), text):
        assert regex.fullmatch(text[match.start : match.end])


@pytest.mark.parametrize(
    ("source", "text", "hit"),
    [
        pytest.param("保证 .4 有效", "保证三天有效", True, id="a gap within the clause"),
        pytest.param("保证 .4 有效", "保证,三天有效", False, id="a narrow gap stops at a comma"),
        pytest.param("保证 ..4 有效", "保证,三天有效", True, id="a wide gap crosses a comma"),
        pytest.param("保证 ..4 有效", "保证。三天有效", False, id="no gap crosses the end of a sentence"),
        pytest.param("保证 ..2 有效", "保证三天内有效", False, id="one character too far"),
        pytest.param("保证 ..2 有效", "保证,三天,有效", True, id="commas are not counted"),
        pytest.param("保证 (你|您)? 有效", "保证有效", True, id="an option left out"),
        pytest.param("保证 (你|您)? 有效", "保证您有效", True, id="an option taken"),
        pytest.param("保证 (你|您)? 有效", "保证他有效", False, id="no option"),
    ],
)
def test_gaps_and_options(source: str, text: str, hit: bool) -> None:
    assert bool(matches(source, text)) is hit


def test_slots_say_what_filled_them() -> None:
    (match,) = matches("(原价|平时) ..6 (块|元)", "平时都卖九十九元的")
    assert [(s.concept, s.start, s.end) for s in match.slots] == [("=平时", 0, 2), ("=元", 7, 8)]
    assert (match.start, match.end) == (0, 8)


def test_the_longest_hit_of_a_concept_wins() -> None:
    known = Located("血糖高的")
    known.add(0, 2, "disease")
    known.add(0, 3, "disease")
    known.add(0, 3, "disease")
    assert known.at("disease", 0) == [3, 2]
    assert known.spans("disease") == ((0, 2), (0, 3))
    assert [m.end for m in find_pattern(compile_pattern("{disease}"), known)] == [3]


@given(
    st.lists(st.lists(st.one_of(choices, spaces), max_size=3), min_size=1, max_size=5),
    required,
    st.lists(choices, max_size=1),
    texts,
    st.integers(0, 16),
)
@settings(max_examples=500, deadline=None)
def test_the_index_leaves_out_no_pattern_that_matches(
    middles: list[list[Choice | Space]], first: Choice, last: list[Choice], text: str, start: int
) -> None:
    end = len(text)
    patterns = [compile_pattern(" ".join(e.source for e in (first, *m, *(last or [first])))) for m in middles]
    known = located(text, tuple({word for pattern in patterns for word in pattern.literals}))
    matching = {
        number
        for number, pattern in enumerate(patterns)
        if any(start < match.end <= end for match in find_pattern(pattern, known))
    }
    possible = PatternIndex(patterns).possible(known, start, end)
    assert matching <= set(possible)
    assert possible == sorted(set(possible))


def test_the_index_asks_for_every_needed_word_and_for_an_end_in_the_given_place() -> None:
    index = PatternIndex([compile_pattern("保证 ..4 有效"), compile_pattern("有效")])
    known = located("有效,保证。", ("保证", "有效"))
    assert index.possible(known, 0, 2) == [0, 1]
    assert index.possible(known, 2, 6) == []
    assert index.possible(located("有效", ("保证", "有效")), 0, 2) == [1]
