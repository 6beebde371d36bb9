"""Numbers that a recogniser likely wrote otherwise than they were said, so that they differ from what is registered."""

from collections.abc import Sequence

from claims.engine.linking.cut_short import is_cut_short
from claims.engine.linking.entry import Entry
from claims.engine.linking.mentions import Mention
from claims.engine.linking.passport_comparison import agrees, said_as
from claims.engine.window import Window
from claims.policy.policy import Policy
from claims.text.normalise import is_boundary
from claims.text.units import plain

# So many characters may stand between a size and the same in another unit.
_BESIDE, _LEAST_DIGITS = 4, 3


def why_misheard(
    mention: Mention, entry: Entry, mentions: Sequence[Mention], window: Window, policy: Policy
) -> str | None:
    """Why the number may have been heard wrong, in words; None where nothing speaks for it."""
    if is_cut_short(window.text, mention.start, policy.linking):
        return "what stands before the number may belong to it"
    if not window.in_speech(mention.start):
        return None
    if _digit_heard_twice(window.text[mention.start : mention.number_end], entry):
        return "a digit of the registered number may have been heard twice"
    if _is_repeated_in_other_unit(mention, entry, mentions, window, policy):
        return "the same is told in another unit and agrees"
    return None


def _digit_heard_twice(spoken: str, entry: Entry) -> bool:
    """True where the digits said are the registered ones with one doubled (112 → 1112)."""
    digits = "".join(c for c in spoken if c.isascii() and c.isdigit())
    if entry.low is None or len(digits) < _LEAST_DIGITS:
        return False
    wanted = plain(entry.low)
    return any(digits[i] == digits[i - 1] and digits[:i] + digits[i + 1 :] == wanted for i in range(1, len(digits)))


def _is_repeated_in_other_unit(
    mention: Mention, entry: Entry, mentions: Sequence[Mention], window: Window, policy: Policy
) -> bool:
    """True where the same size stands beside it in another unit and agrees (三公斤就是六斤)."""
    for other in mentions:
        first, last = sorted((mention, other), key=lambda m: m.start)
        between = window.text[first.end : last.start]
        beside = len(between) <= _BESIDE and not any(map(is_boundary, between))
        if not beside or other.dimension != mention.dimension or other.unit == mention.unit:
            continue
        said = said_as(other, entry, policy.linking)
        if said is not None and agrees(said, other, entry):
            return True
    return False
