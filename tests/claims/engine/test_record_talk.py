"""What only a record decides: where goods come from, in disguise too, what they are made of, what they used to cost."""

from collections.abc import Callable

import pytest

from claims.types import Disposition
from tests.claims.support import Speaker

Start = Callable[..., Speaker]

NUTS = {
    "id": "P",
    "name": "山核桃",
    "category": "food/nuts",
    "origin": "CN",
    "origin_region": "云南",
    "price": {"currency": "CNY", "regular": 49, "lowest_7d": 39},
}
SHELF = {
    "id": "P",
    "name": "书柜",
    "category": "home/furniture",
    "composition": [{"part": "body", "material": "刨花板", "percent": 100}],
}


def _flagged(text: str, speaker: Speaker) -> set[str]:
    conversation = speaker.say(text, product_id="P").done()
    return {f.class_id for f in conversation.findings if f.disposition is Disposition.FLAG}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("产地🇦🇺,罐子底下印着", id="a flag"),
        pytest.param("riben的厂子出的", id="pinyin"),
        pytest.param("三点水一个折,再三点水一个工产的", id="parts of characters"),
        pytest.param("三点水加个去,后面跟个国字,那儿产的", id="parts and a character"),
        pytest.param("日、嗯那个、本的厂子出的", id="fillers"),
        pytest.param("产地奥大力亚", id="mis-heard"),
        pytest.param("核桃哪儿产的,法国,不说啦", id="asked and answered by oneself"),
    ],
)
def test_a_place_in_disguise_is_held_against_the_record(text: str, speaker: Start) -> None:
    assert "ORIGIN" in _flagged(text, speaker(NUTS))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("yunnan的厂子出的", id="the registered place"),
        pytest.param("尺码最大的xxl", id="initials are no place"),
        pytest.param("xiao量今天还行", id="syllables of something else"),
        pytest.param("发过的货都在路上", id="what sounds like one"),
        pytest.param("老铁你是哪儿的,四川的", id="where somebody is from"),
    ],
)
def test_what_is_no_other_place_is_not(text: str, speaker: Start) -> None:
    assert "ORIGIN" not in _flagged(text, speaker(NUTS))


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        pytest.param("昨儿个还199呢,今天39", True, id="yesterday and today"),
        pytest.param("上周哦,一百二一罐,今天三十九", True, id="last week, a price with a unit"),
        pytest.param("昨天还三十九呢,今天29", False, id="what it cost indeed"),
        pytest.param("昨天我买菜花了五十九,今天这罐三十九", False, id="the price of something else"),
        pytest.param("之前有个姐拍了三罐,今天又来两罐", False, id="how many somebody took"),
    ],
)
def test_a_price_told_of_an_earlier_day_is_held_against_the_record(text: str, flagged: bool, speaker: Start) -> None:
    assert ("PRICE_ORIGINAL" in _flagged(text, speaker(NUTS))) is flagged


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        pytest.param("橡木的,不是压的板", True, id="what it is and what it is not"),
        pytest.param("柜子啥做的,橡木", True, id="asked and answered by oneself"),
        pytest.param("刨花板的,不是实木的板", False, id="the registered material"),
    ],
)
def test_a_material_is_held_against_the_record(text: str, flagged: bool, speaker: Start) -> None:
    assert ("COMPOSITION" in _flagged(text, speaker(SHELF))) is flagged


SODA = {
    "id": "P",
    "name": "气泡水",
    "category": "food/beverage",
    "ingredients": ["水", "二氧化碳", "柠檬酸", "阿斯巴甜"],
}
BISCUIT = {"id": "P", "name": "苏打饼干", "category": "food/biscuit", "ingredients": ["小麦粉", "棕榈油", "白砂糖"]}


@pytest.mark.parametrize(
    ("goods", "text", "verdict"),
    [
        pytest.param(SODA, "这一瓶零卡", "supported", id="no calories, whatever sours and sweetens it"),
        pytest.param(BISCUIT, "这个饼干零卡", "contradicted", id="no calories, of flour, oil and sugar"),
        pytest.param(BISCUIT, "这个饼干零脂肪", "contradicted", id="no fat, with palm oil"),
        pytest.param(SODA, "我们这瓶零添加", "contradicted", id="no additives, with a sweetener"),
        pytest.param(SODA, "这一瓶零激素", "unsupported", id="what no list of ingredients tells of"),
    ],
)
def test_the_list_of_ingredients_decides_what_is_denied(
    goods: dict[str, object], text: str, verdict: str, speaker: Start
) -> None:
    conversation = speaker(goods).say(text, product_id="P").done()
    assert [f.verdict.value for _, f in conversation.judged if f.rule == "SAFETY_ABSOLUTE.zero"] == [verdict]
