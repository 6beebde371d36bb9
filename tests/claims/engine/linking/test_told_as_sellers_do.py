"""What hosts say of goods as they say it, and what passports write as sellers write it: which value is meant."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import VerdictKind
from tests.claims.engine.linking.test_links import findings, flagged

Load = Callable[..., tuple[Passport, ...]]


def goods(name: str, category: str, **filled: Any) -> dict[str, Any]:
    """A passport of such goods with these fields."""
    return {"id": "P", "name": name, "category": category, "origin": "CN", **filled}


@pytest.mark.parametrize(
    "text",
    [
        "每次倒出来看看,这杯子一杯有八百毫升",
        "我量过的,杯身高度三十公分差不多",
        "容量嘛,八百毫升嘛,都看得见",
    ],
)
def test_what_a_link_weighs_clears_it_no_second_time(text: str, policy: Policy, load: Load) -> None:
    against = [f for f in findings([text], policy, load) if f.verdict is VerdictKind.CONTRADICTED]
    assert against
    weighed = set(policy.linking.weighed)
    assert not any(trial.id in weighed for f in against for trial in f.exemptions)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("鞋面是纯羊毛的", "composition.0"),
        ("用的是真丝面料", "composition.0"),
        ("里子是羊皮的", "composition.1"),
        ("鞋面全棉的,里子涤纶", None),
    ],
)
def test_parts_are_known_by_their_codes_and_materials_by_their_shortest_names(
    text: str, path: str | None, policy: Policy, load: Load
) -> None:
    parts = [("upper", "cotton", "棉", 100), ("lining", "polyester", "聚酯纤维", 100)]
    keys = ("part", "material", "label", "percent")
    record = goods("帆布鞋", "apparel/shoes", composition=[dict(zip(keys, part, strict=True)) for part in parts])
    assert {found for _, found in flagged([text], policy, load, record)} == ({path} if path else set())


def test_a_size_differs_though_each_side_keeps_to_a_bound(policy: Policy, load: Load) -> None:
    attributes = [
        {"name": "size", "label": "包体尺寸", "text": "32×25×13cm"},
        {"name": "strap", "label": "肩带长度", "text": "最长120cm"},
    ]
    bag = goods("托特包", "shoes_bags/bag", attributes=attributes)
    found = findings(["尺寸三十八乘三十乘十六厘米"], policy, load, bag)
    assert {f.passport_path for f in found if f.verdict is VerdictKind.CONTRADICTED} == {"attributes.size"}
    assert flagged(["尺寸三十二乘二十五乘十三厘米"], policy, load, bag) == []


def test_a_bare_number_answers_for_what_the_passage_before_named(policy: Policy, load: Load) -> None:
    (found,) = findings(["容量报给你们听,五百毫升", "不对不对,看错了,是八百"], policy, load)
    assert (found.verdict, found.passport_path) == (VerdictKind.CONTRADICTED, "attributes.capacity")


def test_so_much_in_each_of_so_many_is_what_all_of_them_are(policy: Policy, load: Load) -> None:
    tea = goods("茉莉花茶", "food/tea", attributes=[{"name": "net", "label": "总净含量", "value": 250, "unit": "g"}])
    assert flagged(["净含量125g×2罐 春茶"], policy, load, tea) == []
    assert flagged(["净含量200g×2罐 春茶"], policy, load, tea) == [("SPEC_PARAM", "attributes.net")]


def test_what_is_one_side_of_a_size_is_no_other(policy: Policy, load: Load) -> None:
    bed = goods("婴儿床", "baby/bed", attributes=[{"name": "inner", "label": "床内尺寸", "text": "120×60cm"}])
    assert flagged(["里头一米二长,六十公分宽,靠炕边刚刚好"], policy, load, bed) == []
    assert flagged(["里头一米二长,九十公分宽,靠炕边刚刚好"], policy, load, bed) != []


@pytest.mark.parametrize(
    ("text", "flags"), [("开衩高度九寸", False), ("开衩高度十二寸", False), ("开衩高度七寸", True)]
)
def test_a_word_for_two_units_is_read_as_the_one_that_agrees(
    text: str, flags: bool, policy: Policy, load: Load
) -> None:
    dress = goods(
        "旗袍", "apparel/dress", attributes=[{"name": "slit", "label": "开衩高度", "value": 30, "unit": "cm"}]
    )
    assert bool(flagged([text], policy, load, dress)) is flags


def test_the_hundred_grams_of_which_something_is_told_are_no_weight(policy: Policy, load: Load) -> None:
    sugar = goods(
        "手工红糖块", "food/sugar", attributes=[{"name": "piece_weight", "label": "单块重量", "value": 25, "unit": "g"}]
    )
    assert flagged(["等级一级|每100g含铁6mg"], policy, load, sugar) == []
    assert flagged(["单块重量100g"], policy, load, sugar) == [("SPEC_PARAM", "attributes.piece_weight")]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("成分:棉78% 聚酯纤维20% 氨纶2%", False),
        ("脏了拿棉抹两下就干净", False),
        ("成分:棉95% 聚酯纤维5%", True),
    ],
)
def test_each_share_is_its_own_materials(text: str, flags: bool, policy: Policy, load: Load) -> None:
    shares = (("cotton", "棉", 78), ("polyester", "聚酯纤维", 20), ("spandex", "氨纶", 2))
    parts = [{"part": "fabric", "material": m, "label": label, "percent": p} for m, label, p in shares]
    shirt = goods("衬衫", "apparel/shirt", composition=parts)
    assert any(class_id == "COMPOSITION" for class_id, _ in flagged([text], policy, load, shirt)) is flags
