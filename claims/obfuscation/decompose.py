"""Characters told by their parts (病字头一个老叟的叟, 三点水一个台, 两个火叠起来), read as the characters they make.

A telling is a run of parts with words of place between them. Parts next to one another are joined to a character of
the table; what stays single counts where a gloss names it (疗效的疗) and beside a character that was joined. A telling
of glosses alone (生孩子的生,头发的发) counts where they make a term of the policy, as do parts that are written side by
side (月兑发). A character that is said between pauses right after its parts is what they make.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from claims.obfuscation.described_characters import DescriptionReader, Part
from claims.text.normalise import Edit, is_cjk
from claims.text.words import CommonWords

KIND = "split"
_MOST_PARTS = 4
_GLOSS_BEFORE = re.compile("([\u4e00-\u9fff]{2,4})的([\u4e00-\u9fff]),?$")
_EXPLAINED = 8
_A_SHAPE = re.compile("字?[形型状]")
_REACH = 2


class Decomposer:
    """Joins spoken parts to characters by a table of parts and a list of what radicals are called."""

    def __init__(
        self,
        parts: Mapping[str, Sequence[str]],
        radicals: Mapping[str, str],
        terms: Iterable[str] = (),
        words: CommonWords | None = None,
    ) -> None:
        """`terms` are what parts without a radical may tell; `words` are common and tell nothing."""
        self._descriptions = DescriptionReader(radicals)
        self._terms = frozenset(t for t in terms if len(t) >= 2)
        self._term_chars = frozenset(c for term in self._terms for c in term)
        self._parts = parts
        self._of_terms = _joined(parts, [char for char in parts if char in self._term_chars]).made
        self._words = words

    @cached_property
    def _joins(self) -> "_Joins":
        """What all parts make; only where a text tells of parts is it asked for."""
        return _joined(self._parts, sorted(self._parts, key=lambda char: char not in self._term_chars))

    def edits(self, text: str) -> list[Edit]:
        """Every telling that makes at least one character, as what it makes."""
        text = text.replace("、", ",")
        found: list[Edit] = []
        at = 0
        while (begin := self._descriptions.starts(text, at)) is not None:
            parts = self._descriptions.parts(text, self._with_gloss(text, begin.start(), at))
            made = self._join(parts)
            at = begin.end()
            if made is None:
                continue
            meant, used = made
            start, end = parts[0].start, parts[used - 1].end
            if not self._is_explained(text, parts[:used], meant):
                found.append(Edit(start, end, meant, KIND, 1.0))
                at = end
        return found + [e for e in self._written(text) if all(e.end <= f.start or f.end <= e.start for f in found)]

    @staticmethod
    def _with_gloss(text: str, start: int, least: int) -> int:
        """Where glosses right before the telling begin (母亲的母,女字旁一个乃), or the telling itself."""
        while (before := _GLOSS_BEFORE.search(text, max(least, start - 8), start)) is not None:
            if before[2] not in before[1]:
                break
            start = before.start(1) + next(i for i in range(len(before[1])) if before[2] in before[1][i:])
        return start

    @staticmethod
    def _is_explained(text: str, parts: Sequence[Part], meant: str) -> bool:
        """True where nothing is hidden: the character is said right after its parts (两个火叠起来的炎), or a shape."""
        end = parts[-1].end
        if _A_SHAPE.match(text, end) is not None:
            return True
        return not parts[-1].echo and any(char in text[end : end + _EXPLAINED] for char in meant)

    def _join(self, parts: Sequence[Part]) -> tuple[str, int] | None:
        """The characters that the parts make and how many parts they take; None where nothing is joined."""
        meant, at, joined, used = "", 0, False, 0
        while at < len(parts):
            size, char = self._longest(parts, at)
            if char:
                meant, joined, at = meant + char, True, at + size
                used = at
                continue
            one = parts[at]
            if (one.echo or one.glossed) and meant.endswith(one.text):
                at += 1
                used = at
                continue
            if one.echo:
                break
            ahead = next((i for i in range(at + 1, min(at + 6, len(parts))) if parts[i].echo), None)
            if one.radical and ahead is not None and self._holds(parts[ahead].text, one.text):
                meant, joined, at = meant + parts[ahead].text, True, ahead + 1
                used = at
                continue
            if one.radical and at + 1 < len(parts) and self._holds(parts[at + 1].text, one.text):
                at += 1
                continue
            if one.half or (not one.glossed and not (joined and len(one.text) == 1 and one.start > 0 and at == used)):
                break
            if not (one.glossed and at and parts[at - 1].text == one.text):
                meant = one.text + meant if one.ahead else meant + one.text
            at += 1
            used = at
        if joined or (len(meant) > 1 and meant in self._terms):
            return meant, used
        return None

    def _longest(self, parts: Sequence[Part], at: int) -> tuple[int, str]:
        """How many parts from here on make one character, and which; an explanation of a part is no part."""
        for size in range(min(_MOST_PARTS, len(parts) - at), 1, -1):
            taken = [
                p
                for i, p in enumerate(parts[at : at + size])
                if not (i and p.glossed and p.text == parts[at + i - 1].text)
            ]
            if len(taken) < 2 or any(p.echo for p in taken):
                continue
            pieces = tuple(self._piece(p) for p in taken)
            char = self._joins.made.get(pieces) or self._joins.in_any_order.get(tuple(sorted(pieces)))
            if char is not None:
                return size, char
        return 0, ""

    def _piece(self, part: Part) -> str:
        if part.half:
            ways = self._joins.parts_of.get(part.text, [])
            way = next((w for w in ways if len(w) > 1), None)
            return way[0 if part.half == "左" else -1] if way else part.text
        return _same(part.text)

    def _holds(self, char: str, piece: str) -> bool:
        """True if the character has the piece in it."""
        return any(_same(piece) in way for way in self._joins.parts_of.get(char, ()))

    def _written(self, text: str) -> list[Edit]:
        """Two characters written for the one that they make, where that completes a term (月兑发)."""
        found: list[Edit] = []
        for at in range(len(text) - 1):
            pair = text[at : at + 2]
            char = self._of_terms.get((_same(pair[0]), _same(pair[1])))
            if char is None or not (is_cjk(pair[0]) and is_cjk(pair[1])):
                continue
            if self._words is not None and pair in self._words:
                continue
            end = at + 2
            if text[end : end + 2] == pair:
                end += 2
            left = [text[at - n : at] for n in range(_REACH + 1) if n <= at]
            right = [text[end : end + n] for n in range(_REACH + 1)]
            whole = any(head + char + tail in self._terms for head in left for tail in right if head or tail)
            if whole and (not found or found[-1].end <= at):
                found.append(Edit(at, end, char, KIND, 1.0))
        return found


_VARIANTS = {"艹": "草", "⺮": "竹", "𥫗": "竹", "氵": "水", "亻": "人", "牜": "牛", "疒": "病", "讠": "言", "钅": "金"}
_VARIANTS |= {
    "衤": "衣",
    "礻": "示",
    "扌": "手",
    "忄": "心",
    "饣": "食",
    "犭": "犬",
    "纟": "丝",
    "糸": "丝",
    "刂": "刀",
}
_VARIANTS |= {
    "阝": "阜",
    "灬": "火",
    "冫": "冰",
    "艸": "草",
    "肉": "月",
    "辵": "辶",
    "贝": "贝",
    "王": "玉",
    "攵": "攴",
    "隹": "佳",
    "丬": "爿",
}


@dataclass(frozen=True, slots=True)
class _Joins:
    """Which character parts make, in their order and in any; and the ways in which a character falls into parts."""

    made: dict[tuple[str, ...], str] = field(default_factory=dict)
    in_any_order: dict[tuple[str, ...], str] = field(default_factory=dict)
    parts_of: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)


def _joined(parts: Mapping[str, Sequence[str]], chars: Iterable[str]) -> _Joins:
    """The joins of these characters; of several with the same parts the first."""
    joins = _Joins()
    for char in chars:
        for way in _ways(char, parts):
            split = tuple(_same(c) for c in way)
            joins.made.setdefault(split, char)
            joins.in_any_order.setdefault(tuple(sorted(split)), char)
            joins.parts_of.setdefault(char, []).append(split)
    return joins


def _ways(char: str, parts: Mapping[str, Sequence[str]]) -> list[str]:
    """How a character falls into parts, then how it does where one of them falls into its own (棉: 木帛, 木白巾)."""
    finer = [
        way[:at] + inner + way[at + 1 :]
        for way in parts[char]
        for at, piece in enumerate(way)
        for inner in parts.get(piece, ())
        if len(way) > 1 and len(way) + len(inner) - 1 <= _MOST_PARTS
    ]
    return [*parts[char], *finer]


def _same(part: str) -> str:
    """One form for the forms of a radical."""
    return _VARIANTS.get(part, part)


def components_of(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Characters with the ways in which they fall into parts, from a table with a character a line."""
    rows = (line.split() for line in lines)
    return {row[0]: tuple(row[1:]) for row in rows}
