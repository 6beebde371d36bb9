"""Words that say one thing and mean another (心灵之窗, 小糖人), each admitted by hand with where it comes from.

A code word counts up to the day it expires, by the day of the broadcast (and before it was admitted: what was found in
November was said in October), where one of its `beside` words stands near it (if it has any) and none of its
`not_beside`. Codes of units count only behind a number, 米 for 元 only as a price.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

import ahocorasick_rs
from pydantic import Field

from claims.text.normalise import Edit
from claims.types import Frozen

CodeKind = Literal["code", "spelled", "symbol", "split"]
_REACH = 14
_TOLD = frozenset({"spelled", "split"})
_TALKED_OF = re.compile(r"[这那]?[两二三四几个]+字")


class CodeWord(Frozen):
    """One code word: what is said, what is meant, the class it serves, where it was seen, until when it counts."""

    said: tuple[Annotated[str, Field(min_length=1)], ...]
    meant: str
    class_id: Annotated[str, Field(alias="class")]
    source: str
    added: date
    expires: date
    example: str
    near_miss: str
    kind: CodeKind = "code"
    beside: tuple[str, ...] = ()
    not_beside: tuple[str, ...] = ()
    cost: Annotated[float, Field(gt=0)] = 1.0


class UnitCode(Frozen):
    """A word for a unit behind a number: `price` only where prices are spoken of, `close` right at the word."""

    said: tuple[str, ...]
    meant: str
    source: str
    added: date
    expires: date
    example: str
    near_miss: str
    price: bool = False
    close: bool = False


class CodeWordsFile(Frozen):
    """`codewords.yaml`."""

    price_words: tuple[str, ...]
    length_words: tuple[str, ...]
    words: tuple[CodeWord, ...]
    units: tuple[UnitCode, ...]


class CodeWords:
    """The admitted code words, searched in one pass."""

    def __init__(self, file: CodeWordsFile) -> None:
        self.file = file
        self._forms = [(said.lower(), word) for word in file.words for said in word.said]
        self._automaton = ahocorasick_rs.AhoCorasick([f for f, _ in self._forms], store_patterns=False)

    def edits(self, text: str, kinds: Iterable[str], on: date | None) -> list[Edit]:
        """The code words of these kinds that count here, the longest first where they overlap; `on` None: any day."""
        wanted = set(kinds)
        found: list[Edit] = []
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            word = self._forms[index][1]
            if word.kind not in wanted or (on is not None and on > word.expires):
                continue
            if _inside_latin(text, start, end):
                continue
            if _is_beside(text, start, end, word):
                found.append(Edit(start, end, word.meant, word.kind, word.cost))
        kept: list[Edit] = []
        for edit in sorted(found, key=lambda e: (e.start - e.end, e.start)):
            if all(edit.end <= other.start or other.end <= edit.start for other in kept):
                kept.append(edit)
        return sorted(kept, key=lambda e: e.start)


def _inside_latin(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return (_latin(before) and _latin(text[start])) or (_latin(after) and _latin(text[end - 1]))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _is_beside(text: str, start: int, end: int, word: CodeWord) -> bool:
    if word.kind in _TOLD and _TALKED_OF.match(text, end) is not None:
        return False
    head, tail = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    if any(_stands_out(head, text[start:end], tail, other) for other in word.not_beside):
        return False
    return not word.beside or any(other in head or other in tail for other in word.beside)


def _stands_out(head: str, said: str, tail: str, other: str) -> bool:
    """True if `other` stands near what was said and not only inside it (某宝妈 around 某宝)."""
    around, at = head + said + tail, -1
    while (at := around.find(other, at + 1)) >= 0:
        if at < len(head) or at + len(other) > len(head) + len(said):
            return True
    return False


_NUMBER = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百千万零几半]+)"
_COUNT = "箱瓶个件包袋桶盒条双台只枚罐份套支张提"
_PRICE_REACH = 18
_AFTER_PRICE = re.compile(r"$|[,。!?;\n]|拿|带|给|就")


class UnitCodes:
    """Codes of units behind numbers: 一百二十米一箱 is money, 三米长 is a length."""

    KIND = "unit"

    def __init__(self, file: CodeWordsFile) -> None:
        self._price_words, self._length_words = file.price_words, file.length_words
        self._codes = [
            (re.compile(rf"(?P<number>{_NUMBER})(?P<said>{'|'.join(map(re.escape, code.said))})", re.I), code)
            for code in file.units
        ]

    def edits(self, text: str, on: date | None) -> list[Edit]:
        """The unit codes that count here, as the plain unit."""
        found: list[Edit] = []
        for pattern, code in self._codes:
            if on is not None and on > code.expires:
                continue
            if not any(said in text for said in code.said):
                continue
            for match in pattern.finditer(text):
                if code.price and not self._is_price(text, match, code.close):
                    continue
                if any(e.start < match.end() and match.start() < e.end for e in found):
                    continue
                found.append(Edit(match.start("said"), match.end(), code.meant, self.KIND, 1.0))
        return sorted(found, key=lambda e: e.start)

    def _is_price(self, text: str, match: re.Match[str], close: bool) -> bool:
        """True for a whole number among words of price (`close`: right at one), with no word of length at it."""
        head, tail = text[max(0, match.start() - _PRICE_REACH) : match.start()], text[match.end() :]
        if "点" in match["number"] or "." in match["number"] or head.endswith(self._length_words):
            return False
        if tail.startswith(self._length_words) or re.match(rf"(?:{_NUMBER})(?![{_COUNT}])", tail):
            return False
        if close:
            alone = _AFTER_PRICE.match(tail) is not None
            return alone and len(match["number"]) > 1 and head.endswith(self._price_words)
        a_piece = re.match(rf"一[{_COUNT}]|每[{_COUNT}]", tail) is not None
        return a_piece or any(word in head or word in tail[:_PRICE_REACH] for word in self._price_words)
