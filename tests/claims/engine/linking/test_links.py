"""Which attribute is meant, how likely, and what is told of it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from claims.engine.conversation import ClaimEngine
from claims.engine.linking.asides import asides_of
from claims.engine.linking.entries import registered_of
from claims.engine.linking.features import scenery
from claims.engine.linking.heard_units import with_heard_units
from claims.engine.linking.mentions import mentions_in
from claims.engine.window import build_window, hear
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Channel, Disposition, Finding, Passage, VerdictKind
from tests.claims.support import AT

Load = Callable[..., tuple[Passport, ...]]
CUP: dict[str, Any] = {
    "id": "P",
    "name": "不锈钢保温杯",
    "category": "home/cup",
    "origin": "CN",
    "origin_region": "浙江",
    "attributes": [
        {"name": "capacity", "label": "容量", "value": 500, "unit": "ml"},
        {"name": "weight", "label": "空杯净重", "value": 285, "unit": "g"},
        {"name": "heat_time", "label": "保温时长", "value": 12, "unit": "h"},
        {"name": "height", "label": "杯身高度", "value": 23.5, "unit": "cm"},
        {"name": "inner_material", "label": "内胆材质", "text": "304不锈钢"},
        {"name": "shelf_life", "label": "保质期", "value": 24, "unit": "month"},
    ],
}


def findings(texts: Sequence[str], policy: Policy, load: Load, record: dict[str, Any] = CUP) -> list[Finding]:
    engine = ClaimEngine(policy, load(record), at=AT)
    conversation = engine.conversation("s", keep_verdicts=True)
    for n, text in enumerate(texts):
        start = n * 4000
        passage = Passage(
            stream_id="s", id=f"u{n}", channel="speech", start_ms=start, end_ms=start + 3600, text=text, product_id="P"
        )
        conversation.hear(passage)
    conversation.flush()
    return conversation.findings


def flagged(texts: Sequence[str], policy: Policy, load: Load, record: dict[str, Any] = CUP) -> list[tuple[str, str]]:
    found = findings(texts, policy, load, record)
    return [(f.class_id, f.passport_path or "") for f in found if f.disposition is Disposition.FLAG]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("容量八百毫升", "attributes.capacity"),
        ("你们看这杯子,足足七百五十毫升", "attributes.capacity"),
        ("保温时长二十四小时", "attributes.heat_time"),
        ("空杯净重一百八十克", "attributes.weight"),
    ],
)
def test_a_number_is_held_against_the_attribute_that_is_meant(text: str, path: str, policy: Policy, load: Load) -> None:
    assert flagged([text], policy, load) == [("SPEC_PARAM", path)]


def test_a_word_is_held_against_the_registered_one(policy: Policy, load: Load) -> None:
    assert flagged(["内胆材质是三一六不锈钢"], policy, load) == [("COMPOSITION", "attributes.inner_material")]
    assert flagged(["内胆材质是三零四不锈钢"], policy, load) == []


def test_shelf_life_is_of_the_class_that_speaks_of_it(policy: Policy, load: Load) -> None:
    food = {
        "id": "P",
        "name": "牛肉干",
        "category": "food/snack",
        "attributes": [{"name": "shelf_life", "label": "保质期", "value": 9, "unit": "month"}],
    }
    assert flagged(["保质期十八个月呢"], policy, load, food) == [("DATE_SHELF", "attributes.shelf_life")]


@pytest.mark.parametrize(
    "texts",
    [
        ["容量五百毫升"],
        ["旁边五号链接那个焖烧罐才是八百毫升的,别拍错了"],
        ["去年的老款容量只有三百五十毫升,早就停产了"],
        ["不是八百毫升,是五百毫升,刚才念错了"],
        ["今天已经卖了八百单了"],
        ["我身高一米七五"],
    ],
)
def test_what_is_true_or_said_of_something_else_is_left_alone(texts: list[str], policy: Policy, load: Load) -> None:
    assert flagged(texts, policy, load) == []


def test_what_was_asked_in_the_passage_before_names_the_attribute(policy: Policy, load: Load) -> None:
    texts = ["保温时长多久,好几个人问", "二十四小时,今天倒的水明天还烫嘴"]
    assert flagged(texts, policy, load) == [("SPEC_PARAM", "attributes.heat_time")]


def test_a_finding_tells_how_the_attribute_was_found(policy: Policy, load: Load) -> None:
    (found,) = (f for f in findings(["容量八百毫升"], policy, load) if f.disposition is Disposition.FLAG)
    steps = [step.step for step in found.score_steps]
    assert found.registered == "容量 500 ml"
    assert steps[0] == "may be said of a registered attribute"
    assert "named adjacent" in steps
    assert found.score_steps[-1].value == found.score


def test_what_agrees_is_told_as_supported(policy: Policy, load: Load) -> None:
    engine = ClaimEngine(policy, load(CUP), at=AT)
    conversation = engine.conversation("s", keep_verdicts=True)
    conversation.hear(
        Passage(stream_id="s", id="u", channel="screen", start_ms=0, end_ms=900, text="容量500毫升", product_id="P")
    )
    verdicts = {(f.verdict, f.passport_path) for _, f in conversation.judged}
    assert (VerdictKind.SUPPORTED, "attributes.capacity") in verdicts


def test_goods_of_which_nothing_is_registered_contradict_nothing(policy: Policy, load: Load) -> None:
    bare = {"id": "P", "name": "保温杯", "category": "home/cup"}
    assert flagged(["容量八百毫升,内胆是三一六"], policy, load, bare) == []


def test_of_two_that_are_one_attribute_the_passports_own_words_tell_which(policy: Policy, load: Load) -> None:
    charger = {
        "id": "P",
        "name": "双口充电器",
        "category": "electronics/charger",
        "attributes": [
            {"name": "output_power", "label": "单口最大输出功率", "value": 65, "unit": "W"},
            {"name": "total_output", "label": "合计输出功率", "value": 65, "unit": "W", "aliases": ["总功率"]},
        ],
    }
    assert flagged(["总功率一百瓦"], policy, load, charger) == [("SPEC_PARAM", "attributes.total_output")]


def test_the_sides_of_a_size_may_be_registered_one_by_one(policy: Policy, load: Load) -> None:
    desk = {
        "id": "P",
        "name": "学习桌",
        "category": "furniture/desk",
        "attributes": [
            {"name": "width", "label": "桌面宽", "value": 120, "unit": "cm"},
            {"name": "depth", "label": "桌面深", "value": 60, "unit": "cm"},
        ],
    }
    assert flagged(["桌面一百二乘六十,放两个人的作业"], policy, load, desk) == []


def test_a_number_of_another_thing_in_the_same_text_is_not_meant(policy: Policy, load: Load) -> None:
    thermometer = {
        "id": "P",
        "name": "额温枪",
        "category": "medical_device/thermometer",
        "attributes": [{"name": "battery", "label": "电池", "text": "7号电池2节"}],
    }
    assert flagged(["七号电池两节盒子里带了"], policy, load, thermometer) == []


@pytest.mark.parametrize(
    "text", ["码数三十六、三十七、三十八、三十九都有", "有三十六、三十七、三十八三个码", "今天上三十、四十、五十、六十"]
)
def test_numbers_in_a_row_are_no_size(text: str, policy: Policy, load: Load) -> None:
    box = {
        "id": "P",
        "name": "跑步鞋",
        "category": "shoes_bags/shoes",
        "attributes": [{"name": "box", "label": "鞋盒尺寸", "text": "33×20×12cm"}],
    }
    assert flagged([text], policy, load, box) == []


def test_what_is_registered_as_a_limit_in_words_is_one(policy: Policy, load: Load) -> None:
    charger = {
        "id": "P",
        "name": "充电头",
        "category": "electronics/charger",
        "attributes": [{"name": "output_power", "label": "输出功率", "text": "不超过65W"}],
    }
    assert flagged(["输出功率四十五瓦"], policy, load, charger) == []
    assert flagged(["输出功率一百瓦"], policy, load, charger) == [("SPEC_PARAM", "attributes.output_power")]


@pytest.mark.parametrize(
    ("answer", "yes"),
    [("是的,你们放心拍", True), ("对对,没错", True), ("没有没有,就是普通的", False), ("先看这个盖子", False)],
)
def test_what_is_asked_and_then_affirmed_is_told_so(answer: str, yes: bool, policy: Policy) -> None:
    texts = ("有人问内胆是不是316不锈钢的,她怕生锈", answer)
    passages = [
        Passage(stream_id="s", id=f"u{n}", start_ms=n * 4000, end_ms=n * 4000 + 3600, text=text)
        for n, text in enumerate(texts)
    ]
    window = build_window([(passage, hear(passage, policy)) for passage in passages], 0, policy)
    at = window.text.index("316")
    assert ("then affirmed" in asides_of(at, at + 6, window, policy.linking)) is yes


@pytest.mark.parametrize(
    ("text", "is_flagged"),
    [
        pytest.param("我们这个杯子是韩国产的", True, id="of these goods"),
        pytest.param("旁边三号链接那个杯子是韩国产的", False, id="of another link"),
        pytest.param("去年那批老款是韩国产的", False, id="of an older model"),
    ],
)
def test_what_a_detector_finds_of_other_goods_contradicts_no_record_of_these(
    text: str, is_flagged: bool, policy: Policy, load: Load
) -> None:
    (found,) = (f for f in findings([text], policy, load) if f.class_id == "ORIGIN")
    assert (found.disposition is Disposition.FLAG) is is_flagged
    assert (found.score_steps[-1].step == "said of other goods") is not is_flagged


SNACK: dict[str, Any] = {
    "id": "P",
    "name": "牛肉干",
    "category": "food/snack",
    "attributes": [
        {"name": "net_content", "label": "净含量", "value": 100, "unit": "g"},
        {"name": "protein", "label": "蛋白质(每100g)", "value": 45, "unit": "g"},
        {"name": "calcium", "label": "钙(每100g)", "value": 350, "unit": "mg"},
    ],
}


def paths_of(text: str, policy: Policy, load: Load, record: dict[str, Any]) -> set[str]:
    """The paths of all attributes of which the numbers of the passage may be said."""
    said = Passage(stream_id="s", id="u", channel="speech", start_ms=0, end_ms=900, text=text, product_id="P")
    window, passport = build_window([(said, hear(said, policy))], 0, policy), load(record)[0]
    mentions = mentions_in(window, policy.linking)
    registered = registered_of(passport, policy)
    return {
        link.entry.path
        for mention in mentions
        for link in scenery(window, mention, mentions, registered, policy).links
        if link.entry.pieces == 1
    }


@pytest.mark.parametrize(
    ("text", "may", "may_not"),
    [
        pytest.param(
            "每一百克算下来", set(), {"attributes.protein", "attributes.net_content"}, id="the base of a share"
        ),
        pytest.param(
            "净含量一百克", {"attributes.net_content"}, {"attributes.protein"}, id="a net weight that is a hundred"
        ),
        pytest.param("钙含量一百毫克", {"attributes.calcium"}, set(), id="a hundred of another unit"),
        pytest.param("蛋白质九十克", {"attributes.protein"}, set(), id="another number"),
    ],
)
def test_the_hundred_grams_of_which_an_entry_is_told_are_no_value_of_it(
    text: str, may: set[str], may_not: set[str], policy: Policy, load: Load
) -> None:
    found = paths_of(text, policy, load, SNACK)
    assert may <= found
    assert not may_not & found


def test_a_label_of_scents_tells_no_filling(policy: Policy, load: Load) -> None:
    wash = {
        "id": "P",
        "name": "洗衣凝珠",
        "category": "daily/laundry",
        "attributes": [{"name": "scent", "label": "香型", "text": "薰衣草"}],
    }
    assert flagged(["羽绒服真丝不要用"], policy, load, wash) == []
    quilt = {
        "id": "P",
        "name": "羽绒被",
        "category": "home/bedding",
        "attributes": [{"name": "filling", "label": "填充物", "text": "白鸭绒"}],
    }
    assert flagged(["填充物是白鹅绒"], policy, load, quilt) == [("COMPOSITION", "attributes.filling")]


BABY = {
    "id": "P",
    "name": "较大婴儿配方奶粉",
    "category": "infant_formula/stage2",
    "attributes": [{"name": "age", "label": "适用月龄", "text": "6—12月龄"}],
}
VEST = {
    "id": "P",
    "name": "圆领针织衫",
    "category": "apparel/sweater",
    "composition": [
        {"part": "fabric", "material": "cotton", "label": "棉", "percent": 60},
        {"part": "fabric", "material": "polyester", "label": "聚酯纤维", "percent": 35},
        {"part": "fabric", "material": "elastane", "label": "氨纶", "percent": 5},
    ],
}
CHAIR = {
    "id": "P",
    "name": "单人沙发椅",
    "category": "furniture/sofa",
    "attributes": [{"name": "back", "label": "背侧面面料", "text": "PVC仿皮"}],
}
DESK = {
    "id": "P",
    "name": "实木书桌",
    "category": "furniture/desk",
    "origin": "CN",
    "origin_region": "江西赣州",
    "attributes": [{"name": "wood", "label": "桌板材质", "text": "新西兰松木"}],
}


@pytest.mark.parametrize(
    ("text", "record"),
    [
        pytest.param("二段是六到十二个月喝的", BABY, id="a range with a dash of print"),
        pytest.param("棉占六十,聚酯纤维三十五,氨纶五", VEST, id="a name before the next number is that number's"),
        pytest.param("六成棉,三成五聚酯纤维", VEST, id="a name right behind a number is that number's"),
        pytest.param("桌板材质是松木的", DESK, id="the same timber"),
        pytest.param("产地在江西", DESK, id="the same province"),
        pytest.param("上海的阿姨也来了,江西的老表在不在", DESK, id="where viewers are"),
        pytest.param(
            "河南的中不中,寄到广东的包邮", DESK, id="regions of which nothing says that goods come from there"
        ),
        pytest.param("后背靠墙那面是仿皮的", CHAIR, id="the registered word with a particle"),
    ],
)
def test_what_is_registered_is_not_told_as_false(text: str, record: dict[str, Any], policy: Policy, load: Load) -> None:
    assert flagged([text], policy, load, record) == []


def test_timbers_are_told_apart_though_both_are_wood(policy: Policy, load: Load) -> None:
    assert flagged(["桌板材质是榉木的"], policy, load, DESK) == [("COMPOSITION", "attributes.wood")]


def test_one_province_is_held_against_another_of_the_same_country(policy: Policy, load: Load) -> None:
    assert [path for _, path in flagged(["产地是福建的"], policy, load, DESK)] == ["origin"]


RACKET: dict[str, Any] = {
    "id": "P",
    "name": "全碳素羽毛球拍",
    "category": "sports/racket",
    "origin": "CN",
    "attributes": [
        {"name": "max_tension", "label": "最高承受磅数", "value": 28, "unit": "lb"},
        {"name": "shaft", "label": "中杆直径", "value": 6.8, "unit": "mm"},
    ],
}
COT: dict[str, Any] = {
    "id": "P",
    "name": "实木婴儿床",
    "category": "home/furniture",
    "origin": "CN",
    "attributes": [{"name": "inner_size", "label": "床内尺寸", "text": "120×60cm"}],
}


@pytest.mark.parametrize(
    ("text", "record", "path"),
    [
        ("最高承受磅数给到32棒随便拉", RACKET, "attributes.max_tension"),
        ("最高承受磅数给到三十二蚌", RACKET, "attributes.max_tension"),
        ("床内尺寸140成70,比人家的大一圈", COT, "attributes.inner_size"),
    ],
)
def test_a_unit_that_is_heard_as_another_word_of_its_sound_is_that_unit(
    text: str, record: dict[str, Any], path: str, policy: Policy, load: Load
) -> None:
    assert path in {where for _, where in flagged([text], policy, load, record)}


@pytest.mark.parametrize("text", ["最高承受磅数给到28棒,别再拉了", "32棒球帽送一个", "库存还剩32,绑好发走"])
def test_what_sounds_like_a_unit_is_none_without_its_attribute(text: str, policy: Policy, load: Load) -> None:
    assert flagged([text], policy, load, RACKET) == []


@pytest.mark.parametrize(("channel", "unit"), [("speech", "pound"), ("screen", "")])
def test_on_screens_nothing_is_heard(channel: Channel, unit: str, policy: Policy, load: Load) -> None:
    said = Passage(stream_id="s", id="u", channel=channel, start_ms=0, end_ms=900, text="最高承受32棒", product_id="P")
    window = build_window([(said, hear(said, policy))], 0, policy)
    registered = registered_of(load(RACKET)[0], policy)
    mentions = with_heard_units(mentions_in(window, policy.linking), window, registered, policy.converter)
    assert [mention.unit for mention in mentions] == [unit]
