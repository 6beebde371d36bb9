"""The published table of measures as a page that anybody can read (直播电商监督管理办法 12)."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from review.accounts.types import Person, Role
from review.enforcement.store import EnforcementStore
from review.server.auth.guard import anybody
from review.server.language import language_of, page_answer
from review.server.pages.desk import Desk, Viewer
from review.server.routers import new_router

TABLE_URL = "/standard"


def table_router(enforcement: EnforcementStore, desk: Desk) -> APIRouter:
    """The route of the published table; nobody need log in to read by what hosts are judged."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(anybody)])

    @router.get(TABLE_URL)
    def get_table(request: Request) -> Response:
        language = language_of(request)
        table, laws = enforcement.setup.measures, desk.glossary.laws
        viewer = Viewer(
            person=Person(id="", name="", role=Role.AUDITOR),
            language=language,
            csrf="",
            style_nonce=request.state.style_nonce,
            switch_url=f"{TABLE_URL}?lang={'en' if language == 'zh' else 'zh'}",
        )
        filled = desk.fill(
            "enforcement/table.html",
            viewer,
            table=table,
            beside=tuple(kind for kind in table.measures if kind not in table.ladder.rungs),
            statutes=[
                (statute, [laws.formal(f"{statute.name} {number}", language) for number in statute.articles])
                for statute in table.statutes
            ],
        )
        return page_answer(request, filled)

    return router
