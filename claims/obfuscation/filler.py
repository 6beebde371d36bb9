"""Fillers put inside words (糖某尿某病, 防什么腐什么剂): taken out where what is left is a term of the policy.

Three kinds: words that nobody puts there by chance (某, 什么, 那个), sounds of hesitation between pauses (壮,咳,阳),
and ordinary characters (小, 和, 母) that count only where they come again and again (小肠小道). What is left may also
only sound like a term (湿某棉 → 失眠).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from claims.text.normalise import Edit, is_boundary, is_cjk
from claims.text.spell import sound_classes
from claims.text.words import CommonWords

KIND = "filler"
_LONGEST = 6
_ONE = 0.5
_AGAIN = 0.25
_MAGNITUDES = "十百千万"
_NUMERALS = f"零一二两三四五六七八九{_MAGNITUDES}"
_SOUNDS = 1.0
_COVERED = 4
_LONGEST_PIECE = 1.6
_NEVER_SAID = frozenset({"某", "姆"})
_SOUNDS_MADE = "嗯呃额唔咳啊哎诶哦噢"
_PAUSE, _BREAK = r"(?:[,、]|\.{2,})", r"\.{2,}"
_PAUSES = re.compile(_BREAK)
_BROKEN_NUMBER = re.compile(
    rf"(?P<left>[{_NUMERALS}]+)"
    rf"(?:{_PAUSE}*(?:[{_SOUNDS_MADE}]|那个|这个|什么)+{_PAUSE}*|{_BREAK})+(?P<right>[{_NUMERALS}]+)"
)
_STUTTER = re.compile(
    rf"(?P<once>[\u4e00-\u9fff]{{1,2}})[嗯呃额唔咳]?(?:{_PAUSE}[{_SOUNDS_MADE}]*)+(?P<again>(?P=once))"
)


@dataclass(frozen=True, slots=True)
class Fillers:
    """What is put into words: `strong` counts at once, `weak` where it repeats, `natural` never before those.

    `hesitations` count between pauses alone.
    """

    strong: tuple[str, ...]
    weak: tuple[str, ...]
    natural: Mapping[str, tuple[str, ...]]
    hesitations: tuple[str, ...] = ()


class FillerStripper:
    """Finds terms through what was put into them."""

    def __init__(self, fillers: Fillers, terms: Iterable[str], words: CommonWords, names: Iterable[str] = ()) -> None:
        """`names` are found as they are written only, not by what sounds like them."""
        self._words = words
        self._natural = {filler: frozenset(after) for filler, after in fillers.natural.items()}
        self._terms = frozenset(t for t in terms if len(t) >= 2 and all(map(is_cjk, t)))
        self._sounding: dict[tuple[str, ...], str] = {}
        for term in sorted(self._terms):
            self._sounding.setdefault(sound_classes(term), term)
        self._terms |= {name for name in names if len(name) >= 2}
        self._strong = _any_of(fillers.strong, (*fillers.strong, *fillers.hesitations))
        self._weak = _any_of(fillers.weak)

    def edits(self, text: str) -> list[Edit]:
        """Every term that was broken up, longest first, not overlapping; and every word that was begun twice."""
        found = [*self._begun_twice(text), *self._numbers(text)]
        for pattern, repeats in ((self._strong, False), (self._weak, True)):
            if pattern.search(text) is not None:
                found += self._broken(text, pattern, repeats)
        kept: list[Edit] = []
        for edit in sorted(found, key=lambda e: (-len(e.meant), e.cost, e.start)):
            if all(edit.end <= other.start or other.end <= edit.start for other in kept):
                kept.append(edit)
        return sorted(kept, key=lambda e: e.start)

    def _broken(self, text: str, pattern: re.Pattern[str], repeats: bool) -> list[Edit]:
        found: list[Edit] = []
        chars = _without(text, pattern)
        for first in range(len(chars)):
            for size in range(2, min(_LONGEST, len(chars) - first) + 1):
                span = chars[first : first + size]
                gaps = [(a, b) for a, b in pairwise(span) if b - a > 1]
                if any(is_boundary(text[i]) or not is_cjk(text[i]) for i in (span[0], span[-1])) or not gaps:
                    continue
                if repeats and not self._repeats(text, span, gaps, pattern):
                    continue
                said = "".join(text[i] for i in span)
                if not all(map(is_cjk, said)) or self._are_terms(text, span):
                    continue
                put_in = {text[a + 1 : b] for a, b in gaps}
                meant, cost = self._meant(said, repeats, put_in <= _NEVER_SAID)
                broken_up = len(gaps) > 1 and len(said) >= _COVERED and len(said) < _LONGEST_PIECE * (len(gaps) + 1)
                if meant is None and broken_up and self._words.covers(said):
                    meant = said
                if meant is None or self._is_natural(text, gaps, size):
                    continue
                start, end = _with_outer(text, span[0], span[-1] + 1, pattern, len(gaps) > 1 or repeats)
                found.append(Edit(start, end, meant, KIND, cost + _ONE * len(gaps)))
        return found

    @staticmethod
    def _begun_twice(text: str) -> list[Edit]:
        """What somebody began and said again (绿,绿色; 六月八、八号), once; a word that only comes again is none."""
        found: list[Edit] = []
        for begun in _STUTTER.finditer(text):
            between = text[begun.end("once") : begun.start("again")]
            first = not begun.start() or is_boundary(text[begun.start() - 1]) or text[begun.start() - 1] == "、"
            halting = between != "," and (between != "、" or begun["once"] in _NUMERALS)
            longer = text[max(0, begun.start() - 1) : begun.end("once")]
            if (first or halting) and not (len(longer) > 1 and set(longer) <= set(_NUMERALS)):
                found.append(Edit(begun.start(), begun.end(), begun["again"], KIND, _AGAIN))
        return found

    @staticmethod
    def _numbers(text: str) -> list[Edit]:
        """Numbers that somebody halted in (一百...五十; 两,那个,万), whole."""
        found: list[Edit] = []
        for broken in _BROKEN_NUMBER.finditer(text):
            left, right = broken["left"], broken["right"]
            last, highest = _MAGNITUDES.find(left[-1]), max(map(_MAGNITUDES.find, right))
            inside = max(map(_MAGNITUDES.find, left))
            goes_on = last > highest if last >= 0 else right[0] in _MAGNITUDES and (inside < 0 or inside > highest)
            if goes_on:
                found.append(Edit(broken.start(), broken.end(), left + right, KIND, _AGAIN))
        return found

    def _are_terms(self, text: str, span: Sequence[int]) -> bool:
        """True where what the filler parts are terms by themselves (什么补肾什么壮阳)."""
        parts, at = list[str](), span[0]
        for a, b in pairwise(span):
            if b - a > 1:
                parts.append(text[at : a + 1])
                at = b
        parts.append(text[at : span[-1] + 1])
        return all(part in self._terms for part in parts)

    def _meant(self, said: str, repeats: bool, only_sounding: bool) -> tuple[str | None, float]:
        if said in self._terms:
            return said, 0.0
        if repeats or not only_sounding:
            return None, 0.0
        return self._sounding.get(sound_classes(said)), _SOUNDS

    @staticmethod
    def _repeats(text: str, span: Sequence[int], gaps: Sequence[tuple[int, int]], pattern: re.Pattern[str]) -> bool:
        """True where the same filler stands before every character."""
        first = text[gaps[0][0] + 1 : gaps[0][1]]
        every = len(gaps) == len(span) - 1 and all(text[a + 1 : b] == first for a, b in gaps)
        return every and text.endswith(first, 0, span[0])

    def _is_natural(self, text: str, gaps: Sequence[tuple[int, int]], size: int) -> bool:
        """True for 治什么病 and 补那个水: the filler belongs to what follows; for 祖国...家人们: a sentence ends."""
        if size != 2 or len(gaps) != 1:
            return False
        left, right = gaps[0]
        if _PAUSES.fullmatch(text, left + 1, right) is not None:
            return True
        return text[right] in self._natural.get(text[left + 1 : right], frozenset())


def _any_of(words: Sequence[str], between: Sequence[str] = ()) -> re.Pattern[str]:
    """Any of the words one after another; those in `between` with the pauses around them, or a voice breaking off."""

    def alternatives(of: Sequence[str]) -> str:
        return "|".join(sorted(map(re.escape, of), key=len, reverse=True))

    paused = rf"(?:{_PAUSE}(?:{alternatives(between)})+)+{_PAUSE}|{_BREAK}|" if between else ""
    return re.compile(f"(?:{paused}{alternatives(words)})+")


def _without(text: str, pattern: re.Pattern[str]) -> list[int]:
    """The places of the characters that are no filler."""
    out: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        out += range(at, match.start())
        at = match.end()
    return [*out, *range(at, len(text))]


def _with_outer(text: str, start: int, end: int, pattern: re.Pattern[str], many: bool) -> tuple[int, int]:
    """The span with a filler that goes on right after it, where there were several or it is never said (美某白某)."""
    if many or text[end : end + 1] in _NEVER_SAID:
        after = pattern.match(text, end)
        if after is not None and after.end() - end <= 2:
            end = after.end()
        if start and pattern.fullmatch(text[start - 1]):
            start -= 1
    return start, end
