"""Concepts and the words that mean them, all searched in one pass over the text (Aho-Corasick).

The cost of a search depends on the text, not on how many words are known. Sensitive words are also found when one of
their characters was written in pinyin (zui低价, 国家ji), with the plain word as what was meant.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import ahocorasick_rs

from claims.text.spell import spell


@dataclass(frozen=True, slots=True)
class Entry:
    """One searched form: the concepts it means, and the word it stands for."""

    form: str
    word: str
    concepts: tuple[str, ...]
    spelled: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A form at [start, end) of the folded text."""

    start: int
    end: int
    entry: Entry


class Lexicon:
    """All words of all concepts, compiled for searching."""

    def __init__(
        self,
        concepts: Mapping[str, Iterable[str]],
        *,
        sensitive: frozenset[str] = frozenset(),
        aliases: Mapping[str, str] | None = None,
        plain: frozenset[str] = frozenset(),
    ) -> None:
        """`plain` words are searched as they are written alone, whatever their concepts."""
        meant: dict[str, set[str]] = {}
        for concept, words in concepts.items():
            for word in words:
                meant.setdefault(word.lower(), set()).add(concept)
        entries = {w: Entry(w, w, tuple(sorted(c)), False) for w, c in meant.items() if w}
        self._sensitive = {w: c for w, c in meant.items() if c & sensitive and w not in plain}
        for form, word in (aliases or {}).items():
            inside = {c for known, found in meant.items() if known == word for c in found}
            if inside:
                entries[form] = Entry(form, word, tuple(sorted(inside)), True)
        self._written = _Forms(entries.values())
        self.concepts: dict[str, frozenset[str]] = {}
        for concept, words in concepts.items():
            self.concepts[concept] = frozenset(w.lower() for w in words)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every word as it is written."""
        return self._written.entries

    @cached_property
    def spelled(self) -> tuple[Entry, ...]:
        """The sensitive words with characters in pinyin, where that is no written word; spelled out when asked for."""
        written = {entry.form for entry in self.entries}
        found: dict[str, Entry] = {}
        for word, concepts in self._sensitive.items():
            for form in spelled_forms(word):
                if form not in written:
                    found.setdefault(form, Entry(form, word, tuple(sorted(concepts)), True))
        return tuple(found.values())

    @cached_property
    def _spelled(self) -> "_Forms":
        return _Forms(self.spelled)

    def search(self, text: str) -> list[Hit]:
        """Every form in the text, overlapping ones included, by start."""
        hits = self._written.search(text)
        if _LATIN.search(text) is not None:
            hits += self._spelled.search(text)
        hits.sort(key=_by_place)
        return hits


class _Forms:
    """Some forms, compiled for searching."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._latin = frozenset(i for i, e in enumerate(self.entries) if e.spelled or e.form.isascii())
        self._automaton = ahocorasick_rs.AhoCorasick([e.form for e in self.entries], store_patterns=False)

    def search(self, text: str) -> list[Hit]:
        """Every form in the text; Latin ones only as whole runs of letters."""
        entries, latin = self.entries, self._latin
        return [
            Hit(start, end, entries[index])
            for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True)
            if index not in latin or not _cuts_latin(text, start, end)
        ]


_LATIN = re.compile("[a-z]")
_by_place = attrgetter("start", "end")


def _cuts_latin(text: str, start: int, end: int) -> bool:
    """True where the form begins or ends inside a run of Latin letters."""
    first, last = text[start], text[end - 1]
    before, after = text[start - 1 : start], text[end : end + 1]
    return (_latin(first) and _latin(before)) or (_latin(last) and _latin(after))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def spelled_forms(word: str) -> list[str]:
    """The word with one character, or all of them, written in toneless pinyin."""
    if len(word) < 2 or word.isascii() or any(c.isascii() for c in word):
        return []
    syllables = spell(word)
    if len(syllables) != len(word):
        return []
    forms = [word[:i] + syllables[i] + word[i + 1 :] for i in range(len(word))]
    if len(word) >= 2 and sum(map(len, syllables)) >= 5:
        forms.append("".join(syllables))
    return forms
