"""What decisions teach: words with labels, of whom, and what is left out; fits and shadows as they are kept."""

from collections import Counter

import pytest

from claims.classifier.calibration import FIRST_STEP
from claims.classifier.fit.learning import Learnt, host_hash
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import ScoreStep
from review.cases.types import Choice
from review.learning.types import ShadowScore
from review.stores import Stores
from tests.review.learning.said import ANNA, ON_BOTH_DATABASES, READ, broadcast, decide, found

pytestmark = ON_BOTH_DATABASES


def test_decided_cases_are_passages_with_labels(stores: Stores) -> None:
    broadcast(stores, "b1", host="h7")
    breach = found(stores, "b1", "喝了它血压就下来了", number=1)
    lawful = found(stores, "b1", "这个包装很漂亮大家看", number=2, class_id="ABS_SUPERLATIVE")
    found(stores, "b1", "没有人看过这一句", number=3, class_id="DISPARAGE")
    decide(stores, breach, Choice.VIOLATES, class_id="DISEASE_FOOD", reason="other_class")
    decide(stores, lawful, Choice.LAWFUL)
    decided = stores.learning.decided("local")
    told = {(one.text, one.label, one.classes, one.goods, one.host, one.detector) for one in decided.passages}
    assert told == {
        ("喝了它血压就下来了", "breach", ("DISEASE_FOOD",), "health_food/other", "h7", None),
        ("这个包装很漂亮大家看", "lawful", (), "health_food/other", "h7", None),
    }
    assert decided.left_out == Counter()
    assert all(one.at is not None for one in decided.passages)


def test_what_a_detector_scored_before_the_reader_is_told(stores: Stores) -> None:
    broadcast(stores, "b1")
    steps = (ScoreStep(step="pattern", value=0.9), ScoreStep(step="not sure", value=0.72), *READ)
    decide(stores, found(stores, "b1", "喝了它血压就下来了", steps=steps), Choice.VIOLATES)
    assert [one.detector for one in stores.learning.decided("local").passages] == [0.72]


@pytest.mark.parametrize("reason", ["true", "misheard", "wrong_product", "corrected"])
def test_what_was_lawful_for_another_reason_than_its_words_teaches_nothing(stores: Stores, reason: str) -> None:
    broadcast(stores, "b1")
    decide(stores, found(stores, "b1", "喝了它血压就下来了"), Choice.LAWFUL, reason=reason)
    decided = stores.learning.decided("local")
    assert (decided.passages, decided.left_out) == ((), {"lawful for another reason than its words": 1})


def test_what_rules_and_records_alone_decided_teaches_nothing(stores: Stores) -> None:
    broadcast(stores, "b1")
    by_record = (ScoreStep(step="passport contradicts", value=0.9),)
    assert all(step.step != FIRST_STEP for step in by_record)
    decide(stores, found(stores, "b1", "功率一百瓦", steps=by_record), Choice.VIOLATES)
    decided = stores.learning.decided("local")
    assert (decided.passages, decided.left_out) == ((), {"decided by rules and records alone": 1})


def test_a_decision_that_was_taken_back_teaches_nothing(stores: Stores) -> None:
    broadcast(stores, "b1")
    case = decide(stores, found(stores, "b1", "喝了它血压就下来了"), Choice.VIOLATES)
    stores.cases.undo(case.id, ANNA)
    assert stores.learning.decided("local").passages == ()


def test_nothing_of_one_customer_is_another_s(stores: Stores) -> None:
    for tenant, host in (("local", "h1"), ("east", "east/h1"), ("west", "west/h1")):
        broadcast(stores, f"b-{tenant}", host=host, tenant=tenant)
        decide(stores, found(stores, f"b-{tenant}", f"这是 {tenant} 说的话"), Choice.VIOLATES)
    assert [one.host for one in stores.learning.decided("east").passages] == ["east/h1"]
    assert {one.host for one in stores.learning.decided(None).passages} == {"h1", "east/h1", "west/h1"}


def test_a_host_who_asks_for_it_is_left_out(stores: Stores) -> None:
    for host in ("h1", "h2"):
        broadcast(stores, f"b-{host}", host=host)
        decide(stores, found(stores, f"b-{host}", f"{host} 说的话"), Choice.VIOLATES)
    refused = Learnt(file=None, refused="too few", card={"passages": 2}, hosts=(host_hash("h1"), host_hash("h2")))
    stores.learning.add_fit("local", refused, None, "cli")
    assert stores.learning.forget("h1", "anna") == 1
    assert stores.learning.forget("h1", "anna") == 1
    decided = stores.learning.decided("local")
    assert [one.host for one in decided.passages] == ["h2"]
    assert decided.left_out == {"forgotten host": 1}
    assert [fit.forgotten for fit in stores.learning.fits()] == [1]
    assert "learning.forgotten" in {entry.action for entry in stores.audit.entries(subject="host:h1")}


def test_a_shadow_keeps_both_scores_and_tells_where_they_differ(stores: Stores) -> None:
    stores.policies.add_version(packaged(), "anna")
    digest = stores.policies.versions()[0].digest
    first = stores.learning.begin_shadow(digest, "packaged", "anna")
    second = stores.learning.begin_shadow(digest, "packaged", "anna")
    assert stores.learning.shadow(first.id).ended_at_ms is not None
    assert stores.learning.in_shadow() == second
    broadcast(stores, "b1")
    assert stores.learning.next_for_shadow(second) == "b1"
    scores = [
        score("两者都送审", 0.8, 0.9),
        score("候选多送", 0.4, 0.7, flags=False),
        score("候选不送", 0.7, None, shadow=False),
        score("都不送审", 0.3, 0.4, flags=False, shadow=False),
    ]
    stores.learning.add_shadow_read(second, "b1", 9, scores)
    stores.learning.add_shadow_read(second, "b1", 9, scores)
    figures = stores.learning.shadow_figures(second.id)
    assert (figures.streams, figures.passages, figures.both, figures.added, figures.dropped) == (1, 9, 1, 1, 1)
    assert stores.learning.next_for_shadow(second) is None
    differing = [(one.quote, one.score, one.shadow_score) for one in stores.learning.shadow_differences(second.id)]
    assert differing == [("候选不送", 0.7, None), ("候选多送", 0.4, 0.7)]
    stores.learning.end_shadow("anna")
    assert stores.learning.in_shadow() is None


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
    return packaged_policy()
