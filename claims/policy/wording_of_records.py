"""By which words texts and passports are read, before anything is compared (`wording.yaml`)."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from claims.policy.words import Regex, Word, Words, with_groups
from claims.types import Frozen


class TextsWording(Frozen):
    """Which numbers are prices, and how units are written.

    `no_price_after` and `no_price_before` stand right before and right behind numbers that are none.
    """

    symbols: dict[Word, Word]
    of_prices: Words
    no_price_after: Words
    no_price_before: Words


class ProductsWording(Frozen):
    """How hosts come to a product: by the `number` of its link; words before its name say whether it is meant."""

    link: Annotated[Regex, with_groups("number")]
    coming_up: Words
    another: Words


class PlacesWording(Frozen):
    """Words of this country that name no place."""

    home: Words


class PassportsWording(Frozen):
    """Labels of what passports have fields for, and what else labels and units of entries tell."""

    net_content: Word
    pack_count: Word
    shelf_life: Word
    warranty: Word
    origin: Word
    per: str
    sizes: dict[Word, Word]
    left_out: Words
    room: str
    no_difference: Words


class CertificatesWording(Frozen):
    """Schemes of certificates: the form of their numbers, what passports call them, which numbers tell a filing."""

    formats: dict[Word, Regex]
    same: dict[Word, Word]
    filed_health_food: Words


class IntakeWording(Frozen):
    """How units are written that come in at the door."""

    hundredths: dict[Word, Decimal]
    per_cent: Words
    about: str
    number: Regex
    per: Regex
    holds: Word
    examples: Annotated[Words, Field(min_length=2)]
