"""How far people agree beyond chance: Cohen's kappa of two, Krippendorff's alpha of any number. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


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
    told = [tuple(unit) for unit in units if len(unit) > 1]
    values = Counter(value for unit in told for value in unit)
    total = sum(values.values())
    expected = sum(values[one] * (total - values[one]) for one in values) / (total - 1) if total > 1 else 0.0
    if expected == 0:
        return None
    observed = 0.0
    for unit in told:
        counts = Counter(unit)
        observed += sum(count * (len(unit) - count) for count in counts.values()) / (len(unit) - 1)
    return 1 - observed / expected
