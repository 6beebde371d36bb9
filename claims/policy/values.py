"""Families of words of which one thing has only one: aromas, breeds, processes, grades … (`values/*.txt`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ahocorasick_rs

from claims.errors import PolicyError
from claims.policy.files import read_numbered_lines
from claims.policy.goods import words_of
from claims.policy.linking import LinkingFile
from claims.text.about_numbers import in_han

_CODE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of values: labels in passports, first parts of categories, its values' names and broader values."""

    id: str
    labels: tuple[str, ...]
    categories: tuple[str, ...]
    about: str
    names: Mapping[str, tuple[str, ...]]
    broader: Mapping[str, str]

    def holds_for(self, category: str) -> bool:
        """True where goods of this first part of a category have such values; `*` is every category."""
        return category in self.categories or "*" in self.categories

    def related(self, one: str, other: str) -> bool:
        """True where neither contradicts the other: they are the same, or one includes the other."""
        return other in self._lineage(one) or one in self._lineage(other)

    def _lineage(self, value: str) -> list[str]:
        found = [value]
        while (above := self.broader.get(found[-1])) is not None and above not in found:
            found.append(above)
        return found


@dataclass(frozen=True, slots=True)
class ValueHit:
    """A value's name at [start, end) of a text."""

    start: int
    end: int
    family: Family
    value: str


def read_families(path: Path) -> list[Family]:
    """The families of one file; PolicyError names the line that can't be read."""
    found: list[Family] = []
    head: tuple[int, str] | None = None
    names: dict[str, tuple[str, ...]] = {}
    broader: dict[str, str] = {}
    for number, line in (*read_numbered_lines(path), (0, "")):
        try:
            if line.startswith(" "):
                _read_value(line, names, broader)
                continue
            if head is not None:
                found.append(_family(head[1], names, broader))
            head, names, broader = (number, line), {}, {}
        except (ValueError, IndexError) as error:
            at = number if line.startswith(" ") or head is None else head[0]
            why = "must hold `id = labels ; categories ; about`, or under it `id < broader : names`"
            raise PolicyError(str(path), at, f"{why}: {error}") from error
    return found


def _family(line: str, names: Mapping[str, tuple[str, ...]], broader: Mapping[str, str]) -> Family:
    head, rest = line.split("=")
    labels, categories, about = rest.split(";")
    lost = sorted(set(broader.values()) - set(names))
    if lost:
        raise ValueError(f"the broader value {lost[0]!r} is none of its own")
    return Family(
        id=head.strip(),
        labels=words_of(labels),
        categories=words_of(categories),
        about=about.strip(),
        names=names,
        broader=broader,
    )


def _read_value(line: str, names: dict[str, tuple[str, ...]], broader: dict[str, str]) -> None:
    head, words = line.split(":")
    value, _, above = (part.strip() for part in head.partition("<"))
    if value in names:
        raise ValueError(f"the value {value!r} stands twice")
    names[value] = words_of(words)
    if above:
        broader[value] = above


class ValueTable:
    """Finds values in texts."""

    def __init__(self, families: Iterable[Family], words: LinkingFile) -> None:
        """`types`: of which sorts the values of each family are, by its id and its labels as `words` tell them."""
        self.families = tuple(families)
        self.types = {family.id: words.types_of(*family.labels) for family in self.families}
        self._finders: dict[str, _Finder] = {}

    @classmethod
    def of(cls, folder: Path, words: LinkingFile) -> "ValueTable":
        """The families of all files of a folder; none where there is no folder."""
        return cls((family for path in sorted(folder.glob("*.txt")) for family in read_families(path)), words)

    def _of_category(self, category: str) -> "_Finder":
        """What finds the values of goods of this category; built when it is first asked for."""
        finder = self._finders.get(category)
        if finder is None:
            finder = self._finders[category] = _Finder([f for f in self.families if f.holds_for(category)])
        return finder

    def find(self, text: str, first_category: str) -> list[ValueHit]:
        """Every value of such goods in folded text; of overlapping names of one family the longest."""
        return self._of_category(first_category).find(text)


class _Finder:
    """The names of some families, compiled for searching."""

    def __init__(self, families: Iterable[Family]) -> None:
        meant: dict[str, list[tuple[Family, str]]] = {}
        for family in families:
            for value, names in family.names.items():
                for form in dict.fromkeys(_forms_of(names)):
                    meant.setdefault(form, []).append((family, value))
        self._meant = list(meant.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(meant), store_patterns=False)

    def find(self, text: str) -> list[ValueHit]:
        """Every value in folded text."""
        found = [
            ValueHit(start, end, family, value)
            for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True)
            if not _cuts(text, start, end)
            for family, value in self._meant[index]
        ]
        return _longest(found)


def _forms_of(names: Sequence[str]) -> list[str]:
    forms = [name.lower() for name in names]
    codes = [name for name in names if len(name) == _CODE and name.isdigit()]
    return [f for f in (*forms, *map(in_han, codes)) if f]


def _cuts(text: str, start: int, end: int) -> bool:
    """True where a name would begin or end within a run of letters or digits."""

    def joined(left: int) -> bool:
        one, other = text[left], text[left + 1]
        return one.isascii() and other.isascii() and one.isalnum() and other.isalnum()

    return (start > 0 and joined(start - 1)) or (end < len(text) and joined(end - 1))


def _longest(hits: Sequence[ValueHit]) -> list[ValueHit]:
    kept: list[ValueHit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start)):
        if not any(k.family is hit.family and k.start < hit.end and hit.start < k.end for k in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: (h.start, h.end))
