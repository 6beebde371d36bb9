"""The editor of a passage, in the place of the hit that is shown."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from review.corrections.eligibility import Stand
from review.corrections.errors import CorrectionRefused
from review.errors import CaseChanged, DecisionRefused
from review.presentation.language import Words
from review.server.auth.guard import DECIDERS, allow
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.stores import Stores

Id = Annotated[str, Path(min_length=1, max_length=200)]


def editor_router(stores: Stores, desk: Desk, *, is_offered: bool) -> APIRouter:
    """The route that gives the editor; `is_offered` false: it says that nothing is judged here."""
    router = new_router(include_in_schema=False, dependencies=[Depends(allow(*DECIDERS))])

    @router.get("/cases/{case_id}/hits/{finding_id}/correction", response_class=HTMLResponse)
    def get_editor(
        case_id: Id, finding_id: Id, viewer: Seeing, passage: Annotated[str | None, Query(max_length=200)] = None
    ) -> Response:
        return HTMLResponse(_editor(stores, desk, case_id, finding_id, passage, viewer, is_offered))

    return router


def _editor(
    stores: Stores, desk: Desk, case_id: str, finding_id: str, passage_id: str | None, viewer: Viewer, is_offered: bool
) -> Markup:
    finding = stores.streams.finding(finding_id).finding
    chosen = passage_id or finding.passage_ids[-1]
    words = Words(viewer.language)
    stand: Stand | None = None
    why = "" if is_offered else words("correct.off")
    if is_offered:
        try:
            stand = stores.corrections.stand(case_id, chosen, viewer.person)
        except (CaseChanged, DecisionRefused, CorrectionRefused) as refused:
            why = " · ".join(part for part in (words(f"barred.{refused.code}"), refused.who) if part)
    own = [
        p for p in stores.streams.passages(finding.stream_id, from_ms=finding.start_ms) if p.id in finding.passage_ids
    ]
    return desk.fill(
        "_correct.html",
        viewer,
        case=stores.cases.case(case_id),
        stand=stand,
        why=why,
        passages=own,
        products=stores.streams.stream(finding.stream_id).products,
        request_id=str(uuid.uuid4()),
    )
