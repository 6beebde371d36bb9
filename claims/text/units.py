"""Quantities: numbers with units as spoken, compared in one canonical unit a dimension, through pint.

两斤半, 九十九块九, 一米八, 一百二十克, 五升, 六十五瓦 become `Quantity` with a place in the text.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import pint

from claims.policy.unit_table import UnitTable
from claims.text.numbers import Number, digit_of, find_numbers, parse_han, qualifier_after

_HALF = "半"
# 八两一套, 二两一碗: so much for one of what is counted then.
_LIANG_FOR_EACH = re.compile("[一二三四五六七八九]两一(?=[\u4e00-\u9fff])")
_TAIL = re.compile(r"[一二三四五六七八九][一二三四五六七八九零]?|[1-9]\d?(?![\d.,%])")
_TAILED = frozenset({"yuan", "m", "degree", "L", "g", "kg", "jin", "cm", "liang"})
_COUNTED_NEXT = frozenset("十百千万个件条瓶款斤点米块元度")
_COUNTED_BY_TWO = frozenset("个人次句样处家年下百千万")
# 成 is how 乘 is heard; no share of ten has two numerals before it.
_TIMES = re.compile(r" ?(?:[x×*✕]|乘以?|成) ?")
_PART_OF_ONE = Decimal("0.95")
_SOME_MORE = Decimal("0.1")
_AND_MORE = re.compile("多|出头|来(?=[重宽长高深厚粗沉])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A measured value heard at [start, end), in `unit`, any of [low, high] being meant.

    `dimension` names what can be compared; `canonical_low` and `canonical_high` are in that dimension's canonical
    unit. `number_end` is where the number ends and the unit begins.
    """

    start: int
    end: int
    number_end: int
    dimension: str
    unit: str
    low: Decimal
    high: Decimal
    canonical_low: Decimal
    canonical_high: Decimal
    kind: str

    @property
    def value(self) -> Decimal:
        """The middle of what was meant, in the spoken unit."""
        return self.low if self.low == self.high else (self.low + self.high) / 2

    def below_zero(self) -> "Quantity":
        """The same below zero."""
        low, high, canonical_low, canonical_high = self.low, self.high, self.canonical_low, self.canonical_high
        return replace(self, low=-high, high=-low, canonical_low=-canonical_high, canonical_high=-canonical_low)


class UnitConverter:
    """Exact factors between the units of one table, each asked of pint once."""

    def __init__(self, table: UnitTable) -> None:
        self.table = table
        try:
            self._registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(
                list(table.definitions), non_int_type=Decimal, cache_folder=None
            )
        except (pint.PintError, ValueError, TypeError) as error:
            # pint answers with TypeError where it can't parse a line at all
            raise ValueError(f"a definition cannot be read: {' '.join(str(error).split())}") from error
        self._factors: dict[tuple[str, str], Decimal] = {}

    def problem(self, unit: str) -> str | None:
        """Why the unit can't be compared with the canonical one of its dimension; None where it can."""
        try:
            self.canonical(Decimal(1), unit)
        except pint.PintError as error:
            return str(error)
        return None

    def convert(self, value: Decimal, unit: str, target: str) -> Decimal:
        """`value` of `unit` expressed in `target`; pint.DimensionalityError where they don't measure the same."""
        if unit == target:
            return value
        factor = self._factors.get((unit, target))
        if factor is None:
            magnitude = self._registry.Quantity(Decimal(1), unit).to(target).magnitude
            factor = self._factors[(unit, target)] = Decimal(str(magnitude))
        return value * factor

    def canonical(self, value: Decimal, unit: str) -> Decimal:
        """`value` in the canonical unit of its dimension."""
        return self.convert(value, unit, self.table.canonical(unit))


def find_quantities(text: str, converter: UnitConverter, numbers: list[Number] | None = None) -> list[Quantity]:
    """Every number that carries a unit, left to right, not overlapping; 三斤二两 is one."""
    found: list[Quantity] = []
    for number in find_numbers(text) if numbers is None else numbers:
        quantity = _quantity_at(text, number, converter)
        if quantity is None or (found and quantity.start < found[-1].end):
            continue
        whole = _joined(found[-1], quantity, converter) if found else None
        if whole is not None:
            found[-1] = whole
        else:
            found.append(quantity)
    return found


