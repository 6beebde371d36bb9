"""A broadcast is judged again as it was judged then, step by step."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Passage
from review.evidence.basis import Step, keep_step, read_kept_steps
from review.replays.judgement_cache import said_topic
from review.replays.rejudging import judge_again
from review.streams.tenant_rules import StoredRules
from tests.review.replays.stored import AT, passages_of, stored_stream
from vision.products.timeline import Evidence, EvidenceKind

HONEY = "urn:demo:passport:05"
SEEN = Evidence(
    kind=EvidenceKind.CODE, product_id=HONEY, start_ms=0, end_ms=10_000, strength=1.0, reason="its bar code"
)
CURES = Passage(stream_id="s1", id="u1", start_ms=2_000, end_ms=6_000, text="每天早上喝一勺，血糖就降下来了。")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


def test_a_product_that_was_only_seen_is_known_again(policy: Policy) -> None:
    step = Step(sequence=0, until_ms=8_000, passage_ids=("u1",), evidence=(SEEN,))
    [blind] = judge_again(policy, stored_stream(CURES), None)
    [seeing] = judge_again(policy, stored_stream(CURES, steps=(step,)), None)
    assert blind.product_id is None
    assert seeing.product_id == HONEY


def test_words_that_came_too_late_to_deny_are_too_late_again(policy: Policy) -> None:
    claim = Passage(stream_id="s1", id="u1", start_ms=0, end_ms=2_000, text="这就是全网最好的充电头。")
    late = Passage(stream_id="s1", id="u2", start_ms=2_500, end_ms=9_000, text="这种话我们可不敢说，那是骗人的。")
    together = Step(sequence=0, until_ms=9_000, passage_ids=("u1", "u2"))
    apart = (replace(together, until_ms=5_000, passage_ids=("u1",)), replace(together, sequence=1, passage_ids=("u2",)))
    at_once, later = (judge_again(policy, stored_stream(claim, late, steps=s), None) for s in ((together,), apart))
    assert [said.flags for said in later if said.class_id == "ABS_SUPERLATIVE"] == [True]
    assert len(at_once) <= len(later)


def test_without_steps_the_words_are_judged_in_the_order_in_which_they_were_said(policy: Policy) -> None:
    found = judge_again(policy, stored_stream(*passages_of("s1")), None)
    assert [said.start_ms for said in found] == sorted(said.start_ms for said in found)
    later = replace(stored_stream(*passages_of("s1")), at=AT + timedelta(days=400))
    assert {said.finding_id for said in judge_again(policy, later, None)} >= {said.finding_id for said in found}


def test_a_step_that_was_taken_twice_counts_as_it_was_taken_last(tmp_path: Path) -> None:
    assert read_kept_steps(tmp_path) == ()
    keep_step(tmp_path, None, 9_000, [])
    keep_step(tmp_path, 0, 2_000, [CURES], [SEEN])
    keep_step(tmp_path, 1, 4_000, [])
    keep_step(tmp_path, 1, 4_000, [CURES])
    assert read_kept_steps(tmp_path) == (
        Step(sequence=0, until_ms=2_000, passage_ids=("u1",), evidence=(SEEN,)),
        Step(sequence=1, until_ms=4_000, passage_ids=("u1",)),
        Step(sequence=None, until_ms=9_000, passage_ids=()),
    )


def test_a_customers_own_words_count_as_they_did_when_it_was_recorded(policy: Policy) -> None:
    said = Passage(stream_id="s1", id="u1", start_ms=0, end_ms=4_000, text="第一制药的老牌子，家人们放心躺瘦。")
    plain = stored_stream(said)
    content = {
        "words": [
            {"kind": "allow", "word": "第一制药"},
            {"kind": "block", "word": "躺瘦", "class": "WEIGHT_LOSS"},
        ],
        "terms": {},
    }
    words = StoredRules(
        tenant_id="acme", kind="words", number=2, version="sha256:a", content=content, created_at_ms=0, created_by="t"
    )
    without, own = judge_again(policy, plain, None), judge_again(policy, replace(plain, words=words), None)
    assert [(one.quote, one.flags) for one in own if one.class_id == "WEIGHT_LOSS"] == [("躺瘦", True)]
    assert not any(one.quote == "躺瘦" for one in without)
    flagged = {one.finding_id for one in own if one.flags and one.class_id == "ABS_SUPERLATIVE"}
    assert flagged < {one.finding_id for one in without if one.flags} or not flagged
    assert said_topic(plain, "d", "s", "p") != said_topic(replace(plain, words=words), "d", "s", "p")
