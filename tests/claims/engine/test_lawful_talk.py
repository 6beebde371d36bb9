"""Why the same words are lawful in one sentence and a breach in the next: each cause with a breach beside it."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.types import Disposition
from tests.claims.support import Speaker

ANY = "home/general"


def dispositions(speaker: Callable[..., Speaker], category: str, said: str, **registered: Any) -> set[Disposition]:
    """How the findings stand when goods are sold of which only `registered` is known; ` / ` parts passages."""
    goods = {"id": "P-7", "name": "小店好物", "category": category} | registered
    conversation = speaker(goods).say(*said.split(" / "), product_id="P-7").done()
    return {f.disposition for f in conversation.findings}


def flagged(speaker: Callable[..., Speaker], category: str, said: str, **registered: Any) -> bool:
    return Disposition.FLAG in dispositions(speaker, category, said, **registered)


SHOWN = [
    pytest.param(ANY, "外观专利一项，号码印在盒底", "我们这个是国家专利技术", id="a patent's kind and number"),
    pytest.param(ANY, "三C编号印在插头旁边，扫一扫能查", "三C标在哪你别管，认证是有的", id="a mark's place"),
    pytest.param(ANY, "三C认证编号在背面", "三C认证编号在背面，印没印不重要", id="a mark's place, belied"),
    pytest.param(ANY, "去年市里的质量奖，文号写在详情页", "拿过国际金奖的", id="an honour's document"),
    pytest.param("appliance/", "能效标识贴在右边，二级", "一级能效，最省电的", id="an energy label"),
    pytest.param("health_food/", "批的是有助于改善睡眠，就这一条", "改善睡眠，一粒就管用", id="an approval read out"),
    pytest.param(
        "health_food/",
        "批的是有助于增强免疫力，就这一条",
        "批的是增强免疫力，免疫力强了啥都好",
        id="an approval, widened",
    ),
    pytest.param(ANY, "厂家建议零售价三九九，我们没按这个卖过", "厂家建议零售价三九九，今天一九九", id="a suggestion"),
    pytest.param(
        "health_food/", "试吃没有，这是保健食品", "这是有蓝帽子的正规保健食品", id="no more than the kind of goods"
    ),
    pytest.param("health_food/", "这是保健食品", "这是医疗器械", id="another kind of goods"),
]


@pytest.mark.parametrize(("category", "lawful", "breach"), SHOWN)
def test_what_is_shown_to_the_viewer_is_noted_where_nothing_is_registered(
    speaker: Callable[..., Speaker], category: str, lawful: str, breach: str
) -> None:
    assert not flagged(speaker, category, lawful)
    assert flagged(speaker, category, breach)


@pytest.mark.parametrize(
    ("category", "said"),
    [
        pytest.param("food/", "大米就是黑龙江的", id="an origin, and none is registered"),
        pytest.param("food/tea", "特级里头挑的特级", id="a grade, and nothing is registered"),
        pytest.param(ANY, "上周卖六十九，今天九块九", id="an earlier price, and none is registered"),
        pytest.param("food/", "减肥的姐妹拍这个", id="a word for whom it is, which promises nothing"),
        pytest.param(ANY, "保修一年，随便摔", id="a warranty, by which rooms sell anything"),
    ],
)
def test_what_nothing_is_held_against_and_rooms_say_all_day_is_a_note_by_rules_alone(
    speaker: Callable[..., Speaker], category: str, said: str
) -> None:
    assert not flagged(speaker, category, said)


@pytest.mark.parametrize(
    ("category", "said", "registered"),
    [
        pytest.param("food/", "产地写的黑龙江", {"origin": "CN", "origin_region": "江苏"}, id="another origin"),
        pytest.param(
            ANY,
            "上周卖一百六十九，今天六十五，记录能翻",
            {"price": {"regular": 99, "lowest_7d": 65}},
            id="a lower deal than was said",
        ),
        pytest.param(
            "food/tea",
            "国标里就叫特级",
            {"attributes": [{"name": "grade", "label": "等级", "text": "二级"}]},
            id="another grade",
        ),
    ],
)
def test_what_the_passport_contradicts_stays_flagged_however_it_is_shown(
    speaker: Callable[..., Speaker], category: str, said: str, registered: dict[str, Any]
) -> None:
    assert flagged(speaker, category, said, **registered)


@pytest.mark.parametrize(
    ("said", "is_flagged"),
    [
        pytest.param("原价五百九十九包邮", True, id="a price with the parcel's, which counts no packs"),
        pytest.param("平时卖五百九十九一盏", True, id="a price for one"),
        pytest.param("上礼拜卖了三千来盏", False, id="how many were sold"),
        pytest.param("昨天刚修好,师傅收了我一百二", False, id="what the host paid"),
    ],
)
def test_an_earlier_price_is_a_sum_that_buyers_paid(
    speaker: Callable[..., Speaker], said: str, is_flagged: bool
) -> None:
    assert flagged(speaker, "home/lamp", said, price={"regular": 329, "lowest_7d": 259}) is is_flagged


@pytest.mark.parametrize(
    ("said", "is_flagged"),
    [
        pytest.param("睡眠,批的是有助于改善", False, id="what is approved, read out the other way round"),
        pytest.param("睡眠和血压都给你改善", True, id="more than is approved"),
        pytest.param("药它代替不了", False, id="it can't replace medicine"),
        pytest.param("药它都能代替了", True, id="it can replace medicine"),
    ],
)
def test_an_approved_function_is_told_and_medicine_is_not_replaced(
    speaker: Callable[..., Speaker], said: str, is_flagged: bool
) -> None:
    approved = [{"scheme": "HEALTH_FOOD_REG", "number": "国食健注G20220417", "scope": "有助于改善睡眠"}]
    assert flagged(speaker, "health_food/sleep", said, certificates=approved) is is_flagged


CONTEXTS = [
    pytest.param("food/", "气色好那是我这盏灯照的", "气色好那是喝出来的", id="another cause is named"),
    pytest.param("food/", "瘦了六斤是因为急性肠胃炎", "瘦了六斤是因为天天喝它", id="another cause, slimming"),
    pytest.param("food/", "排毒这俩字我听着就头疼", "排毒这俩字我不说，懂的都懂", id="the word is spoken of"),
    pytest.param(ANY, "天花板三个字谢谢，就是普通睡衣", "天花板三个字，我敢认", id="the word is spoken of, praise"),
    pytest.param("cosmetics/", "这个色号叫处方粉，是设计师起的名字，是色号", "这是脸上的处方", id="only a name"),
    pytest.param("home/", "磁疗床垫我不卖", "磁疗床垫我卖了八年", id="not sold here"),
    pytest.param(
        "food/",
        "隔壁有个直播间说这木耳能通血管，我听了直摇头",
        "隔壁老顾客说这木耳能通血管",
        id="others' words, shaken off",
    ),
    pytest.param("food/", "有位姐说胃不疼了，我回她该查一查", "有位姐说吃完胃不疼了", id="sent to a doctor"),
    pytest.param(
        "cosmetics/", "之前写的七天美白是代运营乱写的，道歉", "之前写的七天美白，现在照样有", id="own words taken back"
    ),
    pytest.param("cosmetics/", "唔系械字号，伤口唔好敷", "系械字号，伤口都敷得", id="denied in Cantonese"),
]


@pytest.mark.parametrize(("category", "lawful", "breach"), CONTEXTS)
def test_a_context_makes_it_lawful_and_its_near_miss_does_not(
    speaker: Callable[..., Speaker], category: str, lawful: str, breach: str
) -> None:
    assert not flagged(speaker, category, lawful)
    assert flagged(speaker, category, breach)
