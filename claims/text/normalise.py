"""One canonical reading of what was heard or shown, with a map from every character back to the original.

Order matters: characters are folded first, words are matched on the folded text, and numbers are read last by
`numbers`, because 第一 and 百分百 are words before they are numbers.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise

import opencc

_FIRST_IN_CIRCLES = (0x2460, 0x24F5, 0x2776, 0x2780, 0x278A, 0x3280)
_CIRCLED = {chr(first + n): word for first in _FIRST_IN_CIRCLES for n, word in enumerate("一二三四五六七八九十")}
_CIRCLED |= dict.fromkeys("⓪⓿", "零")
_DIGITS = {char: str("零一二三四五六七八九".index(word)) for char, word in _CIRCLED.items() if word != "十"}
_IN_CIRCLES = re.compile(f"[{''.join(_DIGITS)}]{{2,}}")
_WRITTEN_OUT = _CIRCLED | {"½": "半", "¼": "四分之一", "¾": "四分之三", "℃": "°c", "℉": "°f"}
# On cheques, and by telephone.
_FORMAL = dict(zip("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千", strict=True))
_FORMAL_NUMBER = re.compile(f"[{''.join(_FORMAL)}零万]{{2,}}")
_ONE_AMONG_DIGITS = re.compile("(?<=[零一二三四五六七八九])幺|幺(?=[零一二三四五六七八九幺])")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_STRONG = "。!?;\n"
_WEAK = ",:|"
_INSIDE_WORDS = set("·•*_~^|`´'\"“”‘’「」『』【】[]()（）<>《》…-—/\\+=#@&⭐") | set(" \t\u3000")
_KEEP_BETWEEN_LATIN = set("+-/.%*~")
_LEAST_FIELD = 3
# Between letters or digits and a digit these divide two figures: 4L｜4~6人, 180g(15g×12).
_DIVIDE_FIGURES = set("|()[]【】<>《》")


@dataclass(frozen=True, slots=True)
class Edit:
    """Folded characters [start, end) taken to mean something else, and what that reading costs."""

    start: int
    end: int
    meant: str
    kind: str
    cost: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Original characters [start, end) that were read as something else: `kind` names the layer that did it."""

    start: int
    end: int
    heard: str
    meant: str
    kind: str
    cost: float


