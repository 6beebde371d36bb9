"""How much is found: what people confirmed beside what spot checks say was missed, with an interval. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_DRAWS, _SEED = 4_000, 28
_INTERVAL = (2.5, 97.5)
# Of a share of which nothing is known: Jeffreys' prior.
_PRIOR = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """A part of what was not flagged: how many passages it has, of how many people decided, how many were a breach."""

    passages: int
    decided: int
    breaches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The share of breaches that was flagged.

    `share` None: too few spot checks are decided to tell one, or none of a stratum.
    `found`: how often a confirmed breach was flagged; `missed`: how often one was not, as estimated; `decided`: spot
    checks that people decided.
    """

    found: int
    missed: float
    decided: int
    share: float | None
    interval: tuple[float, float] | None


def recall_of(found: int, strata: Sequence[Stratum], fewest: int) -> Recall:
    """The estimate over these strata, each of which counts by its size; the interval holds at 95 %.

    Each stratum's share of breaches is drawn from what is known of it (Beta, Jeffreys' prior), again and again: the
    interval is what most draws give. With none missed it still does not reach 1.
    """
    decided = sum(stratum.decided for stratum in strata)
    is_blank = any(stratum.passages and not stratum.decided for stratum in strata)
    missed = sum(s.passages * s.breaches / s.decided for s in strata if s.decided)
    if decided < fewest or is_blank or found + missed == 0:
        return Recall(found=found, missed=missed, decided=decided, share=None, interval=None)
    low, high = _interval(found, strata)
    return Recall(found=found, missed=missed, decided=decided, share=found / (found + missed), interval=(low, high))


def _interval(found: int, strata: Sequence[Stratum]) -> tuple[float, float]:
    if not found:
        return 0.0, 0.0
    # Heavy, and wanted where there is something to tell alone.
    import numpy as np

    dice = np.random.default_rng(_SEED)
    missed = np.zeros(_DRAWS)
    for one in strata:
        if one.passages:
            missed += one.passages * dice.beta(one.breaches + _PRIOR, one.decided - one.breaches + _PRIOR, _DRAWS)
    low, high = np.percentile(found / np.maximum(1e-9, found + missed), _INTERVAL)
    return float(low), float(high)


def in_strata(
    passages: Mapping[str, int], decided: Mapping[str, int], breaches: Mapping[str, int]
) -> tuple[Stratum, ...]:
    """The strata by name; one of which nothing was decided yet lets nobody tell a figure."""
    names = sorted({*passages, *decided})
    return tuple(
        Stratum(passages=passages.get(name, 0), decided=decided.get(name, 0), breaches=breaches.get(name, 0))
        for name in names
    )
