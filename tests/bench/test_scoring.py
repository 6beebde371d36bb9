"""The rules of scoring on hand-made tables, and that every method flags and can be scored."""

from pathlib import Path

import pytest

from bench.calibration import reliability, wilson
from bench.cases import READ_SETS, Case, CasesError, blind_sets, open_examples, read_cases
from bench.claim_engine import OurEngine
from bench.claims import groups, quality_rows
from bench.peers import LAWFUL, STRICT_CONCEPTS, NgramClassifier, WordList, word_list
from bench.scoring import Method, ScoredFlag, best_recall, score, sweep
from claims.policy.packaged import packaged_policy


def case(name: str, *classes: str, text: str = "今天讲讲这款", verdicts: tuple[str, ...] = ("banned",)) -> Case:
    return Case(
        id=name,
        set_name="t",
        utterances=(text,),
        product_id=None,
        classes=classes,
        verdicts=verdicts if classes else (),
    )


def flag(class_id: str | None, at: float) -> ScoredFlag:
    return ScoredFlag(class_id=class_id, score=at)


CASES = [case("v1", "A"), case("v2", "A", "B"), case("v3", "C"), case("l1"), case("l2")]


@pytest.mark.parametrize(
    ("flags", "threshold", "expected"),
    [
        pytest.param({}, 0.5, (0, 3, 0, 2, 0), id="silence"),
        pytest.param({"v1": [flag("A", 0.5)]}, 0.5, (1, 2, 0, 2, 1), id="the threshold itself counts"),
        pytest.param({"v1": [flag("A", 0.49)]}, 0.5, (0, 3, 0, 2, 0), id="just below the threshold"),
        pytest.param({"v1": [flag("B", 0.9)]}, 0.5, (0, 3, 0, 2, 1), id="wrong class alone is a miss"),
        pytest.param({"v1": [flag("B", 0.9), flag("A", 0.6)]}, 0.5, (1, 2, 0, 2, 1), id="right beside wrong class"),
        pytest.param({"v1": [flag("B", 0.9), flag("A", 0.4)]}, 0.5, (0, 3, 0, 2, 1), id="right class below threshold"),
        pytest.param({"v2": [flag("B", 0.9)]}, 0.5, (1, 2, 0, 2, 1), id="either allowed class"),
        pytest.param({"v3": [flag(None, 1.0)]}, 1.0, (1, 2, 0, 2, 1), id="class-free flag counts for any class"),
        pytest.param({"l1": [flag("A", 0.9), flag("B", 0.9)]}, 0.5, (0, 3, 1, 1, 0), id="one false alarm a case"),
        pytest.param({"l1": [flag(None, 0.9)]}, 0.5, (0, 3, 1, 1, 0), id="class-free false alarm"),
    ],
)
def test_scores_by_the_rules(
    flags: dict[str, list[ScoredFlag]], threshold: float, expected: tuple[int, int, int, int, int]
) -> None:
    got = score(CASES, flags, threshold)
    assert (got.hit, got.missed, got.false, got.quiet, got.any_class) == expected


def test_wrong_class_is_no_false_alarm_for_precision() -> None:
    got = score(CASES, {"v1": [flag("A", 0.9)], "v3": [flag("A", 0.9)], "l1": [flag("A", 0.9)]}, 0.5)
    assert (got.precision, got.lawful_left_alone) == (0.5, 0.5)
    assert got.recall == pytest.approx(1 / 3)
    assert got.recall_any_class == pytest.approx(2 / 3)
    assert got.f1 == pytest.approx(2 * 0.5 * (1 / 3) / (0.5 + 1 / 3))


def test_sweep_passes_every_score_downwards() -> None:
    flags = {"v1": [flag("A", 0.9)], "v2": [flag("A", 0.7)], "l1": [flag("A", 0.8)], "elsewhere": [flag("A", 0.1)]}
    curve = sweep(CASES, flags)
    assert [(f.threshold, f.hit, f.false) for f in curve] == [(0.9, 1, 0), (0.8, 1, 1), (0.7, 2, 1)]


def test_best_recall_may_lie_below_a_dip_of_precision() -> None:
    flags = {"l1": [flag("A", 0.9)], "v1": [flag("A", 0.8)], "v2": [flag("A", 0.8)], "v3": [flag("C", 0.7)]}
    curve = sweep(CASES, flags)
    best = best_recall(curve, 0.7)
    assert best is not None
    assert (best.threshold, best.recall, best.precision) == (0.7, 1.0, 0.75)


def test_no_recall_at_a_precision_never_reached() -> None:
    assert best_recall(sweep(CASES, {"l1": [flag("A", 0.9)], "v1": [flag("A", 0.5)]}), 0.6) is None
    assert best_recall(sweep(CASES, {}), 0.0) is None
    assert best_recall(sweep(CASES, {"v1": [flag("B", 0.5)]}), 0.0) is None


