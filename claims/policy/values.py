"""Families of words of which one thing has only one: aromas, breeds, processes, grades … (`values/*.txt`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ahocorasick_rs

from claims.errors import PolicyError
from claims.policy.files import read_numbered_lines
from claims.policy.goods import words_of
from claims.text.normalise import normalise

_CODE = 3
_HAN_DIGITS = "零一二三四五六七八九"


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
    for number, line in read_numbered_lines(path):
        try:
            if line.startswith(" "):
                found.append(_with(found.pop(), line))
            else:
                found.append(_family(line))
        except (ValueError, IndexError) as error:
            why = "must hold `id = labels ; categories ; about`, or under it `id < broader : names`"
            raise PolicyError(str(path), number, f"{why}: {error}") from error
    for family in found:
        lost = sorted(set(family.broader.values()) - set(family.names))
        if lost:
            raise PolicyError(str(path), None, f"family {family.id!r}: the broader value {lost[0]!r} is none of its own")
    return found


def _family(line: str) -> Family:
    head, rest = line.split("=")
    labels, categories, about = rest.split(";")
    return Family(
        id=head.strip(),
        labels=words_of(labels),
        categories=words_of(categories),
        about=about.strip(),
        names={},
        broader={},
    )


def _with(family: Family, line: str) -> Family:
    head, names = line.split(":")
    value, _, above = (part.strip() for part in head.partition("<"))
    if value in family.names:
        raise ValueError(f"the value {value!r} stands twice")
    return Family(
        id=family.id,
        labels=family.labels,
        categories=family.categories,
        about=family.about,
        names={**family.names, value: words_of(names)},
        broader={**family.broader, value: above} if above else family.broader,
    )


class ValueTable:
    """Finds values in texts."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = tuple(families)

    @cached_property
    def _forms(self) -> tuple[list[str], list[list[tuple[Family, str]]]]:
        meant: dict[str, list[tuple[Family, str]]] = {}
        for family in self.families:
            for value, names in family.names.items():
                for form in _forms_of(names):
                    known = meant.setdefault(form, [])
                    if (family, value) not in known:
                        known.append((family, value))
        return list(meant), list(meant.values())

    @cached_property
    def _automaton(self) -> ahocorasick_rs.AhoCorasick:
        return ahocorasick_rs.AhoCorasick(self._forms[0], store_patterns=False)

    def find(self, text: str, first_category: str) -> list[ValueHit]:
        """Every value of such goods in folded text; of overlapping names of one family the longest."""
        hits: list[ValueHit] = []
        meant = self._forms[1]
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if _cuts(text, start, end):
                continue
            hits += [ValueHit(start, end, f, v) for f, v in meant[index] if f.holds_for(first_category)]
        return _longest(hits)


def _forms_of(names: Sequence[str]) -> list[str]:
    forms = [normalise(name).text for name in names]
    codes = [name for name in names if len(name) == _CODE and name.isdigit()]
    return [f for f in (*forms, *("".join(_HAN_DIGITS[int(c)] for c in code) for code in codes)) if f]


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
