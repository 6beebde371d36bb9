"""How scores stand to what people decided: how well they rank, how precise they are, what they cost where wrong."""

from collections.abc import Sequence

import numpy as np

from claims.classifier.fit.logistic import Floats, losses
from claims.types import Frozen

_SUREST = 1e-4


class Figures(Frozen):
    """What scores are worth on passages that nobody was unsure of.

    `loss`: the mean cost of a score (natural logarithm), lower is better. `ranked`: average precision.
    `precision_at`: the precision where so much of all breaches is found (`recall`).
    """

    decided: int
    breaches: int
    loss: float
    ranked: float
    precision_at: float
    recall: float


def figures_of(scores: Sequence[float], breach: Sequence[bool], recall: float = 0.6) -> Figures:
    """What these scores are worth; ties in the order given."""
    cost = losses_of(scores, breach)
    return Figures(
        decided=len(cost),
        breaches=sum(breach),
        loss=round(float(np.mean(cost)), 4) if len(cost) else 0.0,
        ranked=round(average_precision(scores, breach), 4),
        precision_at=round(precision_at(scores, breach, recall), 4),
        recall=recall,
    )


def losses_of(scores: Sequence[float], breach: Sequence[bool]) -> Floats:
    """What each score costs."""
    kept = np.clip(np.array(scores, dtype=np.float64), _SUREST, 1 - _SUREST)
    return losses(np.array(breach, dtype=np.float64), np.log(kept / (1 - kept)))


def average_precision(scores: Sequence[float], breach: Sequence[bool]) -> float:
    """The mean, over breaches, of how precise flags are down to the score of each; equal scores count together."""
    hits = seen = 0
    total = 0.0
    for tied in _from_the_surest(scores, breach):
        hits, seen = hits + sum(tied), seen + len(tied)
        total += sum(tied) * hits / seen
    return total / max(1, sum(breach))


def precision_at(scores: Sequence[float], breach: Sequence[bool], recall: float) -> float:
    """How precise flags are at the highest bar that finds so much of all breaches."""
    hits = seen = 0
    wanted = recall * sum(breach)
    for tied in _from_the_surest(scores, breach):
        hits, seen = hits + sum(tied), seen + len(tied)
        if hits >= wanted:
            return hits / seen if seen else 0.0
    return 0.0


def bar_at(scores: Sequence[float], breach: Sequence[bool], recall: float) -> float:
    """The highest bar that finds so much of all breaches."""
    wanted, hits = recall * sum(breach), 0
    for score, is_breach in sorted(zip(scores, breach, strict=True), key=lambda pair: -pair[0]):
        hits += is_breach
        if hits >= wanted:
            return score
    return 0.0


def _from_the_surest(scores: Sequence[float], breach: Sequence[bool]) -> list[list[bool]]:
    groups: dict[float, list[bool]] = {}
    for score, is_breach in sorted(zip(scores, breach, strict=True), key=lambda pair: -pair[0]):
        groups.setdefault(score, []).append(is_breach)
    return list(groups.values())
