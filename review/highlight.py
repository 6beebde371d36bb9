"""Where a quotation stands in the passages it was taken from."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of a passage's text, inside the quotation or outside."""

    text: str
    quoted: bool


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


def _folded(char: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKC", char).casefold() if part.isalnum() or part in "%.+")
