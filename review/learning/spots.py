"""Which passages that were not flagged people look at: drawn by chance, near the bar and among all others. Pure."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from claims.types import Finding, ScoreStep

# Fewer characters say nothing that anybody could judge.
SHORTEST = 6


class Stratum(StrEnum):
    """From what a passage was drawn: those whose score comes near the bar, or all others that were not flagged."""

    NEAR = "near"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unflagged:
    """A passage that nobody was told of, as the reader scores it; `steps` are those of its score."""

    passage_id: str
    goods: str
    product_id: str
    class_id: str
    score: float
    steps: tuple[ScoreStep, ...]
    near: bool

    @property
    def stratum(self) -> Stratum:
        """From what it is drawn."""
        return Stratum.NEAR if self.near else Stratum.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawn passage, and how likely it was to be."""

    passage: Unflagged
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCase:
    """What people look at of a drawn passage."""

    finding: Finding
    drawn: Drawn


def draw(stream_id: str, passages: Sequence[Unflagged], share: float, most: int) -> list[Drawn]:
    """What is looked at of a broadcast: half of the share near the bar, half among the others; so many at most.

    Where there is nothing of one kind, all of the share is of the other.

    By a hash of broadcast and passage: the same again, whoever draws and when.
    """
    counts = Counter(one.stratum for one in passages)
    wanted = share * len(passages) / max(1, len(counts))
    shares = {stratum: min(1.0, wanted / count) for stratum, count in counts.items()}
    found = [(_chance(stream_id, one.passage_id) / shares[one.stratum], one) for one in passages]
    found = sorted((pair for pair in found if pair[0] < 1.0), key=lambda pair: (pair[0], pair[1].passage_id))
    return [Drawn(passage=one, share=shares[one.stratum]) for _, one in found[:most]]


def counted(passages: Sequence[Unflagged], cases: Sequence[SpotCase]) -> Mapping[tuple[Stratum, str], tuple[int, int]]:
    """How many passages there were of each kind and goods, and how many of them people look at."""
    there = Counter((one.stratum, one.goods) for one in passages)
    taken = Counter((case.drawn.passage.stratum, case.drawn.passage.goods) for case in cases)
    return {key: (count, taken[key]) for key, count in there.items()}


def _chance(stream_id: str, passage_id: str) -> float:
    digest = hashlib.sha256(f"spot\0{stream_id}\0{passage_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
