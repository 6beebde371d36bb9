"""Which decided words are most like others: by the pairs of characters that they share."""

from collections.abc import Sequence
from itertools import pairwise

from claims.second_reader.cleaning import bare
from claims.second_reader.types import Decided


def most_alike(quote: str, decided: Sequence[Decided], most: int) -> tuple[Decided, ...]:
    """The decided words that share most with the quote, the likest first; none that share nothing."""
    own = _pairs(quote)
    ranked = sorted(((_likeness(own, _pairs(one.quote)), n) for n, one in enumerate(decided)), reverse=True)
    return tuple(decided[n] for likeness, n in ranked if likeness > 0)[:most]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(left + right for left, right in pairwise(bare(text)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    both = one | other
    return len(one & other) / len(both) if both else 0.0
