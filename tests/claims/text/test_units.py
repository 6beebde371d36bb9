import itertools
from decimal import Decimal

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.policy.policy import Policy
from claims.text.normalise import normalise
from claims.text.units import Quantity, find_factors, find_quantities, in_dimension, plain


def read(policy: Policy, text: str) -> list[tuple[str, str, Decimal, Decimal]]:
    folded = normalise(text).text
    return [(folded[q.start : q.end], q.unit, q.low, q.high) for q in find_quantities(folded, policy.converter)]


@pytest.mark.parametrize(
    ("text", "words", "unit", "value"),
    [
        ("足足两万毫安时", "两万毫安时", "mAh", 20000),
        ("2万5千毫安", "2万5千毫安", "mAh", 25000),
        ("两斤半", "两斤半", "jin", "2.5"),
        ("半斤装", "半斤", "jin", "0.5"),
        ("三斤二两", "三斤二两", "liang", 32),
        ("二两白酒", "二两", "liang", 2),
        ("一两黄金", "一两", "liang", 1),
        ("九十九块九", "九十九块九", "yuan", "99.9"),
        ("9块9包邮", "9块9", "yuan", "9.9"),
        ("10块3件", "10块", "yuan", 10),
        ("九块九一瓶", "九块九", "yuan", "9.9"),
        ("¥129", "129", "yuan", 129),
        ("一米八的床", "一米八", "m", "1.8"),
        ("三公斤96斤", "三公斤", "kg", "3"),
        ("三块九六斤", "三块九", "yuan", "3.9"),
        ("1米85", "1米85", "m", "1.85"),
        ("一米米", "一米", "m", 1),
        ("净含量 500 g", "500 g", "g", 500),
        ("65W快充", "65w", "W", 65),
        ("60℃", "60°c", "celsius", 60),
        ("1小时30分钟", "1小时30分钟", "minute", 90),
        ("两个半月", "两个半月", "month", "2.5"),
        ("一年半", "一年半", "year", "1.5"),
        ("52%vol", "52%vol", "percent_volume", 52),
        ("含棉95%", "95%", "percent", 95),
        ("五升油", "五升", "L", 5),
        ("适用面积16㎡", "16m2", "square_meter", 16),
        ("风量400m³/h", "400m3/h", "cubic_meter_per_hour", 400),
        ("横截面5cm²", "5cm2", "square_centimeter", 5),
        ("一刻钟充满", "一刻钟", "quarter_hour", 1),
    ],
)
def test_a_spoken_quantity_is_read(policy: Policy, text: str, words: str, unit: str, value: int | str) -> None:
    assert read(policy, text)[0] == (words, unit, Decimal(value), Decimal(value))


@pytest.mark.parametrize(
    ("text", "low", "high"), [("三四天", 3, 4), ("两三个月", 2, 3), ("十五六块", 15, 16), ("20-30cm", 20, 30)]
)
def test_a_span_of_values_is_kept(policy: Policy, text: str, low: int, high: int) -> None:
    assert [(a, b) for _, _, a, b in read(policy, text)] == [(low, high)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("第一名", id="an ordinal"),
        pytest.param("一两个人", id="one or two people are no weight"),
        pytest.param("65wow", id="a unit letter inside a word"),
        pytest.param("iphone 15", id="a number without a unit"),
        pytest.param("五", id="nothing after the number"),
        pytest.param("九十九包邮", id="a parcel that is paid for is no pack"),
    ],
)
def test_what_is_no_quantity(policy: Policy, text: str) -> None:
    assert read(policy, text) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("一公斤两斤", 2, id="the same said again in another unit"),
        pytest.param("一斤500克", 2, id="the same said again in a smaller unit"),
        pytest.param("三片五克", 2, id="two dimensions"),
        pytest.param("5克三片", 2, id="a weight and a count"),
        pytest.param("1米5厘米", 1, id="no tail but another unit"),
        pytest.param("三斤,二两", 2, id="a comma between"),
        pytest.param("一米二十厘米", 1, id="goes on in a smaller unit"),
    ],
)
def test_only_what_goes_on_in_a_smaller_unit_is_one_quantity(policy: Policy, text: str, count: int) -> None:
    assert len(read(policy, text)) == count


