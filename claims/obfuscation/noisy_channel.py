"""Mis-hearing as a noisy channel: words that sound like what was heard, weighed against what was heard.

A recogniser writes common characters of the same sound (存棉 for 纯棉). What it wrote is read anew where a term of the
policy sounds the same (toneless, with the confusions of `sound.fuzzy`) and makes the stretch of text much more likely
than the words that were heard; a heard word that is itself common stays. Every changed character costs a half, every
confused syllable a half more. What the recogniser itself doubted or offered as an alternative counts in favour.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import ahocorasick_rs

from claims.text.condition import find_newness
from claims.text.normalise import Edit, is_boundary, is_cjk
from claims.text.spell import fuzzy, spell, syllable
from claims.text.words import CommonWords

KIND = "sound"
_REACH = 3
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|[一二两三四五六七八九十百千万零点半几]+)")
_MEASURED = ("升", "克", "瓦", "斤", "米", "毫升", "厘米", "毫米", "公斤", "毫安时", "毫安", "千克", "千瓦", "平方米")
_AFTER_UNIT = frozenset(",。!?;:\n的,装长宽高厚")
_COUNTED = frozenset("课科颗棵声胜金今咪迷可以")
_UNIT_GAIN = 10.0
_CHANGED = 0.5
_CONFUSED = 0.5
_WEIGHT_OF_COST = 1.2
_LEAST_GAIN = 4.0
_UNANCHORED_GAIN = 8.0
_MOST_COST = 1.0
_MEASURES = frozenset(
    "个克升颗粒勺瓶斤米张片条袋盒包件双只支锅壶杯碗箱桶罐套台辆块元毛分秒天年月周岁号款种次遍步层寸度瓦伏安码折"
)
_NUMERALS = frozenset("一二两三四五六七八九十百千万亿零几每半0123456789")
_NEW = "新"
# What sounds like it and stands behind a number for nothing else (no 型, 行, 性); 星级 and 星座 are words of their own.
_GRADE_HEARD = re.compile(
    "[五六七八九5-9](?:[0-9〇零一二三四五六七八九]成?|成[0-9〇零一二三四五六七八九半]?)[星心欣辛](?![级座号巴球])"
)
_AFTER_GRADE = frozenset("的了吧啊呢哦")
_DOUBTED = 2.0
_OFFERED = 6.0
# A word that was listened for on the sound is read whatever the language says: two characters of the same syllables may
# lie so many nats below what was heard; more the longer it is, less the more unlike it sounds (a syllable's mean cost),
# none where what was heard makes more sense in its place.
_MOST_BELOW, _A_CHARACTER, _A_SYLLABLE = 4.0, 1.0, 4.0
_HEARD_AGAIN = 100.0


@dataclass(frozen=True, slots=True)
class Doubted:
    """Folded characters [start, end) of which the recogniser was not sure, and what else it may have heard.

    `below`: the alternative was listened for on the same sound, and is so many nats less likely.
    """

    start: int
    end: int
    alternatives: tuple[str, ...]
    below: float | None = None


@dataclass(frozen=True, slots=True)
class _Term:
    word: str
    syllables: tuple[str, ...]


class PhoneticChannel:
    """Terms by their sound, and the words of the language that they are weighed against."""

    def __init__(self, terms: Iterable[str], words: CommonWords, units: Iterable[str] = ()) -> None:
        self._words = words
        self._codes: dict[str, str] = {}
        chosen = sorted({t for t in terms if len(t) >= 2 and all(map(is_cjk, t))})
        self._exact = frozenset(chosen)
        self._unit_names = frozenset(u for u in units if all(map(is_cjk, u)))
        self._unit_of: dict[tuple[str, ...], str] = {}
        for unit in sorted(self._unit_names, key=lambda u: (u not in _MEASURED, u)):
            if len(unit) > 1 or unit in _MEASURED:
                self._unit_of.setdefault(tuple(fuzzy(s) for s in spell(unit)), unit)
        self._terms = [_Term(t, spell(t)) for t in chosen]
        keys = ["".join(self._code(fuzzy(s)) for s in t.syllables) for t in self._terms]
        self._automaton = ahocorasick_rs.AhoCorasick(keys, store_patterns=False) if keys else None

    def edits(self, text: str, doubted: Sequence[Doubted] = ()) -> list[Edit]:
        """The readings that are much likelier than what was heard, not overlapping."""
        if self._automaton is None:
            return []
        heard = [syllable(c) if is_cjk(c) else "" for c in text]
        coded = "".join(self._codes.get(fuzzy(s), "\x01") if s else "\x02" for s in heard)
        found: list[tuple[float, Edit]] = [*self._units(text, heard), *self._heard_again(text, heard, doubted)]
        found += _grades(text, doubted)
        for index, start, end in self._automaton.find_matches_as_indexes(coded, overlapping=True):
            term = self._terms[index]
            said = text[start:end]
            if said == term.word or said in self._words or said in self._exact:
                continue
            if _misreads_a_count(text, start, end, term.word):
                continue
            cost = reading_cost(said, heard[start:end], term.word, term.syllables)
            support = _support(start, end, term.word, doubted)
            if cost > _MOST_COST * (len(said) - 1) and support < _OFFERED:
                continue
            gain = self._gain(text, start, end, term.word) - _WEIGHT_OF_COST * cost + support
            anchored = any(a == b for a, b in zip(said, term.word, strict=True))
            if gain >= (_LEAST_GAIN if anchored else _UNANCHORED_GAIN):
                found.append((gain, Edit(start, end, term.word, KIND, cost)))
        return _best(found)

    def _heard_again(self, text: str, heard: list[str], doubted: Sequence[Doubted]) -> Iterator[tuple[float, Edit]]:
        """Words that the sound itself makes likely, however unlike what was heard they look."""
        for one in doubted:
            said = text[one.start : one.end]
            if one.below is None or len(said) != len(one.alternatives[0]) or not all(map(is_cjk, said)):
                continue
            term = _Term(one.alternatives[0], spell(one.alternatives[0]))
            is_sense = said in self._exact or self._words.covers(said)
            is_sense = is_sense or self._gain(text, one.start, one.end, term.word) < 0
            cost = reading_cost(said, heard[one.start : one.end], term.word, term.syllables)
            confused = (cost - _CHANGED * sum(a != b for a, b in zip(said, term.word, strict=True))) / _CONFUSED
            most = _MOST_BELOW + _A_CHARACTER * (len(said) - 2) - _A_SYLLABLE * confused / len(said)
            if one.below <= (0.0 if is_sense else most):
                yield _HEARD_AGAIN - one.below, Edit(one.start, one.end, term.word, KIND, cost)

    def _units(self, text: str, heard: list[str]) -> Iterator[tuple[float, Edit]]:
        """Units that were mis-heard behind a number: 十里米, and 八生 where the clause ends."""
        for number in _NUMBER.finditer(text):
            at = number.end()
            for size in (3, 2, 1):
                said = text[at : at + size]
                unit = self._unit_of.get(tuple(map(fuzzy, heard[at : at + size]))) if len(said) == size else None
                if unit is None or said == unit or said in self._unit_names or said in self._words:
                    continue
                ends = at + size == len(text) or text[at + size] in _AFTER_UNIT
                if size > 1 or (ends and said not in _COUNTED and len(number[0]) > 0):
                    cost = reading_cost(said, heard[at : at + size], unit, spell(unit))
                    yield _UNIT_GAIN + size, Edit(at, at + size, unit, KIND, cost)
                    break

    def _gain(self, text: str, start: int, end: int, meant: str) -> float:
        left, right = start, end
        while left > max(0, start - _REACH) and is_cjk(text[left - 1]):
            left -= 1
        while right < min(len(text), end + _REACH) and is_cjk(text[right]):
            right += 1
        head, tail = text[left:start], text[end:right]
        return self._words.likelihood(head + meant + tail) - self._words.likelihood(text[left:right])

    def _code(self, folded: str) -> str:
        return self._codes.setdefault(folded, chr(0x100 + len(self._codes)))


def _grades(text: str, doubted: Sequence[Doubted]) -> Iterator[tuple[float, Edit]]:
    """Grades of second-hand goods whose last word was misheard (九五星), where it was doubted or a clause ends."""
    for match in _GRADE_HEARD.finditer(text):
        at = match.end() - 1
        meant = text[:at] + _NEW + text[at + 1 :]
        ends = match.end() == len(text) or is_boundary(text[match.end()]) or text[match.end()] in _AFTER_GRADE
        unsure = ends or any(d.start <= at and match.start() < d.end for d in doubted)
        if unsure and any(grade.end == at + 1 for grade in find_newness(meant)):
            said = syllable(text[at])
            cost = reading_cost(text[at], [said], _NEW, [syllable(_NEW)])
            yield _UNIT_GAIN, Edit(at, at + 1, _NEW, KIND, cost)


def goes_with_a_number(text: str, edit: Edit) -> bool:
    """True for units and grades: they go with the numeral in them or before them, whatever is said around."""
    return any(char in _NUMERALS or char == "成" for char in text[max(0, edit.start - 1) : edit.end])


def _misreads_a_count(text: str, start: int, end: int, meant: str) -> bool:
    """True where a numeral would be read away, or the word that is counted by the numeral before it."""
    said = text[start:end]
    if any(a in _NUMERALS and a != b for a, b in zip(said, meant, strict=True)):
        return not any(b in _NUMERALS for b in meant) and "一" not in said
    return start > 0 and text[start - 1] in _NUMERALS and said[0] in _MEASURES


def reading_cost(said: str, heard: Sequence[str], word: str, syllables: Sequence[str]) -> float:
    """What it costs to read a word, and the syllables it is spoken in, where others of equal number were heard."""
    changed = sum(a != b for a, b in zip(said, word, strict=True))
    confused = sum(a != b for a, b in zip(heard, syllables, strict=True))
    return _CHANGED * changed + _CONFUSED * confused


def _support(start: int, end: int, meant: str, doubted: Sequence[Doubted]) -> float:
    """What the recogniser's own doubt adds: more where it had offered the word itself."""
    support = 0.0
    for one in doubted:
        if one.start < end and start < one.end:
            offered = any(meant in other or other in meant for other in one.alternatives if other)
            support = max(support, _OFFERED if offered else _DOUBTED)
    return support


def _best(found: list[tuple[float, Edit]]) -> list[Edit]:
    """The likeliest of those that overlap, by place."""
    kept: list[Edit] = []
    for _, edit in sorted(found, key=lambda pair: (-pair[0], pair[1].start)):
        if all(edit.end <= other.start or other.end <= edit.start for other in kept):
            kept.append(edit)
    return sorted(kept, key=lambda edit: edit.start)
