"""The JSON of customers' rules of depth."""

from pydantic import Field

from review.scheduling.depth_choice import depth_settings
from review.scheduling.depth_rules import DepthSettings
from review.server.api.schemas.findings import WireModel
from review.streams.tenant_rules import RuleKind, StoredRules, name_of


class DepthRulesOut(WireModel):
    """Rules of depth in a version; broadcasts name it in `depth_source`."""

    name: str = Field(description="The version as broadcasts name it; depth@0: nothing was set")
    version: str | None = Field(description="`sha256:` and the hash of the settings; null: nothing was set")
    created_at_ms: int | None = Field(description="Unix time")
    settings: DepthSettings


class DepthVersionsOut(WireModel):
    """Versions, the latest first."""

    versions: list[DepthRulesOut]


def depth_rules_out(stored: StoredRules | None) -> DepthRulesOut:
    """The rules as they are sent."""
    return DepthRulesOut(
        name=name_of(RuleKind.DEPTH, 0) if stored is None else stored.name,
        version=None if stored is None else stored.version,
        created_at_ms=None if stored is None else stored.created_at_ms,
        settings=depth_settings(stored),
    )
