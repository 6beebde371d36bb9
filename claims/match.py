"""Finds compiled patterns in a text whose concepts are already located."""

from collections.abc import Iterator
from dataclasses import dataclass

from claims.normalise import is_boundary, is_strong_boundary
from claims.pattern import Element, Gap, Pattern, Slot


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot of a pattern and the characters that filled it."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """A pattern at [start, end), with what filled its slots, in order."""

    pattern: Pattern
    start: int
    end: int
    slots: tuple[Filled, ...]


class Located:
    """Where every concept stands in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._ends: dict[str, dict[int, list[int]]] = {}

    def add(self, concept: str, start: int, end: int) -> None:
        """Notes that `concept` stands at [start, end)."""
        ends = self._ends.setdefault(concept, {}).setdefault(start, [])
        if end not in ends:
            ends.append(end)
            ends.sort(reverse=True)

    def has_any(self, concepts: tuple[str, ...]) -> bool:
        """True if at least one of the concepts stands somewhere."""
        return any(concept in self._ends for concept in concepts)

    def at(self, concept: str, start: int) -> list[int]:
        """The ends of the concept's hits that start there, longest first."""
        return self._ends.get(concept, {}).get(start, [])

    def spans(self, concept: str) -> list[tuple[int, int]]:
        """Every [start, end) of the concept, by start."""
        return sorted((s, e) for s, ends in self._ends.get(concept, {}).items() for e in ends)

    def starts(self, concepts: tuple[str, ...]) -> list[int]:
        """Every place where one of the concepts starts."""
        return sorted({s for concept in concepts for s in self._ends.get(concept, ())})


def find_pattern(pattern: Pattern, located: Located) -> list[PatternMatch]:
    """Every match, one a starting place, the longest first fill winning."""
    if not all(located.has_any(concepts) for concepts in pattern.required):
        return []
    first = pattern.elements[0]
    assert isinstance(first, Slot)
    found: list[PatternMatch] = []
    starts = located.starts(first.concepts) if not first.optional else _optional_starts(pattern, located)
    for start in starts:
        slots = next(_walk(pattern.elements, 0, start, located, ()), None)
        if slots:
            found.append(PatternMatch(pattern, slots[0].start, slots[-1].end, slots))
    return found


def _optional_starts(pattern: Pattern, located: Located) -> list[int]:
    starts: set[int] = set()
    for element in pattern.elements:
        if isinstance(element, Gap):
            break
        starts.update(located.starts(element.concepts))
        if not element.optional:
            break
    return sorted(starts)


def _walk(
    elements: tuple[Element, ...], index: int, at: int, located: Located, slots: tuple[Filled, ...]
) -> Iterator[tuple[Filled, ...]]:
    if index == len(elements):
        yield slots
        return
    element = elements[index]
    if isinstance(element, Gap):
        for place in _reachable(located.text, at, element):
            yield from _walk(elements, index + 1, place, located, slots)
        return
    for concept in element.concepts:
        for end in located.at(concept, at):
            yield from _walk(elements, index + 1, end, located, (*slots, Filled(concept, at, end)))
    if element.optional:
        yield from _walk(elements, index + 1, at, located, slots)


def _reachable(text: str, at: int, gap: Gap) -> Iterator[int]:
    """The places up to `gap.most` characters on, punctuation not counted, nearest first."""
    used, place = 0, at
    yield place
    while place < len(text):
        char = text[place]
        if is_strong_boundary(char) or (not gap.wide and is_boundary(char)):
            return
        place += 1
        if not is_boundary(char):
            used += 1
        if used > gap.most:
            return
        yield place
