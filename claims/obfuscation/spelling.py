"""Pinyin and initials among characters (kang癌, 糖N病, fang腐剂), read as the term of the policy that they complete.

A run of Latin letters counts only beside Han characters: the syllables that it spells, together with the characters
around it, must be a term. One letter is the initial of one character, in terms of three characters and more.
"""

import re
from collections.abc import Iterable, Mapping

from claims.obfuscation.spaced import SpacedSpeller
from claims.text.normalise import Edit, is_cjk
from claims.text.spell import spell, syllable
from claims.text.words import CommonWords

KIND = "spelled"
_RUN = re.compile(r"(?<![a-z0-9.])[a-z]{1,24}(?![a-z0-9])")
_LATIN = re.compile("[a-z]")
_LONGEST = 6
_SYLLABLE_COST = 0.5
_LETTER_COST = 1.0
_SHORTEST_BY_LETTER = 3
# A letter behind these tells one vitamin from another, and is the initial of nothing.
_VITAMINS = ("维", "维生素", "维他命")


def may_be_spelled(text: str) -> bool:
    """Whether letters stand among other characters."""
    return not text.isascii() and _LATIN.search(text) is not None


class Speller:
    """Terms by what remains of them when some characters are written in letters."""

    def __init__(
        self,
        terms: Iterable[str],
        alone: Mapping[str, str],
        words: CommonWords | None = None,
        names: Iterable[str] = (),
    ) -> None:
        """`alone`: syllables that are read as one character even where they complete no term.

        `names` are read where every syllable of them is written.
        """
        self._alone = dict(alone)
        terms = sorted(terms)
        self._spaced = SpacedSpeller(terms, words, names)
        self._of_sound: dict[str, list[str]] = {}
        syllables: set[str] = set(alone)
        for term in sorted({t for t in terms if 2 <= len(t) <= _LONGEST and all(map(is_cjk, t))}):
            spelled = spell(term)
            syllables.update(spelled)
            self._of_sound.setdefault(" ".join(spelled), []).append(term)
        self._syllables = frozenset(syllables)
        self._of_shape: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for sound, terms_of in self._of_sound.items():
            for term in terms_of:
                for i, sound_of in enumerate(sound.split(" ")):
                    if len(term) >= _SHORTEST_BY_LETTER:
                        self._of_shape.setdefault((term[:i], term[i + 1 :]), []).append((term, sound_of[0]))

    def edits(self, text: str) -> list[Edit]:
        """Every run of letters that completes a term, with the term for the run and the characters around it."""
        found: list[Edit] = []
        if not may_be_spelled(text):
            return found
        spaced = self._spaced.edits(text)
        for run in _RUN.finditer(text):
            edit = self._read(text, run.start(), run.end())
            if edit is None or (found and edit.start < found[-1].end):
                continue
            if all(edit.end <= whole.start or whole.end <= edit.start for whole in spaced):
                found.append(edit)
        return sorted((*found, *spaced), key=lambda e: e.start)

    def _read(self, text: str, start: int, end: int) -> Edit | None:
        letters = text[start:end]
        beside = (start > 0 and is_cjk(text[start - 1])) or is_cjk(text[end : end + 1] or " ")
        if not beside and not any(map(is_cjk, text)):
            return None
        if len(letters) == 1:
            return self._by_initial(text, start, end) if beside else None
        initials = self._spaced.initials(letters, text, end) if beside else None
        if initials is not None:
            return Edit(start, end, initials, KIND, _LETTER_COST * len(initials))
        for spelled in self._splits(letters):
            if not beside and len(spelled) == 1:
                continue
            best = self._completed(text, start, end, spelled)
            if best is not None:
                left, right, term = best
                return Edit(left, right, term, KIND, _SYLLABLE_COST * len(spelled))
        word = self._spaced.glued(letters) if beside else None
        if word is not None:
            return Edit(start, end, word, KIND, _SYLLABLE_COST * len(word))
        if beside and letters in self._alone:
            return Edit(start, end, self._alone[letters], KIND, _SYLLABLE_COST)
        return None

    def _splits(self, letters: str) -> list[tuple[str, ...]]:
        """The ways to read the letters as at most four syllables, fewest first."""
        ways: list[tuple[str, ...]] = []

        def go(at: int, taken: tuple[str, ...]) -> None:
            if at == len(letters):
                ways.append(taken)
            elif len(taken) < 4:
                for size in range(min(6, len(letters) - at), 0, -1):
                    if letters[at : at + size] in self._syllables:
                        go(at + size, (*taken, letters[at : at + size]))

        go(0, ())
        return sorted(ways, key=len)

    def _completed(self, text: str, start: int, end: int, spelled: tuple[str, ...]) -> tuple[int, int, str] | None:
        best: tuple[int, int, str] | None = None
        most = _LONGEST - len(spelled)
        for before in range(min(most, start) + 1):
            head = text[start - before : start]
            if head and not is_cjk(head[0]):
                break
            for after in range(most - before + 1):
                tail = text[end : end + after]
                if len(tail) < after or (tail and not is_cjk(tail[-1])):
                    break
                if before + after + len(spelled) < 2:
                    continue
                sound = " ".join((*map(syllable, head), *spelled, *map(syllable, tail)))
                for term in self._of_sound.get(sound, ()):
                    fits = term.startswith(head) and term.endswith(tail)
                    if fits and (best is None or len(term) > len(best[2])):
                        best = (start - before, end + after, term)
        return best

    def _by_initial(self, text: str, start: int, end: int) -> Edit | None:
        best: Edit | None = None
        if text.endswith(_VITAMINS, 0, start):
            return None
        for before in range(min(_LONGEST, start) + 1):
            for after in range(_LONGEST - before):
                head, tail = text[start - before : start], text[end : end + after]
                if len(head) + len(tail) + 1 < _SHORTEST_BY_LETTER:
                    continue
                for term, initial in self._of_shape.get((head, tail), ()):
                    longer = best is None or len(term) > len(best.meant)
                    if initial == text[start] and longer:
                        best = Edit(start - before, end + after, term, KIND, _LETTER_COST)
        return best
