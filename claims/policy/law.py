"""Which articles a claim is held against: the block of its class's law that fits closest, never the first in order.

A block may be about what some detectors find, about goods of a category, and about what came of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from claims.law.texts import StatuteTexts
from claims.types import Frozen, VerdictKind

LawStatus = Literal["read", "secondary"]
ANY = "*"
# What finds claims without a rule of its own: a reader, the numbers, and what is linked to a registered text.
FOUND_WITHOUT_RULE = ("semantic", "quantity", "registered")
_OWN, _PARENT = 1000, 100


class LawRef(Frozen):
    """Articles, and what they are about.

    `category`: goods, a prefix, or `*`; `detectors`: those that find what they forbid, by their ids, none meaning all;
    `verdicts`: what came of it. `status`: what policies before 2026.11.11 say themselves of the texts.
    """

    category: str = ANY
    detectors: tuple[str, ...] = ()
    verdicts: tuple[VerdictKind, ...] = ()
    cite: Annotated[tuple[str, ...], Field(min_length=1)]
    status: LawStatus | None = None

    @property
    def fits_all(self) -> bool:
        """Whether it holds whatever was found, of whatever goods."""
        return self.category == ANY and not self.detectors and not self.verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What articles are wanted for: what a detector found of goods of a category, and what came of it."""

    detector: str | None = None
    category: str | None = None
    verdict: VerdictKind | None = None


@dataclass(frozen=True, slots=True)
class CitedLaw:
    """The articles that a finding cites, and whether the text of all of them is known."""

    cite: tuple[str, ...]
    status: LawStatus


def cited_law(
    refs: Iterable[LawRef], held: Held, parents: Mapping[str, str], laws: StatuteTexts, on: date | None
) -> CitedLaw:
    """The articles of the block that fits closest, by the numbers that they had on the day, and whether they are read.

    One of the blocks must fit all.
    """
    ref = closest(refs, held, parents)
    assert ref is not None
    cite = tuple(laws.as_of(cited, on) for cited in ref.cite)
    return CitedLaw(cite, "read" if all(laws.is_read(cited, on) for cited in cite) else "secondary")


def closest(refs: Iterable[LawRef], held: Held, parents: Mapping[str, str]) -> LawRef | None:
    """The block that fits closest: by detector before goods, by goods before verdict; None where none fits.

    `parents`: of which goods others are a kind in law (spirits are food), both as prefixes.
    """
    ranked = [(_closeness(ref, held, parents), ref) for ref in refs]
    fitting = [(rank, ref) for rank, ref in ranked if rank is not None]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _closeness(ref: LawRef, held: Held, parents: Mapping[str, str]) -> tuple[bool, int, bool] | None:
    of_goods = _of_goods(ref.category, held.category, parents)
    if of_goods is None or (ref.detectors and held.detector not in ref.detectors):
        return None
    if ref.verdicts and held.verdict not in ref.verdicts:
        return None
    return bool(ref.detectors), of_goods, bool(ref.verdicts)


def _of_goods(prefix: str, category: str | None, parents: Mapping[str, str]) -> int | None:
    """How closely a prefix fits a category: by itself, by what such goods are in law, or as all do; None: not so."""
    if prefix == ANY:
        return 0
    if category is None:
        return None
    path, wanted = f"{category.rstrip('/')}/", f"{prefix.rstrip('/')}/"
    if path.startswith(wanted):
        return _OWN + len(wanted)
    parent = next((of for goods, of in parents.items() if path.startswith(f"{goods.rstrip('/')}/")), None)
    if parent is not None and f"{parent.rstrip('/')}/".startswith(wanted):
        return _PARENT + len(wanted)
    return None
