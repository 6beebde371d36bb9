"""What decisions teach: words with labels, of whom, and what is left out; fits and shadows as they are kept."""

from collections import Counter

import pytest

import configs
from claims.classifier.calibration import FIRST_STEP
from claims.classifier.fit.learning import Learnt, host_hash
from claims.policy.policy import Policy
from claims.types import ScoreStep
from review.cases.types import Choice
from review.learning.types import ShadowScore
from review.stores import Stores
from tests.review.learning.said import ANNA, ON_BOTH_DATABASES, READ, broadcast, decide, found

pytestmark = ON_BOTH_DATABASES


def test_decided_cases_are_passages_with_labels(store: Stores) -> None:
    broadcast(store, "b1", host="h7")
    breach = found(store, "b1", "喝了它血压就下来了", number=1)
    lawful = found(store, "b1", "这个包装很漂亮大家看", number=2, class_id="ABS_SUPERLATIVE")
    found(store, "b1", "没有人看过这一句", number=3, class_id="DISPARAGE")
    decide(store, breach, Choice.VIOLATES, class_id="DISEASE_FOOD", reason="other_class")
    decide(store, lawful, Choice.LAWFUL)
    decided = store.learning.decided("local")
    told = {(one.text, one.label, one.classes, one.goods, one.host, one.detector) for one in decided.passages}
    assert told == {
        ("喝了它血压就下来了", "breach", ("DISEASE_FOOD",), "health_food/other", "h7", None),
        ("这个包装很漂亮大家看", "lawful", (), "health_food/other", "h7", None),
    }
    assert decided.left_out == Counter()
    assert all(one.at is not None for one in decided.passages)


def test_what_a_detector_scored_before_the_reader_is_told(store: Stores) -> None:
    broadcast(store, "b1")
    steps = (ScoreStep(step="pattern", value=0.9), ScoreStep(step="not sure", value=0.72), *READ)
    decide(store, found(store, "b1", "喝了它血压就下来了", steps=steps), Choice.VIOLATES)
    assert [one.detector for one in store.learning.decided("local").passages] == [0.72]


@pytest.mark.parametrize("reason", ["true", "misheard", "wrong_product", "corrected"])
def test_what_was_lawful_for_another_reason_than_its_words_teaches_nothing(store: Stores, reason: str) -> None:
    broadcast(store, "b1")
    decide(store, found(store, "b1", "喝了它血压就下来了"), Choice.LAWFUL, reason=reason)
    decided = store.learning.decided("local")
    assert (decided.passages, decided.left_out) == ((), {"lawful for another reason than its words": 1})


def test_what_rules_and_records_alone_decided_teaches_nothing(store: Stores) -> None:
    broadcast(store, "b1")
    by_record = (ScoreStep(step="passport contradicts", value=0.9),)
    assert all(step.step != FIRST_STEP for step in by_record)
    decide(store, found(store, "b1", "功率一百瓦", steps=by_record), Choice.VIOLATES)
    decided = store.learning.decided("local")
    assert (decided.passages, decided.left_out) == ((), {"decided by rules and records alone": 1})


def test_a_decision_that_was_taken_back_teaches_nothing(store: Stores) -> None:
    broadcast(store, "b1")
    case = decide(store, found(store, "b1", "喝了它血压就下来了"), Choice.VIOLATES)
    store.cases.undo(case.id, ANNA)
    assert store.learning.decided("local").passages == ()


def test_nothing_of_one_customer_is_another_s(store: Stores) -> None:
    for tenant, host in (("local", "h1"), ("east", "east/h1"), ("west", "west/h1")):
        broadcast(store, f"b-{tenant}", host=host, tenant=tenant)
        decide(store, found(store, f"b-{tenant}", f"这是 {tenant} 说的话"), Choice.VIOLATES)
    assert [one.host for one in store.learning.decided("east").passages] == ["east/h1"]
    assert {one.host for one in store.learning.decided(None).passages} == {"h1", "east/h1", "west/h1"}


def test_a_host_who_asks_for_it_is_left_out(store: Stores) -> None:
    for host in ("h1", "h2"):
        broadcast(store, f"b-{host}", host=host)
        decide(store, found(store, f"b-{host}", f"{host} 说的话"), Choice.VIOLATES)
    refused = Learnt(file=None, refused="too few", card={"passages": 2}, hosts=(host_hash("h1"), host_hash("h2")))
    store.learning.add_fit("local", refused, None, "cli")
    assert store.learning.forget("h1", "anna") == 1
    assert store.learning.forget("h1", "anna") == 1
    decided = store.learning.decided("local")
    assert [one.host for one in decided.passages] == ["h2"]
    assert decided.left_out == {"forgotten host": 1}
    assert [fit.forgotten for fit in store.learning.fits()] == [1]
    assert "learning.forgotten" in {entry.action for entry in store.audit.entries(subject="host:h1")}


def test_a_shadow_keeps_both_scores_and_tells_where_they_differ(store: Stores) -> None:
    store.policies.add_version(packaged(), "anna")
    digest = store.policies.versions()[0].digest
    first = store.learning.begin_shadow(digest, "packaged", "anna")
    second = store.learning.begin_shadow(digest, "packaged", "anna")
    assert store.learning.shadow(first.id).ended_at_ms is not None
    assert store.learning.in_shadow() == second
    broadcast(store, "b1")
    assert store.learning.next_for_shadow(second) == "b1"
    scores = [
        score("两者都送审", 0.8, 0.9),
        score("候选多送", 0.4, 0.7, flags=False),
        score("候选不送", 0.7, None, shadow=False),
        score("都不送审", 0.3, 0.4, flags=False, shadow=False),
    ]
    store.learning.add_shadow_read(second, "b1", 9, scores)
    store.learning.add_shadow_read(second, "b1", 9, scores)
    figures = store.learning.shadow_figures(second.id)
    assert (figures.streams, figures.passages, figures.both, figures.added, figures.dropped) == (1, 9, 1, 1, 1)
    assert store.learning.next_for_shadow(second) is None
    differing = [(one.quote, one.score, one.shadow_score) for one in store.learning.shadow_differences(second.id)]
    assert differing == [("候选不送", 0.7, None), ("候选多送", 0.4, 0.7)]
    store.learning.end_shadow("anna")
    assert store.learning.in_shadow() is None


def score(
    quote: str, live: float | None, candidate: float | None, *, flags: bool = True, shadow: bool = True
) -> ShadowScore:
    return ShadowScore(
        stream_id="b1",
        class_id="HEALTHFOOD_OVER",
        start_ms=1_000,
        quote=quote,
        score=live,
        flags=flags,
        shadow_score=candidate,
        shadow_flags=shadow,
    )


def packaged() -> Policy:
    return Policy(configs.POLICY_DIR)
