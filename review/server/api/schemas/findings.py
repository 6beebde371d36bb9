"""The JSON of the HTTP interface, so that OpenAPI says what is really sent."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from claims.types import Channel, Disposition, Finding, VerdictKind
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.streams.types import StreamRecord, StreamState, Wanted


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


class WitnessOut(WireModel):
    """Where a claim was first made on one channel."""

    channel: Channel
    passage_ids: list[str]
    start_ms: int
    end_ms: int
    quote: str


class SecondReadingOut(WireModel):
    """What a language model said of a finding that was in doubt: its answer, the reason in one sentence, the words of
    the passage that it rests on. `effect`: what that changed; `why`: what kept it from changing more. Before it the
    finding had `score_before` and `disposition_before`."""

    model: str
    prompt: str
    answer: Literal["breach", "lawful", "unsure"]
    reason: str
    words: list[str]
    class_id: str
    reading: str | None
    effect: Literal["lifted", "lowered", "reworded", "none"]
    why: str
    score_before: float
    disposition_before: Disposition


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
    witnesses: list[WitnessOut]
    models: dict[str, str]
    clip: str | None
    supersedes: str | None = Field(
        default=None, description="The finding that was made from the same words before a person corrected them"
    )
    superseded_by: str | None = Field(
        default=None,
        description="The finding that took its place when its words were corrected; its own id: no claim was left",
    )
    proposed: list[str] = Field(default_factory=list, description="Other classes that the semantic layer thought of")
    second_reading: SecondReadingOut | None = None
    protected: bool = Field(default=False, description="It was said outright; a person decides, whatever is set")
    suggestion: Literal["pass", "review", "block"] | None = Field(
        default=None, description="What you are advised to do, by your thresholds; what blocking means is yours"
    )
    risk: Literal["low", "medium", "high", "critical"] | None = None
    suggested_by: str | None = Field(default=None, description="The version of the thresholds")


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


class GapOut(WireModel):
    """A stretch of the broadcast that was not analysed, on the stream clock, and the evidence for its cause."""

    kind: GapKind
    start_ms: int
    end_ms: int
    why: str


class HostOut(WireModel):
    """Who speaks."""

    id: str
    name: str
    platform: str


class DepthSourceOut(WireModel):
    """Where a broadcast's depth comes from."""

    by: Literal["order", "room", "tier", "default"] = Field(description="`order`: it names its depth itself")
    name: str = Field(description="The host whose room it is, or the tier; else empty")
    rules: str = Field(description="The version of the customer's rules; depth@0: none were set; empty: by the order")
    confirmed: int | None = Field(description="How many confirmed cases of the host the tier was chosen by")
    days_known: int | None = Field(description="How many days after the host's first broadcast it was ordered")


class StreamOut(WireModel):
    """A broadcast and how much of it was really analysed.

    `state`: where it stands now. `waiting`: nobody works on it yet. `live`: it is recorded, whether anybody speaks or
    not. `unreachable`: a worker tries, and its source gives nothing; `error` says what it gives. `interrupted`: it was
    live, and nobody records it; `waits_for` says why. `analysed_ms`, `waiting_ms` (received and not analysed yet) and
    the gaps make `span_ms`; of an interrupted one the last gap grows until somebody goes on or it is stopped. `lag_ms`:
    how far the analysis is behind the broadcast: what waits, and for how long it has been interrupted. `coverage` is
    the analysed share, rounded down: 1 only if nothing is missing. `wanted`: what its customer wants of it; null: a
    command screens it. `recorded_ms`: how far it is recorded. `speech_ms`: where somebody was last heard to speak, on
    the stream clock; null: nobody yet. `waits_for`: why nobody works on it, where nobody does.
    """

    stream_id: str
    source: str
    host: HostOut
    title: str
    started_at: datetime | None
    products: list[str]
    state: StreamState
    error: str | None
    coverage: float
    span_ms: int
    analysed_ms: int
    lag_ms: int
    waiting_ms: int
    gaps: list[GapOut]
    wanted: Wanted | None = None
    recorded_ms: int | None = None
    speech_ms: int | None = None
    waits_for: str = ""
    external_id: str | None = None
    policy: str | None = None
    max_hours: float | None = None
    depth: str | None = Field(default=None, description="What is left out by order, in words; null: nothing")
    depth_source: DepthSourceOut | None = Field(
        default=None, description="Why its depth is so, as it stood when it was ordered; null: nothing was recorded"
    )
    ordered_at_ms: Annotated[int | None, Field(description="Unix time")] = None
    suggestion: Literal["pass", "review", "block"] = Field(
        default="pass", description="The gravest of what is advised about its findings"
    )
    risk: Literal["low", "medium", "high", "critical"] = "low"


class AliveOut(WireModel):
    """The server answers."""

    status: str


class ReadyOut(AliveOut):
    """The database answers. `workers`: how many are there and take broadcasts; `places`: how many they can carry."""

    workers: int
    places: int


def finding_out(finding: Finding) -> FindingOut:
    """The finding as it is sent."""
    return FindingOut.model_validate(finding.to_json())


def stream_out(stream: StreamRecord, coverage: Coverage, missed: Gap | None = None) -> StreamOut:
    """The stream as it is sent; `missed`: the gap of its coverage that still grows."""
    return StreamOut(
        stream_id=stream.stream_id,
        source=stream.source,
        host=HostOut(id=stream.host.id, name=stream.host.name, platform=stream.host.platform),
        title=stream.title,
        started_at=stream.started_at,
        products=[product.product_id for product in stream.products],
        state=stream.state,
        error=stream.error,
        coverage=coverage.per_mille / 1000,
        span_ms=coverage.span_ms,
        analysed_ms=coverage.analysed_ms,
        lag_ms=coverage.waiting_ms + (0 if missed is None else missed.length_ms),
        waiting_ms=coverage.waiting_ms,
        gaps=[GapOut.model_validate(asdict(gap)) for gap in coverage.gaps],
    )
