from collections.abc import Callable
from typing import Any

import pytest

from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.products.choice import ProductFinder, ProductTracker
from tests.claims.support import HONEY, POWER_BANK

Load = Callable[..., tuple[Passport, ...]]
Find = Callable[..., ProductFinder]
PAN: dict[str, Any] = {
    "id": "P-3",
    "name": "鑄鐵炒鍋",
    "aliases": ["Ｋ１００"],
    "brand": "示例",
    "category": "home/pan",
}
MUG: dict[str, Any] = {"id": "P-4", "name": "保温杯", "brand": "示例", "category": "home/mug"}


@pytest.fixture
def find(load: Load, policy: Policy) -> Find:
    """Makes a finder of the products of these records."""
    return lambda *records: ProductFinder(load(*records) if records else (), policy.wording.products)


@pytest.fixture
def finder(find: Find) -> ProductFinder:
    return find(POWER_BANK, HONEY, PAN, MUG)


@pytest.mark.parametrize(
    ("text", "product_id"),
    [
        pytest.param("这款充电宝特别轻", "P-1", id="an alias"),
        pytest.param("枣花蜜来了", "P-2", id="the name"),
        pytest.param("铸铁炒锅能用十年", "P-3", id="a name registered in traditional characters"),
        pytest.param("k100来了", "P-3", id="an alias registered in full-width letters"),
        pytest.param("接下来看二号链接", "P-2", id="the number of its link"),
        pytest.param("一号链接,不对,三号链接", "P-3", id="the last link named"),
        pytest.param("来看4号链接", "P-4", id="a link in digits"),
    ],
)
def test_a_product_is_known_by_what_is_said(finder: ProductFinder, text: str, product_id: str) -> None:
    named = finder.named(text)
    assert named is not None
    assert named[0].id == product_id


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("今天天气真好", id="nothing of any name"),
        pytest.param("示例家的东西", id="a brand that two products share"),
        pytest.param("九号链接", id="a link that does not exist"),
        pytest.param("零号链接", id="no link has the number zero"),
    ],
)
def test_what_names_no_product(finder: ProductFinder, text: str) -> None:
    assert finder.named(text) is None


def test_the_product_that_is_compared_with_is_not_meant(finder: ProductFinder) -> None:
    named = finder.named("这款保温杯配充电宝")
    assert named is not None
    assert named[0].id == "P-4"


def test_without_passports_nothing_is_named(find: Find) -> None:
    finder = find()
    assert finder.named("一号链接的充电宝") is None
    assert ProductTracker(finder).choose("充电宝", at_ms=0, given=None, on_sale=None).passport is None


def test_the_choice_carries_over_until_another_product_is_named(finder: ProductFinder) -> None:
    tracker = ProductTracker(finder)
    said = ["今天人真多", "来看这款充电宝", "容量特别大", "接下来是枣花蜜", "特别甜"]
    chosen = [tracker.choose(t, at_ms=i * 1000, given=None, on_sale=None) for i, t in enumerate(said)]
    assert [c.passport.id if c.passport else None for c in chosen] == [None, "P-1", "P-1", "P-2", "P-2"]
    assert [c.sure for c in chosen] == [False, True, True, True, True]
    assert "carried over" in chosen[2].reason


def test_the_stream_clock_counts_and_not_the_order_of_arrival(finder: ProductFinder) -> None:
    tracker = ProductTracker(finder)
    tracker.choose("来看这款充电宝", at_ms=0, given=None, on_sale=None)
    tracker.choose("接下来是枣花蜜", at_ms=10_000, given=None, on_sale=None)
    late = tracker.choose("容量特别大", at_ms=5_000, given=None, on_sale=None)
    assert late.passport is not None
    assert late.passport.id == "P-1"


