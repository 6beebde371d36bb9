"""A host's file for programs: strikes with what they weigh, the table's proposal, measures, appeals."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from review.db.tenant_ids import shown_host
from review.enforcement.penalty_points import expires_at_ms
from review.enforcement.store import EnforcementStore
from review.enforcement.types import AppealState, Held, HostFile, Measure, MeasureKind, MeasureState, Proposal
from review.server.api.schemas.findings import WireModel
from review.server.auth.api_keys import answers, key_or_person
from review.server.routers import new_router
from review.tenants.tenancy import Tenancy
from review.tenants.types import Caller, Scope


class FactorOut(WireModel):
    """Hundredths of a case's points that are added, or taken off where negative."""

    name: str
    percent: int


class StrikeOut(WireModel):
    """A confirmed case as it counts now; `points` 0: it does not count any more."""

    case_id: str
    class_id: str = Field(alias="class")
    severity: str
    corrected: bool
    law: list[str]
    at_ms: int = Field(description="Unix time")
    points: int
    factors: list[FactorOut]
    expires_at_ms: int = Field(description="Unix time")


class ProposalOut(WireModel):
    """What the published table proposes; `measure` null: nothing. People decide.

    `reached`: what the points alone would lead to; `held`: what makes the proposal milder, the `ladder`, the `law`, or
    nothing.
    """

    measure: MeasureKind | None
    reached: MeasureKind | None
    held: Held
    points: int
    term_days: int
    reason_zh: str
    reason_en: str
    table_version: str


class PointsOut(WireModel):
    """A line of a notice's table of points: the case's points, and in words what made them more or less."""

    case_id: str
    class_name: str
    severity: str
    base_points: int
    why: list[str]
    points: int


class MeasureOut(WireModel):
    """A measure with its notice in Chinese, its term and its deadlines; all times are Unix time.

    `begins_at_ms`: when it takes effect, which is with its approval where that came after `starts_at_ms`. `points`
    empty: the notice was written before it had a table.
    """

    id: str
    kind: MeasureKind
    state: MeasureState
    host_id: str
    facts: str
    reasons: str
    basis: list[str]
    basis_formal: list[str]
    power: str
    points: list[PointsOut]
    points_total: int
    remarks: str
    breach: str
    starts_at_ms: int
    begins_at_ms: int
    ends_at_ms: int
    defence_due_ms: int
    appeal_due_ms: int | None
    closed_at_ms: int | None
    closed_why: str


class AppealOut(WireModel):
    """An appeal; `decide_due_ms`: when its decision is due."""

    id: str
    measure_id: str
    state: AppealState
    filed_at_ms: int
    decide_due_ms: int
    decided_at_ms: int | None


class HostFileOut(WireModel):
    """Everything that is kept of a host; `linked`: other accounts of the same legal person, whose strikes count too."""

    host_id: str
    linked: list[str]
    strikes: list[StrikeOut]
    proposal: ProposalOut
    measures: list[MeasureOut]
    appeals: list[AppealOut]


def host_api_router(enforcement: EnforcementStore, tenancy: Tenancy) -> APIRouter:
    """The route of hosts' files."""
    router = new_router()

    @router.get("/v1/hosts/{host_id:path}", responses=answers(404))
    def get_host(
        host_id: Annotated[str, Path(min_length=1, max_length=200)],
        caller: Annotated[Caller, Depends(key_or_person(Scope.HOSTS_READ))],
    ) -> HostFileOut:
        """The host's file; that it was read, and by whom, is noted in the audit trail."""
        kept = tenancy.host(caller, host_id)
        held = tenancy.own_file(caller.tenants, enforcement.host_file(kept, caller.actor))
        return _file_out(enforcement, caller, held, enforcement.proposal_for(held))

    return router


def _file_out(enforcement: EnforcementStore, caller: Caller, held: HostFile, proposal: Proposal) -> HostFileOut:
    table = enforcement.setup.measures
    steps = {step.case_id: step for step in proposal.steps}
    return HostFileOut(
        host_id=shown_host(caller.sees, held.host_id),
        linked=[shown_host(caller.sees, host_id) for host_id in held.linked],
        strikes=[
            StrikeOut.model_validate(
                {
                    "case_id": strike.case_id,
                    "class": strike.class_id,
                    "severity": strike.severity,
                    "corrected": strike.corrected,
                    "law": list(strike.law),
                    "at_ms": strike.at_ms,
                    "points": steps[strike.case_id].points if strike.case_id in steps else 0,
                    "factors": [
                        FactorOut(name=name, percent=percent)
                        for name, percent in (steps[strike.case_id].factors if strike.case_id in steps else ())
                    ],
                    "expires_at_ms": expires_at_ms(strike, table),
                }
            )
            for strike in held.strikes
        ],
        proposal=ProposalOut(
            measure=proposal.measure,
            reached=proposal.reached,
            held=proposal.held,
            points=proposal.points,
            term_days=proposal.term_days,
            reason_zh=proposal.reason_zh,
            reason_en=proposal.reason_en,
            table_version=proposal.table_version,
        ),
        measures=[_measure_out(measure, shown_host(caller.sees, measure.host_id)) for measure in held.measures],
        appeals=[
            AppealOut(
                id=appeal.id,
                measure_id=appeal.measure_id,
                state=appeal.state,
                filed_at_ms=appeal.filed_at_ms,
                decide_due_ms=appeal.decide_due_ms,
                decided_at_ms=appeal.decided_at_ms,
            )
            for appeal in held.appeals
        ],
    )


def _measure_out(measure: Measure, host_id: str) -> MeasureOut:
    return MeasureOut(
        id=measure.id,
        kind=measure.kind,
        state=measure.state,
        host_id=host_id,
        facts=measure.notice.facts_zh,
        reasons=measure.notice.reasons_zh,
        basis=list(measure.notice.basis),
        basis_formal=list(measure.notice.basis_zh),
        power=measure.notice.power_zh,
        points=[
            PointsOut(
                case_id=row.case_id,
                class_name=row.class_zh,
                severity=row.severity,
                base_points=row.base_points,
                why=[f"{factor.zh} {factor.percent:+d} %" for factor in row.factors],
                points=row.points,
            )
            for row in measure.notice.points
        ],
        points_total=measure.notice.points_total,
        remarks=measure.notice.remarks_zh,
        breach=measure.breach,
        starts_at_ms=measure.starts_at_ms,
        begins_at_ms=measure.begins_at_ms,
        ends_at_ms=measure.ends_at_ms,
        defence_due_ms=measure.defence_due_ms,
        appeal_due_ms=measure.appeal_due_ms,
        closed_at_ms=measure.closed_at_ms,
        closed_why=measure.closed_why,
    )
