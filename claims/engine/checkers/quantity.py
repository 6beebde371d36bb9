"""Numbers with units against registered values: which attribute is meant, and whether it agrees.

Where two attributes are possible and one fits, it is no contradiction. Only rounding counts as tolerance, widened by
约, 左右, 大概; what is registered as a maximum, a minimum or typical is compared as such.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from claims.engine.checkers.base import Judgement, contradicted, supported
from claims.engine.checkers.cut_short import is_cut_short
from claims.engine.checkers.named import named_entries
from claims.engine.checkers.not_meant import is_of_other_stuff, is_set_right
from claims.engine.window import Window
from claims.passports.passport import Passport, RegisteredQuantity
from claims.policy.policy import Policy
from claims.policy.wording_of_goods import QuantitiesWording
from claims.text.normalise import is_boundary
from claims.text.numbers import Number
from claims.text.units import Quantity, in_dimension, plain

_EXACT = Decimal("0.012")
_APPROX = Decimal("0.12")
_TIME = Decimal("0.035")
_ELSEWHERE = frozenset({"warranty", "shelf_life", "aging", "newness"})
# So many characters may stand between a size and the same in another unit.
_BESIDE = 4
_CUE_BEFORE, _CUE_AFTER = 14, 7
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityClaim:
    """A quantity that speaks of the product, as judged; `explicit` when a word named the attribute."""

    start: int
    end: int
    judgement: Judgement
    explicit: bool
    said_at: int


def judge_quantities(window: Window, passport: Passport, policy: Policy) -> Iterator[QuantityClaim]:
    """Every quantity in focus that can be held against a registered value of this product."""
    for quantity in window.quantities:
        if not window.focus_start < quantity.end <= window.focus_end or quantity.dimension == "money":
            continue
        if window.text.endswith(policy.wording.quantities.ordinals, 0, quantity.start):
            continue
        claim = _judge(window, quantity, passport, policy)
        if claim is not None:
            yield claim
    yield from _bare_numbers(window, passport, policy)


def _read_degree(quantity: Quantity, said: str, passport: Passport, policy: Policy) -> Quantity:
    """The quantity in the dimension that its unit means for this product: 度 as alcohol, 支 as a yarn count."""
    if quantity.dimension == "count":
        unit = policy.wording.quantities.yarn
        yarns = (q for q in passport.quantities if q.dimension in {"yarn_count", "thread_count"})
        yarn = next(yarns, None) if said.endswith(unit) else None
        countable = any(q.dimension == "count" and unit in q.shown + q.label for q in passport.quantities)
        return in_dimension(quantity, yarn.dimension, yarn.unit) if yarn is not None and not countable else quantity
    if quantity.dimension != "degree":
        return quantity
    holds_alcohol = any(q.dimension == "alcohol" for q in passport.quantities)
    dimension = "alcohol" if holds_alcohol else policy.converter.table.degree_dimension(passport.category)
    return in_dimension(quantity, dimension, {"alcohol": "percent_volume", "temperature": "celsius"}[dimension])


def _entries(passport: Passport, dimension: str, policy: Policy) -> list[RegisteredQuantity]:
    return [q for q in passport.quantities if q.dimension == dimension and not _judged_elsewhere(q, policy)]


def _judged_elsewhere(entry: RegisteredQuantity, policy: Policy) -> bool:
    """True for warranty, shelf life, age and nutrition: other classes speak of them."""
    attribute = policy.attributes.named(entry.key, entry.label)
    return entry.key == "nutrition" or (attribute is not None and attribute.id in _ELSEWHERE)


def _around(window: Window, quantity: Quantity) -> str:
    """The words near a quantity that may name its attribute: its clause, and the end of the clause before."""
    text = window.text
    left = max(0, quantity.start - _CUE_BEFORE)
    for index in range(quantity.start - 1, left - 1, -1):
        if text[index] in "。!?;\n":
            left = index + 1
            break
    right = quantity.end
    while right < min(len(text), quantity.end + _CUE_AFTER) and not is_boundary(text[right]):
        right += 1
    return text[left:right]


def _judge(window: Window, quantity: Quantity, passport: Passport, policy: Policy) -> QuantityClaim | None:
    said = window.text[quantity.number_end : quantity.end]
    quantity = _read_degree(quantity, said, passport, policy)
    entries, wording = _entries(passport, quantity.dimension, policy), policy.wording.quantities
    if not entries:
        return None
    around = _around(window, quantity)
    if quantity.dimension == "count" and not _speaks_of_pieces(said, around, quantity, entries, wording):
        return None
    of_goods = not is_of_other_stuff(window, quantity, passport, policy.wording.not_meant)
    named = named_entries(entries, around, quantity, window, policy, of_goods=of_goods)
    clause = window.text[slice(*window.clause(quantity.start, quantity.end))]
    told_apart = [e for e in named if any(q in clause for q in e.qualifiers)]
    rivals = told_apart or entries
    fitting = next((e for e in rivals if _agrees(quantity, e)), None) or _multiple(window, quantity, rivals, wording)
    named = told_apart or named
    spoken = window.text[quantity.start : quantity.end]
    start, end = _span(window, quantity, around, named)
    if fitting is not None:
        return QuantityClaim(
            start=start,
            end=end,
            explicit=bool(named),
            said_at=quantity.start,
            judgement=supported(
                "agrees with the registered value",
                registered=f"{fitting.label} {fitting.shown}",
                path=fitting.path,
                claimed=spoken,
            ),
        )
    is_of_material = not named and quantity.dimension == "share" and _is_share_of_a_material(quantity, passport)
    meant = named[0] if named else _generic(entries, policy) if of_goods and not is_of_material else None
    if meant is None or _harmless(quantity, meant):
        return None

    def is_registered(other: Quantity) -> bool:
        read = _read_degree(other, window.text[other.number_end : other.end], passport, policy)
        return read.dimension == meant.dimension and _agrees(read, meant)

    if is_set_right(window, quantity, is_registered, policy):
        return None
    factors = policy.scores.factors
    factor = 1.0 if named else factors.number_unnamed
    if is_cut_short(window.text, quantity.start, wording) or (
        window.in_speech(quantity.start) and (_digit_heard_twice(spoken, meant) or _told_twice(window, quantity, meant))
    ):
        factor = factors.number_misheard
    condition = f" ({meant.condition})" if meant.condition else ""
    return QuantityClaim(
        start=start,
        end=end,
        explicit=bool(named),
        said_at=quantity.start,
        judgement=contradicted(
            "differs from the registered value",
            registered=f"{meant.label} {meant.shown}{condition}",
            path=meant.path,
            claimed=f"{plain(quantity.value)} {quantity.unit}",
            factor=factor,
        ),
    )


def _is_share_of_a_material(quantity: Quantity, passport: Passport) -> bool:
    """True where a material is registered with this share: judged with the materials."""
    return any(m.percent is not None and quantity.low <= m.percent <= quantity.high for m in passport.materials)


def _generic(entries: list[RegisteredQuantity], policy: Policy) -> RegisteredQuantity | None:
    """The entry that a number of its dimension means where no word names one; None where there are too many."""
    generic = [e for e in entries if (a := policy.attributes.named(e.key, e.label)) is not None and a.generic]
    return generic[0] if generic and len({e.key for e in generic}) <= _FEW else None


def _digit_heard_twice(spoken: str, entry: RegisteredQuantity) -> bool:
    """True where the digits said are the registered ones with one doubled (112 → 1112): recognisers do that."""
    digits = "".join(c for c in spoken if c.isascii() and c.isdigit())
    if entry.low is None or len(digits) < 3:
        return False
    wanted = plain(entry.low)
    return any(digits[i] == digits[i - 1] and digits[:i] + digits[i + 1 :] == wanted for i in range(1, len(digits)))


def _told_twice(window: Window, quantity: Quantity, entry: RegisteredQuantity) -> bool:
    """True where the same size stands beside it in another unit and agrees (三公斤就是六斤): one was misheard."""
    for other in window.quantities:
        first, last = sorted((quantity, other), key=lambda q: q.start)
        between = window.text[first.end : last.start]
        beside = len(between) <= _BESIDE and not any(map(is_boundary, between))
        same = other.dimension == quantity.dimension and other.unit != quantity.unit
        if beside and same and _agrees(other, entry):
            return True
    return False


def _speaks_of_pieces(
    said: str, around: str, quantity: Quantity, entries: list[RegisteredQuantity], wording: QuantitiesWording
) -> bool:
    if quantity.low <= 1 or wording.each.any_in(around):
        return False
    is_in_a_pack = wording.in_a_pack.search(around) is not None
    if not said.endswith(wording.pieces):
        return is_in_a_pack and any(said in e.label + e.shown for e in entries)
    if not is_in_a_pack and (wording.per_piece.any_in(around) or wording.one + said in around):
        return False
    labels = "".join(e.label + e.shown for e in entries)
    return (
        wording.pack.any_in(around) or said in labels or any(c in around for e in entries for c in e.cues if len(c) > 2)
    )


def _slack(quantity: Quantity) -> Decimal:
    if quantity.kind in {"approx", "range"}:
        return _APPROX
    return _TIME if quantity.dimension == "time" else _EXACT


def _agrees(quantity: Quantity, entry: RegisteredQuantity) -> bool:
    low, high = entry.canonical_low, entry.canonical_high
    slack = _slack(quantity)
    said_low, said_high = quantity.canonical_low * (1 - slack), quantity.canonical_high * (1 + slack)
    if entry.kind == "maximum" and low is not None:
        return quantity.canonical_low <= low * (1 + slack)
    if entry.kind == "minimum" and low is not None:
        return quantity.canonical_low <= low * (1 + slack)
    if quantity.kind == "at_least":
        return (high if high is not None else low or Decimal(0)) >= said_low
    return (low is None or low <= said_high) and (high is None or said_low <= high)


def _multiple(
    window: Window, quantity: Quantity, entries: list[RegisteredQuantity], wording: QuantitiesWording
) -> RegisteredQuantity | None:
    """The entry of which the quantity is a spoken multiple (两瓶一公斤, 拍一发二)."""
    left, right = window.sentence(quantity.start, quantity.end)
    factors = {
        n.low
        for n in window.numbers
        if left <= n.start < right
        and not quantity.start <= n.start < quantity.end
        and 1 < n.low <= 100
        and n.low == n.low.to_integral_value()
    }
    is_sum = wording.summed.search(window.text, left, right) is not None
    for entry in entries:
        if entry.canonical_low is None or entry.canonical_low != entry.canonical_high:
            continue
        if quantity.dimension not in {"mass", "volume", "count"} and not is_sum:
            continue
        for factor in factors:
            if quantity.dimension == "count" and entry.canonical_low + factor == quantity.canonical_low:
                return entry
            slack = _APPROX if quantity.kind == "at_least" else _slack(quantity)
            if abs(entry.canonical_low * factor - quantity.canonical_low) <= quantity.canonical_low * slack:
                return entry
            if abs(entry.canonical_low - quantity.canonical_low * factor) <= entry.canonical_low * _EXACT:
                return entry
    return None


def _harmless(quantity: Quantity, entry: RegisteredQuantity) -> bool:
    """True where the words only bound the value and the registered one is within (不到两百克 for 112 g)."""
    if quantity.kind != "at_most" or entry.canonical_high is None:
        return False
    return entry.canonical_high <= quantity.canonical_high * (1 + _EXACT) and entry.kind != "maximum"


def _span(window: Window, quantity: Quantity, around: str, named: list[RegisteredQuantity]) -> tuple[int, int]:
    """The quantity with the word that names its attribute, within its clause."""
    left, _ = window.clause(quantity.start, quantity.end)
    if named:
        clause = window.text[left : quantity.start]
        places = [clause.rfind(c) for c in named[0].cues if c in clause]
        if places:
            return left + max(places), quantity.end
    return quantity.start, quantity.end


def _bare_numbers(window: Window, passport: Passport, policy: Policy) -> Iterator[QuantityClaim]:
    """Numbers said without a unit right after the attribute's word: SPF五十, 含绒量九十, 酒精度十三点五."""
    taken = [(q.start, q.end) for q in window.quantities]
    for number in window.numbers:
        if not window.focus_start < number.end <= window.focus_end or any(s <= number.start < e for s, e in taken):
            continue
        if number.single_digit_word and window.text[number.start] in policy.wording.quantities.no_amount:
            continue
        yield from _bare(window, number, passport)


