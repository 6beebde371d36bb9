"""Where an amount that is said stops agreeing with what is registered: each bound from both sides, by hand."""

from decimal import Decimal

import pytest

from claims.engine.linking.entry import Entry
from claims.engine.linking.mentions import Mention
from claims.engine.linking.passport_comparison import agrees, said_as
from claims.policy.goods import Better, GoodsAttribute
from claims.policy.policy import Policy

_UNITS = {"mass": "g", "volume": "ml", "length": "mm", "time": "day", "loudness": "db", "": ""}


def of(begin: str | None, end: str | None = None, /, **more: object) -> Entry:
    """What is registered: one value, or from begin to end; in units that are ten canonical ones."""
    first = None if begin is None else Decimal(begin)
    last = first if end is None else Decimal(end)
    given: dict[str, object] = {
        "path": "attributes.x",
        "label": "参数",
        "shown": f"{begin}",
        "names": ("参数",),
        "own_names": ("参数",),
        "characters": frozenset("参数"),
        "kind": "exact",
        "low": None if first is None else first / 10,
        "high": None if last is None else last / 10,
        "canonical_low": first,
        "canonical_high": last,
        "dimension": "mass",
        "own_unit": "",
        "attribute": None,
    }
    return Entry(**{**given, **more})  # type: ignore[arg-type]


def up_to(end: str, **more: object) -> Entry:
    """What is registered with an end alone."""
    return of(None, **{"high": Decimal(end) / 10, "canonical_high": Decimal(end), **more})


def told(low: str, high: str | None = None, kind: str = "exact", dimension: str = "mass", **more: object) -> Mention:
    """What is said, in canonical units."""
    first, last = Decimal(low), Decimal(low if high is None else high)
    given: dict[str, object] = {
        "start": 0,
        "end": 2,
        "number_end": 2,
        "low": first,
        "high": last,
        "canonical_low": first,
        "canonical_high": last,
        "kind": kind,
        "unit": _UNITS[dimension],
        "dimension": dimension,
    }
    return Mention(**{**given, **more})  # type: ignore[arg-type]


def fits(mention: Mention, entry: Entry, policy: Policy) -> bool:
    said = said_as(mention, entry, policy.linking)
    assert said is not None
    return agrees(said, mention, entry)


def better(direction: Better) -> GoodsAttribute:
    return GoodsAttribute(
        id="x", unit="", better=direction, least=Decimal(0), most=Decimal(9999), labels=("参数",), names=("参数",)
    )


# A number of several digits may be 1.2 % off, one of a single digit 2.5 %, a time 3.5 %.
@pytest.mark.parametrize(
    ("said", "registered", "ok"),
    [
        pytest.param(told("251"), of("254.012"), True, id="exactly as much as rounding leaves"),
        pytest.param(told("251"), of("254.013"), False, id="a little more than rounding leaves"),
        pytest.param(told("251"), of("247.988"), True, id="exactly as much less"),
        pytest.param(told("251"), of("247.987"), False, id="a little less than rounding leaves"),
        pytest.param(told("200"), of("205"), True, id="one digit leaves more"),
        pytest.param(told("200"), of("205.1"), False, id="one digit, too much"),
        pytest.param(told("240"), of("246"), False, id="two digits leave less"),
        pytest.param(told("18", dimension="time"), of("18.63", dimension="time"), True, id="time leaves more still"),
        pytest.param(told("18", dimension="time"), of("18.64", dimension="time"), False, id="time, too much"),
        pytest.param(told("250", kind="approx"), of("275"), True, id="about: a tenth"),
        pytest.param(told("250", kind="approx"), of("275.1"), False, id="about: more than a tenth"),
        pytest.param(told("250", "300", "range"), of("306"), True, id="a range: a fiftieth at its end"),
        pytest.param(told("250", "300", "range"), of("306.1"), False, id="a range: more"),
        pytest.param(told("250", "250", "range"), of("275"), True, id="a range of one value is about"),
        pytest.param(told("53"), of("52.5"), True, id="rounded to the same digits"),
        pytest.param(told("5300"), of("5249"), True, id="within rounding although of other digits"),
        pytest.param(told("18"), of("17.5"), True, id="half a step is rounded up"),
        pytest.param(told("18"), of("17.4"), False, id="more than half a step is not"),
        pytest.param(told("1.8"), of("1.75"), True, id="half a step of a decimal"),
        pytest.param(told("1.8"), of("1.74"), False, id="more than half a step of a decimal"),
        pytest.param(told("9"), of("8.6"), False, id="one digit is not rounded to"),
        pytest.param(told("15", "18", "exact"), of("19"), False, id="what is no single number is not rounded to"),
        pytest.param(told("15"), of("14.6"), True, id="a number is rounded up to"),
        pytest.param(told("15", "18", "range"), of("14.6"), False, id="the begin of a range is not"),
    ],
)
def test_rounding_leaves_so_much_and_no_more(said: Mention, registered: Entry, ok: bool, policy: Policy) -> None:
    assert fits(said, registered, policy) is ok


