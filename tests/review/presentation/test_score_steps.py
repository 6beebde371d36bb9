"""The steps of a score and the reason for a product are worded in Chinese on the Chinese pages."""

import json
import re
from pathlib import Path

import pytest

from claims.classifier.calibration import Calibration, Features
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Finding, Passage
from review.presentation.language import Words
from review.presentation.score_steps import in_chinese
from tests.claims.support import AT

CASES = Path(__file__).parents[2] / "claims" / "registered" / "dev"
_ENGLISH = re.compile("[a-z]{3,}")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


def test_every_feature_of_links_has_its_words(policy: Policy) -> None:
    model = policy.link_model
    assert model.passages is not None
    names = {*model.numbers.weights, *model.words.weights, *model.passages.weights}
    assert len(names) > 100
    assert [name for name in sorted(names) if _ENGLISH.search(in_chinese(name))] == []


def test_what_findings_tell_is_worded(policy: Policy) -> None:
    passports = load_passports(CASES / "passports.json", policy.quantity_reader)
    engine = ClaimEngine(policy, passports, at=AT)
    told: set[str] = set()
    for line in (CASES / "cases.jsonl").read_text(encoding="utf-8").splitlines()[:300]:
        case = json.loads(line)
        conversation = engine.conversation(case["case"])
        for n, text in enumerate(case["utterances"]):
            conversation.hear(
                Passage(
                    stream_id=case["case"],
                    id=f"u{n}",
                    start_ms=n * 4000,
                    end_ms=n * 4000 + 3600,
                    text=text,
                    product_id=case["product_id"],
                )
            )
        conversation.flush()
        told |= {words for finding in conversation.findings for words in _told(finding)}
    assert len(told) > 60
    assert [words for words in sorted(told) if in_chinese(words) == words] == []


def _told(finding: Finding) -> set[str]:
    return {finding.product_reason, *(step.step for step in finding.score_steps)}


def test_the_steps_of_a_calibration_are_worded() -> None:
    calibration = Calibration(intercept=-1, reader=1, detected=0.2, detector=0.3, open_share=0.4, budgets=((8.0, 0.6),))
    steps = calibration.steps(Features(detector=0.7, reader=1.2, open_share=0.9))
    assert [in_chinese(step.step) for step in steps] == [
        "直播口播的一般情形",
        "检测器得分 0.7",
        "模型判读违规的可能性 0.77",
        "其中适用于此类商品的类别占 0.90",
    ]


@pytest.mark.parametrize(
    ("told", "chinese"),
    [
        ("called '双口氮化镓充电器', carried over", "称作“双口氮化镓充电器”，沿用前文"),
        ("rival later", "同句后有：别家商品"),
        ("also said: 原价599", "另有口播：原价599"),
        ("or said of another attribute, of which the same holds: 重量 0.18", "或说的是另一属性，同样不符：重量 0.18"),
        (
            "flagged from 0.69 on: the budget of its class is 8 false alarms in an hour of talk",
            "达 0.69 即列入：本类误报预算为每小时 8 次",
        ),
        ("a step of a policy to come", "a step of a policy to come"),
    ],
)
def test_what_is_told_with_a_value_keeps_it(told: str, chinese: str) -> None:
    assert Words("zh").step(told) == chinese
    assert Words("en").step(told) == told


@pytest.mark.parametrize(
    ("both", "zh", "en"),
    [
        ("代言须真实 | An endorsement must be true", "代言须真实", "An endorsement must be true"),
        ("只有中文", "只有中文", "只有中文"),
        ("一 | two | three", "一 | two | three", "一 | two | three"),
    ],
)
def test_advice_is_told_in_the_language_of_the_page(both: str, zh: str, en: str) -> None:
    assert (Words("zh").either(both), Words("en").either(both)) == (zh, en)
