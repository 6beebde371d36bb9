"""Categories at the door: the first part decides, and the nearest known ones are told."""

from pathlib import Path

import pytest

from claims.policy.policy import Policy
from tests.claims.passports.intake.conftest import Faults

KNOWN = [
    *("food", "health_food", "infant_formula", "fsmp", "cosmetics", "apparel", "home", "daily", "appliance"),
    *("electronics", "alcohol", "jewelry", "collectible", "medical_device", "drug", "pet", "course", "other"),
]
BARE = {"id": "P-1", "name": "甲"}


@pytest.mark.parametrize("first", KNOWN)
@pytest.mark.parametrize("below", ["", "/x", "/special/sunscreen", "/蜂蜜"])
def test_anything_below_a_known_part_is_known(faults: Faults, first: str, below: str) -> None:
    assert faults(BARE | {"category": first + below}) == {}


@pytest.mark.parametrize(
    ("category", "nearest"),
    [
        ("foods/honey", "food"),
        ("Food/honey", "food"),
        ("FOOD", "food"),
        (" food/honey", "food"),
        ("/food/honey", "food"),
        ("food>honey", "food"),
        ("食品/蜂蜜", "food"),
        ("保健食品/维生素", "health_food"),
        ("health-food/x", "health_food"),
        ("化妆品", "cosmetics"),
        ("cosmetic/cream", "cosmetics"),
        ("clothing/coat", "apparel"),
        ("服装/羽绒服", "apparel"),
        ("白酒/酱香", "alcohol"),
        ("jewellery/ring", "jewelry"),
        ("家用电器", "appliance"),
        ("医疗器械/血压计", "medical_device"),
        ("electronis/phone", "electronics"),
        ("infant formula", "infant_formula"),
        ("宠物/猫粮", "pet"),
        ("ｆｏｏｄ/x", "food"),
    ],
)
def test_an_unknown_part_is_refused_with_the_nearest_known(faults: Faults, category: str, nearest: str) -> None:
    found = faults(BARE | {"category": category})
    assert list(found) == ["category"]
    assert found["category"].partition("nearest: ")[2].split(" (")[0].split(", ")[0] == nearest


def test_where_none_is_near_all_are_told(faults: Faults) -> None:
    said = faults(BARE | {"category": "qqqq/zz"})["category"]
    assert all(first in said for first in KNOWN)


def test_a_long_category_is_cut_in_what_is_told(faults: Faults) -> None:
    assert len(faults(BARE | {"category": "食" * 100_000})["category"]) < 500


def test_the_policy_knows_the_parts_of_the_contract(policy: Policy) -> None:
    table = policy.quantity_reader.intake.categories
    assert table is not None
    assert table.ids == tuple(KNOWN)


def test_the_guide_lists_the_same_parts() -> None:
    guide = (Path(__file__).parents[4] / "docs" / "guides" / "passports.md").read_text(encoding="utf-8")
    assert [first for first in KNOWN if f"`{first}/…`" not in guide] == []
