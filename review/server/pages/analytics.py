"""The pages of dashboards and lessons."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from review.accounts.store import PeopleStore
from review.analytics.figures import PERIODS, Dashboards, as_csv, shown
from review.analytics.store import AnalyticsStore
from review.analytics.types import Cell, Figures
from review.cases.tally import Dimension
from review.presentation.language import Words
from review.server.assets import chart_script
from review.server.auth.guard import DECIDERS, EVERYBODY, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router


def _offered(days: int) -> int:
    if days not in PERIODS:
        raise ValueError(f"must be one of {', '.join(map(str, PERIODS))}")
    return days


Days = Annotated[int, Query(), AfterValidator(_offered)]
READERS = [Depends(allow(*EVERYBODY))]


def analytics_router(people: PeopleStore, analytics: AnalyticsStore, desk: Desk) -> APIRouter:
    """The routes of what decisions teach."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def boards_of(viewer: Viewer) -> Dashboards:
        return Dashboards(analytics, desk.glossary.classes, viewer.person.tenants)

    def page(request: Request, template: str, viewer: Viewer, days: int, **values: object) -> Response:
        words = Words(viewer.language)

        def cell(figures: Figures, column: str, value: Cell) -> str:
            return shown(figures, column, value, words)

        filled = desk.fill(template, viewer, days=days, periods=PERIODS, shown=cell, **values)
        return page_answer(request, filled)

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
            proposals=analytics.proposals(viewer.person.tenants),
            names=people.names(),
            may_propose=viewer.person.role in DECIDERS,
        )

    return router