@pytest.mark.parametrize(
    ("given", "on_sale", "product_id"),
    [
        pytest.param("P-2", (0, "P-3"), "P-2", id="the passage says so"),
        pytest.param(None, (5_000, "P-3"), "P-3", id="the platform's newer event"),
        pytest.param(None, (500, "P-3"), "P-1", id="the platform's event before the last naming"),
        pytest.param(None, (5_000, "P-9"), None, id="on sale is a product without a passport"),
        pytest.param(None, None, "P-1", id="nothing new"),
    ],
)
def test_what_decides_the_product(
    finder: ProductFinder, given: str | None, on_sale: tuple[int, str] | None, product_id: str | None
) -> None:
    tracker = ProductTracker(finder)
    tracker.choose("来看这款充电宝", at_ms=1000, given=None, on_sale=None)
    choice = tracker.choose("特别好用", at_ms=6_000, given=given, on_sale=on_sale)
    assert (choice.passport.id if choice.passport else None) == product_id


def test_a_single_product_is_meant_without_being_named(find: Find) -> None:
    tracker = ProductTracker(find(POWER_BANK))
    choice = tracker.choose("特别好用", at_ms=0, given=None, on_sale=None)
    assert (choice.passport is not None, choice.sure) == (True, True)
    other = tracker.choose("特别甜", at_ms=2000, given=None, on_sale=(1000, "P-2"))
    assert other.passport is None


def test_half_a_name_is_a_guess(find: Find) -> None:
    tracker = ProductTracker(find(POWER_BANK, HONEY))
    choice = tracker.choose("电源在哪", at_ms=0, given=None, on_sale=None)
    assert choice.passport is not None
    assert (choice.passport.id, choice.sure) == ("P-1", False)


def test_a_product_is_guessed_from_how_its_name_sounds(find: Find) -> None:
    finder = find(
        {"id": "C", "name": "氮化镓充电器", "category": "electronics/charger"},
        {"id": "H", "name": "洋槐蜂蜜", "category": "food/honey"},
    )
    choice = ProductTracker(finder).choose("这个杨怀蜂密很多老粉在吃", at_ms=0, given=None, on_sale=None)
    assert choice.passport is not None
    assert (choice.passport.id, choice.sure) == ("H", False)


def test_words_that_sound_like_no_name_name_nothing(find: Find) -> None:
    finder = find(
        {"id": "C", "name": "氮化镓充电器", "category": "electronics/charger"},
        {"id": "H", "name": "洋槐蜂蜜", "category": "food/honey"},
    )
    choice = ProductTracker(finder).choose("家人们晚上好", at_ms=0, given=None, on_sale=None)
    assert choice.passport is None


def test_a_long_name_is_known_by_nearly_its_sound_where_it_was_heard_with_doubt(find: Find) -> None:
    oats = {"id": "P-5", "name": "燕麦奶", "brand": "麦朵", "category": "food/drink"}
    milk = {"id": "P-6", "name": "核桃露", "brand": "木山", "category": "food/drink"}
    finder = find(oats, milk)
    heard = "卖读叶卖乃家里老小都来一杯"
    sure = ProductTracker(finder).choose(heard, at_ms=0, given=None, on_sale=None)
    assert sure.passport is None
    guess = ProductTracker(finder).choose(heard, at_ms=0, given=None, on_sale=None, doubted=heard)
    assert (guess.passport and guess.passport.id, guess.sure) == ("P-5", False)
    assert finder.nearly_sounding("今天下单的家人明天发货") is None
    twins = find(oats, oats | {"id": "P-7"})
    assert twins.nearly_sounding(heard) is None, "one of two products of the same name"


def test_what_is_looked_for_of_a_name_grows_as_the_name_does(find: Find) -> None:
    def parts_of(chars: int) -> int:
        name = "".join(chr(0x4E00 + number) for number in range(chars))
        return len(find({**MUG, "id": "P-9", "name": name, "brand": None})._parts)

    assert parts_of(600) - parts_of(400) == parts_of(400) - parts_of(200)


def test_a_very_long_name_is_known_whole_and_by_a_stretch(find: Find) -> None:
    name = "冬季加厚保暖羽绒服男女同款防风防水可拆卸连帽中长款外套轻便百搭新款"
    finder = find(MUG, {**MUG, "id": "P-9", "name": name})
    for said, is_whole in ((f"今天是{name}", True), ("这件男女同款防风防水可拆卸", False)):
        named = finder.named(said)
        assert named is not None
        assert named[0].id == "P-9"
        assert (named[1] == name) is is_whole
