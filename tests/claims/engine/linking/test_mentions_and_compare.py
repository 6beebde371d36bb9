"""Numbers as mentions, and whether they agree with what is registered."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.engine.linking.entries import registered_of
from claims.engine.linking.entry import Entry
from claims.engine.linking.features import scenery
from claims.engine.linking.mentions import Mention, mentions_in
from claims.engine.linking.passport_comparison import agrees, said_as
from claims.engine.window import build_window, hear
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Passage

Load = Callable[..., tuple[Passport, ...]]


def mentions(text: str, policy: Policy) -> list[Mention]:
    passage = Passage(stream_id="s", id="u", channel="screen", start_ms=0, end_ms=1000, text=text)
    return mentions_in(build_window([(passage, hear(passage, policy))], 0, policy), policy.linking)


def entries(load: Load, policy: Policy, *attributes: dict[str, Any], **more: Any) -> tuple[Entry, ...]:
    record = {"id": "P", "name": "保温杯", "category": "home/cup", "attributes": list(attributes), **more}
    (passport,) = load(record)
    return registered_of(passport, policy).entries


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("容量五百毫升", [("volume", "", "500")]),
        ("一共六个抽屉", [("", "个", "6")]),
        ("到手九十九元", []),
        ("第三层", []),
        ("在五号链接", []),
        ("零下二十度也能用", [("degree", "", "-20")]),
        ("保质期十八个月", [("time", "", "18")]),
        ("十月生产的", []),
        ("订单20261129001", []),
        ("找了半天没找着", []),
        ("尺寸1.65m三开门", [("length", "", "1.65"), ("", "", "3")]),
    ],
)
def test_numbers_come_with_what_they_count(text: str, found: list[tuple[str, str, str]], policy: Policy) -> None:
    assert [(m.dimension, m.classifier, str(m.low)) for m in mentions(text, policy)] == found


def test_the_unit_of_a_size_holds_for_all_of_its_numbers(policy: Policy) -> None:
    size = mentions("尺寸十二乘九乘四厘米", policy)
    assert [(m.place, str(m.canonical_low), m.dimension) for m in size] == [
        (0, "120", "length"),
        (1, "90", "length"),
        (2, "40", "length"),
    ]


WEIGHT = {"name": "weight", "label": "重量", "value": 285, "unit": "g"}
NOISE = {"name": "noise", "label": "噪音", "value": 60, "unit": "dB", "kind": "maximum"}


@pytest.mark.parametrize(
    ("attribute", "text", "fits"),
    [
        (WEIGHT, "二百八十五克", True),
        (WEIGHT, "五两七", True),
        (WEIGHT, "三百一十克", False),
        (WEIGHT, "大概三百克", True),
        (WEIGHT, "三百克以内", True),
        (WEIGHT, "二百克都不到", False),
        (WEIGHT, "二百五十克往上", True),
        (WEIGHT, "半斤多", True),
        (WEIGHT, "七两多", False),
        ({**WEIGHT, "value": 52.6}, "五十三克", True),
        ({**WEIGHT, "value": 52.6}, "五十五克", False),
        ({"name": "hardness", "label": "硬度", "text": "6-6.5"}, "硬度六点五", True),
        ({"name": "hardness", "label": "硬度", "text": "6-6.5"}, "硬度七", False),
        ({"name": "rating", "label": "防护等级", "text": "IP54"}, "防护等级IP68", False),
        ({"name": "temp", "label": "适用温度", "text": "-10~-20°C"}, "零下三十五度", False),
        ({"name": "temp", "label": "适用温度", "text": "-10~-20°C"}, "零下十五度", True),
        ({"name": "protein", "label": "蛋白质", "value": 38, "unit": "g/100g"}, "三十八克", True),
        ({"name": "gsm", "label": "面料克重", "value": 280, "unit": "gsm"}, "二百八十克", True),
        ({"name": "abv", "label": "酒精度", "value": 14, "unit": "percent"}, "十四度", True),
        ({"name": "abv", "label": "酒精度", "value": 14, "unit": "percent"}, "十八度", False),
        ({"name": "age", "label": "适用年龄", "value": 8, "unit": "year"}, "三岁", False),
        ({"name": "age", "label": "适用年龄", "value": 36, "unit": "month"}, "三岁", True),
        ({"name": "brews", "label": "耐泡次数", "value": 7, "unit": "times"}, "十五道", False),
        ({"name": "brews", "label": "耐泡次数", "value": 7, "unit": "times"}, "七泡", True),
        ({"name": "area", "label": "适用面积", "value": 16, "unit": "m2"}, "三十平", False),
        ({"name": "charge", "label": "充电时间", "value": 15, "unit": "min"}, "一刻钟", True),
        ({"name": "sizes", "label": "尺码范围", "text": "38~45码"}, "三十六到四十八码", False),
        ({"name": "sizes", "label": "尺码范围", "text": "38~45码"}, "四十到四十二码", True),
        ({"name": "height", "label": "适合身高", "text": "75-95cm"}, "六十五到一百一十厘米", False),
        ({"name": "height", "label": "适合身高", "text": "75-95cm"}, "七十五到九十五厘米", True),
        (WEIGHT, "二百五到三百克", True),
        (WEIGHT, "差一点就三百克", True),
        (WEIGHT, "差十五克三百克", True),
        ({**WEIGHT, "value": 510}, "一斤", True),
        ({**WEIGHT, "value": 540}, "五两", False),
        ({**WEIGHT, "value": 2700}, "五斤来重", True),
        (WEIGHT, "三百克还差那么一点", True),
        (WEIGHT, "差不多有三百克", True),
        ({**WEIGHT, "value": 32}, "三十克出头", True),
    ],
)
def test_what_is_said_agrees_as_people_round(
    attribute: dict[str, Any], text: str, fits: bool, policy: Policy, load: Load
) -> None:
    mention = mentions(text, policy)[-1]
    found = [(said_as(mention, e, policy.linking), e) for e in entries(load, policy, attribute)]
    judged = [agrees(said, mention, entry) for said, entry in found if said is not None]
    assert judged
    assert any(judged) is fits


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("四十分贝", False),
        ("六十分贝", True),
        ("六十五分贝", False),
        ("六十五分贝以内", True),
        ("最高五十分贝", False),
    ],
)
def test_of_noise_neither_less_nor_more_is_told_than_the_registered_maximum(
    text: str, fits: bool, policy: Policy, load: Load
) -> None:
    (mention,) = mentions(text, policy)
    record = {"id": "P", "name": "电吹风", "category": "appliance/hair_dryer", "attributes": [NOISE]}
    (entry,) = registered_of(load(record)[0], policy).entries
    said = said_as(mention, entry, policy.linking)
    assert said is not None
    assert agrees(said, mention, entry) is fits


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        ("maximum", "三十瓦", False),
        ("maximum", "十八瓦", True),
        ("maximum", "最多十八瓦", False),
        ("minimum", "十八瓦", False),
        ("minimum", "二十二瓦往上", True),
        ("minimum", "三十瓦", False),
        ("minimum", "最多十八瓦", False),
    ],
)
def test_a_bound_is_kept_from_both_sides(kind: str, text: str, fits: bool, policy: Policy, load: Load) -> None:
    (mention,) = mentions(text, policy)
    power = {"name": "power_output", "label": "输出功率", "value": 22, "unit": "W", "kind": kind}
    (entry,) = registered_of(
        load({"id": "P", "name": "充电头", "category": "electronics/charger", "attributes": [power]})[0], policy
    ).entries
    said = said_as(mention, entry, policy.linking)
    assert said is not None
    assert agrees(said, mention, entry) is fits


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("五十乘四十", False),
        ("三十五乘二十七乘二十二", True),
        ("三百四十五乘二百七十", True),
        ("高三十五、宽二十七、厚二十三", True),
        ("高八十、宽七十、厚五十", False),
    ],
)
def test_a_size_without_a_unit_is_in_the_one_that_is_nearest(text: str, fits: bool, policy: Policy, load: Load) -> None:
    size = {"name": "size", "label": "外形尺寸", "text": "345×270×225mm"}
    found = entries(load, policy, size)
    judged = [
        agrees(said, mention, entry)
        for mention in mentions(text, policy)
        for entry in found
        if (said := said_as(mention, entry, policy.linking)) is not None and mention.place is not None
    ]
    assert judged
    assert all(judged) is fits


@pytest.mark.parametrize(("text", "classifier"), [("九百D的面料", "d"), ("三U的拍子", "u"), ("18姆米", "")])
def test_letters_behind_a_number_stand_in_the_place_of_a_unit(text: str, classifier: str, policy: Policy) -> None:
    (mention,) = mentions(text, policy)
    assert mention.classifier == classifier


def test_what_all_pieces_of_a_pack_come_to_is_registered_too(policy: Policy, load: Load) -> None:
    bottle = {"name": "net_content", "label": "单瓶净含量", "value": 500, "unit": "ml"}
    count = {"name": "bottles", "label": "瓶数", "value": 6, "unit": "piece"}
    sums = [e for e in entries(load, policy, bottle, count) if e.pieces > 1]
    assert [(e.path, str(e.canonical_low), e.shown) for e in sums] == [("attributes.net_content", "3000", "500 ml × 6")]


@pytest.mark.parametrize("label", ["接口数", "扇叶片数", "可拆层数", "档位"])
def test_what_is_no_number_of_packed_pieces_makes_no_sum(label: str, policy: Policy, load: Load) -> None:
    weight = {"name": "weight", "label": "重量", "value": 112, "unit": "g"}
    count = {"name": "parts", "label": label, "value": 2, "unit": "piece"}
    assert [e for e in entries(load, policy, weight, count) if e.pieces > 1] == []


def test_what_agrees_with_one_piece_is_not_held_against_all(policy: Policy, load: Load) -> None:
    bottle = {"name": "net_content", "label": "单瓶净含量", "value": 500, "unit": "ml"}
    count = {"name": "bottles", "label": "瓶数", "value": 6, "unit": "piece"}
    (passport,) = load({"id": "P", "name": "矿泉水", "category": "food/water", "attributes": [bottle, count]})
    registered = registered_of(passport, policy)
    passage = Passage(stream_id="s", id="u", start_ms=0, end_ms=1000, text="净含量五百毫升")
    window = build_window([(passage, hear(passage, policy))], 0, policy)
    (mention,) = mentions_in(window, policy.linking)
    scene = scenery(window, mention, [mention], registered, policy, ())
    assert [(int(link.entry.pieces), link.agrees) for link in scene.links] == [(1, True)]


def test_shares_of_the_composition_are_entries(policy: Policy, load: Load) -> None:
    cotton = {"part": "fabric", "material": "cotton", "label": "棉", "percent": 60}
    (entry,) = entries(load, policy, composition=[cotton])
    assert (entry.path, entry.dimension, str(entry.low)) == ("composition.0", "share", "60")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("6—12月龄", [("time", "6", "12", "exact")]),
        ("10–25℃", [("temperature", "10", "25", "exact")]),
        ("0℃至4℃", [("temperature", "0", "4", "exact")]),
        ("-18℃以下", [("temperature", "-18", "-18", "at_most")]),
        ("≤-18℃", [("temperature", "-18", "-18", "at_most")]),
        ("≥90%", [("share", "90", "90", "at_least")]),
        ("≤30dB", [("loudness", "30", "30", "at_most")]),
        ("300±5g", [("mass", "295", "305", "exact")]),
        ("20-30min", [("time", "20", "30", "exact")]),
        ("30h", [("time", "30", "30", "exact")]),
        ("≥3000r/min", [("rotation", "3000", "3000", "at_least")]),
        ("60（长）×45（宽）cm", [("length", "60", "60", "exact"), ("length", "45", "45", "exact")]),
        ("长60*宽45", [("", "60", "60", "exact"), ("", "45", "45", "exact")]),
    ],
)
def test_values_are_read_as_sellers_write_them(
    text: str, found: list[tuple[str, str, str, str]], policy: Policy, load: Load
) -> None:
    made = entries(load, policy, {"name": "x", "label": "参数", "text": text})
    assert [(e.dimension, str(e.low), str(e.high), e.kind) for e in made] == found


def test_pieces_that_are_written_behind_make_a_sum(policy: Policy, load: Load) -> None:
    made = entries(load, policy, {"name": "x", "label": "规格", "text": "500mL×8瓶"})
    assert ("volume", "4000") in [(e.dimension, str(e.canonical_low)) for e in made]


def test_so_much_of_a_cubic_metre_is_no_weight(policy: Policy, load: Load) -> None:
    (made,) = entries(load, policy, {"name": "x", "label": "海绵密度", "text": "30kg/m³"})
    assert (made.dimension, made.own_unit) == ("", "kg/m3")


def test_liang_for_one_of_a_set_are_all_of_the_weight(policy: Policy) -> None:
    (weight,) = [m for m in mentions("五斤八两一套", policy) if m.dimension == "mass"]
    assert weight.canonical_low == 2900
