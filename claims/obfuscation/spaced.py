"""Whole words told in letters: syllable by syllable (jian fei), letter by letter (w-e-i), by initials (x j g s).

Syllables with spaces between them are a word that somebody would not say; which one, the policy's terms say before the
common words do. Letters that repeat what was just told (jian fei ... j,f) add nothing and are taken out.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from claims.text.normalise import Edit, is_cjk
from claims.text.spell import spell, syllable
from claims.text.words import CommonWords

KIND = "spelled"
_SYLLABLES = re.compile("(?<![a-z0-9])[a-z]{1,6}(?:[ -][a-z]{1,6})+(?![a-z0-9])")
_LETTERS = re.compile("(?<![a-z0-9])[a-z](?:[ ,-]{1,2}[a-z](?![a-z]))+(?![a-z0-9])")
_COST = 0.5
_LETTER_COST = 1.0
_LONGEST = 6
_LEAST_INITIALS = 3
_LEAST_IN_A_ROW = 3
_LEAST_GLUED, _LEAST_OF_A_NAME = 6, 5
_NUMERALS = dict(
    zip(
        ["ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu", "shi", "bai", "qian", "wan", "liang"],
        "零一二三四五六七八九十百千万两",
        strict=True,
    )
)
_GLUED_NUMERAL = re.compile("|".join(sorted(_NUMERALS, key=len, reverse=True)))
_GLUED_NUMBER = re.compile(rf"(?=.{{5}})(?:{_GLUED_NUMERAL.pattern}){{2,}}")
_ECHO_REACH = 24
_EXPLAINED = re.compile("(?:就|它|也)?是|的?(?:缩写|简写|英文|公司|型号|牌|款|系列)")


class SpacedSpeller:
    """Reads words of two characters and more that were told wholly in letters."""

    def __init__(self, terms: Iterable[str], words: CommonWords | None = None, names: Iterable[str] = ()) -> None:
        self._of_sound: dict[tuple[str, ...], str] = {}
        self._of_initials: dict[str, str] = {}
        self._of_letters: dict[str, str] = {}
        for term in sorted({t for t in terms if 2 <= len(t) <= _LONGEST and all(map(is_cjk, t))}):
            self._of_sound.setdefault(spell(term), term)
            self._of_letters.setdefault("".join(spell(term)), term)
            if len(term) >= _LEAST_INITIALS:
                self._of_initials.setdefault("".join(s[0] for s in spell(term)), term)
        self._glued: dict[str, str] = {}
        for least, kept in ((_LEAST_OF_A_NAME, names), (_LEAST_GLUED, words.used if words is not None else ())):
            for word in sorted(w for w in kept if len(w) <= _LONGEST and all(map(is_cjk, w))):
                letters = "".join(map(syllable, word))
                if len(word) > 1 and len(letters) >= least:
                    self._glued.setdefault(letters, word)
        self._common: Mapping[tuple[str, ...], str] = _by_sound(words) if words is not None else {}
        self._words = words

    @cached_property
    def _likely(self) -> Mapping[tuple[str, ...], tuple[float, str]]:
        """The likeliest word of each sound; built when letters in a row first spell no word."""
        return _likeliest(self._words) if self._words is not None else {}

    def edits(self, text: str) -> list[Edit]:
        """Every word told in letters as the word, by place, not overlapping."""
        if not any(map(is_cjk, text)):
            return []
        found: list[Edit] = []
        for run in self._runs(text):
            start, end = run
            if found and start < found[-1].end:
                continue
            edit = self._read(text, start, end, found)
            if edit is not None:
                found.append(edit)
        return found

    def initials(self, letters: str, text: str, end: int) -> str | None:
        """The term of three characters and more that these letters begin; None where the text says what they are."""
        if len(letters) < _LEAST_INITIALS or _EXPLAINED.match(text, end) is not None:
            return None
        return self._of_initials.get(letters)

    def glued(self, letters: str) -> str | None:
        """The word of the policy, or the number, that is written so with nothing between its syllables."""
        if _GLUED_NUMBER.fullmatch(letters) is not None:
            return "".join(_NUMERALS[syllable] for syllable in _GLUED_NUMERAL.findall(letters))
        return self._glued.get(letters)

    @staticmethod
    def _runs(text: str) -> Iterator[tuple[int, int]]:
        runs = {m.span() for pattern in (_SYLLABLES, _LETTERS) for m in pattern.finditer(text)}
        yield from sorted(runs, key=lambda r: (r[0], -r[1]))

    def _read(self, text: str, start: int, end: int, found: list[Edit]) -> Edit | None:
        tokens = tuple(re.findall("[a-z]+", text[start:end]))
        letters = "".join(tokens)
        if all(len(t) == 1 for t in tokens):
            if any(start - e.end <= _ECHO_REACH and letters in _forms(e.meant) for e in found):
                return Edit(start, end, "", KIND, _COST)
            meant = self._of_letters.get(letters)
            if meant is not None:
                return Edit(start, end, meant, KIND, _COST * len(meant))
            meant = self.initials(letters, text, end)
            return None if meant is None else Edit(start, end, meant, KIND, _LETTER_COST * len(meant))
        meant = self._word(tokens)
        return None if meant is None else Edit(start, end, meant, KIND, _COST * len(tokens))

    def _word(self, syllables: tuple[str, ...]) -> str | None:
        """The word that is spelled so, two that are one after the other, or the likeliest words in a row."""
        one = self._of_sound.get(syllables) or self._common.get(syllables)
        if one is not None:
            return one
        for at in range(len(syllables) - 2, 1, -1):
            left = self._of_sound.get(syllables[:at]) or self._common.get(syllables[:at])
            right = self._of_sound.get(syllables[at:]) or self._common.get(syllables[at:])
            if left is not None and right is not None:
                return left + right
        return self._row(syllables) if len(syllables) >= _LEAST_IN_A_ROW else None

    def _row(self, syllables: tuple[str, ...]) -> str | None:
        """The likeliest row of words; None where a syllable is none."""
        best: list[tuple[float, str] | None] = [(0.0, "")]
        for end in range(1, len(syllables) + 1):
            ways = (
                (before[0] + found[0], before[1] + found[1])
                for start in range(max(0, end - _LONGEST), end)
                if (before := best[start]) is not None
                and (found := _number(syllables[start:end]) or self._likely.get(syllables[start:end])) is not None
            )
            best.append(max(ways, default=None))
        return best[-1][1] if best[-1] is not None else None


def _forms(meant: str) -> set[str]:
    """What letters may say again of a word: its initials, or the whole of it."""
    syllables = spell(meant)
    return {"".join(s[0] for s in syllables), "".join(syllables), *syllables}


def _by_sound(words: CommonWords) -> dict[tuple[str, ...], str]:
    """The most frequent common word of each sound, of two characters and more."""
    best: dict[tuple[str, ...], str] = {}
    for word in words.frequent():
        best.setdefault(spell(word), word)
    return best


def _number(syllables: tuple[str, ...]) -> tuple[float, str] | None:
    """Syllables that are numerals one and all, as a number."""
    if len(syllables) < _LEAST_IN_A_ROW or not all(s in _NUMERALS for s in syllables):
        return None
    return 0.0, "".join(_NUMERALS[s] for s in syllables)


def _likeliest(words: CommonWords) -> dict[tuple[str, ...], tuple[float, str]]:
    """The likeliest word of each sound and its likelihood (a logarithm), single characters among them."""
    total = sum(words.counts.values())
    best: dict[tuple[str, ...], tuple[float, str]] = {}
    for word, count in words.counts.items():
        if count and len(word) <= _LONGEST and all(map(is_cjk, word)):
            sound, found = tuple(map(syllable, word)), (math.log(count / total), word)
            best[sound] = max(best.get(sound, found), found)
    return best
