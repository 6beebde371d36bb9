"""By which words texts and passports are read, before anything is compared (`wording.yaml`)."""

from claims.policy.words import Words
from claims.types import Frozen


class TextsWording(Frozen):
    """Which numbers are prices: `no_price_after` and `no_price_before` stand right before and behind others."""

    of_prices: Words
    no_price_after: Words
    no_price_before: Words
