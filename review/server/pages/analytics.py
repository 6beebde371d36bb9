"""The pages of dashboards and lessons, and the routes by which words are proposed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import AfterValidator

from review.accounts.types import Person
from review.analytics.figures import PERIODS, Dashboards, as_csv, shown
from review.analytics.store import ProposalRefused
from review.analytics.types import Cell, Figures, ProposalKind
from review.cases.tally import Dimension
from review.presentation.language import Words
from review.server.assets import chart_script
from review.server.auth.guard import DECIDERS, EVERYBODY, allow
from review.server.language import keep_language
from review.server.pages.desk import Desk, Seeing, Viewer, case_url
from review.store import Store


def _offered(days: int) -> int:
    if days not in PERIODS:
        raise ValueError(f"must be one of {', '.join(map(str, PERIODS))}")
    return days


Days = Annotated[int, Query(), AfterValidator(_offered)]
Decider = Annotated[Person, Depends(allow(*DECIDERS))]
READERS = [Depends(allow(*EVERYBODY))]


def analytics_router(store: Store, desk: Desk) -> APIRouter:
    """The routes of what decisions teach."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    def boards_of(viewer: Viewer) -> Dashboards:
        return Dashboards(store.analytics, desk.glossary.classes, viewer.person.tenants)

    def page(request: Request, template: str, viewer: Viewer, days: int, **values: object) -> Response:
        words = Words(viewer.language)

        def cell(figures: Figures, column: str, value: Cell) -> str:
            return shown(figures, column, value, words)

        filled = desk.fill(template, viewer, days=days, periods=PERIODS, shown=cell, **values)
        answer = HTMLResponse(filled)
        keep_language(request, answer)
        return answer

    @router.get("/dashboards", dependencies=READERS)
    def get_dashboards(request: Request, viewer: Seeing, days: Days = 30) -> Response:
        words, boards = Words(viewer.language), boards_of(viewer)
        tables = [
            *(boards.findings(dimension, days, words) for dimension in Dimension),
            boards.ages(words),
            boards.coverage(words),
            boards.precision(days, words),
        ]
        return page(request, "analytics/dashboards.html", viewer, days, tables=tables, chart_script=chart_script())

    @router.get("/dashboards/{name}.csv", dependencies=READERS)
    def get_csv(name: str, viewer: Seeing, days: Days = 30) -> Response:
        words = Words(viewer.language)
        figures = boards_of(viewer).named(name, days, words)
        if figures is None:
            raise HTTPException(404, "there is no table of this name")
        headers = {"Content-Disposition": f'attachment; filename="zhenyan-{name}-{days}d.csv"'}
        return Response(as_csv(figures, words), media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/teaching", dependencies=READERS)
    def get_analytics(request: Request, viewer: Seeing, days: Days = 30) -> Response:
        words, boards = Words(viewer.language), boards_of(viewer)
        tables = {
            "teach.by_class": boards.precision(days, words, by_class=True),
            "teach.by_rule": boards.precision(days, words),
            "teach.reversals": boards.reversals(days, words),
        }
        return page(
            request,
            "analytics/teaching.html",
            viewer,
            days,
            tables=tables,
            proposals=store.analytics.proposals(viewer.person.tenants),
            names=store.people.names(),
            may_propose=viewer.person.role in DECIDERS,
        )

    @router.get("/cases/{case_id}/proposals/preview", dependencies=[Depends(allow(*DECIDERS))])
    def preview(case_id: str, viewer: Seeing, words: Annotated[str, Query(max_length=200)]) -> Response:
        """What the words would match among what is stored; nothing is proposed by it."""
        store.cases.case(case_id)
        found = store.analytics.preview(words, viewer.person.tenants)
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
        proposal = store.analytics.propose(case_id, person, words, class_id or None, kind, reason)
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(case_url(case_id), status_code=303)
        return JSONResponse({"proposal_id": proposal.id, "words": proposal.words}, status_code=201)

    @router.post("/proposals/{proposal_id}/withdraw")
    def withdraw(proposal_id: str, person: Decider) -> Response:
        store.analytics.withdraw(proposal_id, person)
        return RedirectResponse("/teaching", status_code=303)

    return router