def test_empty_tables_divide_by_nothing() -> None:
    got = score([], {}, 0.5)
    assert (got.recall, got.precision, got.f1, got.lawful_left_alone) == (0, 0, 0, 0)


def test_word_list_scores_by_different_words() -> None:
    words = WordList("small", ["最好", "最好的", "根治", "VIP"])
    assert words.flags(case("x", text="这款还不错")) == []
    assert [f.score for f in words.flags(case("x", text="最好的,真的最好的"))] == [2.0]
    assert [(f.class_id, f.score) for f in words.flags(case("x", text="根治,vip"))] == [(None, 2.0)]


def test_word_list_comes_from_the_policy_and_misses_no_concept_silently() -> None:
    policy = packaged_policy()
    words = word_list(policy, "strict", STRICT_CONCEPTS)
    assert words.flags(case("x", text="这款是世界级的"))
    with pytest.raises(CasesError, match="no_such_concept"):
        word_list(policy, "strict", ("no_such_concept",))


def small_examples() -> list[Case]:
    lawful = ["大家晚上好", "今天给大家看看衣服", "颜色有三种", "尺码自己选一下", "喜欢的点个关注"]
    cures = ["这茶能根治糖尿病", "喝了根治高血压", "根治失眠就靠它", "老寒腿也能根治", "一个月根治鼻炎"]
    prices = ["全网最低价就在这", "最低价只有今天", "最低价了家人们", "别家没有的最低价", "真的是最低价"]
    kinds = ((), lawful), (("CURE",), cures), (("PRICE",), prices)
    return [
        case(f"{index}.{classes}", *classes, text=text) for classes, texts in kinds for index, text in enumerate(texts)
    ]


def test_classifier_learns_classes_and_scores_alike_one_by_one_and_together() -> None:
    examples = small_examples()
    classifier = NgramClassifier("small", examples)
    unseen = [
        case("n1", "CURE", text="根治胃病"),
        case("n2", "PRICE", text="今天最低价"),
        case("n3", text="大家晚上好呀"),
    ]
    found = [classifier.flags(c)[0] for c in unseen]
    assert [f.class_id for f in found[:2]] == ["CURE", "PRICE"]
    assert min(found[0].score, found[1].score) > found[2].score
    assert [f.score for f in found] == pytest.approx([f[0].score for f in classifier.flags_together(unseen)])
    assert all(f.class_id != LAWFUL and 0 <= f.score <= 1 for f in found)
    assert classifier.has_seen(examples[:1])
    assert not classifier.has_seen(unseen)


def test_open_examples_are_read_with_their_classes() -> None:
    examples = open_examples()
    assert len(examples) > 300
    assert 0.4 < sum(c.is_violation for c in examples) / len(examples) < 0.6


def test_every_method_gives_a_row_and_a_trained_one_is_not_scored_on_its_examples() -> None:
    policy = packaged_policy()
    sets = blind_sets()
    cases = sets[0].cases[:30]
    seen, unseen = NgramClassifier("seen", cases), NgramClassifier("unseen", small_examples())
    methods: list[Method] = [OurEngine(policy, sets), word_list(policy, "strict", STRICT_CONCEPTS), seen, unseen]
    rows = quality_rows("some", cases, methods)
    assert [str(row["method"]).split(",")[0] for row in rows] == ["zhenyan", "strict", "unseen"]
    assert rows[0]["our_f1_over_its"] == 1
    assert all(0 <= float(str(row["recall"])) <= float(str(row["recall_any_class"])) <= 1 for row in rows)


def test_read_sets_are_never_pooled_with_held_out_ones() -> None:
    for name, cases in groups(blind_sets()):
        assert len({c.set_name in READ_SETS for c in cases}) == 1, name


def test_missing_cases_say_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path
    with pytest.raises(CasesError, match="checkout"):
        blind_sets(folder)
    with pytest.raises(CasesError, match="cannot be read"):
        read_cases(folder / "cases.jsonl", "x")
    (folder / "z").mkdir()
    (folder / "z" / "cases.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(CasesError, match="no passports file"):
        blind_sets(folder)


def test_reliability_bins_hold_each_finding_once() -> None:
    findings = [(0.6, True, True), (0.649, False, True), (0.65, True, True), (0.97, False, False), (1.0, True, True)]
    rows = reliability("X", findings)
    assert [(r["score"], r["findings"], r["right_class"], r["in_a_violation"]) for r in rows] == [
        ("0.60–0.65", 2, 0.5, 1.0),
        ("0.65–0.70", 1, 1.0, 1.0),
        ("0.95–1.00", 2, 0.5, 0.5),
    ]


def test_interval_holds_the_share_and_narrows() -> None:
    low, high = wilson(9, 10)
    assert 0 <= low < 0.9 < high <= 1
    narrow_low, narrow_high = wilson(900, 1000)
    assert low < narrow_low < 0.9 < narrow_high < high
    assert wilson(3, 3)[1] == 1