@pytest.mark.parametrize(
    ("text", "millimetres"),
    [
        ("1800x2000x220mm", [1800, 2000, 220]),
        ("1800×2000×220 mm", [1800, 2000, 220]),
        ("１８００＊２０００ｍｍ", [1800, 2000]),
        ("200*230cm", [2000, 2300]),
        ("1.8米乘2米", [1800, 2000]),
        ("1.8乘2米", [1800, 2000]),
        ("一米五乘两米", [1500, 2000]),
        ("长20cm 宽30cm", [200, 300]),
        ("20, 30cm", [300]),
    ],
)
def test_every_factor_of_a_registered_size_has_the_unit(policy: Policy, text: str, millimetres: list[int]) -> None:
    found = find_factors(normalise(text).text, policy.converter)
    assert [q.canonical_low for q in found] == millimetres


def test_a_count_of_packs_takes_no_unit_from_its_neighbour(policy: Policy) -> None:
    found = find_factors("10g*20袋", policy.converter)
    assert [(q.unit, q.low) for q in found] == [("g", 10), ("piece", 20)]


def pairs(policy: Policy) -> list[tuple[str, str]]:
    table = policy.converter.table
    return [(a, b) for a in table.units for b in table.units if a != b and table.dimension(a) == table.dimension(b)]


values = st.decimals(min_value="0.001", max_value="1000000", places=3)


@given(st.data(), values)
@settings(max_examples=200, deadline=None)
def test_converting_there_and_back_changes_nothing(policy: Policy, data: st.DataObject, value: Decimal) -> None:
    one, other = data.draw(st.sampled_from(pairs(policy)))
    back = policy.converter.convert(policy.converter.convert(value, one, other), other, one)
    assert abs(back - value) <= value * Decimal("1e-20")


@given(st.data(), values, values)
@settings(max_examples=200, deadline=None)
def test_the_canonical_unit_keeps_the_order(policy: Policy, data: st.DataObject, one: Decimal, other: Decimal) -> None:
    unit, elsewhere = data.draw(st.sampled_from(pairs(policy)))
    converter = policy.converter
    assert (converter.canonical(one, unit) < converter.canonical(other, unit)) == (one < other)
    in_other_unit = converter.convert(one, unit, elsewhere)
    assert abs(converter.canonical(in_other_unit, elsewhere) - converter.canonical(one, unit)) <= one * Decimal("1e-15")


@pytest.mark.parametrize(
    ("value", "unit", "canonical"),
    [(1, "jin", 500), (1, "liang", 50), (1, "kWh", 1000), (1, "inch", "25.4"), (2, "week", 14), (1, "TB", 1024)],
)
def test_known_sizes_of_units(policy: Policy, value: int, unit: str, canonical: int | str) -> None:
    assert policy.converter.canonical(Decimal(value), unit) == Decimal(canonical)


def test_what_measures_something_else_is_not_converted(policy: Policy) -> None:
    with pytest.raises(pint.DimensionalityError):
        policy.converter.convert(Decimal(1), "g", "mL")


def test_a_bare_degree_is_read_by_the_category(policy: Policy) -> None:
    (degree,) = find_quantities("五十二度", policy.converter)
    assert policy.converter.table.degree_dimension("alcohol/baijiu") == "alcohol"
    assert policy.converter.table.degree_dimension("appliance/kettle") == "temperature"
    as_alcohol = in_dimension(degree, "alcohol", "percent_volume")
    assert (as_alcohol.dimension, as_alcohol.canonical_low) == ("alcohol", 52)


QUANTITY_TEXT = "零一二两三九十百千万几半点百分之成%多来左右以上到-约0159.kw个斤克块米元度小时天月 乘x*¥"


@given(st.text(alphabet=QUANTITY_TEXT, max_size=16))
@settings(max_examples=500, deadline=None)
def test_quantities_stand_in_order_and_apart(policy: Policy, text: str) -> None:
    found: list[Quantity] = find_quantities(text, policy.converter)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    for quantity in found:
        assert 0 <= quantity.start < quantity.number_end <= quantity.end <= len(text)
        assert quantity.low <= quantity.high
        assert quantity.canonical_low <= quantity.canonical_high
    assert {q.start for q in found} <= {q.start for q in find_factors(text, policy.converter)}


@pytest.mark.parametrize(
    ("value", "shown"), [("1E+3", "1000"), ("2.50", "2.5"), ("100", "100"), ("0.001", "0.001"), ("0", "0")]
)
def test_values_are_shown_plainly(value: str, shown: str) -> None:
    assert plain(Decimal(value)) == shown
