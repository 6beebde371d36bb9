"""Whether what was said agrees with what is registered: intervals against intervals, with the rounding of speech."""

from dataclasses import dataclass
from decimal import Decimal

from claims.engine.linking.entry import Entry
from claims.engine.linking.mentions import Mention
from claims.policy.linking import LinkingFile

_EXACT, _ROUND, _TIME, _LIQUID = Decimal("0.012"), Decimal("0.025"), Decimal("0.035"), Decimal("0.15")
_APPROX, _OPEN = Decimal("0.1"), Decimal("0.02")
_LEAST_DIGITS = 2
# Millimetres, centimetres and metres are so many times one another.
_SIZED_IN = (Decimal("0.01"), Decimal("0.1"), Decimal(1), Decimal(10), Decimal(100))


@dataclass(frozen=True, slots=True)
class Said:
    """A mention in the terms of an entry; `by_unit`: its unit measures the same, `slack` is what rounding leaves."""

    low: Decimal
    high: Decimal
    by_unit: bool
    slack: Decimal


def said_as(mention: Mention, entry: Entry, words: LinkingFile) -> Said | None:
    """The mention as an amount of what the entry is measured in; None where it can't be one."""
    if entry.canonical_low is None and entry.canonical_high is None:
        return None
    if mention.place is not None and entry.place is not None and mention.place != entry.place:
        return None
    if mention.dimension and mention.dimension == entry.dimension:
        return Said(mention.canonical_low, mention.canonical_high, by_unit=True, slack=_slack(mention))
    if mention.dimension and entry.dimension in words.liquids.get(mention.dimension, ()):
        # Grams of a liquid, and millilitres.
        return Said(mention.canonical_low, mention.canonical_high, by_unit=False, slack=_LIQUID)
    if is_age(mention, entry, words):
        days = words.age_units[mention.classifier]
        return Said(mention.low * days, mention.high * days, by_unit=True, slack=_TIME)
    if mention.is_bare or _also_measures(mention, entry.dimension, words):
        factor = _size_factor(mention, entry) if mention.is_bare and mention.place is not None else _own_factor(entry)
        low, high = mention.low * factor, mention.high * factor
        return Said(low, high, by_unit=not mention.is_bare, slack=_slack(mention))
    return None


def _also_measures(mention: Mention, dimension: str, words: LinkingFile) -> bool:
    """Whether a number in such a unit, or in one that is written so, may measure this besides."""
    return any(dimension in words.also.get(name, ()) for name in (mention.dimension, mention.written))


def is_age(mention: Mention, entry: Entry, words: LinkingFile) -> bool:
    """Whether both are ages: so many years of somebody, and an attribute that says for what age the goods are."""
    return mention.classifier in words.age_units and entry.dimension == "time" and words.age_labels.any_in(entry.label)


def _own_factor(entry: Entry) -> Decimal:
    """From the unit in which the entry is registered to the canonical one."""
    value, canonical = (entry.low, entry.canonical_low) if entry.low else (entry.high, entry.canonical_high)
    return canonical / value if value and canonical else Decimal(1)


def _size_factor(mention: Mention, entry: Entry) -> Decimal:
    """The unit in which a size is said without one: the registered one or another of lengths, by the value."""
    own, registered = _own_factor(entry), entry.canonical_low
    if entry.dimension != "length" or not registered or not mention.low:
        return own
    wanted = registered / mention.low
    return min((own * times for times in _SIZED_IN), key=lambda factor: max(factor, wanted) / min(factor, wanted))


def _slack(mention: Mention) -> Decimal:
    """What rounding leaves: more of a number of one digit (一斤, 七成), and of time."""
    if mention.kind in {"approx", "range"}:
        return _APPROX if mention.low == mention.high else _OPEN
    if mention.dimension == "time":
        return _TIME
    return _ROUND if mention.low == mention.high and len(mention.low.normalize().as_tuple().digits) == 1 else _EXACT


def agrees(said: Said, mention: Mention, entry: Entry) -> bool:
    """True where the registered value is among what may have been meant, as people round."""
    low, high = entry.canonical_low, entry.canonical_high
    least, most = _around(said.low, -said.slack), _around(said.high, said.slack)
    if entry.kind == "at_least" and low is not None:
        high = None
    if mention.kind == "range" and said.low < said.high and low is not None and high is not None and low < high:
        return _is_within(said, low, high)
    bound = low if high is None or (entry.kind == "minimum" and low is not None) else high
    if entry.kind in {"maximum", "at_most", "minimum"} and bound is not None:
        return _within_bound(mention, entry, bound, least, most)
    if mention.kind == "at_least":
        top = high if high is not None else low
        return top is None or top >= least
    if mention.kind == "at_most":
        bottom = low if low is not None else high
        return bottom is None or bottom <= most
    if (low is None or low <= most) and (high is None or least <= high):
        return True
    return low is not None and low == high and _rounds_to(mention, said, low)


def _is_within(said: Said, low: Decimal, high: Decimal) -> bool:
    """Whether no more is promised than from where to where it is registered: of 38–45, 36–48 is more."""
    slack = max((high - low) * _APPROX, abs(high) * said.slack)
    return low - slack <= said.low and said.high <= high + slack


def _within_bound(mention: Mention, entry: Entry, bound: Decimal, least: Decimal, most: Decimal) -> bool:
    """Whether no more is promised than the registered maximum or minimum, and nothing that it excludes.

    Of noise at most 48 dB, 60 is as wrong as 30; of 65 W at most, 45 is not.
    """
    better = entry.attribute.better if entry.attribute is not None else "none"
    if entry.kind != "minimum":
        if mention.kind == "at_most":
            return most >= bound
        return least <= bound and (better != "lower" or mention.kind == "at_least" or most >= bound)
    if mention.kind == "at_least":
        return least <= bound
    return most >= bound and (better == "lower" or mention.kind == "at_most" or least <= bound)


def _around(value: Decimal, slack: Decimal) -> Decimal:
    return value + abs(value) * slack


def _rounds_to(mention: Mention, said: Said, registered: Decimal) -> bool:
    """True where the registered value, said with as many digits, is what was said (52.6 as 53); not of one digit."""
    if mention.low != mention.high or not mention.low or not said.low:
        return False
    digits = mention.low.normalize().as_tuple()
    if not isinstance(digits.exponent, int) or len(digits.digits) < _LEAST_DIGITS:
        return False
    step = Decimal(1).scaleb(digits.exponent)
    in_said = registered * mention.low / said.low
    return abs(in_said - mention.low) * 2 <= step
