from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.passports.passport import Certificate, Passport, PricePoint
from tests.claims.support import AT


def passport(*deals: tuple[timedelta, int], lowest_7d: int | None = None) -> Passport:
    return Passport(
        id="P",
        version="v",
        name="杯",
        category="home/cup",
        lowest_7d=None if lowest_7d is None else Decimal(lowest_7d),
        price_history=tuple(PricePoint(at=AT - ago, price=Decimal(price)) for ago, price in deals),
    )


@pytest.mark.parametrize(
    ("deals", "lowest_7d", "price"),
    [
        pytest.param([(timedelta(days=1), 99), (timedelta(days=3), 79)], None, 79, id="the lowest of seven days"),
        pytest.param([(timedelta(days=8), 59), (timedelta(days=2), 99)], None, 99, id="older deals don't count"),
        pytest.param([(timedelta(days=7), 59), (timedelta(days=2), 99)], None, 59, id="seven days ago to the second"),
        pytest.param([(timedelta(days=7, seconds=1), 59), (timedelta(days=2), 99)], None, 99, id="a second too old"),
        pytest.param([(timedelta(days=20), 59), (timedelta(days=9), 89)], None, 89, id="none in the window: the last"),
        pytest.param([(timedelta(0), 9), (timedelta(days=1), 99)], None, 99, id="the deal of this very moment"),
        pytest.param([(-timedelta(days=1), 9), (timedelta(days=1), 99)], None, 99, id="a deal of tomorrow"),
        pytest.param([(timedelta(days=1), 99)], 50, 99, id="deals come before the stated lowest"),
        pytest.param([], 50, 50, id="only the lowest is stated"),
        pytest.param([(-timedelta(days=1), 9)], None, None, id="only deals to come"),
        pytest.param([], None, None, id="nothing registered"),
    ],
)
def test_the_highest_lawful_original_price(
    deals: list[tuple[timedelta, int]], lowest_7d: int | None, price: int | None
) -> None:
    assert passport(*deals, lowest_7d=lowest_7d).compared_price(AT) == price


deals = st.lists(st.tuples(st.integers(-240, 720).map(lambda h: timedelta(hours=h)), st.integers(1, 999)), max_size=8)


@given(deals)
def test_the_compared_price_is_a_deal_made_before(deals: list[tuple[timedelta, int]]) -> None:
    before = [(ago, price) for ago, price in deals if ago > timedelta(0)]
    recent = [price for ago, price in before if ago <= timedelta(days=7)]
    found = passport(*deals).compared_price(AT)
    if recent:
        assert found == min(recent)
    elif before:
        last = min(ago for ago, _ in before)
        assert found in {price for ago, price in before if ago == last}
    else:
        assert found is None


DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "valid"),
    [
        pytest.param(None, None, True, id="no term"),
        pytest.param(DAY, DAY, True, id="this very day"),
        pytest.param(None, DAY - timedelta(days=1), False, id="ended yesterday"),
        pytest.param(DAY + timedelta(days=1), None, False, id="begins tomorrow"),
    ],
)
def test_terms_are_judged_by_the_day(valid_from: date | None, valid_to: date | None, valid: bool) -> None:
    paper = Certificate(path="c", scheme="CCC", number="1", valid_from=valid_from, valid_to=valid_to)
    whole = Passport(
        id="P", version="v", name="杯", category="x", certificates=(paper,), valid_from=valid_from, valid_to=valid_to
    )
    assert paper.valid_on(DAY) is valid
    assert whole.valid_on(DAY) is valid
    assert whole.held(("CCC", "DRUG"), DAY) is (paper if valid else None)
    assert whole.held(("DRUG",), DAY) is None


@pytest.mark.parametrize(
    ("prefixes", "inside"),
    [
        (("*",), True),
        (("home",), True),
        (("home/",), True),
        (("home/cup",), True),
        (("food", "home/"), True),
        (("hom",), False),
        (("home/cup/glass",), False),
        (("home/c",), False),
        ((), False),
    ],
)
def test_categories_are_paths(prefixes: tuple[str, ...], inside: bool) -> None:
    assert passport().in_category(*prefixes) is inside


def test_another_clock_shows_the_same_moment() -> None:
    deals = passport((timedelta(days=1), 99))
    elsewhere = AT.astimezone(tz=None)
    assert isinstance(elsewhere, datetime)
    assert deals.compared_price(elsewhere) == deals.compared_price(AT) == 99
