"""By which words texts and passports are read, before anything is compared (`wording.yaml`)."""

from typing import Annotated

from claims.policy.words import Regex, Words, with_groups
from claims.types import Frozen


class TextsWording(Frozen):
    """Which numbers are prices: `no_price_after` and `no_price_before` stand right before and behind others."""

    of_prices: Words
    no_price_after: Words
    no_price_before: Words


class ProductsWording(Frozen):
    """How hosts come to a product: by the `number` of its link; words before its name say whether it is meant."""

    link: Annotated[Regex, with_groups("number")]
    coming_up: Words
    another: Words
