"""How far a trigger reaches: boundaries, distance, and the words that let it through."""

from collections.abc import Iterator

from claims.engine.context.triggers import concepts_of
from claims.engine.window import Window
from claims.text.normalise import is_boundary, is_strong_boundary

_CROSSED = "?!;"
# What is listed is one after the other of one kind: 治糖尿病、降血压.
_LISTED = "、"


def reaches(text: str, start: int, end: int, reach: int, sentence: bool) -> bool:
    """True if at most `reach` characters lie in [start, end), and no boundary that the context does not cross.

    `sentence`: it crosses commas, and a question or an outcry; else it stays in its clause.
    """
    between = text[start:end]
    if not sentence and any(is_boundary(c) for c in between):
        return False
    if any(is_strong_boundary(c) and c not in _CROSSED for c in between):
        return False
    return sum(not is_boundary(c) for c in between) <= reach


def leads_through(window: Window, start: int, end: int, names: str, sentence: bool = False) -> bool:
    """True if words of these lists alone fill [start, end); `sentence`: boundaries between them count as nothing."""
    return end in _reached(window, start, end, names, sentence)


def closes(window: Window, at: int, names: str | None) -> bool:
    """True if the clause ends at `at`, or after words of these lists alone, if there are any.

    What is heard has few commas: after a particle, a word with which clauses begin ends it as well.
    """
    end = clause_end(window, at)
    reached = _reached(window, at, end, names, False)
    if end in reached:
        return True
    particles = {e for _, e in window.located.spans("cue:particle")}
    return any(place in particles and window.located.at("cue:begins_clause", place) for place in reached if place > at)


def clause_end(window: Window, at: int) -> int:
    """Where the clause that holds `at` ends."""
    return next((i for i in range(at, len(window.text)) if is_boundary(window.text[i])), len(window.text))


def clause_start(window: Window, at: int) -> int:
    """Where the clause that holds `at` begins."""
    return next((i + 1 for i in range(at - 1, -1, -1) if is_boundary(window.text[i])), 0)


def _reached(window: Window, start: int, end: int, names: str | None, sentence: bool) -> set[int]:
    """Every place up to `end` that words of these lists, one after the other, lead to from `start`."""
    concepts = concepts_of(names) if names else []
    places, reached = [start], {start}
    while places:
        for onward in _onward(window, places.pop(), concepts, sentence):
            if onward <= end and onward not in reached:
                reached.add(onward)
                places.append(onward)
    return reached


def _onward(window: Window, at: int, concepts: list[str], sentence: bool) -> Iterator[int]:
    if at < len(window.text) and (window.text[at] in _LISTED or (sentence and is_boundary(window.text[at]))):
        yield at + 1
    for concept in concepts:
        yield from window.located.at(concept, at)
