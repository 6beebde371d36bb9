"""What a platform is advised to do about a finding: let it pass, have somebody look, or block; by its own thresholds.

What blocking means stays the platform's act. What was said outright against the law, and what contradicts a passport,
asks for review whatever anybody sets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from claims.types import Disposition, Finding, Frozen, VerdictKind

Score = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
MOST_RULES = 200


class Suggestion(StrEnum):
    """What is advised, from the mildest."""

    PASS = "pass"
    REVIEW = "review"
    BLOCK = "block"


class Risk(StrEnum):
    """How grave it is, from the least; of what is kept as a note, low."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class SuggestionRule(Frozen):
    """From which scores a finding asks for review and from which for a block, for the findings that it is about.

    An empty list is about all. `goods`: a category and all below it. `rooms`: the broadcasts' `external_id`.
    `block_from` None: nothing is blocked. `notes`: what is kept as a note asks for review as well.
    """

    classes: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    goods: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    hosts: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    rooms: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    review_from: Score = 0.0
    block_from: Score | None = None
    notes: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> "SuggestionRule":
        if self.block_from is not None and self.block_from < self.review_from:
            raise ValueError(f"block_from {self.block_from:g} is below review_from {self.review_from:g}; raise it")
        return self


class SuggestionSettings(Frozen):
    """Rules in their order: the first that is about a finding counts; where none is, a flag asks for review."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"rules": [{"goods": ["food"], "review_from": 0.6, "block_from": 0.9}]}]},
    )

    rules: Annotated[tuple[SuggestionRule, ...], Field(max_length=MOST_RULES)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionBounds:
    """Within what a customer may set: no block below one score, no passing of flags at or above another."""

    least_block: float = 0.8
    most_pass: float = 0.9

    def faults(self, settings: SuggestionSettings) -> list[tuple[str, str]]:
        """What lies beyond, each as path and reason."""
        found = []
        for index, rule in enumerate(settings.rules):
            if rule.block_from is not None and rule.block_from < self.least_block:
                why = f"is {rule.block_from:g}; this installation blocks from {self.least_block:g} at the lowest"
                found.append((f"rules.{index}.block_from", why))
            if rule.review_from > self.most_pass:
                why = f"is {rule.review_from:g}; this installation has flags reviewed from {self.most_pass:g} on"
                found.append((f"rules.{index}.review_from", why))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding was made, as its customer names it; None: not known."""

    host_id: str
    room: str | None = None
    category: str | None = None


def suggest(finding: Finding, settings: SuggestionSettings, place: Place) -> Suggestion:
    """What these settings advise of the finding."""
    if finding.superseded_by is not None or finding.disposition is Disposition.NONE:
        return Suggestion.PASS
    if finding.protected or finding.verdict is VerdictKind.CONTRADICTED:
        return Suggestion.REVIEW
    rule = next((rule for rule in settings.rules if _is_about(rule, finding, place)), _REVIEWS)
    if finding.disposition is Disposition.NOTE:
        return Suggestion.REVIEW if rule.notes and finding.score >= rule.review_from else Suggestion.PASS
    if rule.block_from is not None and finding.score >= rule.block_from:
        return Suggestion.BLOCK
    return Suggestion.REVIEW if finding.score >= rule.review_from else Suggestion.PASS


def risk_of(finding: Finding) -> Risk:
    """How grave it is: the policy's severity of a flag."""
    if finding.superseded_by is not None or finding.disposition is not Disposition.FLAG:
        return Risk.LOW
    return Risk(finding.severity) if finding.severity in set(Risk) else Risk.MEDIUM


def worst(found: Iterable[tuple[Suggestion, Risk]]) -> tuple[Suggestion, Risk]:
    """Of a broadcast's findings the gravest suggestion and the gravest risk; of none, pass and low."""
    pairs = [(Suggestion.PASS, Risk.LOW), *found]
    return max((s for s, _ in pairs), key=_SUGGESTIONS.index), max((r for _, r in pairs), key=_RISKS.index)


_REVIEWS = SuggestionRule()
_SUGGESTIONS, _RISKS = list(Suggestion), list(Risk)


def _is_about(rule: SuggestionRule, finding: Finding, place: Place) -> bool:
    if rule.classes and finding.class_id not in rule.classes:
        return False
    if rule.hosts and place.host_id not in rule.hosts:
        return False
    if rule.rooms and place.room not in rule.rooms:
        return False
    category = place.category or ""
    return not rule.goods or any(category == one or category.startswith(f"{one.rstrip('/')}/") for one in rule.goods)
