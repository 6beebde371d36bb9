"""What a recogniser may be told to expect: what the products on sale are called."""

from collections.abc import Iterable

from claims.passports.passport import Passport


def hotwords_of(passports: Iterable[Passport]) -> tuple[str, ...]:
    """Names first, then brands, then the words of their attributes and materials; each once.

    No words of the policy: told to expect 根治 or 降血压, a recogniser hears them in 根枝 and 降雪.
    """
    on_sale = tuple(passports)
    words = (
        *(name for passport in on_sale for name in passport.names),
        *(passport.brand for passport in on_sale if passport.brand),
        *(quantity.label for passport in on_sale for quantity in passport.quantities),
        *(text.label for passport in on_sale for text in passport.texts),
        *(material.name for passport in on_sale for material in passport.materials),
    )
    return tuple(dict.fromkeys(words))
