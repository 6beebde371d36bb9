"""What a platform is advised about a finding: by whose thresholds, within what, and what nobody can set away."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from bench.sample import SAMPLE
from claims.suggestions import (
    Place,
    Risk,
    Suggestion,
    SuggestionBounds,
    SuggestionRule,
    SuggestionSettings,
    risk_of,
    suggest,
    worst,
)
from claims.types import Disposition, Finding, VerdictKind

HERE = Place(host_id="h1", room="room-7", category="food/honey")
BANNED = replace(SAMPLE, verdict=VerdictKind.BANNED, disposition=Disposition.FLAG, class_id="RANK_FIRST", score=0.85)
NOTE = replace(BANNED, disposition=Disposition.NOTE, score=0.5)


def advised(finding: Finding, *rules: SuggestionRule, place: Place = HERE) -> str:
    return suggest(finding, SuggestionSettings(rules=rules), place).value


@pytest.mark.parametrize(
    ("finding", "rules", "said"),
    [
        (BANNED, (), "review"),
        (NOTE, (), "pass"),
        (BANNED, (SuggestionRule(block_from=0.85),), "block"),
        (BANNED, (SuggestionRule(block_from=0.86),), "review"),
        (BANNED, (SuggestionRule(review_from=0.86),), "pass"),
        (NOTE, (SuggestionRule(notes=True, review_from=0.5),), "review"),
        (NOTE, (SuggestionRule(notes=True, block_from=0.5),), "review"),
        (BANNED, (SuggestionRule(classes=("ORIGIN",), block_from=0.8),), "review"),
        (BANNED, (SuggestionRule(goods=("food",), block_from=0.8),), "block"),
        (BANNED, (SuggestionRule(goods=("foo",), block_from=0.8),), "review"),
        (BANNED, (SuggestionRule(hosts=("h2",), block_from=0.8),), "review"),
        (BANNED, (SuggestionRule(rooms=("room-7",), block_from=0.8),), "block"),
        (BANNED, (SuggestionRule(rooms=("room-7",), review_from=0.9), SuggestionRule(block_from=0.8)), "pass"),
        (replace(BANNED, superseded_by="f_2"), (SuggestionRule(block_from=0.8),), "pass"),
    ],
)
def test_the_first_rule_that_is_about_it_counts(finding: Finding, rules: tuple[SuggestionRule, ...], said: str) -> None:
    assert advised(finding, *rules) == said


@pytest.mark.parametrize("rule", [SuggestionRule(review_from=1.0), SuggestionRule(block_from=0.0)])
@pytest.mark.parametrize(
    "finding",
    [
        replace(BANNED, protected=True),
        replace(BANNED, verdict=VerdictKind.CONTRADICTED),
        replace(NOTE, verdict=VerdictKind.CONTRADICTED),
    ],
    ids=["said outright", "flag against the passport", "note against the passport"],
)
def test_what_is_protected_or_contradicts_a_passport_asks_for_review_whatever_is_set(
    finding: Finding, rule: SuggestionRule
) -> None:
    assert advised(finding, rule) == "review"


def test_the_risk_is_the_severity_of_a_flag() -> None:
    assert [risk_of(replace(BANNED, severity=severity)) for severity in ("critical", "high", "medium")] == [
        Risk.CRITICAL,
        Risk.HIGH,
        Risk.MEDIUM,
    ]
    assert risk_of(replace(NOTE, severity="critical")) is Risk.LOW


def test_a_broadcast_is_as_grave_as_its_gravest() -> None:
    assert worst([]) == (Suggestion.PASS, Risk.LOW)
    found = [(Suggestion.REVIEW, Risk.CRITICAL), (Suggestion.BLOCK, Risk.MEDIUM), (Suggestion.PASS, Risk.LOW)]
    assert worst(found) == (Suggestion.BLOCK, Risk.CRITICAL)


def test_what_lies_beyond_the_bounds_is_told_with_its_place() -> None:
    rules = (
        SuggestionRule(block_from=0.8, review_from=0.5),
        SuggestionRule(block_from=0.7),
        SuggestionRule(review_from=1),
    )
    found = SuggestionBounds(least_block=0.8, most_pass=0.9).faults(SuggestionSettings(rules=rules))
    assert [path for path, _ in found] == ["rules.1.block_from", "rules.2.review_from"]


def test_a_block_below_a_review_is_no_rule() -> None:
    with pytest.raises(ValidationError, match=r"block_from 0.5 is below review_from 0.6"):
        SuggestionRule(block_from=0.5, review_from=0.6)