@pytest.mark.parametrize(
    ("said", "registered", "ok"),
    [
        pytest.param(told("200", kind="at_least"), of("195"), True, id="at least, and a little under it"),
        pytest.param(told("200", kind="at_least"), of("194"), False, id="at least, and less"),
        pytest.param(told("200", kind="at_least"), of("150", "260"), True, id="at least, of a range that goes beyond"),
        pytest.param(told("300", kind="at_least"), of("150", "260"), False, id="at least more than the range's end"),
        pytest.param(
            told("300", kind="at_least"),
            of("150", high=None, canonical_high=None),
            False,
            id="more, without an end",
        ),
        pytest.param(told("200", kind="at_most"), of("205"), True, id="at most, and a little over it"),
        pytest.param(told("200", kind="at_most"), of("206"), False, id="at most, and more"),
        pytest.param(told("200", kind="at_most"), of("150", "260"), True, id="at most, of a range that begins below"),
        pytest.param(told("100", kind="at_most"), of("150", "260"), False, id="at most less than the range's begin"),
        pytest.param(told("100", kind="at_most"), up_to("260"), False, id="at most, and only an end is registered"),
        pytest.param(told("100"), up_to("260"), True, id="an end alone bounds from above"),
        pytest.param(told("300"), up_to("260"), False, id="over the only end"),
        pytest.param(told("400", kind="exact"), of("300", kind="at_least"), True, id="more than at least is no lie"),
        pytest.param(told("250", kind="exact"), of("300", kind="at_least"), False, id="less than at least is"),
        pytest.param(told("30", "60", "range"), of("30", "60"), True, id="the registered range itself"),
        pytest.param(told("27", "60", "range"), of("30", "60"), True, id="begins a tenth of its width earlier"),
        pytest.param(told("26.9", "60", "range"), of("30", "60"), False, id="begins earlier"),
        pytest.param(told("27", "63", "range"), of("30", "60"), True, id="at both of its slack ends"),
        pytest.param(told("30", "64", "range"), of("30", "60"), False, id="ends later"),
        pytest.param(told("60", "60", "range"), of("30", "60"), True, id="one value of the registered range"),
        pytest.param(told("66", "66", "range"), of("30", "60"), True, id="about one value, a tenth over the range"),
        pytest.param(told("67", "67", "range"), of("30", "60"), False, id="about one value, more over it"),
        pytest.param(told("28", "28", "range"), of("30", "60"), True, id="about one value, a tenth under the range"),
        pytest.param(told("27", "27", "range"), of("30", "60"), False, id="about one value, more under it"),
    ],
)
def test_bounds_and_ranges_hold_from_both_sides(said: Mention, registered: Entry, ok: bool, policy: Policy) -> None:
    assert fits(said, registered, policy) is ok


