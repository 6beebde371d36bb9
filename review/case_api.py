"""The JSON interface of cases: list them, read one, decide."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from review.case_wire import (
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
from review.casepage import visible_decisions
from review.cases.deciding import Submission
from review.cases.reading import CaseQuery
from review.cases.types import WAITING, CaseState
from review.people.web import DECIDERS, EVERYBODY, allow, person_of
from review.problems import documented
from review.store import Store

CaseId = Annotated[str, Path(min_length=1, max_length=64, description="The case's `case_id`")]


def case_api_router(store: Store, class_names: Mapping[str, tuple[str, str]]) -> APIRouter:
    """The routes of cases that programs use, and the page's own decisions."""
    router = APIRouter()

    @router.get("/v1/cases", responses=documented(401, 403, 422, 503), dependencies=[Depends(allow(*EVERYBODY))])
    def list_cases(
        state: Annotated[
            list[CaseState] | None, Query(description="Those that wait for a person, if not given")
        ] = None,
        class_id: Annotated[str | None, Query(alias="class", description="Of this class of the taxonomy alone")] = None,
        host_id: Annotated[str | None, Query(description="Of this host alone")] = None,
        product_id: Annotated[str | None, Query(description="About this product alone")] = None,
        platform: Annotated[str | None, Query(description="Of hosts of this platform alone")] = None,
        severity: Annotated[str | None, Query(description="`critical`, `high` or `medium`")] = None,
        after: Annotated[str | None, Query(max_length=200, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many a page has")] = 50,
    ) -> CasesOut:
        """Cases, the most pressing first, a page at a time."""
        page = store.cases.queue(
            CaseQuery(
                states=tuple(state) if state else WAITING,
                class_id=class_id,
                host_id=host_id,
                product_id=product_id,
                platform=platform,
                severity=severity,
                after=read_cursor(after),
                limit=limit,
            )
        )
        return CasesOut(cases=[case_out(case) for case in page.cases], next_after=write_cursor(page.next_after))

    @router.get(
        "/v1/cases/{case_id}", responses=documented(401, 403, 404, 422, 503), dependencies=[Depends(allow(*EVERYBODY))]
    )
    def get_case(case_id: CaseId) -> CaseDetailOut:
        """The case, its findings, and what was decided on it."""
        case = store.cases.case(case_id)
        decisions = visible_decisions(case, store.cases.decisions(case_id))
        return detail_out(case, store.cases.findings(case_id), decisions)

    @router.post(
        "/v1/cases/{case_id}/decisions",
        status_code=201,
        responses=documented(401, 403, 404, 409, 422, 503),
        dependencies=[Depends(allow(*DECIDERS))],
    )
    def decide(request: Request, case_id: CaseId, given: DecisionIn) -> DecisionOut:
        """Decides the case as it was at this version; 409 if it changed since, or somebody else works on it."""
        if given.class_id is not None and class_names and given.class_id not in class_names:
            raise HTTPException(422, f"class {given.class_id!r} is not in the taxonomy")
        submission = Submission(
            case_id=case_id,
            version=given.version,
            request_id=given.request_id,
            choice=given.choice,
            reason=given.reason,
            class_id=given.class_id,
            note=given.note,
        )
        return decision_out(store.cases.decide(submission, person_of(request)))

    return router
