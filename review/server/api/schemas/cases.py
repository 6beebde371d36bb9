"""The JSON of cases and decisions."""

import base64
import binascii
from dataclasses import replace
from typing import Annotated

from fastapi import HTTPException
from pydantic import ConfigDict, Field

from review.cases.types import Case, CaseState, Choice, Decision
from review.server.api.schemas.corrections import CorrectionOut, correction_out
from review.server.api.schemas.findings import FindingOut, WireModel, finding_out
from review.streams.corrections import Correction, Superseded
from review.streams.types import StoredFinding

Id = Annotated[str, Field(min_length=1, max_length=64)]


class ReasonOut(WireModel):
    """One thing that made the case's place in the queue."""

    code: str
    count: int


class CaseOut(WireModel):
    """Findings of one host about one product that claim the same; `version` goes with a decision on it."""

    case_id: str
    state: CaseState
    version: int
    host_id: str
    host_name: str
    platform: str
    product_id: str | None
    product_name: str | None
    class_id: str = Field(alias="class")
    severity: str
    quote: str
    score: float
    rank: float
    why: list[ReasonOut]
    opened_at_ms: int = Field(description="Unix time")
    changed_at_ms: int = Field(description="Unix time")
    finding_count: int
    stream_count: int
    said_count: int
    top_finding_id: str
    claimed_by: str | None
    claimed_until_ms: int | None = Field(description="Unix time")


class CasesOut(WireModel):
    """Cases, the most pressing first; `next_after` null: there are no more."""

    cases: list[CaseOut]
    next_after: str | None


class DecisionOut(WireModel):
    """What a person decided, the state it was taken in and the state it led to."""

    decision_id: str
    case_id: str
    person_id: str
    choice: Choice
    reason: str
    class_id: str | None = Field(alias="class")
    note: str
    before: CaseState
    after: CaseState
    decided_at_ms: int = Field(description="Unix time")
    undone_at_ms: int | None = Field(description="Unix time; null: it stands")


class CaseDetailOut(WireModel):
    """A case with its findings, the latest first, and what was decided; nothing of that while a second, blind review
    is waited for."""

    case: CaseOut
    findings: list[FindingOut]
    decisions: list[DecisionOut]
    corrections: list[CorrectionOut] = Field(default=[], description="Of the passages of its findings, oldest first")
    superseded: list[FindingOut] = Field(
        default=[], description="Findings that no longer stand since their words were corrected, as they stood"
    )


class DecisionIn(WireModel):
    """A decision on the version of the case that was seen. The same `request_id` again is the same decision."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"version": 1, "request_id": "d-1", "choice": "violates", "reason": "as_found", "note": ""}]
        },
    )

    version: int
    request_id: Id
    choice: Choice
    reason: Annotated[str, Field(max_length=40)]
    class_id: Annotated[str | None, Field(alias="class", max_length=60)] = None
    note: Annotated[str, Field(max_length=2000)] = ""


class ManyIn(WireModel):
    """Cases to preview one decision on."""

    case_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    choice: Choice
    reason: Annotated[str, Field(max_length=40)]


class OneOfMany(WireModel):
    """A case as it was seen."""

    case_id: Id
    version: int
    request_id: Id


class ManyDecisionsIn(WireModel):
    """One decision on several cases, each of which was seen and confirmed."""

    cases: Annotated[list[OneOfMany], Field(min_length=1, max_length=100)]
    choice: Choice
    reason: Annotated[str, Field(max_length=40)]
    note: Annotated[str, Field(max_length=2000)] = ""


class RefusedOut(WireModel):
    """A case that was not decided, and why."""

    case_id: str
    code: str


class ManyDecisionsOut(WireModel):
    """What came of each case."""

    taken: list[str]
    refused: list[RefusedOut]


class ClaimOut(WireModel):
    """The viewer's hold on a case; `version` is what the case is at now."""

    version: int
    state: CaseState
    lease_ms: int


def case_out(case: Case) -> CaseOut:
    """The case as it is sent."""
    return CaseOut.model_validate(
        {
            "case_id": case.id,
            "class": case.class_id,
            "why": [{"code": reason.code, "count": reason.count} for reason in case.why],
        }
        | {name: getattr(case, name) for name in CaseOut.model_fields if name not in {"case_id", "class_id", "why"}}
    )


def decision_out(decision: Decision) -> DecisionOut:
    """The decision as it is sent."""
    return DecisionOut.model_validate(
        {"decision_id": decision.id, "class": decision.class_id}
        | {
            name: getattr(decision, name)
            for name in DecisionOut.model_fields
            if name not in {"decision_id", "class_id"}
        }
    )


def detail_out(
    case: Case,
    findings: tuple[StoredFinding, ...],
    decisions: tuple[Decision, ...],
    corrections: tuple[Correction, ...] = (),
    superseded: tuple[Superseded, ...] = (),
) -> CaseDetailOut:
    """The case with all that may be told of it."""
    return CaseDetailOut(
        case=case_out(case),
        findings=[finding_out(stored.finding) for stored in findings],
        decisions=[decision_out(decision) for decision in decisions],
        corrections=[correction_out(correction) for correction in corrections],
        superseded=[finding_out(replace(one.finding, superseded_by=one.heir)) for one in superseded],
    )


def write_cursor(after: tuple[float, str] | None) -> str | None:
    """The place in the queue as an opaque text."""
    return None if after is None else base64.urlsafe_b64encode(f"{after[0]!r} {after[1]}".encode()).decode()


def read_cursor(cursor: str | None) -> tuple[float, str] | None:
    """What `write_cursor` wrote; a text that it did not write is refused with 422."""
    if cursor is None:
        return None
    try:
        rank, _, case_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return float(rank), case_id
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise HTTPException(422, "after: give next_after of the page before, as it was") from error
