"""Every detector of every class, of every kind of goods, cites law that exists, on the day, and holds."""

from collections.abc import Iterator
from datetime import date

import pytest

from claims.law.citing import parse
from claims.policy.law import Held
from claims.policy.law_table import LawRow, law_cells, law_rows
from claims.policy.policy import Policy
from claims.types import VerdictKind

NOW = date(2026, 11, 24)
# Law about advertising alone: it holds only where what is said is an advertisement.
OF_ADVERTISING = frozenset(
    {
        *("广告法", "互联网广告管理办法", "药品管理法"),
        "药品、医疗器械、保健食品、特殊医学用途配方食品广告审查管理暂行办法",
    }
)
IS_ADVERTISING = "直播电商监督管理办法 35(2)"
PLATFORM_RULES = "直播电商平台规则"


@pytest.fixture(scope="module")
def cells(policy: Policy) -> list[LawRow]:
    return list(law_cells(policy, NOW))


def test_all_detectors_and_goods_are_walked(policy: Policy, cells: list[LawRow]) -> None:
    assert {(c.class_id, c.detectors[0]) for c in cells} >= {(r.class_id, r.rule.id) for r in policy.rules}
    kinds = {f"{kind}/" for kind in policy.kinds_of_goods}
    assert {goods for cell in cells for goods in cell.goods} == kinds | {"pet/food/"}
    assert len(cells) > 4000


def test_every_article_was_read_and_is_cited_to_the_point(policy: Policy, cells: list[LawRow]) -> None:
    cited = {one for cell in cells for one in cell.law.cite}
    unread = {one for one in cited if not policy.laws.is_read(one, NOW)}
    assert unread == {PLATFORM_RULES}
    assert all(cell.law.status == ("secondary" if PLATFORM_RULES in cell.law.cite else "read") for cell in cells)
    assert all(policy.laws.formal(one, on=NOW).startswith("《") for one in cited - unread)


def test_beside_the_advertising_law_one_article_holds_without_it(cells: list[LawRow]) -> None:
    def holds(cell: LawRow) -> bool:
        laws = {found.law for one in cell.law.cite if (found := parse(one)) is not None}
        return bool(laws - OF_ADVERTISING) or IS_ADVERTISING in cell.law.cite or PLATFORM_RULES in cell.law.cite

    assert [(c.class_id, c.detectors, c.goods) for c in cells if not holds(c)] == []


def test_rows_say_what_the_cells_say(policy: Policy, cells: list[LawRow]) -> None:
    def spread(rows: list[LawRow]) -> Iterator[tuple[object, ...]]:
        for row in rows:
            for detector in row.detectors:
                for goods in row.goods:
                    yield row.class_id, detector, goods, row.verdict, row.law

    assert sorted(spread(law_rows(policy, NOW)), key=repr) == sorted(spread(cells), key=repr)


