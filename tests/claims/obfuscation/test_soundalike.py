"""Words that parts of a text sound like: the search finds what comparing every stretch with every word finds."""

import random

import pytest

from claims.obfuscation.soundalike import SHORTEST, SoundAlikeWords, alikes_of
from claims.policy.packaged import packaged_policy
from claims.text.normalise import is_cjk
from claims.text.spell import spell, syllable, unlike

# The mean cost of a syllable up to which words are alike, by their length; those not named have the last.
LIMITS, LIMIT = {SHORTEST: 0.125, SHORTEST + 1: 0.2}, 0.3
NUMERALS = "零一二三四五六七八九十百千万亿两几半0123456789"


def compared(words: SoundAlikeWords, text: str) -> list[tuple[float, int, int, str]]:
    """Every stretch of the text beside every word of its length, one syllable after the other."""
    found = []
    for word in words._words:
        syllables, size = spell(word), len(word)
        for start in range(len(text) - size + 1):
            heard = text[start : start + size]
            cost = sum(unlike(syllable(c), s) if is_cjk(c) else 2 for c, s in zip(heard, syllables, strict=True)) / size
            numbers = any(a != b and (a in NUMERALS or b in NUMERALS) for a, b in zip(heard, word, strict=True))
            if heard != word and not numbers and round(cost, 6) <= LIMITS.get(size, LIMIT):
                found.append((round(cost, 6), start, start + size, word))
    return sorted(found)


@pytest.fixture(scope="module")
def words() -> SoundAlikeWords:
    return alikes_of(packaged_policy())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("大会堂骨燕尊用的酒", id="a word of four, three syllables off"),
        pytest.param("这款茶能跟制糖鸟病", id="two words"),
        pytest.param("行夜第一他能治十年", id="numerals"),
        pytest.param("VC含量abc 123的面膜", id="letters and digits between"),
        pytest.param("国", id="one character"),
        pytest.param("", id="nothing"),
    ],
)
def test_the_search_finds_what_comparing_finds(words: SoundAlikeWords, text: str) -> None:
    assert [(one.cost, one.start, one.end, one.word) for one in words.find(text)] == compared(words, text)


def test_of_words_written_by_their_sound_none_is_missed(words: SoundAlikeWords) -> None:
    dice = random.Random(7)
    all_words = words._words
    by_sound: dict[str, list[str]] = {}
    for char in sorted({char for word in all_words for char in word}):
        by_sound.setdefault(syllable(char), []).append(char)
    told = 0
    for word in dice.sample(all_words, 40):
        # A character that only in this word is read so has no other of its sound.
        text = "".join(dice.choice(by_sound.get(each, [char])) for char, each in zip(word, spell(word), strict=True))
        found = [(one.cost, one.start, one.end, one.word) for one in words.find(f"这{text}呢")]
        assert found == compared(words, f"这{text}呢")
        told += word in {one[3] for one in found}
    assert told >= 20
