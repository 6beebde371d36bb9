"""The JSON of re-analyses of what is recorded."""

from typing import Annotated

from pydantic import ConfigDict, Field

from review.reanalyses.types import Outcome, ReanalysisState
from review.server.api.schemas.findings import FindingOut, WireModel
from review.server.api.schemas.streams import AtMs, ProductId, Text


class PassportVersionIn(WireModel):
    """A registered passport; without `version`, the one in force."""

    product_id: ProductId
    version: Annotated[Text | None, Field(description="As `GET /v1/passports/{id}/versions` tells it")] = None


class ReanalysisIn(WireModel):
    """A recorded broadcast, or a stretch of it, to be analysed again: by another recogniser (`model`, which hears and
    sees the recording anew), by another policy, by other versions of passports, or several of these."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "stream_id": "s_3f0c9a4be1f94f0d8f6d1f0e5d0f8a11",
                    "start_ms": 0,
                    "end_ms": 600000,
                    "passports": [{"product_id": "P-1"}],
                }
            ]
        },
    )

    stream_id: Text
    start_ms: AtMs = 0
    end_ms: Annotated[AtMs | None, Field(description="Half-open; up to its end, if not given")] = None
    model: Annotated[
        Text | None,
        Field(description="A recogniser by its name; if not given, the stored passages are judged as they are"),
    ] = None
    policy: Annotated[
        Text | None,
        Field(description="As an order of a broadcast names one; the policy in force, if not given"),
    ] = None
    passports: Annotated[
        tuple[PassportVersionIn, ...],
        Field(max_length=500, description="Of products that were on sale; the others are judged by as they were"),
    ] = ()


class PassportVersionOut(WireModel):
    """A registered passport in a version."""

    product_id: str
    version: str


class OutcomeCountsOut(WireModel):
    """How many claims were found as before, not any more, for the first time, and otherwise than before."""

    kept: int
    gone: int
    new: int
    changed: int


class ReanalysisOut(WireModel):
    """A re-analysis and how far it is: `analysed_ms` of `span_ms`. `judged_by`: the policy, once it is done.
    `missing_ms`: what is not recorded any more; what was found there is compared with nothing."""

    reanalysis_id: str
    stream_id: str
    state: ReanalysisState
    start_ms: int
    end_ms: int | None
    model: str | None
    policy: str | None
    passports: list[PassportVersionOut]
    judged_by: str | None
    span_ms: int
    analysed_ms: int
    missing_ms: int
    counts: OutcomeCountsOut
    created_at_ms: Annotated[int, Field(description="Unix time")]
    error: str | None


class ReanalysesOut(WireModel):
    """Re-analyses, the latest first; `next_after` null: there are no more."""

    reanalyses: list[ReanalysisOut]
    next_after: str | None


class ComparedOut(WireModel):
    """A claim as it was found before, and as it is found now; null: it was not. `parts`: in what they differ. A finding
    of now is in no queue and has no clip; its id may be that of a stored one."""

    outcome: Outcome
    parts: list[str]
    before: FindingOut | None
    after: FindingOut | None


class ComparedPageOut(WireModel):
    """Claims in order of time; `next_after` null: there are no more."""

    findings: list[ComparedOut]
    next_after: str | None