def _bare(window: Window, number: Number, passport: Passport) -> Iterator[QuantityClaim]:
    head = window.text[max(0, number.start - 8) : number.start]
    for entry in passport.quantities:
        if entry.dimension not in {
            "spf",
            "alcohol",
            "share",
            "thread_count",
            "yarn_count",
            "baume_degree",
            "formaldehyde",
        }:
            continue
        cue = next(
            (c for c in entry.cues if len(c) >= 2 and c in head and len(head) - head.rfind(c) - len(c) <= 3), None
        )
        if cue is None or entry.low is None or entry.high is None:
            continue
        start = number.start - (len(head) - head.rfind(cue))
        said = window.text[start : number.end]
        bound = entry.kind in {"maximum", "minimum"}
        agrees = (
            number.low <= entry.high * (1 + _EXACT)
            if bound
            else number.low * (1 - _EXACT) <= entry.high and entry.low <= number.high * (1 + _EXACT)
        )
        shown = f"{entry.label} {entry.shown}"
        if agrees:
            yield QuantityClaim(
                start=start,
                end=number.end,
                explicit=True,
                said_at=number.start,
                judgement=supported("agrees", registered=shown, path=entry.path, claimed=said),
            )
        else:
            yield QuantityClaim(
                start=start,
                end=number.end,
                explicit=True,
                said_at=number.start,
                judgement=contradicted(
                    "differs from the registered value", registered=shown, path=entry.path, claimed=said
                ),
            )
        return
