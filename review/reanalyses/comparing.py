"""What was found before beside what is found now, by place and words: ids follow passages, which another model cuts
otherwise."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from claims.types import Finding
from review.reanalyses.types import Compared, Outcome

_PARTS = ("class_id", "verdict", "disposition", "severity", "product_id", "law", "claimed", "registered")
# Two recognisers end an utterance up to so far apart.
_REACH_MS = 1_500
# Of other words at the same place so much is alike by chance.
_LEAST_ALIKE = 0.5


def compare_findings(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Compared, ...]:
    """Each claim of either side once, in order of time; the likest pairs are made first."""
    likeness = sorted(
        ((alike, i, j) for i, b in enumerate(before) for j, a in enumerate(after) if (alike := _likeness(b, a)) > 0),
        key=lambda row: (-row[0], row[1], row[2]),
    )
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in likeness:
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    compared = [_compared(found, after[partner[i]] if i in partner else None) for i, found in enumerate(before)]
    compared += [_compared(None, found) for j, found in enumerate(after) if j not in taken]
    return tuple(sorted(compared, key=_place))


def within(compared: Iterable[Compared], start_ms: int, end_ms: int) -> tuple[Compared, ...]:
    """Those of which a side begins in `[start_ms, end_ms)`."""
    return tuple(
        one
        for one in compared
        if any(found is not None and start_ms <= found.start_ms < end_ms for found in (one.before, one.after))
    )


def _compared(before: Finding | None, after: Finding | None) -> Compared:
    if before is None or after is None:
        return Compared(outcome=Outcome.NEW if before is None else Outcome.GONE, before=before, after=after)
    parts = tuple(part for part in _PARTS if getattr(before, part) != getattr(after, part))
    return Compared(outcome=Outcome.CHANGED if parts else Outcome.KEPT, before=before, after=after, parts=parts)


def _likeness(before: Finding, after: Finding) -> float:
    """How far both are the same claim: 0 where they are not of one place and channel, or neither class nor words are
    one."""
    apart_ms = max(before.start_ms, after.start_ms) - min(before.end_ms, after.end_ms)
    if before.channel != after.channel or apart_ms > _REACH_MS:
        return 0.0
    words = SequenceMatcher(None, before.normalised, after.normalised, autojunk=False).ratio()
    same_class = before.class_id == after.class_id
    if not same_class and words < _LEAST_ALIKE:
        return 0.0
    same_product = before.product_id == after.product_id
    near = 1 / (1 + abs(before.start_ms - after.start_ms) / 1000)
    return 4 * same_class + 2 * words + same_product + near


def _place(compared: Compared) -> tuple[int, bool, str]:
    found = compared.before or compared.after
    assert found is not None
    return compared.start_ms, compared.before is None, found.finding_id
