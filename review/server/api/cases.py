"""The JSON interface of cases: list them, read one, decide."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.state import visible_decisions
from review.cases.types import WAITING, Case, CaseState
from review.db.tenant_ids import shown_host, stored_host
from review.server.api.schemas.cases import (
    CaseDetailOut,
    CasesOut,
    DecisionIn,
    DecisionOut,
    case_out,
    decision_out,
    detail_out,
    read_cursor,
    write_cursor,
)
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.routers import new_router
from review.stores import Stores
from review.tenants.types import Caller, Scope

Severity = Literal["critical", "high", "medium"]
Reading = Annotated[Caller, Depends(key_or_person(Scope.CASES_READ))]
Deciding = Annotated[Caller, Depends(key_or_person(Scope.CASES_WRITE))]
CaseId = Annotated[str, Path(min_length=1, max_length=64, description="The case's `case_id`")]


def case_api_router(stores: Stores, class_names: Mapping[str, tuple[str, str]]) -> APIRouter:
    """The routes of cases that programs use, and the page's own decisions."""
    router = new_router()

    @router.get("/v1/cases", responses=answers())
    def list_cases(
        caller: Reading,
        state: Annotated[
            list[CaseState] | None, Query(description="Those that wait for a person, if not given")
        ] = None,
        class_id: Annotated[str | None, Query(alias="class", description="Of this class of the taxonomy alone")] = None,
        host_id: Annotated[str | None, Query(description="Of this host alone")] = None,
        product_id: Annotated[str | None, Query(description="About this product alone")] = None,
        platform: Annotated[str | None, Query(description="Of hosts of this platform alone")] = None,
        severity: Annotated[Severity | None, Query(description="Of this severity alone")] = None,
        after: Annotated[str | None, Query(max_length=200, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many a page has")] = 50,
    ) -> CasesOut:
        """Cases, the most pressing first, a page at a time."""
        page = stores.cases.queue(
            CaseQuery(
                states=tuple(state) if state else WAITING,
                class_id=class_id,
                host_id=None if host_id is None else stored_host(caller.home, host_id),
                product_id=product_id,
                platform=platform,
                severity=severity,
                tenants=caller.tenants,
                findings_alone=True,
                after=read_cursor(after),
                limit=limit,
            )
        )
        cases = [case_out(_as_named(caller, case)) for case in page.cases]
        return CasesOut(cases=cases, next_after=write_cursor(page.next_after))

    @router.get("/v1/cases/{case_id}", responses=answers(404))
    def get_case(case_id: CaseId, caller: Reading) -> CaseDetailOut:
        """The case, its findings, and what was decided on it."""
        stores.tenancy.check_case(caller, case_id)
        case = stores.cases.case(case_id)
        decisions = visible_decisions(case, stores.cases.decisions(case_id))
        return detail_out(
            _as_named(caller, case),
            stores.cases.findings(case_id),
            decisions,
            stores.corrections.of_case(case_id),
            stores.corrections.superseded(case_id),
        )

    @router.post("/v1/cases/{case_id}/decisions", status_code=201, responses=write_answers(404, 409))
    def decide(case_id: CaseId, given: DecisionIn, caller: Deciding) -> DecisionOut:
        """Decides the case as it was at this version; 409 if it changed since, or somebody else works on it.

        A key decides as one reviewer, whoever stands behind it: it never gives a second opinion on its own decision.
        """
        stores.tenancy.check_case(caller, case_id)
        if given.class_id is not None and class_names and given.class_id not in class_names:
            raise HTTPException(422, f"class {given.class_id!r} is not in the taxonomy")
        submission = Submission(
            case_id=case_id,
            version=given.version,
            request_id=_request_id(caller, given.request_id),
            choice=given.choice,
            reason=given.reason,
            class_id=given.class_id,
            note=given.note,
        )
        return decision_out(stores.cases.decide(submission, caller.person))

    return router


def _as_named(caller: Caller, case: Case) -> Case:
    """The case with its host's id as the caller gave it."""
    return replace(case, host_id=shown_host(caller.sees, case.host_id))


def _request_id(caller: Caller, given: str) -> str:
    """Two customers may choose the same id; each one's is its own."""
    return given if caller.sees is None else hashlib.sha256(f"{caller.sees}\0{given}".encode()).hexdigest()
