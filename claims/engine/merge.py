"""One assertion, one finding: overlapping claims give way to the best class, a class says a thing once.

What is said and shown is one finding with two witnesses.
"""

from dataclasses import replace

from claims.engine.judged import Judged
from claims.policy.policy import Policy
from claims.policy.scores import Scores
from claims.types import Disposition, Finding, ScoreStep, Witness

_SAME_CLASS_REACH = 8
_BELOW = 0.01
_SHORTEST_KEY = 3


def merge(judged: list[Judged], policy: Policy) -> list[Judged]:
    """The claims that stand, by place."""
    decided = _drop_weaker([j for j in judged if j.judgement.factor > 0 or j.exempt], policy)
    ordered = sorted(decided, key=lambda j: (j.harmless, -j.score, j.start))
    kept: list[Judged] = []
    for one in ordered:
        if any(same_assertion(one, other) for other in kept):
            continue
        kept.append(one)
    return sorted(kept, key=lambda j: (j.start, j.end))


def _overlap(one: Judged, other: Judged) -> bool:
    return one.start < other.end and other.start < one.end


def _share_words(one: Judged, other: Judged) -> bool:
    """True if the same words make both claims; what only lies between a claim's words is no part of it."""
    return any(s < end and start < e for s, e in one.spans for start, end in other.spans)


def _drop_weaker(judged: list[Judged], policy: Policy) -> list[Judged]:
    """Without claims that a class which knows better has decided at the same place.

    A supported grade clears 特级 as an absolute; a disease claim takes in the guarantee inside it. What words cleared
    or lowered displaces nothing that stands higher.
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
            and not other.is_proposal
            and (other.harmless or other.flags or not one.flags)
        ]
        if not better:
            keep.append(one)
    return keep


def same_assertion(one: Judged, kept: Judged) -> bool:
    """True if `one` says what `kept` says already; harmful claims are kept before harmless ones."""
    if one.harmless and not kept.harmless:
        return _overlap(one, kept) and one.class_id == kept.class_id
    if one.class_id != kept.class_id:
        return _share_words(one, kept) and not one.harmless and not (one.is_proposal or kept.is_proposal)
    differ = one.judgement.path != kept.judgement.path
    if differ and (one.is_read or kept.is_read):
        return False
    if _overlap(one, kept):
        return True
    if one.judgement.path is not None and differ:
        return False
    if one.class_id == "SPEC_PARAM" and one.judgement.claimed != kept.judgement.claimed:
        return False
    return max(one.start, kept.start) - min(one.end, kept.end) <= _SAME_CLASS_REACH


def is_same_claim(known: Finding, other: Finding) -> bool:
    """Whether one was said and the other shown, and both assert the same about the same product.

    Figures must be equal. Of words, one must hold the other, or what both were matched by must mean the same.
    """
    if known.channel == other.channel or known.verdict is not other.verdict:
        return False
    if (known.class_id, known.product_id) != (other.class_id, other.product_id):
        return False
    if known.passport_path is not None and known.passport_path == other.passport_path and _has_figure(known.claimed):
        return known.claimed == other.claimed
    shorter, longer = sorted((_key(known), _key(other)), key=len)
    if len(shorter) >= _SHORTEST_KEY and shorter in longer:
        return True
    fewer, more = sorted((_meant(known), _meant(other)), key=len)
    return bool(fewer) and fewer <= more


def corroborate(known: Finding, other: Finding, flag_at: float, scores: Scores) -> Finding:
    """The first finding with the score that both channels give it; two weak ones make none that is flagged.

    Hearing and reading err independently, the rule that both match does not.
    """
    best, least = max(known.score, other.score), min(known.score, other.score)
    score = best + (1 - best) * scores.second_witness * least
    flagged = Disposition.FLAG in {known.disposition, other.disposition}
    if not flagged:
        score = max(best, min(score, flag_at - _BELOW))
    score = round(score, 3)
    how = "also shown on screen" if other.channel == "screen" else "also said"
    return replace(
        known,
        score=score,
        disposition=Disposition.FLAG if flagged else known.disposition,
        score_steps=(*known.score_steps, ScoreStep(step=f"{how}: {other.quote}", value=score)),
    )


def with_witness(known: tuple[Witness, ...], new: tuple[Witness, ...]) -> tuple[Witness, ...]:
    """The witnesses, one a channel: the first time that it was said, and that it was shown."""
    channels = {witness.channel for witness in known}
    return (*known, *(witness for witness in new if witness.channel not in channels))


def _key(finding: Finding) -> str:
    return "".join(c for c in finding.normalised if c.isalnum() or c in ".%")


def _has_figure(claimed: str) -> bool:
    return any(c.isdigit() for c in claimed)


def _meant(finding: Finding) -> frozenset[str]:
    return frozenset(m.meant for m in finding.match if m.kind != "literal")
