"""How sellers write values into a form: bounds (≥90%), tolerances (300±5g), named sides, units at both ends of a range.

Each is turned into what numbers and units are read from anyhow, and so are whole texts of a passport.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from claims.text.about_numbers import is_below_zero
from claims.text.normalise import normalise
from claims.text.units import Quantity, UnitConverter, find_factors

Bound = Literal["at_least", "at_most", "exact"]
_IN_DEGREES = frozenset({"degree", "temperature"})
_NUMBER = r"\d+(?:\.\d+)?"
_SIDES = "长宽高厚深"
_NAMED_BEHIND = re.compile(rf"(?<=\d)\s*[（(](?:[{_SIDES}]|直径|口径|[LWHD])[)）]")
_NAMED_BEFORE = re.compile(
    rf"[{_SIDES}]度?\s*[:：]?\s*(?={_NUMBER}[^\d]{{0,4}}[×xX*+])|(?<=[×xX*+])\s*[{_SIDES}]度?\s*(?=\d)"
)
_TOLERANCE = re.compile(
    rf"[（(]?\s*(?P<value>{_NUMBER})\s*(?P<unit>[^\d\s±（()）]{{0,4}}?)\s*(?:±|\+/-)\s*"
    rf"(?P<more>{_NUMBER})\s*(?P<share>%?)\s*[)）]?"
)
_BOTH_ENDS = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?P<unit>[^\d\s~～至到\-–—/×xX*+,，、;；]{{1,4}})\s*(?P<between>[~～至到\-–—])\s*"
    rf"(?P<high>-?{_NUMBER})\s*(?P=unit)"
)
_AT_LEAST = re.compile(r"(?:[≥≧>＞]=?|不[低少小]于|大于等于|(?<!不)[大高]于|至少|最少|最低)[-−约为是:：\s]*$")
_AT_MOST = re.compile(r"(?:[≤≦<＜]=?|不[高大]于|不超过|小于等于|(?<!不)[小低]于|至多|最多|最高|最大)[-−约为是:：\s]*$")


_GROUPED = re.compile(r"\d{1,3}(?:[,，\s]\d{3})+(?:\.\d+)?")
_SIGNED = rf"[-−]?{_NUMBER}"
_VALUE = re.compile(
    rf"(?P<bound>[约≈≥≧≤≦<>＜＞]?=?)\s*(?P<low>{_SIGNED})(?:\s*[~～至到\-–—−]\s*(?P<high>{_SIGNED}))?\s*(?P<unit>[^\W\d]*|[%℃°\"]+)"
)
_TIMES_WRITTEN = re.compile(rf"{_NUMBER}\s*[^\W\d]{{1,4}}\s*[×xX*]\s*\d+\s*[^\W\d]?")
_SIZE = re.compile(rf"{_NUMBER}(?:\s*[×xX*]\s*{_NUMBER})+\s*[^\W\d]{{0,4}}")


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """A value of a registered text, below zero where it is, and what is written before it makes of it."""

    quantity: Quantity
    bound: Bound


def written_values(text: str, converter: UnitConverter) -> tuple[str, list[WrittenValue]]:
    """A registered text as numbers are read from it, and the values with units in it (整机24个月, ≤-18℃, 12×9mm)."""
    written = normalise(written_out(text))
    found = []
    for quantity in find_factors(written.text, converter):
        if quantity.dimension in _IN_DEGREES and is_below_zero(written.text, quantity.start):
            quantity = quantity.below_zero()
        found.append(WrittenValue(quantity, bound_before(written.original[: written.starts[quantity.start]])))
    return written.text, found


@dataclass(frozen=True, slots=True)
class FormValue:
    """What a form holds in the place of a number: from where to where, None where it is open, and its own unit."""

    low: Decimal | None
    high: Decimal | None
    is_about: bool
    unit: str


def read_value(text: str) -> FormValue | None:
    """A number, a range (100-240), a bound (≥90), a tolerance (300±5) or about so much (约300); None for all else."""
    bare = re.sub(r"[,，\s]", "", text) if _GROUPED.fullmatch(text.strip()) else text
    found = _VALUE.fullmatch(written_out(bare).strip())
    if found is None:
        return None
    low, high = (Decimal(found[name].replace("−", "-")) if found[name] else None for name in ("low", "high"))
    bound = found["bound"]
    if high is None:
        high = None if bound[:1] in tuple("≥≧>＞") else low
        low = None if bound[:1] in tuple("≤≦<＜") else low
    return FormValue(low, high, bound[:1] in tuple("约≈"), found["unit"])


def is_size(text: str) -> bool:
    """True for the sides of a thing: 200×230, 5x10x3cm."""
    return _SIZE.fullmatch(text.strip()) is not None


def is_times_in(text: str) -> bool:
    """True where so much of each is multiplied by how many there are: 500mL×8瓶."""
    return _TIMES_WRITTEN.search(text) is not None


def written_out(text: str) -> str:
    """The text with a tolerance as a range, a range with its unit once, and the numbers of a size alone."""
    bare = _NAMED_BEFORE.sub("", _NAMED_BEHIND.sub("", text))
    ranged = _TOLERANCE.sub(lambda found: _as_range(found, bare), bare)
    return _BOTH_ENDS.sub(r"\g<low>\g<between>\g<high>\g<unit>", ranged)


def _as_range(found: re.Match[str], text: str) -> str:
    value, more, unit = Decimal(found["value"]), Decimal(found["more"]), found["unit"]
    if found["share"] and unit != "%":
        more = value * more / 100
    ends = f"{(value - more).normalize():f}-{(value + more).normalize():f}"
    if found["share"]:
        return ends + (unit or "%")
    return ends if not unit or text.startswith(unit, found.end()) else ends + unit


def bound_before(text: str) -> Bound:
    """What the words right before a number say of it: `at_least`, `at_most` or `exact`."""
    if _AT_LEAST.search(text):
        return "at_least"
    return "at_most" if _AT_MOST.search(text) else "exact"
