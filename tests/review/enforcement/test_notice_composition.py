"""A notice is composed of what was chosen and of nothing else: facts, verbs, times, law that fits, points, term."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.law.texts import StatuteTexts
from review.enforcement.errors import MeasureRefused
from review.enforcement.legal_reference import Judged, LegalReference
from review.enforcement.notice_composition import Ground, compose
from review.enforcement.notice_view import shown_notice
from review.enforcement.occurrences import Said, Words
from review.enforcement.penalty_table import DAY_MS, read_measures
from review.enforcement.types import Broadcast, MeasureKind, Notice, Occurrence, Strike, Taken, Wanted

ROOT = Path(__file__).parents[3]
TABLE = read_measures(ROOT / "configs" / "enforcement")
LAWS = StatuteTexts.read(ROOT / "configs" / "laws" / "zh-CN.yaml")
REFERENCE = LegalReference(classes={"SPEC_PARAM": ("规格/参数/净含量", "Specification or net content")}, laws=LAWS)
START = 1_795_521_600_000  # 2026-11-24 20:00:00 in China
NOW = START + DAY_MS
FIRST = Wanted(host_id="h1", kind=MeasureKind.WARNING, case_ids=("c0",))


def occurrence(number: int, **changes: Any) -> Occurrence:
    at_ms = 3_727_000 + number * 60_000
    values: dict[str, Any] = {
        "finding_id": f"f{number}",
        "stream_id": "s1",
        "title": "双十一专场",
        "channel": "speech",
        "quote": f"原话{number}号",
        "at_ms": at_ms,
        "said_at_ms": START + at_ms,
    }
    return Occurrence(**(values | changes))


def words(number: int, *occurrences: Occurrence, **changes: Any) -> Words:
    said = Said(occurrences=occurrences or (occurrence(number),), claimed="100 W", registered="65 W")
    values = {"case_id": f"c{number}", "product": "充电器", "decision_id": f"d{number}", "said": (said,)}
    return Words(**(values | changes))


def strike(number: int, **changes: Any) -> Strike:
    at_ms = START + occurrence(number).at_ms
    values: dict[str, Any] = {
        "case_id": f"c{number}",
        "host_id": "h1",
        "class_id": "SPEC_PARAM",
        "category": "electronics/charger",
        "severity": ("medium", "high", "critical")[number % 3],
        "corrected": number % 2 == 1,
        "law": ("广告法 28(2)(2)", "产品质量法 27"),
        "at_ms": at_ms,
        "confirmed_at_ms": at_ms,
        "found_class_id": "SPEC_PARAM",
        "broadcasts": (Broadcast(stream_id="s1", first_ms=at_ms, last_ms=at_ms),),
    }
    return Strike(**(values | changes))


def ground(count: int = 1, taken: tuple[Taken, ...] = ()) -> Ground:
    numbers = range(count)
    return Ground(strikes=tuple(strike(n) for n in numbers), words={f"c{n}": words(n) for n in numbers}, taken=taken)


def composed(wanted: Wanted = FIRST, on: Ground | None = None, reference: LegalReference = REFERENCE) -> Notice:
    return compose(wanted, on or ground(), TABLE, reference, NOW)


def one(**changes: Any) -> Ground:
    return Ground(strikes=(strike(0, **changes),), words={"c0": words(0)})


@given(chosen=st.sets(st.integers(0, 8), min_size=1))
def test_only_the_chosen_cases_are_told_and_weighed(chosen: set[int]) -> None:
    notice = composed(replace(FIRST, case_ids=tuple(f"c{n}" for n in chosen)), ground(9))
    for number in range(9):
        for said in (notice.facts_zh, notice.facts_en):
            assert (f"原话{number}号" in said) is (number in chosen)
    assert {fact.case_id for fact in notice.facts} == {f"c{n}" for n in chosen}
    assert [row.number for row in notice.points] == list(range(1, len(chosen) + 1))
    assert sum(row.points for row in notice.points) == notice.points_total
    assert f"合计 {notice.points_total} 分" in notice.reasons_zh
    for row in notice.points:
        percent = 100 + sum(factor.percent for factor in row.factors)
        assert row.points == row.base_points * max(0, percent) // 100


@given(order=st.permutations(["c0", "c1", "c2", "c2"]))
def test_in_whatever_order_the_cases_are_named_the_notice_is_the_same(order: list[str]) -> None:
    assert composed(replace(FIRST, case_ids=tuple(order)), ground(3)) == composed(
        replace(FIRST, case_ids=("c0", "c1", "c2")), ground(3)
    )


def test_a_fact_says_when_and_where_it_was_said_and_by_what_law() -> None:
    notice = composed()
    assert notice.facts_zh == (
        "1．2026年11月24日21时02分07秒，直播“双十一专场”（开播后 1:02:07），就商品“充电器”，口播称：“原话0号”。"
        "所称：100 W；登记：65 W。认定为“规格/参数/净含量”，适用《广告法》第二十八条第二款第（二）项。"
    )
    assert notice.facts_en == (
        "1. 2026-11-24 21:02:07, broadcast “双十一专场” at 1:02:07, about “充电器”, said aloud: “原话0号”. Claimed: "
        "100 W; registered: 65 W. Found to be “Specification or net content” under Advertising Law, Article 28, "
        "paragraph 2, item (2)."
    )


def test_what_was_shown_is_not_said_and_both_are_told_where_both_were() -> None:
    both = words(0, occurrence(0, channel="screen"), occurrence(1, finding_id="f0", quote="也说了"))
    notice = composed(on=Ground(strikes=(strike(0),), words={"c0": both}))
    assert "画面展示：“原话0号”，口播称（1:03:07）：“也说了”" in notice.facts_zh
    assert "shown on screen: “原话0号”, said aloud (1:03:07): “也说了”" in notice.facts_en
    shown = words(0, occurrence(0, channel="screen"))
    told = composed(on=Ground(strikes=(strike(0),), words={"c0": shown})).facts_zh
    assert "称：" not in told.replace("所称：", "")


def test_the_same_in_other_broadcasts_is_told_with_their_times() -> None:
    many = tuple(
        Said(
            occurrences=(
                occurrence(n, stream_id=f"s{n}", title=f"第{n}场", said_at_ms=START + n * DAY_MS, at_ms=n * 1000),
            ),
            claimed="",
            registered="",
        )
        for n in range(8)
    )
    told = composed(on=Ground(strikes=(strike(0),), words={"c0": words(0, said=many)})).facts_zh
    assert "；另于2026年11月25日20时00分00秒，直播“第1场”（开播后 0:00:01），口播称：“原话1号”" in told
    assert "；另有 3 场直播有同样内容。" in told
    assert "第5场" not in told


def test_a_start_that_is_not_known_is_said_to_be_so() -> None:
    unknown = words(0, occurrence(0, said_at_ms=None))
    notice = composed(on=Ground(strikes=(strike(0),), words={"c0": unknown}))
    assert "（开播时间未记录），直播“双十一专场”（开播后 1:02:07）" in notice.facts_zh
    assert "a start that was not recorded" in notice.facts_en


def test_words_of_a_host_can_forge_no_line() -> None:
    forged = words(0, occurrence(0, quote="好\n2．另一事实", title="甲\u202e\r\n乙"), product="物\n物")
    told = composed(on=Ground(strikes=(strike(0),), words={"c0": forged})).facts_zh
    assert len(told.splitlines()) == 1
    assert "\u202e" not in told


@pytest.mark.parametrize(
    ("class_id", "category", "law", "kept"),
    [
        ("SPEC_PARAM", "electronics/charger", ("广告法 28(2)(2)", "产品质量法 27"), ("广告法 28(2)(2)",)),
        ("DISEASE_FOOD", "food/tea", ("广告法 17", "食品安全法 73(1)"), ("广告法 17", "食品安全法 73(1)")),
        ("DISEASE_FOOD", "alcohol/baijiu", ("食品安全法 73(1)",), ("食品安全法 73(1)",)),
        ("DISEASE_FOOD", "home/quilt", ("广告法 17", "食品安全法 73(1)"), ("广告法 17",)),
        ("HEALTHFUNC_FOOD", "pet/food", ("食品安全法实施条例 38", "广告法 28(2)(2)"), ("广告法 28(2)(2)",)),
        ("HEALTHFUNC_FOOD", "health_food/x", ("食品安全法实施条例 38", "广告法 18"), ("广告法 18",)),
        (
            "COSMETIC_EFFICACY",
            "cosmetics/cream",
            ("化妆品监督管理条例 22", "化妆品监督管理条例 43"),
            ("化妆品监督管理条例 43",),
        ),
        ("FAKE_POPULARITY", "food", ("电子商务法 17", "反不正当竞争法 9"), ("电子商务法 17", "反不正当竞争法 9")),
    ],
)
def test_only_articles_that_fit_the_class_and_the_goods_are_cited(
    class_id: str, category: str, law: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    notice = composed(on=one(class_id=class_id, found_class_id=class_id, category=category, law=law))
    assert notice.basis == kept
    assert notice.basis_zh == tuple(LAWS.formal(cited) for cited in kept)
    for cited in set(law) - set(kept):
        assert LAWS.formal(cited) not in notice.facts_zh


@pytest.mark.parametrize(
    ("class_id", "category", "law"),
    [
        ("OFFSITE", "food/tea", ("直播电商监督管理办法 26", "电子商务法 17")),
        ("MEDDEVICE_DRUG", "electronics/x", ("广告法 16",)),
        ("COMPLAINT", None, ()),
        ("X", "food/tea", ("产品质量法 50", "广告法 999", "某个通知")),
    ],
)
def test_a_case_that_no_article_fits_is_named_and_carries_no_notice(
    class_id: str, category: str | None, law: tuple[str, ...]
) -> None:
    on = Ground(
        strikes=(strike(1), strike(0, class_id=class_id, found_class_id=class_id, category=category, law=law)),
        words={"c0": words(0), "c1": words(1)},
    )
    with pytest.raises(MeasureRefused, match="case c0: no article") as refused:
        composed(replace(FIRST, case_ids=("c0", "c1")), on)
    assert (refused.value.code, refused.value.case_id) == ("no_basis", "c0")


def test_of_goods_that_nobody_knows_only_what_holds_for_all_is_cited() -> None:
    law = ("广告法 9(3)", "食品安全法 73(1)")
    whole_room = Ground(strikes=(strike(0, category=None, law=law),), words={"c0": words(0, product="")})
    assert composed(on=whole_room).basis == ("广告法 9(3)",)


def test_a_case_that_people_put_into_another_class_is_told_by_its_law_and_weight() -> None:
    judged = {"DISEASE_FOOD": Judged(law=("广告法 17",), severity="critical")}
    reference = replace(REFERENCE, judge=lambda class_id, category: judged.get(class_id))
    moved = reference.as_decided(strike(0, class_id="DISEASE_FOOD"))
    notice = composed(on=Ground(strikes=(moved,), words={"c0": words(0)}), reference=reference)
    assert (notice.basis, notice.points[0].severity, notice.points[0].base_points) == (("广告法 17",), "critical", 80)
    stray = reference.as_decided(strike(0, class_id="UNHEARD"))
    with pytest.raises(MeasureRefused, match="no article"):
        composed(on=Ground(strikes=(stray,), words={"c0": words(0)}), reference=reference)


def test_what_is_not_confirmed_or_no_longer_kept_is_named() -> None:
    with pytest.raises(MeasureRefused, match="case c7: is not confirmed"):
        composed(replace(FIRST, case_ids=("c0", "c7")))
    with pytest.raises(MeasureRefused, match="case c0: its words are no longer kept"):
        composed(on=Ground(strikes=(strike(0),), words={"c0": words(0, said=())}))
    with pytest.raises(MeasureRefused, match="none is named"):
        composed(replace(FIRST, case_ids=()))


@pytest.mark.parametrize(
    ("changes", "starts_at_ms", "days"),
    [
        ({}, NOW, 90),
        ({"kind": MeasureKind.SUSPENSION}, NOW + 5 * DAY_MS, 30),
        ({"kind": MeasureKind.SUSPENSION, "urgent_why": "正在播"}, NOW, 30),
        ({"kind": MeasureKind.LIMITS, "starts_at_ms": NOW + 9 * DAY_MS, "term_days": 3}, NOW + 9 * DAY_MS, 3),
    ],
)
def test_the_term_is_the_measures_unless_another_is_chosen(
    changes: dict[str, Any], starts_at_ms: int, days: int
) -> None:
    notice = composed(replace(FIRST, **changes))
    assert (notice.starts_at_ms, notice.ends_at_ms) == (starts_at_ms, starts_at_ms + days * DAY_MS)


def test_a_measure_that_the_table_does_not_propose_is_said_to_be_graver_or_milder() -> None:
    assert "与标准的建议一致" in composed().reasons_zh
    graver = composed(replace(FIRST, kind=MeasureKind.SUSPENSION))
    assert (
        "建议“警示”，通常期限 90 天（处置标准 2026.11.3）。本次措施“限期停播”由审核人员决定，重于标准的建议。"
        in graver.reasons_zh
    )
    assert "graver" in graver.reasons_en
    told = Taken(kind=MeasureKind.WARNING, told_at_ms=START, case_ids=("c0",))
    later = [strike(n, broadcasts=(Broadcast(stream_id="s2", first_ms=NOW, last_ms=NOW),)) for n in (2, 5, 8)]
    on = Ground(strikes=(strike(0), *later), words={f"c{n}": words(n) for n in (0, 2, 5, 8)}, taken=(told,))
    milder = composed(replace(FIRST, case_ids=("c2", "c5", "c8")), on)
    assert "轻于标准的建议" in milder.reasons_zh


def test_points_are_a_table_in_words() -> None:
    notice = composed(replace(FIRST, case_ids=("c0", "c1")), ground(2))
    shown = shown_notice(notice, "zh", LAWS, term="")
    assert [(row.number, row.severity, row.base_points, row.why, row.points) for row in shown.points] == [
        (1, "中", 20, "首次违规，减 25 %", 15),
        (2, "高", 40, "主播当场更正（《直播电商监督管理办法》第三十一条），减 50 %；首次违规，减 25 %", 10),
    ]
    assert shown.points_total == 25
    english = shown_notice(notice, "en", LAWS, term="")
    assert english.points[0].why == "first offence: 25 % less"
    old = ground(1)
    forgotten = composed(on=replace(old, strikes=(strike(0, at_ms=NOW - 1000 * DAY_MS),)))
    assert (forgotten.points_total, forgotten.points[0].counts) == (0, False)
    assert shown_notice(forgotten, "zh", LAWS, term="").points[0].why == "已不计分"
    assert "其中 1 项已过计分期" in forgotten.reasons_zh
