from decimal import Decimal

import pytest

from claims.numbers import find_numbers, parse_han


@pytest.mark.parametrize(
    ("run", "low", "high"),
    [
        ("两万", 20000, 20000),
        ("一万二", 12000, 12000),
        ("两千三", 2300, 2300),
        ("一百二", 120, 120),
        ("一百零二", 102, 102),
        ("三千零五十", 3050, 3050),
        ("五六百", 500, 600),
        ("几百", 200, 999),
        ("十几", 11, 19),
        ("三九九", 399, 399),
        ("二零二一", 2021, 2021),
        ("十三点五", "13.5", "13.5"),
        ("九十三点几", 93, "93.9"),
        ("一亿两千万", 120000000, 120000000),
        ("三十", 30, 30),
        ("十", 10, 10),
    ],
)
def test_han_numerals_mean(run: str, low: int | str, high: int | str) -> None:
    assert parse_han(run) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("足足两万毫安时", [20000]),
        ("百分之九十五的棉", [95]),
        ("百分百果汁", [100]),
        ("三成羊毛", [30]),
        ("1.5万毫安", [15000]),
        ("5000mah", [5000]),
        ("65w快充", [65]),
        ("2kg装", [2]),
        ("四分之三", [75]),
        ("三到五天", [4]),
        ("50%-60%", [55]),
        ("1,299元", [1299]),
    ],
)
def test_numbers_are_found(text: str, values: list[int]) -> None:
    assert [n.value for n in find_numbers(text)] == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("大概八十克", "approx"),
        ("两百多毫升", "approx"),
        ("最高六十五瓦", "at_most"),
        ("至少三年", "at_least"),
        ("三到五天", "range"),
        ("六十五瓦", "exact"),
        ("五六百", "approx"),
    ],
)
def test_how_exactly_a_number_is_meant(text: str, kind: str) -> None:
    assert find_numbers(text)[0].kind == kind


def test_words_with_a_numeral_inside_are_read_as_numbers_but_short() -> None:
    assert all(n.single_digit_word for n in find_numbers("一起看第一款"))
