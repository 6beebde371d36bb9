"""One assertion, one finding: overlapping claims give way to the best class, a class says a thing once."""

from claims.policy import Policy
from claims.verdict import Judged

_SAME_CLASS_REACH = 8


def merge(judged: list[Judged], policy: Policy, text: str) -> list[Judged]:
    """The claims that stand, by place."""
    decided = _drop_weaker([j for j in judged if j.judgement.factor > 0 or j.exempt], policy)
    ordered = sorted(decided, key=lambda j: (j.harmless, -j.score, j.start))
    kept: list[Judged] = []
    for one in ordered:
        if any(_same_assertion(one, other, policy, text) for other in kept):
            continue
        kept.append(one)
    return sorted(kept, key=lambda j: (j.start, j.end))


def _overlap(one: Judged, other: Judged) -> bool:
    return one.start < other.end and other.start < one.end


def _drop_weaker(judged: list[Judged], policy: Policy) -> list[Judged]:
    """Without claims that a class which knows better has decided at the same place.

    A supported grade clears 特级 as an absolute; a disease claim takes in the guarantee inside it.
    """
    keep: list[Judged] = []
    for one in judged:
        better = [
            other
            for other in judged
            if other is not one
            and one.class_id in policy.class_files[other.class_id].supersedes
            and _overlap(one, other)
            and (not other.exempt or one.exempt)
            and (not other.harmless or not other.exempt)
        ]
        if not better:
            keep.append(one)
    return keep


def _same_assertion(one: Judged, other: Judged, policy: Policy, text: str) -> bool:
    if one.harmless and not other.harmless and not _overlap(one, other):
        return False
    if one.class_id == other.class_id:
        if one.harmless != other.harmless:
            return _overlap(one, other) and one.harmless is not False
        if one.judgement.path is not None and one.judgement.path != other.judgement.path and not _overlap(one, other):
            return False
        gap = max(one.start, other.start) - min(one.end, other.end)
        different_values = one.class_id == "SPEC_PARAM" and one.judgement.claimed != other.judgement.claimed
        return gap <= _SAME_CLASS_REACH and not (different_values and not _overlap(one, other))
    if not _overlap(one, other):
        return False
    if one.harmless and other.harmless:
        return False
    return not one.harmless or one.class_id == other.class_id
