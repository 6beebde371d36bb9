"""Where a quotation stands in the passages it was taken from."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from claims.types import SpokenWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of a passage's text, inside the quotation or outside; times None: when it was said is not known."""

    text: str
    quoted: bool
    start_ms: int | None = None
    end_ms: int | None = None


def mark_quote(texts: Sequence[str], quote: str) -> tuple[tuple[Piece, ...], ...]:
    """Each text cut into runs; the quotation may run over several texts.

    Punctuation, spaces and full-width forms are ignored when comparing. A quotation that is not there marks nothing.
    """
    folded = [(char, index) for index, raw in enumerate("".join(texts)) for char in _folded(raw)]
    wanted = "".join(char for raw in quote for char in _folded(raw))
    at = "".join(char for char, _ in folded).find(wanted) if wanted else -1
    start, end = (folded[at][1], folded[at + len(wanted) - 1][1] + 1) if at >= 0 else (0, 0)
    marked = []
    offset = 0
    for text in texts:
        first = min(max(start - offset, 0), len(text))
        last = min(max(end - offset, 0), len(text))
        runs = ((text[:first], False), (text[first:last], True), (text[last:], False))
        marked.append(tuple(Piece(text=run, quoted=quoted) for run, quoted in runs if run))
        offset += len(text)
    return tuple(marked)


def timed(pieces: Sequence[Piece], words: Sequence[SpokenWord]) -> tuple[Piece, ...]:
    """The runs cut once more, at the words' ends, with each word's times; the words are in order."""
    found: list[Piece] = []
    offset = 0
    for piece in pieces:
        end = offset + len(piece.text)
        within = [word for word in words if word.start < end and word.end > offset]
        cuts = sorted({offset, end, *(max(w.start, offset) for w in within), *(min(w.end, end) for w in within)})
        for first, last in pairwise(cuts):
            run = replace(piece, text=piece.text[first - offset : last - offset])
            word = next((w for w in within if w.start <= first < w.end), None)
            found.append(run if word is None else replace(run, start_ms=word.start_ms, end_ms=word.end_ms))
        offset = end
    return tuple(found)


def _folded(char: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKC", char).casefold() if part.isalnum() or part in "%.+")