FOOD = ("食品安全法 73(1)",)
COMPETITION = "反不正当竞争法 9(1)"
# The audit of November 2026, line by line: class, detector, goods, what is cited, and what was cited and is not.
AUDIT = [
    ("OFFSITE", "private_channel", "food/tea", (PLATFORM_RULES,), ("电子商务法 17", "直播电商监督管理办法 26")),
    ("AWARD_HONOR", "well_known_mark", "alcohol/liquor", ("商标法 14(5)",), ("商标法 53",)),
    ("AWARD_HONOR", "exempt_from_inspection", "food/tea", ("广告法 28(2)(2)", COMPETITION), ("商标法 14(5)",)),
    ("HEALTHFUNC_FOOD", "function", "pet/food", ("广告法 21(1)", "广告法 28(2)(2)"), ("食品安全法 73(1)",)),
    ("HEALTHFUNC_FOOD", "function", "pet/treat/jerky", ("广告法 21(1)", "广告法 28(2)(2)"), ("食品安全法 73(1)",)),
    ("HEALTHFUNC_FOOD", "function", "pet/toy", ("广告法 28(2)(2)", COMPETITION), ("广告法 21(1)",)),
    ("AUTHORITY_ENDORSE", "recommended", "pet/toy", ("广告法 28(2)(3)", COMPETITION), ("广告法 21(2)",)),
    ("DISEASE_FOOD", "treats", "pet/collar", ("广告法 17", COMPETITION), ("饲料和饲料添加剂管理条例 30",)),
    ("DATE_SHELF", "shelf", "food/honey", (*FOOD, "广告法 28(2)(2)"), ("食品安全法 71",)),
    ("DATE_SHELF", "shelf", "alcohol/beer", FOOD, ()),
    ("DATE_SHELF", "shelf", "cosmetics/cream", ("化妆品监督管理条例 43(2)",), ("食品安全法 73(1)",)),
    (
        "QUALITY_GRADE",
        "grade",
        "jewelry/jade",
        ("广告法 28(2)(2)", COMPETITION, "消费者权益保护法 20(1)"),
        ("产品质量法 50",),
    ),
    ("ORIGIN", "imported", "food/honey", ("广告法 28(2)(2)", COMPETITION), ("产品质量法 53",)),
    ("AUTHORITY_ENDORSE", "recommended", "food/honey", (*FOOD, "广告法 28(2)(3)", COMPETITION), ("食品安全法 73(2)",)),
    ("AUTHORITY_ENDORSE", "recommended", "fsmp/adult", ("食品安全法 80(2)", "广告法 16(1)(4)"), ("广告法 28(2)(3)",)),
    ("AUTHORITY_ENDORSE", "recommended", "course/exam", ("广告法 24(3)",), ("广告法 28(2)(3)",)),
    ("AUTHORITY_ENDORSE", "recommended", "drug/otc", ("广告法 16(1)(4)", "药品管理法 90(2)"), ()),
    ("CELEB_ENDORSE", "false_own_use", "cosmetics/cream", ("广告法 28(2)(4)", "广告法 38(1)"), ("广告法 28(2)(3)",)),
    ("CELEB_ENDORSE", "celebrity", "apparel/coat", ("广告法 33", "直播电商监督管理办法 34(1)"), ("广告法 28(2)(3)",)),
    ("EFFICACY_GUARANTEE", "certain", "fsmp/adult", ("食品安全法 80(2)", "广告法 16(1)(1)"), ("广告法 28(2)(4)",)),
    ("EFFICACY_GUARANTEE", "refund", "home/pan", ("广告法 28(2)(2)",), ("广告法 28(2)(4)",)),
    ("EFFICACY_GUARANTEE", "certain", "cosmetics/cream", ("化妆品监督管理条例 43(2)",), ("广告法 28(2)(4)",)),
    ("SAFETY_ABSOLUTE", "safe", "medical_device/monitor", ("广告法 16(1)(1)",), ("广告法 28(2)(2)",)),
    ("SAFETY_ABSOLUTE", "safe", "cosmetics/cream", ("化妆品监督管理条例 43(2)",), ()),
    ("SAFETY_ABSOLUTE", "safe", "infant_formula/stage1", FOOD, ()),
    ("INFANT_BREASTMILK", "replaces", "infant_formula/stage1", ("广告法 20",), ("食品安全法 81",)),
    ("INFANT_BREASTMILK", "effect", "infant_formula/stage1", (*FOOD, "食品安全法实施条例 38(1)"), ("广告法 20",)),
    ("INFANT_BREASTMILK", "vague_source", "infant_formula/stage1", ("广告法 28(2)(2)",), ("广告法 20",)),
    ("MEDDEVICE_DRUG", "cures", "drug/otc", ("广告法 16(1)(1)", "药品管理法 90(2)"), ("广告法 15",)),
    ("MEDDEVICE_DRUG", "prescription", "drug/rx", ("广告法 15(2)",), ("广告法 16",)),
    ("MEDDEVICE_DRUG", "semantic", "medical_device/monitor", ("医疗器械监督管理条例 60",), ()),
    ("CERT_QUALIFICATION", "held", "electronics/charger", ("广告法 28(2)(2)",), ("广告法 11(1)", "产品质量法 53")),
    ("CERT_QUALIFICATION", "held", "cosmetics/cream", ("化妆品监督管理条例 43(2)",), ("化妆品监督管理条例 17",)),
    ("MEDICAL_TERMS", "term", "cosmetics/cream", ("广告法 17", "化妆品监督管理条例 43(2)"), ("化妆品监督管理条例 37",)),
    ("COMPOSITION", "material", "apparel/coat", ("广告法 28(2)(2)", COMPETITION), ("产品质量法 27",)),
    ("COMPOSITION", "nutrient", "food/honey", FOOD, ("食品安全法 71",)),
    ("ENERGY_GREEN", "energy_grade", "appliance/fridge", ("节约能源法 19(3)",), ("产品质量法 27",)),
    ("SPEC_PARAM", "quantity", "alcohol/liquor", FOOD, ("产品质量法 27",)),
    ("WEIGHT_LOSS", "loses", "food/tea", ("食品安全法实施条例 38(1)", *FOOD), ("广告法 17",)),
    ("WEIGHT_LOSS", "loses", "cosmetics/cream", ("化妆品监督管理条例 43(2)",), ("广告法 28(2)(4)",)),
    ("PRICE_ORIGINAL", "stated", "home/pan", ("明码标价和禁止价格欺诈规定 16(2)", "价格法 14(4)"), ()),
    (
        "PRICE_ORIGINAL",
        "others_price",
        "home/pan",
        ("明码标价和禁止价格欺诈规定 17(2)", "明码标价和禁止价格欺诈规定 19(3)", "价格法 14(4)"),
        ("明码标价和禁止价格欺诈规定 16(2)",),
    ),
    (
        "PRICE_ORIGINAL",
        "msrp",
        "home/pan",
        ("明码标价和禁止价格欺诈规定 16(3)",),
        ("明码标价和禁止价格欺诈规定 16(2)",),
    ),
    ("PRICE_LOWEST", "lowest", "home/pan", ("明码标价和禁止价格欺诈规定 17(2)", "价格法 14(4)"), ("广告法 28(2)(2)",)),
    ("PROMO_SCARCITY", "stock", "home/pan", (COMPETITION, "广告法 28(2)(5)"), ("明码标价和禁止价格欺诈规定 19(4)",)),
    ("RANK_FIRST", "sales_rank", "home/pan", ("广告法 28(2)(2)", COMPETITION), ("广告法 9(3)",)),
    ("STATE_ENDORSE", "special_supply", "alcohol/liquor", ("广告法 9(2)",), ("广告法 9(1)",)),
    ("STATE_ENDORSE", "state_symbol", "food/tea", ("广告法 9(1)", "国旗法 20"), ("广告法 9(2)",)),
    ("COSMETIC_EFFICACY", "effect", "cosmetics/cream", ("化妆品监督管理条例 43(2)",), ("化妆品监督管理条例 22",)),
    ("AI_IMPERSONATION", "claims_human", "home/pan", ("直播电商监督管理办法 34(2)",), ("直播电商监督管理办法 37",)),
    ("ALCOHOL", "health", "alcohol/liquor", (*FOOD, "食品安全法实施条例 38(1)"), ("广告法 23",)),
    ("ALCOHOL", "drives", "alcohol/liquor", ("广告法 23(3)",), ("广告法 23",)),
    ("GIFT_PROMISE", "gift", "home/pan", ("广告法 8(2)", "明码标价和禁止价格欺诈规定 18"), ("广告法 28(2)(2)",)),
    ("GIFT_PROMISE", "warranty", "home/pan", ("广告法 8(1)",), ("明码标价和禁止价格欺诈规定 18",)),
    ("HEALTHFOOD_OVER", "disease", "health_food/capsule", ("广告法 18(1)(2)",), ("食品安全法 78",)),
    ("HEALTHFOOD_OVER", "guarantee", "health_food/capsule", ("广告法 18(1)(1)",), ()),
    ("HEALTHFOOD_OVER", "compares_medicine", "health_food/capsule", ("广告法 18(1)(4)",), ()),
    ("DISEASE_FOOD", "treats", "cosmetics/cream", ("广告法 17", "化妆品监督管理条例 43(2)"), ()),
    ("EDUCATION", "exam_insiders", "course/exam", ("广告法 24(2)",), ("广告法 24(1)",)),
    ("INVESTMENT", "beneficiary", "collectible/coin", ("广告法 25(2)",), ("广告法 25(1)",)),
]
ORDER_21 = "药品、医疗器械、保健食品、特殊医学用途配方食品广告审查管理暂行办法"


