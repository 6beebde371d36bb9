"""Finds compiled patterns in a text whose concepts are already located."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.policy.pattern import Element, Gap, Pattern, Slot
from claims.text.normalise import is_boundary, is_strong_boundary


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
        self._by_end: dict[int, list[tuple[str, ...]]] = {}
        self._spans: dict[str, tuple[tuple[int, int], ...]] = {}

    def add(self, start: int, end: int, *concepts: str) -> None:
        """Notes that these concepts stand at [start, end)."""
        every = self._ends
        for concept in concepts:
            starts = every.get(concept)
            if starts is None:
                every[concept] = {start: [end]}
            elif (ends := starts.get(start)) is None:
                starts[start] = [end]
            elif end not in ends:
                ends.append(end)
                ends.sort(reverse=True)
        closing = self._by_end.get(end)
        if closing is None:
            self._by_end[end] = [concepts]
        else:
            closing.append(concepts)
        self._spans.clear()

    def has_any(self, concepts: tuple[str, ...]) -> bool:
        """True if at least one of the concepts stands somewhere."""
        return not self._ends.keys().isdisjoint(concepts)

    def ending(self, start: int, end: int) -> set[str]:
        """The concepts of which a hit ends in (start, end]."""
        return {
            concept for at in range(start + 1, end + 1) for concepts in self._by_end.get(at, ()) for concept in concepts
        }

    def at(self, concept: str, start: int) -> Sequence[int]:
        """The ends of the concept's hits that start there, longest first."""
        starts = self._ends.get(concept)
        return () if starts is None else starts.get(start, ())

    def spans(self, concept: str) -> tuple[tuple[int, int], ...]:
        """Every [start, end) of the concept, by start."""
        found = self._spans.get(concept)
        if found is None:
            starts = self._ends.get(concept, {})
            found = self._spans[concept] = tuple(sorted((s, e) for s, ends in starts.items() for e in ends))
        return found

    def starts(self, concepts: tuple[str, ...]) -> list[int]:
        """Every place where one of the concepts starts."""
        return sorted({s for concept in concepts for s in self._ends.get(concept, ())})


# A pattern's number, and of what else one each must be there for it to match.
_Closing = tuple[int, tuple[tuple[str, ...], ...]]


class PatternIndex:
    """Many patterns, by the concepts with which a match may end.

    It only leaves out patterns that can't match; whether the others do is for `find_pattern` to say.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._closed_by: dict[str, list[_Closing]] = {}
        for number, pattern in enumerate(patterns):
            required = [(frozenset(concepts), concepts) for concepts in pattern.required]
            # What closes a match is often one of thousands of words, of which most leave the same to be looked for.
            known: dict[tuple[bool, ...], _Closing] = {}
            for concept in _closing(pattern):
                filled = tuple(concept in members for members, _ in required)
                if filled not in known:
                    left = tuple(of for of, is_there in zip(pattern.required, filled, strict=True) if not is_there)
                    known[filled] = (number, left)
                self._closed_by.setdefault(concept, []).append(known[filled])

    def possible(self, located: Located, start: int, end: int) -> list[int]:
        """The numbers of the patterns that may have a match that ends in (start, end], in order."""
        found: set[int] = set()
        for concept in located.ending(start, end):
            for number, others in self._closed_by.get(concept, ()):
                if number not in found and (not others or all(map(located.has_any, others))):
                    found.add(number)
        return sorted(found)


def _closing(pattern: Pattern) -> set[str]:
    """The concepts that may fill the last slot of a match: those of the last slot that must be filled, or after it."""
    found: set[str] = set()
    for element in reversed(pattern.elements):
        if isinstance(element, Slot):
            found.update(element.concepts)
            if not element.optional:
                break
    return found


def find_pattern(pattern: Pattern, located: Located) -> list[PatternMatch]:
    """Every match, one a starting place, the longest first fill winning."""
    if not all(map(located.has_any, pattern.required)):
        return []
    first = pattern.elements[0]
    assert isinstance(first, Slot)
    found: list[PatternMatch] = []
    starts = located.starts(first.concepts) if not first.optional else _optional_starts(pattern, located)
    for start in starts:
        slots = _walk(pattern.elements, 0, start, located, ())
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
) -> tuple[Filled, ...] | None:
    """The first way to fill the elements from `index` on, after the slots that are filled; None if there is none."""
    if index == len(elements):
        return slots
    element = elements[index]
    if isinstance(element, Gap):
        for place in _reachable(located.text, at, element):
            filled = _walk(elements, index + 1, place, located, slots)
            if filled is not None:
                return filled
        return None
    for concept in element.concepts:
        for end in located.at(concept, at):
            filled = _walk(elements, index + 1, end, located, (*slots, Filled(concept, at, end)))
            if filled is not None:
                return filled
    return _walk(elements, index + 1, at, located, slots) if element.optional else None


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
