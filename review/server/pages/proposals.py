"""Words that people propose for the lexicon: what they would match, sent and taken back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from review.accounts.types import Person
from review.analytics.store import AnalyticsStore, ProposalRefused
from review.analytics.types import ProposalKind
from review.cases.store import CaseStore
from review.server.auth.guard import DECIDERS, allow
from review.server.pages.desk import Desk, Seeing, case_url
from review.server.routers import new_router

Decider = Annotated[Person, Depends(allow(*DECIDERS))]


def proposals_router(cases: CaseStore, analytics: AnalyticsStore, desk: Desk) -> APIRouter:
    """The routes of proposals."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/cases/{case_id}/proposals/preview", dependencies=[Depends(allow(*DECIDERS))])
    def preview(case_id: str, viewer: Seeing, words: Annotated[str, Query(max_length=200)]) -> Response:
        """What the words would match among what is stored; nothing is proposed by it."""
        cases.case(case_id)
        found = analytics.preview(words, viewer.person.tenants)
        return HTMLResponse(desk.fill("analytics/_word_preview.html", viewer, found=found))

    @router.post("/cases/{case_id}/proposals")
    def propose(
        request: Request,
        case_id: str,
        person: Decider,
        words: Annotated[str, Form(max_length=200)],
        kind: Annotated[ProposalKind, Form()] = ProposalKind.WORD,
        class_id: Annotated[str | None, Form(alias="class", max_length=60)] = None,
        reason: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        """Proposes words for the lexicon; a page's form is led back to the case, a script gets the proposal's id."""
        classes = desk.glossary.classes
        if class_id and classes and class_id not in classes:
            raise ProposalRefused(f"class {class_id!r}: the policy has none of this name")
        proposal = analytics.propose(case_id, person, words, class_id or None, kind, reason)
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(case_url(case_id), status_code=303)
        return JSONResponse({"proposal_id": proposal.id, "words": proposal.words}, status_code=201)

    @router.post("/proposals/{proposal_id}/withdraw")
    def withdraw(proposal_id: str, person: Decider) -> Response:
        analytics.withdraw(proposal_id, person)
        return RedirectResponse("/teaching", status_code=303)

    return router