@pytest.mark.parametrize(("class_id", "detector", "category", "cited", "not_cited"), AUDIT)
def test_a_line_of_the_audit_is_followed(
    policy: Policy, class_id: str, detector: str, category: str, cited: tuple[str, ...], not_cited: tuple[str, ...]
) -> None:
    law = policy.law_for(class_id, Held(detector=detector, category=category), NOW).cite
    assert set(cited) <= set(law)
    assert not set(not_cited) & set(law)


@pytest.mark.parametrize(
    ("detector", "items"),
    [("no_side_effects", ("广告法 18(1)(1)", f"{ORDER_21} 11(5)")), ("rush", (f"{ORDER_21} 11(6)",))],
)
def test_health_food_is_judged_by_its_own_article_first(policy: Policy, detector: str, items: tuple[str, ...]) -> None:
    held = Held(detector=detector, category="health_food/capsule")
    assert policy.law_for("REGULATED_INDUCE", held, NOW).cite[: len(items)] == items


@pytest.mark.parametrize(
    ("verdict", "cited"),
    [
        (VerdictKind.UNSUPPORTED, "广告法 12(1)"),
        (VerdictKind.CONTRADICTED, "广告法 12(2)"),
        (VerdictKind.SUPPORTED, "广告法 12"),
    ],
    ids=["no number", "a false one", "neither"],
)
def test_what_came_of_a_patent_tells_the_paragraph(policy: Policy, verdict: VerdictKind, cited: str) -> None:
    held = Held(detector="claimed", category="home/pan", verdict=verdict)
    assert policy.law_for("PATENT", held, NOW).cite[0] == cited


def test_the_law_of_the_day_is_cited(policy: Policy) -> None:
    held = Held(detector="well_known_mark", category="alcohol/liquor")
    assert policy.law_for("AWARD_HONOR", held, date(2026, 12, 31)).cite == ("商标法 14(5)",)
    assert policy.law_for("AWARD_HONOR", held, date(2027, 1, 1)).cite == ("商标法 64(1)",)
    food = Held(detector="treats", category="food/honey")
    assert policy.law_for("DISEASE_FOOD", food, date(2025, 11, 30)).status == "read"
    before, after = (policy.laws.article("食品安全法 73(1)", on) for on in (date(2025, 11, 30), date(2025, 12, 1)))
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == ("2021-04-29 修正", "2025-09-12 修正")


def test_before_a_law_was_in_force_its_text_is_not_known(policy: Policy) -> None:
    held = Held(detector="well_known_mark", category="alcohol/liquor")
    assert policy.law_for("AWARD_HONOR", held, date(2019, 10, 31)).status == "secondary"
