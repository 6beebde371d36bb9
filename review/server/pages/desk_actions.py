"""What the desk's pages do besides deciding one case: take and give back, take back, reopen, decide several."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from review.cases.decisions import LEASE_MS, Submission
from review.cases.types import Decision
from review.presentation.glossary import Glossary
from review.server.api.schemas.cases import (
    CaseOut,
    ClaimOut,
    ManyDecisionsIn,
    ManyDecisionsOut,
    ManyIn,
    RefusedOut,
    case_out,
)
from review.server.auth.guard import DECIDERS, allow, person_of
from review.server.pages.bulk_decisions import preview
from review.server.pages.desk import Desk, Seeing
from review.server.pages.queue import QueueFilter, read_filter
from review.server.routers import new_router
from review.stores import Stores

Filter = Annotated[QueueFilter, Depends(read_filter)]
CaseId = Annotated[str, Path(min_length=1, max_length=64)]


def actions_router(stores: Stores, glossary: Glossary) -> APIRouter:
    """The routes that the desk's scripts send to; each write carries the session's token."""
    router = new_router(include_in_schema=False, dependencies=[Depends(allow(*DECIDERS))])
    desk = Desk(glossary)

    @router.post("/cases/{case_id}/claim")
    def claim(request: Request, case_id: CaseId) -> ClaimOut:
        """Takes the case, or holds it for another while."""
        case = stores.cases.claim(case_id, person_of(request))
        return ClaimOut(version=case.version, state=case.state, lease_ms=LEASE_MS)

    @router.post("/cases/{case_id}/release", status_code=204)
    def release(request: Request, case_id: CaseId) -> Response:
        """Gives the case back."""
        stores.cases.release(case_id, person_of(request))
        return Response(status_code=204)

    @router.post("/cases/{case_id}/undo")
    def undo(request: Request, case_id: CaseId) -> CaseOut:
        """Takes the person's last decision back."""
        return case_out(stores.cases.undo(case_id, person_of(request)))

    @router.post("/cases/{case_id}/reopen")
    def reopen(request: Request, case_id: CaseId) -> CaseOut:
        """Takes the case up again."""
        return case_out(stores.cases.reopen(case_id, person_of(request)))

    @router.post("/bulk/preview", response_class=HTMLResponse)
    def preview_many(given: ManyIn, viewer: Seeing) -> Response:
        """What one decision would meet at each of these cases; nothing is decided."""
        case_ids = stores.reach.within(viewer.person, "case_id", given.case_ids)
        prospects = preview(stores.cases, case_ids, given.choice, given.reason, viewer.person)
        filled = desk.fill("_preview.html", viewer, prospects=prospects, choice=given.choice, reason=given.reason)
        return HTMLResponse(filled)

    @router.post("/bulk")
    def decide_many(request: Request, given: ManyDecisionsIn) -> ManyDecisionsOut:
        """Decides each of these cases; one that can't be decided stops no other."""
        stores.reach.check(person_of(request), "case_id", *(one.case_id for one in given.cases))
        submissions = [
            Submission(
                case_id=one.case_id,
                version=one.version,
                request_id=one.request_id,
                choice=given.choice,
                reason=given.reason,
                note=given.note,
            )
            for one in given.cases
        ]
        return _outcome(submissions, stores.cases.decide_all(submissions, person_of(request)))

    @router.post("/views")
    def save_view(viewer: Seeing, name: Annotated[str, Form(min_length=1, max_length=60)], shown: Filter) -> Response:
        """Keeps the filter under a name."""
        stores.people.save_view(viewer.person.id, name.strip() or "-", shown.url(""))
        return RedirectResponse(shown.url("/"), status_code=303)

    @router.post("/views/drop")
    def drop_view(viewer: Seeing, name: Annotated[str, Form(max_length=60)], shown: Filter) -> Response:
        """Forgets a view."""
        stores.people.drop_view(viewer.person.id, name)
        return RedirectResponse(shown.url("/"), status_code=303)

    return router


def _outcome(submissions: Sequence[Submission], came: Sequence[Decision | Exception]) -> ManyDecisionsOut:
    pairs = list(zip(submissions, came, strict=True))
    return ManyDecisionsOut(
        taken=[given.case_id for given, one in pairs if isinstance(one, Decision)],
        refused=[
            RefusedOut(case_id=given.case_id, code=getattr(one, "code", "changed"))
            for given, one in pairs
            if not isinstance(one, Decision)
        ],
    )