@pytest.mark.parametrize("kind", ["maximum", "at_most"])
@pytest.mark.parametrize(
    ("said", "direction", "ok"),
    [
        pytest.param(told("60", kind="exact"), "higher", True, id="as registered"),
        pytest.param(told("45", kind="exact"), "higher", True, id="less of what is better when more"),
        pytest.param(told("60.7", kind="exact"), "higher", True, id="a little more than the most, as rounded"),
        pytest.param(told("62", kind="exact"), "higher", False, id="more than the most"),
        pytest.param(told("45", kind="exact"), "lower", False, id="quieter than the most says"),
        pytest.param(told("59", kind="exact"), "lower", False, id="a little less of what is better when less"),
        pytest.param(told("45", kind="at_least"), "lower", True, id="at least so loud"),
        pytest.param(told("60", kind="at_most"), "lower", True, id="at most as registered"),
        pytest.param(told("45", kind="at_most"), "higher", False, id="at most less than the most"),
    ],
)
def test_a_registered_most(said: Mention, direction: Better, ok: bool, kind: str, policy: Policy) -> None:
    registered = of("60", kind=kind, attribute=better(direction))
    assert fits(said, registered, policy) is ok
    ended = up_to("60", kind=kind, attribute=better(direction))
    assert fits(said, ended, policy) is ok
    begun_too = of("30", "60", kind=kind, attribute=better(direction))
    assert fits(said, begun_too, policy) is ok


@pytest.mark.parametrize(
    ("said", "direction", "ok"),
    [
        pytest.param(told("60", kind="exact"), "higher", True, id="as registered"),
        pytest.param(told("58.5", kind="exact"), "higher", False, id="less than the least"),
        pytest.param(told("75", kind="exact"), "higher", False, id="more than is registered of what is better so"),
        pytest.param(told("75", kind="exact"), "lower", True, id="more of what is worse so"),
        pytest.param(told("75", kind="at_most"), "higher", True, id="at most more than the least"),
        pytest.param(told("60", kind="at_least"), "higher", True, id="at least as registered"),
        pytest.param(told("45", kind="at_least"), "higher", True, id="at least less than the least"),
        pytest.param(told("75", kind="at_least"), "higher", False, id="at least more than the least"),
    ],
)
def test_a_registered_least(said: Mention, direction: Better, ok: bool, policy: Policy) -> None:
    registered = of("60", kind="minimum", attribute=better(direction))
    assert fits(said, registered, policy) is ok
    begun = of("60", kind="minimum", high=None, canonical_high=None, attribute=better(direction))
    assert fits(said, begun, policy) is ok
    ended_too = of("60", "90", kind="minimum", attribute=better(direction))
    assert fits(said, ended_too, policy) is ok
    ended = up_to("60", kind="minimum", attribute=better(direction))
    assert fits(said, ended, policy) is ok


def test_a_bound_of_goods_that_the_policy_does_not_know_is_of_no_direction(policy: Policy) -> None:
    assert fits(told("45"), of("60", kind="maximum"), policy)
    assert not fits(told("75"), of("60", kind="minimum"), policy)


def test_at_the_very_edge_of_what_rounding_leaves_a_bound_still_holds(policy: Policy) -> None:
    assert fits(told("250"), of("247", kind="maximum"), policy)
    assert fits(told("250"), of("253", kind="minimum"), policy)
    assert fits(told("250"), of("253", kind="maximum", attribute=better("lower")), policy)
    assert fits(told("250", kind="at_most"), of("253", kind="maximum"), policy)
    assert fits(told("250", kind="at_least"), of("247", kind="minimum"), policy)


def test_grams_of_a_liquid_are_held_against_millilitres_loosely(policy: Policy) -> None:
    bottle = of("500", dimension="volume")
    said = said_as(told("460"), bottle, policy.linking)
    assert said is not None
    assert (said.low, said.high, said.by_unit, said.slack) == (Decimal(460), Decimal(460), False, Decimal("0.15"))
    assert fits(told("460"), bottle, policy)
    assert not fits(told("400"), bottle, policy)


def test_an_amount_in_the_registered_measure_is_told_by_its_unit(policy: Policy) -> None:
    said = said_as(told("250"), of("251"), policy.linking)
    assert said is not None
    assert (said.low, said.by_unit) == (Decimal(250), True)


