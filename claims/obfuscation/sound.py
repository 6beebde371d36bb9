"""Words that were mis-heard: matched by toneless, fuzzy pinyin, as candidates that context must confirm.

A recogniser's errors are nearly all homophones (药监局 → 要坚决). Syllables are folded into classes that speakers and
recognisers confuse (zh/z, ch/c, sh/s, -ng/-n, n/l, r/l, f/h). Words of four syllables and more may differ in one
syllable by one letter. What was heard must not be a dictionary word itself, and must not cut one in two.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs

from claims.policy.lexicon import Entry, Hit
from claims.text.normalise import is_cjk
from claims.text.spell import fuzzy, spell, syllable

_SHORTEST = 3
_LONG = 4
_MOST_WORD_CHARS = 4
_MOST_CHARS = 30_000


@dataclass(frozen=True, slots=True)
class _Sound:
    word: str
    concepts: tuple[str, ...]
    classes: tuple[str, ...]
    syllables: tuple[str, ...]
    offset: int
    size: int


class SoundIndex:
    """Finds lexicon words by how they sound."""

    def __init__(self, concepts: Mapping[str, Iterable[str]]) -> None:
        meant: dict[str, set[str]] = {}
        for concept, words in concepts.items():
            for word in words:
                if len(word) >= _SHORTEST and all(is_cjk(c) for c in word):
                    meant.setdefault(word, set()).add(concept)
        self._codes: dict[str, str] = {}
        self._code_of: dict[str, str] = {}
        self._words = frozenset(meant)
        self._sounds: list[_Sound] = []
        keys: list[str] = []
        for word, found in meant.items():
            syllables = spell(word)
            classes = tuple(map(fuzzy, syllables))
            parts = [(0, len(word))]
            if len(word) >= _LONG:
                parts += [(0, len(word) - 1), (1, len(word))]
            for left, right in parts:
                self._sounds.append(_Sound(word, tuple(sorted(found)), classes, syllables, left, right - left))
                keys.append("".join(self._code(c) for c in classes[left:right]))
        self._automaton = ahocorasick_rs.AhoCorasick(keys, store_patterns=False) if keys else None

    def search(self, text: str) -> list[Hit]:
        """Words that the text sounds like and does not spell, with the words they were taken for."""
        if self._automaton is None or not text:
            return []
        code_of = self._code_of
        coded = "".join([code_of.get(char) or self._sounded(char) for char in text])
        hits: dict[tuple[int, int, str], Hit] = {}
        for index, start, _ in self._automaton.find_matches_as_indexes(coded, overlapping=True):
            sound = self._sounds[index]
            left = start - sound.offset
            right = left + len(sound.word)
            if left < 0 or right > len(text):
                continue
            heard = text[left:right]
            if heard == sound.word or not all(map(is_cjk, heard)) or not self._near(sound, heard):
                continue
            if is_word(heard) or any(
                heard[i:j] in self._words for i in range(len(heard)) for j in range(i + 3, len(heard) + 1)
            ):
                continue
            if cuts_word(text, left, right):
                continue
            entry = Entry(heard, sound.word, sound.concepts, True)
            hits[(left, right, sound.word)] = Hit(left, right, entry)
        return sorted(hits.values(), key=lambda h: (h.start, h.end))

    def _sounded(self, char: str) -> str:
        """The code of the character's sound; one of two that stand for no sound of a word."""
        code = self._codes.get(fuzzy(syllable(char)), "\u0001") if is_cjk(char) else "\u0002"
        if len(self._code_of) < _MOST_CHARS:
            self._code_of[char] = code
        return code

    def _code(self, syllable: str) -> str:
        return self._codes.setdefault(syllable, chr(0x100 + len(self._codes)))

    @staticmethod
    def _near(sound: _Sound, heard: str) -> bool:
        """True if at most one syllable differs, and that by one letter."""
        classes = (fuzzy(syllable(char)) for char in heard)
        different = [(a, b) for a, b in zip(sound.classes, classes, strict=True) if a != b]
        return not different or (len(different) == 1 and len(sound.word) >= _LONG and _one_letter_apart(*different[0]))


def is_word(text: str) -> bool:
    """True for a word of the general dictionary."""
    return text in _dictionary()


def cuts_word(text: str, left: int, right: int) -> bool:
    """True if a dictionary word of three or four characters lies across an edge, or one of two across each.

    So does a 一 at the end that belongs to what follows.
    """
    if text[right - 1] == "一" and is_word(text[right - 1 : right + 1]):
        return True
    if any(_lies_across(text, edge, size, left, right) for edge in (left, right) for size in (3, _MOST_WORD_CHARS)):
        return True
    return all(edge > 0 and is_word(text[edge - 1 : edge + 1]) for edge in (left, right))


def _lies_across(text: str, edge: int, size: int, left: int, right: int) -> bool:
    return any(
        text[start : start + size] in _dictionary() and not (left <= start and start + size <= right)
        for start in range(max(0, edge - size + 1), edge)
        if start + size > edge
    )


@cache
def _dictionary() -> Container[str]:
    """The words of two characters and more of a dictionary; read when a text is first asked about."""
    from pypinyin.phrases_dict import phrases_dict

    words: Container[str] = phrases_dict
    return words


def _one_letter_apart(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
