"""Lengths and goods as people say them: no seconds by the ten thousand, no ids of categories."""

from pathlib import Path

import pytest

from review.presentation.language import Words

POLICY = Path(__file__).parents[3] / "configs" / "policy" / "zh-CN"


@pytest.mark.parametrize(
    ("length_ms", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (-5, "0 秒", "0 s"),
        (8_500, "8.5 秒", "8.5 s"),
        (12_000, "12 秒", "12 s"),
        (725_000, "12 分 5 秒", "12 min 5 s"),
        (59_999, "1 分 0 秒", "1 min 0 s"),
        (45_000_000, "12 小时 30 分", "12 h 30 min"),
        (352 * 60_000 + 9_000, "5 小时 52 分", "5 h 52 min"),
        (76 * 3_600_000, "3 天 4 小时", "3 d 4 h"),
    ],
)
def test_a_length_has_its_two_greatest_units(length_ms: int, zh: str, en: str) -> None:
    assert (Words("zh").length(length_ms), Words("en").length(length_ms)) == (zh, en)


@pytest.mark.parametrize(
    ("category", "zh", "en"),
    [
        ("cosmetics/special/sunscreen", "化妆品 › 特殊化妆品 › 防晒", "cosmetics › special cosmetics › sunscreen"),
        ("food/honey", "食品 › 蜂蜜", "food › honey"),
        ("food/black_garlic", "食品 › black garlic", "food › black garlic"),
        ("食品/黑蒜", "食品 › 黑蒜", "食品 › 黑蒜"),
        ("pet/", "宠物用品", "pet supplies"),
    ],
)
def test_goods_are_named_and_never_told_by_their_id(category: str, zh: str, en: str) -> None:
    assert (Words("zh").goods(category), Words("en").goods(category)) == (zh, en)


def test_every_kind_of_goods_of_the_policy_has_a_name() -> None:
    door = (POLICY / "door.yaml").read_text(encoding="utf-8")
    ids = [line.partition("id: ")[2].partition(",")[0] for line in door.splitlines() if line.startswith("  - {id: ")]
    assert len(ids) > 15
    for category in ids:
        assert Words("zh").goods(category) != category
        assert Words("en").goods(category)
