"""Every detector against the examples of the policy: hits that it must find, near misses that nobody may flag."""

from collections import Counter
from pathlib import Path

import pytest

from claims.engine.conversation import ClaimEngine
from claims.engine.examples import (
    example_engine,
    failed_examples,
    why_flagged,
    why_no_hit,
    without_examples,
)
from claims.engine.extract import category_allows, match_rule, recognise
from claims.engine.window import build_window, fold
from claims.policy.detectors import Example
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Passage

# A value that differs is found by comparing numbers, not by a pattern.
QUANTITY = "SPEC_PARAM.quantity"
MOST_PATTERNS = 6
EXAMPLES = packaged_policy().examples


def _rows(kind: str) -> list[object]:
    return [
        pytest.param(name, example, id=f"{name} {number}")
        for name, examples in EXAMPLES.items()
        for number, example in enumerate(getattr(examples, kind), start=1)
    ]


@pytest.fixture(scope="session")
def engine(policy: Policy) -> ClaimEngine:
    return example_engine(policy)


@pytest.mark.parametrize(("name", "example"), _rows("hits"))
def test_a_hit_is_found_by_its_detector(engine: ClaimEngine, name: str, example: Example) -> None:
    assert why_no_hit(engine, name, example) is None


@pytest.mark.parametrize(("name", "example"), _rows("near_misses"))
def test_a_near_miss_is_not_flagged(engine: ClaimEngine, name: str, example: Example) -> None:
    assert why_flagged(engine, name, example) is None


def test_every_detector_has_examples_and_every_example_its_detector(policy: Policy) -> None:
    assert without_examples(policy) == []
    assert set(EXAMPLES) == {rule.name for rule in policy.rules} | {QUANTITY}


def test_no_detector_has_more_patterns_than_a_person_reads(policy: Policy) -> None:
    assert [(rule.name, len(rule.patterns)) for rule in policy.rules if len(rule.patterns) > MOST_PATTERNS] == []


def test_no_near_miss_is_written_twice_in_a_class(policy: Policy) -> None:
    for class_id, file in policy.class_files.items():
        written = [p for rule in file.rules for p in rule.unless] + [p for ps in file.exclusions.values() for p in ps]
        assert [p for p, count in Counter(written).items() if count > 1] == [], class_id


def test_no_example_stands_twice() -> None:
    for name, examples in EXAMPLES.items():
        said = [(e.product, e.say) for e in (*examples.hits, *examples.near_misses)]
        assert len(set(said)) == len(said), name


def test_what_no_longer_holds_is_told(policy_copy: Path) -> None:
    path = policy_copy / "examples" / "ORIGIN.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("hits:", "hits:\n      - {product: honey, say: 今天天气不错。}", 1), encoding="utf-8")
    (failed,) = (f for f in failed_examples(Policy(policy_copy)) if f.detector.startswith("ORIGIN."))
    assert (failed.detector, failed.kind, failed.why) == ("ORIGIN.from_place", "hit", "no pattern of it matches")


def test_a_hit_that_is_dropped_or_of_other_goods_is_told(engine: ClaimEngine) -> None:
    dropped = Example(product="tea", say="国家级非遗的手艺")
    assert str(why_no_hit(engine, "ABS_SUPERLATIVE.strong_word", dropped)).startswith("dropped: near miss")
    other = Example(product="powerbank", say="跟母乳一模一样")
    assert str(why_no_hit(engine, "INFANT_BREASTMILK.replaces", other)).startswith("does not hold for goods of")


def test_recognising_by_index_finds_what_weighing_every_rule_finds(engine: ClaimEngine) -> None:
    policy = engine.policy
    for example in (e for examples in EXAMPLES.values() for e in (*examples.hits, *examples.near_misses)):
        passport = engine.finder.by_id[example.product]
        said = Passage(stream_id="s1", id="u1", start_ms=0, end_ms=4000, text=example.say, product_id=example.product)
        before = said.model_copy(update={"id": "u0", "text": "家人们看过来,这个真的是最好的"})
        heard = [(passage, fold(passage, policy)) for passage in (before, said)]
        window = build_window(heard, 1, policy)
        wanted = [
            one.candidate
            for rule in policy.rules
            if category_allows(policy.class_files[rule.class_id], rule.rule, passport)
            for one in match_rule(window, rule)
            if one.dropped is None
        ]
        assert list(recognise(window, passport, policy)) == wanted, example.say
