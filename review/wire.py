"""The JSON of the HTTP interface, so that OpenAPI says what is really sent."""

from pydantic import BaseModel, ConfigDict, Field

from claims.types import Channel, Disposition, Finding, VerdictKind


class WireModel(BaseModel):
    """A record that is sent as declared and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MatchOut(WireModel):
    """What was heard, and what it was taken to mean."""

    kind: str
    heard: str
    meant: str


class ExemptionOut(WireModel):
    """An exemption that was tried."""

    id: str
    applies: bool
    why: str


class ScoreStepOut(WireModel):
    """A step of the score and the score after it."""

    step: str
    value: float


class FindingOut(WireModel):
    """A finding, as `Finding.to_json` writes it."""

    finding_id: str
    stream_id: str
    passage_ids: list[str]
    start_ms: int
    end_ms: int
    channel: Channel
    quote: str
    normalised: str
    class_id: str = Field(alias="class")
    verdict: VerdictKind
    disposition: Disposition
    severity: str
    score: float
    product_id: str | None
    claimed: str
    registered: str | None
    passport_path: str | None
    passport_version: str | None
    law: list[str]
    law_status: str
    policy: str
    rule: str
    match: list[MatchOut]
    exemptions: list[ExemptionOut]
    score_steps: list[ScoreStepOut]
    advice: str
    product_reason: str
    count: int
    models: dict[str, str]
    clip: str | None


class FindingsOut(WireModel):
    """Findings in the order in which they were found; ask again with `after` set to `next_after`, also when `more` is
    false: what is found later has a greater place."""

    findings: list[FindingOut]
    next_after: int
    more: bool


class PeaksOut(WireModel):
    """The loudest sample of every 20 ms in [0, 1]; empty for a clip without sound."""

    duration_ms: int
    peaks: list[float]


class HealthOut(WireModel):
    """The server answers."""

    status: str


def finding_out(finding: Finding) -> FindingOut:
    """The finding as it is sent."""
    return FindingOut.model_validate(finding.to_json())
