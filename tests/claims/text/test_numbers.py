import itertools
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.text.numbers import Number, find_numbers, parse_han, qualifier_after


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
        ("两三", 2, 3),
        ("七八", 7, 8),
        ("十五六", 15, 16),
        ("二十七八", 27, 28),
        ("一百二三十", 120, 130),
        ("三千五六", 3500, 3600),
        ("三四十万", 300000, 400000),
        ("二三", 23, 23),
        ("五八", 58, 58),
        ("壹佰贰拾", 120, 120),
    ],
)
def test_han_numerals_mean(run: str, low: int | str, high: int | str) -> None:
    assert parse_han(run) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize("run", ["", "百", "千万", "几", "点五", "五点百", "万点五"])
def test_what_is_no_numeral(run: str) -> None:
    assert parse_han(run) is None


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
        ("2万5千毫安", [25000]),
        ("1万2千3百", [12300]),
        ("2万5000毫安", [25000]),
        ("3千5件", [3000, 5]),
        ("百分之", []),
        ("万分之", []),
        ("千分之五", ["0.5"]),
    ],
)
def test_numbers_are_found(text: str, values: list[int | str]) -> None:
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
        ("不要超过三片", "at_most"),
        ("超过三片", "at_least"),
        ("不少于十小时", "at_least"),
        ("不低于十小时", "at_least"),
        ("不大于十克", "at_most"),
        ("少于十克", "at_most"),
    ],
)
def test_how_exactly_a_number_is_meant(text: str, kind: str) -> None:
    assert find_numbers(text)[0].kind == kind


@pytest.mark.parametrize(
    ("text", "low", "high"), [("两百多", 200, 300), ("五十来", 50, 60), ("30多", 30, 40), ("三十来自", 30, 30)]
)
def test_a_little_more_is_less_than_the_next_round_number(text: str, low: int, high: int) -> None:
    number = find_numbers(text)[0]
    assert (number.low, number.high) == (low, high)


@pytest.mark.parametrize(
    ("text", "kind"), [("以上", "at_least"), ("左右", "approx"), ("以内", "at_most"), ("的", None)]
)
def test_words_after_a_quantity_qualify_it(text: str, kind: str | None) -> None:
    assert qualifier_after("三克" + text, 2) == kind


def test_a_share_in_a_range_is_a_share() -> None:
    assert [(n.low, n.high, n.percent) for n in find_numbers("30%到50")] == [(30, 50, True)]


def test_words_with_a_numeral_inside_are_read_as_numbers_but_short() -> None:
    assert all(n.single_digit_word for n in find_numbers("一起看第一款"))


DIGITS = "零一二三四五六七八九"


def spoken_section(value: int) -> str:
    """0 < value < 10 000 as it is said, without a leading zero."""
    out, skipped = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // size % 10
        if digit == 0:
            skipped = True
            continue
        out += ("零" if skipped and out else "") + DIGITS[digit] + name
        skipped = False
    return out


def spoken(value: int) -> str:
    """0 ≤ value < 10⁸ in Mandarin."""
    high, low = divmod(value, 10_000)
    if value == 0:
        return DIGITS[0]
    head = spoken_section(high) + "万" if high else ""
    return head + ("零" if high and 0 < low < 1000 else "") + (spoken_section(low) if low else "")


whole = st.one_of(st.integers(0, 99_999_999), st.integers(0, 9_999), st.integers(0, 9_999).map(lambda n: n * 10_000))


@given(whole)
@settings(max_examples=1000, deadline=None)
def test_every_whole_number_is_read_as_it_is_said(value: int) -> None:
    formal = spoken(value)
    for said in {formal, formal.removeprefix("一") if formal.startswith("一十") else formal, colloquial(formal)}:
        assert parse_han(said) == (value, value), said
        assert [(n.start, n.end, n.low, n.high) for n in find_numbers(said)] == [(0, len(said), value, value)]


def colloquial(formal: str) -> str:
    """With 两 where 二 stands before hundred, thousand and ten thousand."""
    return re.sub("二(?=[百千万])", "两", formal)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([("百", 100), ("千", 1000), ("万", 10_000)]))
def test_a_bare_last_digit_counts_a_tenth_of_the_place_before(first: int, second: int, place: tuple[str, int]) -> None:
    said = DIGITS[first] + place[0] + DIGITS[second]
    value = first * place[1] + second * place[1] // 10
    assert parse_han(said) == (value, value)


@given(st.integers(0, 10**12), st.integers(0, 4))
def test_written_numbers_keep_their_value(value: int, places: int) -> None:
    written = f"{Decimal(value).scaleb(-places):f}"
    assert [(n.low, n.end) for n in find_numbers(written + "克")] == [(Decimal(written), len(written))]
    grouped = f"{value:,}"
    assert [n.low for n in find_numbers(grouped + "元")] == [value]


NUMERIC = "零〇一二两俩三九十百千万亿壹拾几数半点分之成百%多来左右以上到至-~约超过不到最高0159.,kw个斤克块年"


@given(st.text(alphabet=NUMERIC, max_size=16))
@settings(max_examples=800, deadline=None)
def test_numbers_stand_in_order_and_apart(text: str) -> None:
    numbers: list[Number] = find_numbers(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(numbers))
    assert all(0 <= n.start < n.end <= len(text) and n.low <= n.high for n in numbers)


@pytest.mark.parametrize(
    "text", ["9" * 5000 + "多", "一" * 5000, "一" + "亿" * 5000, "四六百" * 2000, "百分之" + "九" * 5000]
)
def test_absurdly_long_numbers_are_survived(text: str) -> None:
    assert find_numbers(text)


@pytest.mark.parametrize(
    "text", ["好评率九十九", "除菌率99.9以上", "复购率高达八十七", "有效率是九十几", "合格率达100"]
)
def test_what_follows_the_name_of_a_rate_is_a_share(text: str) -> None:
    assert [number.percent for number in find_numbers(text)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        *("功率65瓦", "频率五十赫兹", "心率八十", "刷新率90", "帧率60", "汇率七点二", "通过率三个月涨一次"),
        *("转化率一直高", "回购率12人里有9个", "好评率5000", "率先卖出九十件"),
    ],
)
def test_other_numbers_behind_a_rate_are_none(text: str) -> None:
    assert not any(number.percent for number in find_numbers(text))