def test_a_unit_of_something_else_is_no_amount_of_it(policy: Policy) -> None:
    assert said_as(told("500", dimension="length"), of("500", dimension="volume"), policy.linking) is None
    assert said_as(told("500"), of(None), policy.linking) is None


def test_another_number_of_a_size_is_not_held_against_this_one(policy: Policy) -> None:
    side = of("345", dimension="length", place=0)
    assert said_as(told("345", dimension="length", place=1), side, policy.linking) is None
    assert said_as(told("345", dimension="length", place=0), side, policy.linking) is not None
    assert said_as(told("345", dimension="length"), side, policy.linking) is not None


def test_years_of_an_age_are_held_against_an_age_alone(policy: Policy) -> None:
    three = told("3", "6", dimension="", classifier="岁")
    said = said_as(three, of("1095", dimension="time", label="适用年龄"), policy.linking)
    assert said is not None
    assert (said.low, said.high, said.by_unit) == (Decimal(1095), Decimal(2190), True)
    for label, dimension in (("保质期", "time"), ("适用年龄", "mass")):
        other = said_as(three, of("1095", dimension=dimension, label=label), policy.linking)
        assert other is not None
        assert (other.low, other.by_unit) == (Decimal(30), False)
    pieces = said_as(
        told("3", dimension="", classifier="个"), of("1095", dimension="time", label="适用年龄"), policy.linking
    )
    assert pieces is not None
    assert pieces.low == Decimal(30)


@pytest.mark.parametrize(
    ("entry", "low"),
    [
        pytest.param(of("500"), "250", id="in the unit in which it is registered"),
        pytest.param(up_to("500"), "250", id="in that of its end, where it has no begin"),
        pytest.param(of("500", high=None, canonical_high=None), "250", id="in that of its begin, where it has no end"),
        pytest.param(of("25", dimension="length"), "250", id="of lengths too, where it is no side of a size"),
        pytest.param(of("0", "500"), "250", id="in that of its end, where it begins at nothing"),
        pytest.param(of("0"), "25", id="as it is, where nothing is registered of it"),
        pytest.param(of("500", low=Decimal(0), high=Decimal(0)), "25", id="as it is, where no unit can be told"),
    ],
)
def test_a_bare_number_is_in_the_registered_unit(entry: Entry, low: str, policy: Policy) -> None:
    said = said_as(told("25", dimension=""), entry, policy.linking)
    assert said is not None
    assert (said.low, said.high, said.by_unit) == (Decimal(low), Decimal(low), False)


@pytest.mark.parametrize(
    ("entry", "number", "low"),
    [
        pytest.param(of("345", dimension="length"), "35", "350", id="in centimetres, as registered"),
        pytest.param(of("345", dimension="length"), "345", "345", id="in millimetres"),
        pytest.param(of("3450", dimension="length"), "3.5", "3500", id="in metres"),
        pytest.param(of("345", dimension="length"), "0", "0", id="of nothing, in the registered unit"),
        pytest.param(of("345", dimension="mass"), "345", "3450", id="what is no length has one unit"),
        pytest.param(up_to("345", dimension="length"), "345", "3450", id="of an end alone, in its unit"),
    ],
)
def test_a_side_without_a_unit_is_in_the_nearest_of_lengths(
    entry: Entry, number: str, low: str, policy: Policy
) -> None:
    said = said_as(told(number, dimension="", place=0), entry, policy.linking)
    assert said is not None
    assert said.low == Decimal(low)


def test_a_unit_that_may_mean_another_thing_says_so(policy: Policy) -> None:
    said = said_as(told("280"), of("2800", dimension="area_density"), policy.linking)
    assert said is not None
    assert (said.low, said.by_unit) == (Decimal(2800), True)
    placed = said_as(told("28", place=0), of("2800", dimension="area_density"), policy.linking)
    assert placed is not None
    assert placed.low == Decimal(280)
