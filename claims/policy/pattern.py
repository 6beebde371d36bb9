"""The little language in which policy files say what a recogniser looks for.

    {disease} ..8 {goes_down}      a concept, up to eight characters, another concept
    原价 {的}? {money|num}          literal text, an optional element, a choice of concepts
    (保证|包) .4 (有效|见效)          a choice of literals; `.4` stays within the clause, `..4` may cross commas

A Chinese word inside braces is itself. Concepts come from the lexicon; {num} {qty} {qty:mass} {share} {money} {place}
{material_word} are found by the engine.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s+|(?P<gap>\.{1,2}\d+)|\{(?P<concept>[^{}]+)\}(?P<copt>\?)?|\((?P<group>[^()]+)\)(?P<gopt>\?)?|(?P<text>[^\s{}().?]+)(?P<topt>\?)?"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to `most` characters; `wide` lets it cross weak boundaries (commas), never the end of a sentence."""

    most: int
    wide: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to be filled by any of `concepts` or, through them, `literals`."""

    concepts: tuple[str, ...]
    optional: bool


Element = Gap | Slot


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: its elements, the literals it needs searched, the concepts it names."""

    source: str
    elements: tuple[Element, ...]
    literals: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]

    @property
    def concepts(self) -> frozenset[str]:
        """Every concept of every slot, optional ones included."""
        return frozenset(c for e in self.elements if isinstance(e, Slot) for c in e.concepts)


def literal_concept(text: str) -> str:
    """The concept under which a literal of a pattern is searched."""
    return "=" + text


def compile_pattern(source: str) -> Pattern:
    """The pattern in its parts; ValueError says what can't be read."""
    elements: list[Element] = []
    literals: list[str] = []
    at = 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None or token.end() == at:
            raise ValueError(f"pattern {source!r}: cannot read {source[at:]!r}")
        at = token.end()
        if token["gap"]:
            dots = len(token["gap"]) - len(token["gap"].lstrip("."))
            elements.append(Gap(int(token["gap"].lstrip(".")), dots == 2))
        elif token["concept"]:
            names = [name.strip() for name in token["concept"].split("|")]
            literals += [name for name in names if not name.isascii()]
            concepts = tuple(name if name.isascii() else literal_concept(name) for name in names)
            elements.append(Slot(concepts, bool(token["copt"])))
        elif token["group"] or token["text"]:
            words = [w.strip().lower() for w in (token["group"] or token["text"]).split("|")]
            if not all(words):
                raise ValueError(f"pattern {source!r}: an empty choice")
            literals += words
            elements.append(Slot(tuple(literal_concept(w) for w in words), bool(token["gopt"] or token["topt"])))
    if not elements or isinstance(elements[0], Gap) or isinstance(elements[-1], Gap):
        raise ValueError(f"pattern {source!r}: begins and ends with words, not with a gap")
    required = tuple(e.concepts for e in elements if isinstance(e, Slot) and not e.optional)
    if not required:
        raise ValueError(f"pattern {source!r}: every element is optional")
    return Pattern(source, tuple(elements), tuple(literals), required)