def is_times(between: str) -> bool:
    """True for what stands between two numbers of one size (12×9, 十五乘十一)."""
    return _TIMES.fullmatch(between) is not None


def find_factors(text: str, converter: UnitConverter) -> list[Quantity]:
    """The quantities of a registered text, where 1800x2000x220mm is three lengths."""
    numbers = find_numbers(text)
    unit_of = {q.start: q for q in find_quantities(text, converter, numbers)}
    for number, following in zip(numbers[-2::-1], numbers[:0:-1], strict=True):
        after = unit_of.get(following.start)
        within = any(q.start <= number.start < q.end for q in unit_of.values())
        if within or after is None or after.dimension != "length":
            continue
        if _TIMES.fullmatch(text, number.end, following.start):
            unit_of[number.start] = _make(
                number, number.end, number.end, after.unit, number.low, number.high, number.kind, converter
            )
    return [unit_of[start] for start in sorted(unit_of)]


def _joined(one: Quantity, other: Quantity, converter: UnitConverter) -> Quantity | None:
    """Both as one quantity where the second goes on in a smaller unit (三斤二两, 1小时30分钟), else None."""
    if one.end != other.start or one.dimension != other.dimension or one.kind != "exact" or one.low != one.high:
        return None
    if one.low != one.low.to_integral_value():
        return None
    size = converter.convert(Decimal(1), one.unit, other.unit)
    if size <= 1 or other.high >= size * _PART_OF_ONE:
        return None
    head = (one.low * size).quantize(Decimal("0.01"))
    return replace(
        other,
        start=one.start,
        low=head + other.low,
        high=head + other.high,
        canonical_low=one.canonical_low + other.canonical_low,
        canonical_high=one.canonical_high + other.canonical_high,
    )


def _quantity_at(text: str, number: Number, converter: UnitConverter) -> Quantity | None:
    if (plain := _without_unit_word(text, number, converter)) is not None:
        return plain
    end, low, high = _before_unit(text, number, converter)
    half_before = text[end : end + 1] == _HALF and len(text) > end + 1
    said = converter.table.unit_at(text, end + 1 if half_before else end)
    if said is None and half_before:
        said, half_before = converter.table.unit_at(text, end), False
    if said is None:
        return _liang_within(text, number, converter) or _liang_at_end(text, number, converter)
    unit, kind = said.unit, number.kind
    number_end = end
    end = (end + 1 if half_before else end) + len(said.text)
    if half_before:
        low, high = low + Decimal("0.5"), high + Decimal("0.5")
    elif low == high:
        low, high, end = _with_tail(text, low, end, unit, converter.table)
    if _AND_MORE.match(text, end) and low == high:
        high = low + max(Decimal(1), low * _SOME_MORE)
        kind = "approx" if kind == "exact" else kind
    after = qualifier_after(text, end)
    if after and kind == "exact":
        kind = after
        if after == "approx":
            end += 2
    return _make(number, number_end, end, unit, low, high, kind, converter)


def _without_unit_word(text: str, number: Number, converter: UnitConverter) -> Quantity | None:
    """A share, so much 两 for each, or an amount after a currency's sign."""
    low, high, kind = number.low, number.high, number.kind
    if number.percent:
        return _make(number, number.end, number.end, "percent", low, high, kind, converter)
    for_each = _LIANG_FOR_EACH.match(text, number.start)
    if for_each is not None and for_each.end() == number.end:
        amount = Decimal(digit_of(text[number.start]))
        return _make(number, number.start + 1, number.start + 2, "liang", amount, amount, kind, converter)
    if number.start and text[number.start - 1] in "¥￥$":
        return _make(number, number.end, number.end, "yuan", low, high, kind, converter)
    return None


def _before_unit(text: str, number: Number, converter: UnitConverter) -> tuple[int, Decimal, Decimal]:
    """Where the unit may begin, past what may stand between, and the bounds: 个半 is a half more."""
    end, low, high = number.end, number.low, number.high
    if text[end : end + 1] in {"来", "多"}:
        end += 1
    if text[end : end + 1] == " ":
        end += 1
    if text.startswith("个半", end):
        end, low, high = end + 2, low + Decimal("0.5"), high + Decimal("0.5")
    if (
        text[end : end + 1] == "个"
        and converter.table.unit_at(text, end) is None
        and _is_long_unit(text, end + 1, converter)
    ):
        end += 1
    return end, low, high


