"""A checked text as the page shows it: the words, with what is remarked on marked in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from review.before.types import Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some of the text and the numbers (from 1) of the remarks that stand on it; none: nothing to remark."""

    text: str
    numbers: tuple[int, ...] = ()
    flagged: bool = False


def stretches(text: str, remarks: Sequence[Remark]) -> tuple[Stretch, ...]:
    """The whole text in order, parted where remarks begin and end."""
    edges = sorted({0, len(text), *(r.start for r in remarks), *(r.end for r in remarks)})
    found = []
    for start, end in pairwise(edges):
        own = [n for n, r in enumerate(remarks, start=1) if r.start <= start and end <= r.end]
        flagged = any(remarks[n - 1].finding.disposition.value == "flag" for n in own)
        found.append(Stretch(text=text[start:end], numbers=tuple(own), flagged=flagged))
    return tuple(found)
