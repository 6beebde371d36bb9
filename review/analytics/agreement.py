"""How far people agree beyond chance: Cohen's kappa of two, Krippendorff's alpha of any number. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

_DRAWS, _SEED = 2_000, 28
_INTERVAL = (2.5, 97.5)
# How much of a case on which readers differ is added to those that are drawn from.
_DIFFERS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far readers agree on so many cases. `alpha` None: too few cases, or nothing to tell it by."""

    cases: int
    alpha: float | None
    interval: tuple[float, float] | None


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Agreement of two readers of the same items beyond chance (Cohen 1960); None: there is nothing to tell it by.

    1: they always agree; 0: as often as chance has it.
    """
    if not pairs:
        return None
    count = len(pairs)
    agreed = sum(one == other for one, other in pairs) / count
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = sum(firsts[value] * seconds[value] for value in firsts) / count**2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Agreement of any number of readers, nominal (Krippendorff 2011); None: there is nothing to tell it by.

    Each unit has what its readers said, whoever they are; one that a single reader saw says nothing.
    """
    judged = [tuple(unit) for unit in units if len(unit) > 1]
    values = Counter(value for unit in judged for value in unit)
    total = sum(values.values())
    expected = sum(values[one] * (total - values[one]) for one in values) / (total - 1) if total > 1 else 0.0
    if expected == 0:
        return None
    observed = 0.0
    for unit in judged:
        counts = Counter(unit)
        observed += sum(count * (len(unit) - count) for count in counts.values()) / (len(unit) - 1)
    return 1 - observed / expected


def agreement_of(units: Sequence[Sequence[Hashable]], fewest: int) -> Agreement:
    """Krippendorff's alpha with its interval, where at least so many cases were seen by more than one reader."""
    judged = [unit for unit in units if len(unit) > 1]
    alpha = krippendorff_alpha(judged) if len(judged) >= fewest else None
    return Agreement(cases=len(judged), alpha=alpha, interval=None if alpha is None else alpha_interval(judged))


def alpha_interval(units: Sequence[Sequence[Hashable]]) -> tuple[float, float]:
    """The interval that holds alpha at 95 %: cases are drawn anew, with replacement, again and again.

    Half a case on which two readers differ is among those that are drawn: where all agreed they still might not have.
    """
    # Heavy, and wanted where people are measured alone.
    import numpy as np

    values = sorted({value for unit in units for value in unit}, key=repr)
    kinds = Counter(tuple(sorted(map(values.index, unit))) for unit in units)
    counts = np.array([*kinds.values(), _DIFFERS])
    said = np.zeros((len(counts), len(values)))
    for row, kind in enumerate([*kinds, (0, len(values) - 1)]):
        np.add.at(said[row], list(kind), 1)
    readers = said.sum(axis=1, keepdims=True)
    differ = (said * (readers - said)).sum(axis=1) / (readers[:, 0] - 1)
    drawn = np.random.default_rng(_SEED).multinomial(len(units), counts / counts.sum(), size=_DRAWS)
    of_value = drawn @ said
    total = of_value.sum(axis=1)
    expected = (of_value * (total[:, None] - of_value)).sum(axis=1) / (total - 1)
    alphas = 1 - (drawn @ differ)[expected > 0] / expected[expected > 0]
    low, high = np.percentile(alphas, _INTERVAL)
    return float(low), float(high)
