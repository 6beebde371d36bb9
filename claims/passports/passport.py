"""The passport as claims are held against it: one shape for every form that sellers export."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredQuantity:
    """A registered value with its unit and place in the passport.

    `low` and `high` bound what the passport says (equal for one value); None leaves that side open.
    `kind`: exact, typical, rated, minimum, maximum. `cues` are the words by which a host means this attribute;
    `qualifiers` the part of the label that tells it from its like (冷冻 of 冷冻室容积).
    """

    path: str
    key: str
    label: str
    cues: tuple[str, ...]
    unit: str
    dimension: str
    low: Decimal | None
    high: Decimal | None
    canonical_low: Decimal | None
    canonical_high: Decimal | None
    kind: str
    shown: str
    condition: str | None = None
    qualifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredText:
    """A registered fact in words, such as a grade, a coating or a fabric class."""

    path: str
    key: str
    label: str
    text: str
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One material of one part; `percent` None where the share is not registered."""

    path: str
    name: str
    part: str
    percent: Decimal | None
    aliases: tuple[str, ...] = ()
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate, licence, report or approval with its term; None leaves that side open."""

    path: str
    scheme: str
    number: str
    scope: str = ""
    issuer: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """True if it supports a claim made on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedClaim:
    """Words the seller may say, tied to evidence elsewhere in the passport."""

    path: str
    text: str
    verbatim_only: bool = False
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """A deal that was really made."""

    at: datetime
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """Everything registered about one product; `version` is the hash of the source record.

    `certificates` are of known schemes and may support claims. `unknown_certificates` are kept for people to read;
    `warnings` say so, and name certificate numbers that don't look like one. `objections`: why it would not be let in
    today, for a passport that was let in before.
    """

    id: str
    version: str
    name: str
    category: str
    gtin: str | None = None
    link: str | None = None
    aliases: tuple[str, ...] = ()
    brand: str | None = None
    origin_country: str | None = None
    origin_region: str | None = None
    brand_country: str | None = None
    brand_since: int | None = None
    producer: str | None = None
    quantities: tuple[RegisteredQuantity, ...] = ()
    texts: tuple[RegisteredText, ...] = ()
    materials: tuple[Material, ...] = ()
    ingredients: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    unknown_certificates: tuple[Certificate, ...] = ()
    permitted: tuple[PermittedClaim, ...] = ()
    awards: tuple[str, ...] = ()
    endorsers: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    unsuitable_groups: tuple[str, ...] = ()
    gifts: tuple[str, ...] = ()
    warranty: str | None = None
    return_policy: str | None = None
    grade: str | None = None
    treatment: str | None = None
    production_date: date | None = None
    shelf_life_days: int | None = None
    vintage: int | None = None
    msrp: Decimal | None = None
    lowest_7d: Decimal | None = None
    price_history: tuple[PricePoint, ...] = ()
    images: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    warnings: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The ways in which this product may be called."""
        return (self.name, *self.aliases)

    def in_category(self, *prefixes: str) -> bool:
        """True if the category stands at or below any of the prefixes; `*` is every category."""
        return any(
            prefix == "*" or self.category == prefix.rstrip("/") or self.category.startswith(prefix.rstrip("/") + "/")
            for prefix in prefixes
        )

    def held(self, schemes: tuple[str, ...], day: date) -> Certificate | None:
        """A certificate of one of the schemes that is valid on the day."""
        return next((c for c in self.certificates if c.scheme in schemes and c.valid_on(day)), None)

    @property
    def goods(self) -> str:
        """The kind of goods: the first part of the category."""
        return self.category.partition("/")[0]

    @property
    def has_prices(self) -> bool:
        """True if anything is registered of what it cost or is to cost."""
        return bool(self.price_history) or self.lowest_7d is not None or self.msrp is not None

    def compared_price(self, at: datetime) -> Decimal | None:
        """The highest lawful 原价 at that moment: the lowest deal of the seven days before, else the last deal.

        明码标价和禁止价格欺诈规定 art. 16(2). None if nothing is registered.
        """
        deals = sorted((p for p in self.price_history if p.at < at), key=lambda p: p.at)
        window = [p.price for p in deals if p.at >= at - timedelta(days=7)]
        if window:
            return min(window)
        if deals:
            return deals[-1].price
        return self.lowest_7d

    def valid_on(self, day: date) -> bool:
        """True if the passport itself is in force on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


def warn_of_objections(log: logging.Logger, whose: str, passports: Iterable[Passport]) -> None:
    """Warns, in one line, of passports that were let in before and would be refused today."""
    found = [passport.id for passport in passports if passport.objections]
    if found:
        log.warning(
            "%s: %d passports would be refused today, first %r; `zhenyan passports stored` lists why",
            whose,
            len(found),
            found[0],
        )
