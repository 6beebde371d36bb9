"""One assertion, one finding: overlapping claims give way to the best class, a class says a thing once."""

from claims.policy import Policy
from claims.verdict import Judged

_SAME_CLASS_REACH = 8


def merge(judged: list[Judged], policy: Policy) -> list[Judged]:
    """The claims that stand, by place."""
    decided = _drop_weaker([j for j in judged if j.judgement.factor > 0 or j.exempt], policy)
    ordered = sorted(decided, key=lambda j: (j.harmless, -j.score, j.start))
    kept: list[Judged] = []
    for one in ordered:
        if any(_same_assertion(one, other) for other in kept):
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
            and not other.exempt
        ]
        if not better:
            keep.append(one)
    return keep


def _same_assertion(one: Judged, kept: Judged) -> bool:
    """True if `one` says what `kept` says already; harmful claims are kept before harmless ones."""
    if one.harmless and not kept.harmless:
        return _overlap(one, kept) and one.class_id == kept.class_id
    if one.class_id != kept.class_id:
        return _overlap(one, kept) and not one.harmless
    if _overlap(one, kept):
        return True
    if one.judgement.path is not None and one.judgement.path != kept.judgement.path:
        return False
    if one.class_id == "SPEC_PARAM" and one.judgement.claimed != kept.judgement.claimed:
        return False
    return max(one.start, kept.start) - min(one.end, kept.end) <= _SAME_CLASS_REACH