@dataclass(frozen=True, slots=True)
class Normalised:
    """Folded text and, for each of its characters, where it came from.

    `starts[i]` and `ends[i]` bound the original characters that became character `i`; both are non-decreasing.
    `offers`: what may have been said instead of what was heard, in places of the folded text, none made yet.
    """

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    readings: tuple[Reading, ...] = ()
    offers: tuple[Edit, ...] = ()

    def edited(self, edits: Sequence[Edit]) -> "Normalised":
        """The text with every edit made, ordered and not overlapping; each is kept as a reading, offers are not."""
        if not edits:
            return self
        text, starts, ends, at = "", list[int](), list[int](), 0
        readings = list(self.readings)
        for edit in edits:
            left, right = self.original_span(edit.start, edit.end)
            size = len(edit.meant)
            text += self.text[at : edit.start] + edit.meant
            starts += [*self.starts[at : edit.start], *[left] * size]
            ends += [*self.ends[at : edit.start], *[right] * size]
            readings.append(Reading(left, right, self.original[left:right], edit.meant, edit.kind, edit.cost))
            at = edit.end
        return Normalised(
            self.original,
            text + self.text[at:],
            (*starts, *self.starts[at:]),
            (*ends, *self.ends[at:]),
            tuple(readings),
        )

    def heard(self, start: int, end: int) -> str:
        """The original words behind folded characters [start, end)."""
        if start >= end:
            return ""
        return self.original[self.starts[start] : self.ends[end - 1]]

    def part(self, start: int, end: int) -> "Normalised":
        """The folded characters [start, end), still mapped to the whole original."""
        offers = (o for o in self.offers if start <= o.start and o.end <= end)
        return Normalised(
            self.original,
            self.text[start:end],
            self.starts[start:end],
            self.ends[start:end],
            self.readings,
            tuple(replace(offer, start=offer.start - start, end=offer.end - start) for offer in offers),
        )

    def pieces(self, most: int) -> list["Normalised"]:
        """The text in pieces of at most `most` characters, cut at boundaries where there are any; never empty."""
        found: list[Normalised] = []
        at = 0
        while len(self.text) - at > most:
            window = self.text[at : at + most]
            cut = max((window.rfind(mark) for mark in _STRONG), default=-1)
            cut = cut if cut >= most // 2 else max(window.rfind(mark) for mark in _STRONG + _WEAK)
            end = at + (cut + 1 if cut >= most // 4 else most)
            found.append(self.part(at, end))
            at = end
        return [*found, self.part(at, len(self.text))]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the original behind folded characters [start, end)."""
        if start >= end:
            return (0, 0)
        return (self.starts[start], self.ends[end - 1])


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def to_simplified(text: str) -> str:
    """The text in simplified characters, always as long as the input, so that positions hold."""
    if text.isascii():
        return text
    text = _LONE_SURROGATE.sub("\ufffd", text)
    folded: str = _simplifier().convert(text)
    if len(folded) == len(text):
        return folded
    return "".join(_simplifier().convert(char)[:1] or char for char in text)


@lru_cache(maxsize=16_384)
def _fold_char(char: str) -> str:
    """What one character becomes; empty where it carries no words (variation selectors, emoji, U+FFFD)."""
    if char in _WRITTEN_OUT:
        return _WRITTEN_OUT[char]
    if _is_unseen(char):
        return ""
    if char.isspace():
        return "\n" if char.splitlines() == [""] else " "
    folded = unicodedata.normalize("NFKC", char).lower()
    if len(folded) > 1 and not folded.isascii() and not all("\u4e00" <= c <= "\u9fff" for c in folded):
        folded = "".join(c for c in folded if unicodedata.category(c)[0] in "LN")
    if unicodedata.category(char) == "So" and len(folded) == 1 and ord(folded) >= 0x2190:
        return ""
    return folded


@lru_cache(maxsize=4096)
def _is_unseen(char: str) -> bool:
    """True for characters without a picture: controls, joiners, marks, halves of surrogate pairs, U+FFFD."""
    if char == "\ufffd":
        return True
    category = unicodedata.category(char)
    return category in {"Cf", "Mn", "Me", "Cs", "Co", "Cn"} or (category == "Cc" and not char.isspace())


def is_cjk(char: str) -> bool:
    """True for a Han character."""
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


def is_strong_boundary(char: str) -> bool:
    """True where a sentence ends."""
    return char in _STRONG


def is_boundary(char: str) -> bool:
    """True where a clause ends."""
    return char in _STRONG or char in _WEAK


def clauses_of(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a text begin and end, what divides them left out."""
    found, start = [], 0
    for at, character in enumerate((*text, ",")):
        if at == len(text) or is_boundary(character):
            if at > start:
                found.append((start, at))
            start = at + 1
    return found


def normalise(
    original: str, *, emoji: dict[str, str] | None = None, lookalikes: dict[str, str] | None = None
) -> Normalised:
    """The folded reading of `original` with its index map.

    `emoji` gives words for pictures that stand for words (💊 → 药, flags → their countries); `lookalikes` maps
    single characters that pretend to be others (蕞 → 最). Symbols and spaces between two Han characters vanish;
    between Latin letters or digits they stay, so that 3-4, 1.5 and PA++++ survive. Two spaces or more part two
    fields. Adjacent circled numbers stay apart (①⑩ is not 110) but for digits that don't count up, which write one
    number (④⑧⓪).
    """
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    simplified = to_simplified(original)
    before_space = _before_space(original)
    pauses = {m.start() for m in _PAUSE.finditer(original)}
    dashes = {m.start() for m in _DASH.finditer(original)}
    drawn = _digits_in_circles(original) | _formal_numerals(simplified) | _flags(original, emoji or {})
    for index, char in enumerate(simplified):
        source = original[index]
        if lookalikes and char in lookalikes:
            folded = lookalikes[char]
        elif emoji and source in emoji:
            folded = emoji[source]
        elif index in dashes:
            folded = "-"
        elif index in pauses or (before_space[index] and _fold_char(source) == " "):
            folded = ","
        elif index in drawn:
            folded = drawn[index]
        else:
            folded = _fold_char(char)
            if source in _CIRCLED and index and original[index - 1] in _CIRCLED:
                folded = "," + folded
        for piece in folded:
            chars.append(piece)
            starts.append(index)
            ends.append(index + 1)
    return _drop_inner_symbols(original, chars, starts, ends)


# Whichever dash stands between two numbers says from where to where (GB/T 15835 writes 6—12).
_DASH = re.compile(r"(?<=[\dA-Za-z%℃])[\u2012-\u2015\u2212](?=\d)")
# A recogniser without punctuation parts what is said by spaces. Shorter stretches are words told apart (糖 尿 病).
_PAUSE = re.compile(r"(?<=[\u4e00-\u9fff]{4}) (?=[\u4e00-\u9fff]{4})")


def _digits_in_circles(original: str) -> dict[int, str]:
    """The digit of each circled one that is written with others as a number, by its place."""
    found: dict[int, str] = {}
    for run in _IN_CIRCLES.finditer(original):
        digits = [_DIGITS[char] for char in run.group()]
        if any(int(left) + 1 != int(right) for left, right in pairwise(digits)):
            found.update(enumerate(digits, run.start()))
    return found


def _formal_numerals(text: str) -> dict[int, str]:
    """The plain numeral of each formal one beside others, and of each 幺 among digits, by its place."""
    found = {one.start(): "一" for one in _ONE_AMONG_DIGITS.finditer(text)}
    for run in _FORMAL_NUMBER.finditer(text):
        found.update({run.start() + n: _FORMAL.get(char, char) for n, char in enumerate(run.group())})
    return found


def _flags(original: str, words: dict[str, str]) -> dict[int, str]:
    """What each flag says, by the places of its two characters."""
    found: dict[int, str] = {}
    for flag in _FLAG.finditer(original):
        if flag.group() in words:
            found.update({flag.start(): words[flag.group()], flag.start() + 1: ""})
    return found


def _before_space(original: str) -> list[bool]:
    """For each character, whether the next one that can be seen is a space."""
    flags = [False] * len(original)
    for index in range(len(original) - 2, -1, -1):
        following = original[index + 1]
        flags[index] = flags[index + 1] if _is_unseen(following) else following.isspace()
    return flags


def _bars_of_rows(text: str) -> frozenset[int]:
    """Where bars divide the fields of a row with figures (保质期3年|开启后12个月), not the characters of a word."""
    if "|" not in text or not any(char.isascii() and char.isdigit() for char in text):
        return frozenset()
    fields = text.split("|")
    ends = list(accumulate((len(field) + 1 for field in fields[:-1]), initial=-1))[1:]
    long = [sum(map(str.isalnum, field)) >= _LEAST_FIELD for field in fields]
    return frozenset(at for at, left, right in zip(ends, long, long[1:], strict=False) if left and right)


def _is_figure(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _drop_inner_symbols(original: str, chars: list[str], starts: list[int], ends: list[int]) -> Normalised:
    keep: list[int] = []
    size = len(chars)
    bars = _bars_of_rows("".join(chars))
    for index, char in enumerate(chars):
        if char not in _INSIDE_WORDS or index in bars:
            keep.append(index)
            continue
        before = chars[keep[-1]] if keep else ""
        after = next((chars[j] for j in range(index + 1, size) if chars[j] not in _INSIDE_WORDS), "")
        between_han = bool(before) and bool(after) and (is_cjk(before) or is_cjk(after))
        figures = _is_figure(before) and _is_figure(after)
        space = char in " \t\u3000"
        kept = char in _KEEP_BETWEEN_LATIN
        if (
            (figures and (space or (char in _DIVIDE_FIGURES and after.isdigit())))
            or (kept and before and before.isascii() and not (is_cjk(after) and char not in "+%"))
            or (kept and not between_han)
        ):
            keep.append(index)
    return Normalised(
        original,
        "".join(chars[i] for i in keep),
        tuple(starts[i] for i in keep),
        tuple(ends[i] for i in keep),
    )


def bare(word: str) -> str:
    """The word without the particle behind it: 仿皮的."""
    return word.rstrip("的") or word