def _liang_within(text: str, number: Number, converter: UnitConverter) -> Quantity | None:
    """五两七: the run took the unit for a numeral."""
    within = text.find("两", number.start + 1, number.end - 1)
    if within <= 0 or text[number.start : number.end].isdigit():
        return None
    head = parse_han(text[number.start : within])
    if head is None or head[0] != head[1]:
        return None
    low, _, end = _with_tail(text, head[0], within + 1, "liang", converter.table)
    return _make(number, within, end, "liang", low, low, number.kind, converter) if end == number.end else None


def _liang_at_end(text: str, number: Number, converter: UnitConverter) -> Quantity | None:
    """三两, 一两: the run took the unit for a numeral."""
    bare = text[number.end - 1] == "两" and text[number.end : number.end + 1] not in _COUNTED_BY_TWO
    head = parse_han(text[number.start : number.end - 1]) if bare and number.end - number.start > 1 else None
    if head is None:
        return None
    low, end = head[0], number.end
    if head[0] == head[1]:
        low, _, end = _with_tail(text, low, end, "liang", converter.table)
    more = 1 if text.startswith(("多", "出头"), end) else 0
    kind = "approx" if more else number.kind
    high = max(low, head[1]) + more
    return _make(number, number.end - 1, end, "liang", low, high, kind, converter)


def _is_long_unit(text: str, at: int, converter: UnitConverter) -> bool:
    """True for a unit of two characters and more, before which 个 may stand (三个毫米)."""
    said = converter.table.unit_at(text, at)
    return said is not None and len(said.text) > 1 and converter.table.dimension(said.unit) not in {"count", "money"}


def _with_tail(text: str, value: Decimal, end: int, unit: str, table: UnitTable) -> tuple[Decimal, Decimal, int]:
    """The value with what is said after the unit: 两斤半, 九十九块九, 一米八."""
    goes_on = table.dimension(unit) == "count" and table.unit_at(text, end + 1) is not None
    is_half = text[end : end + 1] == _HALF and not goes_on
    if is_half and not text.startswith(("价", "个", "年", "天", "小", "路", "夜"), end + 1):
        # 一根半斤 is half a jin each
        return value + Decimal("0.5"), value + Decimal("0.5"), end + 1
    # Behind 1.65m stands another number, if any.
    whole = value == value.to_integral_value() and not (text[end - 1].isascii() and not text[end : end + 1].isascii())
    tail = _TAIL.match(text, end) if unit in _TAILED and whole else None
    digits = tail[0] if tail else ""
    while digits and _counts_next(text, end + len(digits), unit, table):
        # 三块九六斤 is 3.9 yuan; digits that are written together are one number (三公斤96斤)
        digits = "" if digits.isascii() else digits[:-1]
    for place, char in enumerate(digits, start=1):
        value += Decimal(digit_of(char)).scaleb(-place)
    return value, value, end + len(digits)


def _counts_next(text: str, at: int, unit: str, table: UnitTable) -> bool:
    """True if the digit before `at` counts what follows (两斤三包, 三斤二两) and is no tail; 九块九包邮 is a price."""
    return text[at : at + 1] in _COUNTED_NEXT or (unit != "yuan" and table.unit_at(text, at) is not None)


def _make(
    number: Number,
    number_end: int,
    end: int,
    unit: str,
    low: Decimal,
    high: Decimal,
    kind: str,
    converter: UnitConverter,
) -> Quantity:
    return Quantity(
        start=number.start,
        end=end,
        number_end=number_end,
        dimension=converter.table.dimension(unit),
        unit=unit,
        low=low,
        high=high,
        canonical_low=converter.canonical(low, unit),
        canonical_high=converter.canonical(high, unit),
        kind=kind,
    )


def in_dimension(quantity: Quantity, dimension: str, unit: str) -> Quantity:
    """The same number read in another unit of equal size (a bare 度 as alcohol, 支 as yarn count)."""
    return replace(quantity, dimension=dimension, unit=unit, canonical_low=quantity.low, canonical_high=quantity.high)


@lru_cache(maxsize=4096)
def plain(value: Decimal) -> str:
    """The value without exponent or trailing zeros."""
    text = format(value.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
