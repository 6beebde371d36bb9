"""The JSON of what is advised about findings."""

from typing import Literal

from pydantic import Field

from claims.suggestions import Suggestion, SuggestionBounds, SuggestionSettings
from claims.types import Finding
from review.server.api.schemas.findings import WireModel
from review.streams.tenant_rules import RuleKind, StoredRules, name_of

_MOST_EXAMPLES = 5


class BoundsOut(WireModel):
    """Within what a customer may set: the lowest score of a block, and the score from which flags are reviewed."""

    least_block: float
    most_pass: float


class SuggestionsOut(WireModel):
    """Thresholds in a version; findings name it as `suggested_by`."""

    name: str = Field(description="The version as findings name it; suggestions@0: nothing was set")
    version: str | None = Field(description="`sha256:` and the hash of the settings; null: nothing was set")
    created_at_ms: int | None = Field(description="Unix time")
    settings: SuggestionSettings
    bounds: BoundsOut


class SuggestionVersionsOut(WireModel):
    """Versions, the latest first."""

    versions: list[SuggestionsOut]


class MovedOut(WireModel):
    """How many of the latest findings would be advised otherwise, or the same, with some of them."""

    before: Literal["pass", "review", "block"]
    after: Literal["pass", "review", "block"]
    findings: int
    examples: list[str] = Field(description="`finding_id` of some of them")


class TriedOut(WireModel):
    """What the settings would have advised of the latest findings."""

    findings: int
    moved: list[MovedOut]


def suggestions_out(stored: StoredRules | None, bounds: SuggestionBounds) -> SuggestionsOut:
    """The thresholds as they are sent."""
    return SuggestionsOut(
        name=name_of(RuleKind.SUGGESTIONS, 0) if stored is None else stored.name,
        version=None if stored is None else stored.version,
        created_at_ms=None if stored is None else stored.created_at_ms,
        settings=SuggestionSettings() if stored is None else SuggestionSettings.model_validate(stored.content),
        bounds=BoundsOut(least_block=bounds.least_block, most_pass=bounds.most_pass),
    )


def tried_out(moved: dict[tuple[str, Suggestion], list[Finding]]) -> TriedOut:
    """What a trial gave, as it is sent."""
    rows = [
        MovedOut.model_validate(
            {
                "before": before,
                "after": after.value,
                "findings": len(findings),
                "examples": [finding.finding_id for finding in findings[:_MOST_EXAMPLES]],
            }
        )
        for (before, after), findings in sorted(moved.items())
    ]
    return TriedOut(findings=sum(row.findings for row in rows), moved=rows)
