"""The vocabularies of goods: attributes by kind, families of values; what is wrong in them is told with its line."""

from pathlib import Path

import pytest

from claims.errors import PolicyError
from claims.policy.goods import GoodsTable, attribute_of, read_goods
from claims.policy.policy import Policy
from claims.policy.values import read_families

KIND = "bangle = 手镯, 镯子 ; jewelry\n"
ATTRIBUTE = "  inner_diameter : mm none 45 .. 68 : 内径, 圈口 : 圈号, 内圈\n"
FAMILY = "aroma = 香型 ; alcohol ; 白酒的香型\n  sauce : 酱香型, 酱香\n  light : 清香型\n  erguotou < light : 二锅头\n"


def test_a_kind_of_goods_and_its_attributes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"# remark\n\n{KIND}{ATTRIBUTE}", encoding="utf-8")
    table = GoodsTable(read_goods(tmp_path / "a.txt"))
    kind = table.kind_of(["和田玉手镯"], "jewelry/jade")
    assert kind is not None
    attribute = attribute_of(kind, "diameter", "内径(mm)")
    assert attribute is not None
    assert (attribute.id, attribute.unit, str(attribute.least)) == ("inner_diameter", "mm", "45")
    assert "圈号" in attribute.names
    assert table.kind_of(["蜂蜜"], "food/honey") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("手镯\n", 1),
        (ATTRIBUTE, 1),
        (KIND + "  inner : mm sideways 4 .. 6 : 内径 : 圈口\n", 2),
        (KIND + "  inner : mm none four .. 6 : 内径 : 圈口\n", 2),
        (KIND + "  inner : mm none 4 .. 6 : 内径\n", 2),
    ],
)
def test_a_line_that_tells_no_attribute_is_refused(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match="must hold `id = names") as caught:
        read_goods(tmp_path / "a.txt")
    assert caught.value.line == line


def test_values_of_one_family_exclude_one_another_unless_one_includes_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FAMILY, encoding="utf-8")
    (family,) = read_families(tmp_path / "a.txt")
    assert family.related("light", "erguotou")
    assert not family.related("sauce", "erguotou")
    assert family.holds_for("alcohol")
    assert not family.holds_for("food")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("aroma = 香型 ; alcohol\n  a : 酱香\n", 1),
        (FAMILY + "  sauce : 又一个\n", 5),
        ("aroma = 香型 ; alcohol ; x\n  a < lost : 酱香\n", 1),
    ],
)
def test_a_family_that_is_wrong_is_refused(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match="must hold `id = labels") as caught:
        read_families(tmp_path / "a.txt")
    assert caught.value.line == line


def test_the_packaged_vocabulary_has_the_breadth_of_a_shop(policy: Policy) -> None:
    kinds = policy.goods.kinds
    assert len(kinds) >= 60
    assert all(len(a.names) >= 10 for k in kinds for a in k.attributes if len(a.labels) > 1)
    assert len({k.id for k in kinds}) == len(kinds)
    assert len(policy.values.families) >= 400


def test_of_overlapping_names_the_longest_counts(policy: Policy) -> None:
    hits = policy.values.find("不含香精的", "cosmetics")
    assert hits
    assert all(hit.start == 0 for hit in hits)


@pytest.mark.parametrize(
    ("key", "label", "named"),
    [
        ("programs", "洗涤程序数", None),
        ("grommets", "穿线孔数", None),
        ("wheel_size", "轮径", "size"),
        ("batteryLife", "能用多久", "battery_life"),
        ("rated-power", "出力", "power"),
        ("pieces", "一套几样", "pack_count"),
        ("ram", "运行", "storage"),
    ],
)
def test_a_key_names_an_attribute_by_its_own_words(key: str, label: str, named: str | None, policy: Policy) -> None:
    found = policy.attributes.named(key, label)
    assert (found.id if found is not None else None) == named
