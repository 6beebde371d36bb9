"""What a number may be said of: a registered value with its names, and what such goods have besides."""

from dataclasses import dataclass
from decimal import Decimal

from claims.policy.goods import GoodsAttribute

# How a registered value is meant that bounds others.
_BOUNDS = frozenset({"maximum", "at_most", "minimum", "at_least"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A registered value: what it is called, from where to where it goes, and in what.

    `own_names`: what the passport calls it, without the trade's names. `characters`: those of its label that say what
    is measured. `dimension` "": its unit is none that is known (`own_unit`, as it is written), or it has none. `per`:
    it is so much of something. `place`: which number of a size it is. `pieces`: the sum over so many of them; 1 for the
    value itself. `class_id`: the class that speaks of it, if one does.
    """

    path: str
    label: str
    shown: str
    names: tuple[str, ...]
    own_names: tuple[str, ...]
    characters: frozenset[str]
    kind: str
    low: Decimal | None
    high: Decimal | None
    canonical_low: Decimal | None
    canonical_high: Decimal | None
    dimension: str
    own_unit: str
    attribute: GoodsAttribute | None
    per: bool = False
    place: int | None = None
    pieces: Decimal = Decimal(1)
    condition: str | None = None
    qualifiers: tuple[str, ...] = ()
    class_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it only bounds others, so that many values agree with it."""
        return self.kind in _BOUNDS or self.canonical_low is None or self.canonical_high is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered:
    """An attribute that such goods have and this passport doesn't tell: its names, and what it is measured in."""

    names: tuple[str, ...]
    dimension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """All that a number may be said of: the entries of a passport, and what such goods have besides."""

    entries: tuple[Entry, ...]
    others: tuple[Unregistered, ...]
