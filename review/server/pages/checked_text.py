"""A checked text as the page shows it: the words, with what is remarked on marked in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from claims.types import Disposition
from review.prebroadcast.types import Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some of the text and the numbers (from 1) of the remarks that stand on it; none: nothing to remark."""

    text: str
    numbers: tuple[int, ...] = ()
    flagged: bool = False


def stretches(text: str, remarks: Sequence[Remark]) -> tuple[Stretch, ...]:
    """The whole text in order, parted where remarks begin and end."""
    begins: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for number, remark in enumerate(remarks, start=1):
        if remark.start < remark.end:
            begins.setdefault(remark.start, []).append(number)
            ends.setdefault(remark.end, []).append(number)
    found = []
    own: set[int] = set()
    for start, end in pairwise(sorted({0, len(text), *begins, *ends})):
        own.update(begins.get(start, ()))
        own.difference_update(ends.get(start, ()))
        flagged = any(remarks[number - 1].finding.disposition is Disposition.FLAG for number in own)
        found.append(Stretch(text=text[start:end], numbers=tuple(sorted(own)), flagged=flagged))
    return tuple(found)
