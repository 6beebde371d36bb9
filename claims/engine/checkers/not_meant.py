"""Numbers that aren't said of the product: set right in the same breath, or an amount of other stuff."""

import re
from collections.abc import Callable

from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.policy.wording_of_goods import NotMeantWording
from claims.text.normalise import is_cjk
from claims.text.units import Quantity

_REACH = 24
_CLAUSE = re.compile("[,。!?;:]")
_AMOUNTS = frozenset({"volume", "mass"})
_NOUN = 3


def is_set_right(window: Window, quantity: Quantity, agrees: Callable[[Quantity], bool], policy: Policy) -> bool:
    """True where another clause says the registered number as the product's own (上一批六根,这批八根).

    `agrees`: whether a number of the window is the registered one. A slip that is corrected was said all the same.
    """
    wording = policy.wording.not_meant
    slips = window.located.spans(f"cue:{policy.context.corrections}")
    for other in window.quantities:
        if not agrees(other):
            continue
        if quantity.end <= other.start <= quantity.end + _REACH:
            *before, clause = _CLAUSE.split(window.text[quantity.end : other.start])
            is_slip = any(quantity.end <= start < other.start for start, _ in slips)
            if (
                before
                and not is_slip
                and wording.not_ours.search(clause) is None
                and wording.theirs.match(window.text, other.end) is None
            ):
                return True
        if other.end <= quantity.start <= other.end + _REACH and wording.that_is.match(window.text, quantity.end):
            return True
    return False


def is_of_other_stuff(window: Window, quantity: Quantity, passport: Passport, wording: NotMeantWording) -> bool:
    """True for so much of something that the product is not called (加200毫升牛奶)."""
    if quantity.dimension not in _AMOUNTS:
        return False
    # A size of the goods is said with 的 as often (五升的壶); a weight of what goes into them, too (三斤的鸡).
    at = quantity.end + (quantity.dimension == "mass" and window.text.startswith(wording.of, quantity.end))
    noun = window.text[at : at + _NOUN]
    if not noun or not is_cjk(noun[0]) or noun[0] in wording.no_stuff:
        return False
    return set(noun).isdisjoint("".join(passport.names))
