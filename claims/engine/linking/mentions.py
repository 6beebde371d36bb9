"""Numbers that a passage says or shows, each with its unit, or with what stands where a unit would."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from claims.engine.window import Window
from claims.policy.linking import LinkingFile
from claims.text.about_numbers import is_below_zero, kind_about
from claims.text.numbers import Number
from claims.text.units import Quantity, is_times

# A number without a unit and with more digits is an order's or an article's.
_MOST_DIGITS = 7
_LETTERS = re.compile("(?!x)[a-z]{1,3}(?![a-z0-9])")
_SIDES, _LEAST_SIDE, _DIVIDES = 3, 10, ("、", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A number at [start, end) of the window, any of [low, high] being meant, in `unit` of `dimension`.

    Without a unit both are "", and `classifier` is what stands behind the number in its place (个, 档), if anything.
    `written`: the unit as it is said (g, 克).
    `canonical_low` and `canonical_high` are in the dimension's canonical unit; those of a bare number are its own.
    `kind`: exact, approx, range, at_least or at_most. `place`: which number of a size it is (12×9×4), else None.
    """

    start: int
    end: int
    number_end: int
    low: Decimal
    high: Decimal
    canonical_low: Decimal
    canonical_high: Decimal
    kind: str
    unit: str = ""
    dimension: str = ""
    classifier: str = ""
    written: str = ""
    place: int | None = None

    def is_ordinal(self, words: LinkingFile) -> bool:
        """True for what tells a day, an age, a size's number: it counts only what is registered by that word."""
        return self.classifier in words.ordinal_after

    @property
    def is_bare(self) -> bool:
        """True without a unit."""
        return not self.dimension


def mentions_in(window: Window, words: LinkingFile) -> list[Mention]:
    """Every number in the window that may be said of goods; no prices, no ordinals, no ages, no dates."""
    quantities = [q for q in window.quantities if not _is_placed(q, window.text, words)]
    quantities = [q for q in quantities if window.text[q.start : q.end] not in words.no_amounts]
    taken = [(q.start, q.end) for q in window.quantities]
    found = [_of_quantity(q, window) for q in quantities if q.dimension != "money"]
    for number in window.numbers:
        if any(start <= number.start < end for start, end in taken) or _is_word(number, window.text, words):
            continue
        found.append(_of_number(number, window, words))
    return list(_in_sizes(sorted(found, key=lambda m: m.start), window.text, words.sides))


def _of_quantity(quantity: Quantity, window: Window) -> Mention:
    kind = kind_about(window.text, quantity.start, quantity.end, quantity.kind)
    below = quantity.dimension in {"degree", "temperature"} and is_below_zero(window.text, quantity.start)
    quantity = quantity.below_zero() if below else quantity
    return Mention(
        start=quantity.start,
        end=quantity.end,
        number_end=quantity.number_end,
        low=quantity.low,
        high=quantity.high,
        canonical_low=quantity.canonical_low,
        canonical_high=quantity.canonical_high,
        kind=kind,
        unit=quantity.unit,
        dimension=quantity.dimension,
        classifier=window.text[quantity.number_end : quantity.end] if quantity.dimension == "count" else "",
        written=window.text[quantity.number_end : quantity.end].strip(),
    )


def _of_number(number: Number, window: Window, words: LinkingFile) -> Mention:
    classifier = _classifier(window.text, number.end, words)
    end = number.end + len(classifier)
    return Mention(
        start=number.start,
        end=end,
        number_end=number.end,
        low=number.low,
        high=number.high,
        canonical_low=number.low,
        canonical_high=number.high,
        kind=kind_about(window.text, number.start, end, number.kind),
        classifier=classifier,
    )


def _classifier(text: str, at: int, words: LinkingFile) -> str:
    """What stands behind a number in the place of a unit: one of the words for that, or letters (900D, 三U)."""
    letters = _LETTERS.match(text, at)
    if letters is not None:
        return letters[0]
    behind = (*words.classifiers, *words.ordinal_after)
    return max((c for c in behind if text.startswith(c, at)), key=len, default="")


def _is_placed(quantity: Quantity, text: str, words: LinkingFile) -> bool:
    """True for a place in a row (第三层) and for what tells a link, a day or an age (十月)."""
    if text.endswith(words.ordinal_before, 0, quantity.start) or text.startswith(words.links, quantity.end):
        return True
    return text[quantity.number_end : quantity.end] in words.ordinal_after


def _is_word(number: Number, text: str, words: LinkingFile) -> bool:
    if number.single_digit_word and number.low <= 1:
        return True
    if number.end - number.start >= _MOST_DIGITS and text[number.start : number.end].isdigit():
        return True
    return text.endswith(words.ordinal_before, 0, number.start) or text.startswith(words.links, number.end)


def _in_sizes(mentions: list[Mention], text: str, sides: str) -> Iterator[Mention]:
    """The mentions with their places in a size (12×9×4mm), whose last unit holds for all."""
    at = 0
    while at < len(mentions):
        last = at
        while last + 1 < len(mentions) and _joins(text, mentions[last], mentions[last + 1]):
            last += 1
        size = mentions[at : last + 1]
        listed = _listed(mentions, at, text, sides) if len(size) == 1 else 0
        if listed:
            size, last = mentions[at : at + listed], at + listed - 1
        if len(size) > 1:
            yield from (_placed(m, place, size[-1]) for place, m in enumerate(size))
        else:
            yield size[0]
        at = last + 1


def _listed(mentions: list[Mention], at: int, text: str, sides: str) -> int:
    """How many bare numbers are told in a row as a size (高七十、宽四十、厚二十); 0 where they are none."""
    if at > 0 and _is_listed(text, mentions[at - 1], mentions[at], sides):
        return 0
    last = at
    while last + 1 < len(mentions) and _is_listed(text, mentions[last], mentions[last + 1], sides):
        last += 1
    first = mentions[at].start
    is_size = any(side in text[max(0, first - 2) : mentions[last].start] for side in sides)
    return _SIDES if is_size and last - at + 1 == _SIDES else 0


def _is_listed(text: str, one: Mention, other: Mention, sides: str) -> bool:
    bare = one.is_bare and other.is_bare and not one.classifier and min(one.low, other.low) >= _LEAST_SIDE
    between = text[one.end : other.start]
    return bare and between[:1] in _DIVIDES and between[1:] in {"", *sides}


def _joins(text: str, one: Mention, other: Mention) -> bool:
    return is_times(text[one.end : other.start])


def _placed(mention: Mention, place: int, last: Mention) -> Mention:
    if not mention.is_bare or last.is_bare or not last.low:
        return replace(mention, place=place)
    factor = last.canonical_low / last.low
    return replace(
        mention,
        canonical_low=mention.low * factor,
        canonical_high=mention.high * factor,
        unit=last.unit,
        dimension=last.dimension,
        classifier="",
        place=place,
    )
