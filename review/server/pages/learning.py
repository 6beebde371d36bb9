"""The page of what the reader learnt: fits with their cards, the candidate in shadow, hosts who are left out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from claims.classifier.fit.examples import labels_as_lines
from review.accounts.types import Person
from review.enforcement.notice_pages import shown_time
from review.learning.store import LearningStore
from review.learning.types import Shadow, ShadowFigures
from review.presentation.language import Words
from review.server.auth.guard import EVERYBODY, SENIORS, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.stores import Stores

READERS = [Depends(allow(*EVERYBODY))]
Senior = Annotated[Person, Depends(allow(*SENIORS))]
PACKAGED = "packaged"
_SHOWN_DIFFERENCES = 100


def learning_router(stores: Stores, desk: Desk) -> APIRouter:
    """The routes of what is learnt."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(request: Request, viewer: Viewer, error: str = "", status: int = 200) -> Response:
        own = viewer.person.tenants
        words = Words(viewer.language)
        names = {version.digest: version.name for version in stores.policies.versions()}
        shown = _shown(stores.learning, own)
        filled = desk.fill(
            "analytics/learning.html",
            viewer,
            fits=stores.learning.fits(owner=own),
            forgotten=len(stores.learning.forgotten(own)),
            shadow=shown,
            figures=ShadowFigures() if shown is None else stores.learning.shadow_figures(shown.id, own),
            differences=() if shown is None else stores.learning.shadow_differences(shown.id, _SHOWN_DIFFERENCES, own),
            policy_name=lambda digest: names.get(digest, words("policy.packaged")),
            live=stores.policies.in_force(),
            at=shown_time,
            names=stores.people.names(),
            may_move=viewer.person.role in SENIORS and own is None,
            error=error,
        )
        return page_answer(request, filled, status_code=status)

    @router.get("/learning", dependencies=READERS)
    def get_learning(request: Request, viewer: Seeing) -> Response:
        return page(request, viewer)

    @router.get("/learning/decisions.jsonl")
    def export(person: Senior) -> Response:
        """The decisions of the installation's own broadcasts as labelled passages, in the form that fits take."""
        stores.audit.note(person.id, "learning.exported", "decisions")
        lines = "".join(f"{line}\n" for line in labels_as_lines(stores.learning.decided("local").passages))
        headers = {"Content-Disposition": 'attachment; filename="zhenyan-decisions.jsonl"'}
        return PlainTextResponse(lines, media_type="application/x-ndjson", headers=headers)

    @router.post("/learning/shadow")
    def begin(person: Senior, digest: Annotated[str, Form(max_length=64)]) -> Response:
        version = stores.policies.version(digest)
        stores.learning.begin_shadow(version.digest, stores.policies.in_force() or PACKAGED, person.id)
        return RedirectResponse("/learning", status_code=303)

    @router.post("/learning/shadow/end")
    def end(person: Senior) -> Response:
        stores.learning.end_shadow(person.id)
        return RedirectResponse("/learning", status_code=303)

    @router.post("/learning/forget")
    def forget(
        request: Request, person: Senior, viewer: Seeing, host_id: Annotated[str, Form(max_length=200)] = ""
    ) -> Response:
        """Leaves a host out of every later fit, whether anything of theirs is stored or not."""
        words = Words(viewer.language)
        if not host_id.strip():
            return page(request, viewer, words("learning.forget_whom"), 422)
        stores.learning.forget(host_id.strip(), person.id)
        return RedirectResponse("/learning", status_code=303)

    return router


def _shown(learning: LearningStore, owner: frozenset[str] | None) -> Shadow | None:
    """What reads in shadow now, else what did last; not what was learnt from other customers' decisions alone."""
    found = [one for one in learning.shadows() if owner is None or not learning.learnt_by_others(one.digest, owner)]
    return next((one for one in found if one.ended_at_ms is None), next(iter(found), None))
