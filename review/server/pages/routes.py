"""The routes that people's browsers use; not part of the documented interface."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup

from review.cases.decisions import REASONS
from review.cases.duties import LEAVE_REASONS, PUT_OFF_MINUTES, PUT_OFF_REASONS
from review.presentation.glossary import Glossary
from review.server.auth.guard import EVERYBODY, allow
from review.server.language import page_answer
from review.server.pages.case import CasePart
from review.server.pages.case_changes import QueueEvents
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.pages.findings import FindingFilter, FindingsPart, read_finding_filter
from review.server.pages.queue import QueueFilter, QueuePart, read_filter
from review.server.routers import new_router
from review.stores import Stores

# The filter that the next visit begins with.
_KEPT = "zhenyan_filter"
_YEAR_S = 365 * 86_400
Filter = Annotated[QueueFilter, Depends(read_filter)]
Listed = Annotated[FindingFilter, Depends(read_finding_filter)]
Seen = Annotated[str | None, Query(max_length=100)]
Changes = AsyncGenerator[ServerSentEvent]
Swap = Annotated[str | None, Header(alias="HX-Request")]


def pages_router(stores: Stores, glossary: Glossary, events: QueueEvents) -> APIRouter:  # noqa: C901 - its routes are counted with it, and each is simple
    """The pages, and the fragments they ask for again and again."""
    router = new_router(
        default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(allow(*EVERYBODY))]
    )
    desk = Desk(glossary)
    queue = QueuePart(desk, stores)
    cases = CasePart(desk, stores)
    findings = FindingsPart(desk, stores.streams, stores.cases, cases)

    def whole(
        shown: QueueFilter, case_id: str | None, viewer: Viewer, hit: str | None = None, *, opened: bool = False
    ) -> Markup:
        return desk.fill(
            "desk.html",
            viewer,
            shown=shown,
            selected=case_id,
            opened=opened,
            bulk_choices=tuple(REASONS.items()),
            leave_reasons=LEAVE_REASONS,
            put_off_reasons=PUT_OFF_REASONS,
            put_off_minutes=PUT_OFF_MINUTES,
            colleagues=stores.people.colleagues(viewer.person),
            filters=queue.filters(shown, viewer),
            queue=queue.rows(shown, viewer),
            detail=None if case_id is None else cases.detail(case_id, viewer, hit),
        )

    @router.get("/")
    def get_queue(request: Request, shown: Filter, viewer: Seeing, clear: str = "") -> Response:
        kept = request.cookies.get(_KEPT, "")
        if kept and not clear and not request.url.query:
            return RedirectResponse(f"/?{kept}", status_code=303)
        if clear:
            answer: Response = RedirectResponse("/", status_code=303)
            answer.delete_cookie(_KEPT)
            return answer
        answer = _page(request, whole(shown, queue.first(shown, viewer.person), viewer))
        if "state" in request.query_params and not shown.text:
            answer.set_cookie(_KEPT, shown.kept, max_age=_YEAR_S, samesite="lax", httponly=True)
        return answer

    @router.get("/cases/{case_id}")
    def get_case(
        request: Request, case_id: str, shown: Filter, viewer: Seeing, hit: str | None = None, swap: Swap = None
    ) -> Response:
        if swap is None:
            return _page(request, whole(shown, case_id, viewer, hit, opened=True))
        return _page(request, cases.detail(case_id, viewer, hit))

    @router.get("/cases/{case_id}/hits/{finding_id}")
    def get_hit(case_id: str, finding_id: str, viewer: Seeing) -> Response:
        return HTMLResponse(cases.hit(case_id, finding_id, viewer))

    @router.get("/findings")
    def get_findings(request: Request, shown: Listed, viewer: Seeing) -> Response:
        return _page(request, findings.page(shown, None, viewer))

    @router.get("/findings/{finding_id}")
    def get_finding(request: Request, finding_id: str, shown: Listed, viewer: Seeing, swap: Swap = None) -> Response:
        if swap is None:
            return _page(request, findings.page(shown, finding_id, viewer))
        return _page(request, findings.detail(finding_id, viewer))

    @router.get("/partials/queue")
    def get_queue_rows(shown: Filter, viewer: Seeing, seen: Seen = None) -> Response:
        return _fragment(queue.rows(shown, viewer, seen))

    @router.get("/partials/findings")
    def get_finding_rows(shown: Listed, viewer: Seeing, seen: Seen = None) -> Response:
        return _fragment(findings.rows(shown, viewer, seen))

    @router.get("/partials/summary")
    def get_summary(shown: Listed, viewer: Seeing, seen: Seen = None) -> Response:
        return _fragment(findings.summary(shown, viewer, seen))

    @router.get("/partials/findings/{finding_id}/player")
    def get_player(finding_id: str, viewer: Seeing, seen: Seen = None) -> Response:
        return _fragment(cases.player(finding_id, viewer, seen))

    @router.get("/partials/findings/{finding_id}/context")
    def get_context(finding_id: str, viewer: Seeing, seen: Seen = None) -> Response:
        return _fragment(cases.context(finding_id, viewer, seen))

    @router.get("/partials/findings/{finding_id}/card")
    def get_card(finding_id: str, viewer: Seeing, seen: Seen = None, case: str | None = None) -> Response:
        return _fragment(cases.card(case, finding_id, viewer, seen))

    async def followed() -> AsyncIterator[Changes]:
        # Ended with the request: a route that is left while its event is on the way is never told of it.
        async with aclosing(events.follow()) as changes:
            yield changes

    @router.get("/stream/queue", response_class=EventSourceResponse)
    async def follow_queue(changes: Annotated[Changes, Depends(followed)]) -> AsyncIterable[ServerSentEvent]:
        async for change in changes:
            yield change

    return router


def _page(request: Request, page: Markup) -> Response:
    return page_answer(request, page, headers={"Vary": "HX-Request, Cookie"})


def _fragment(fragment: Markup | None) -> Response:
    return Response(status_code=204) if fragment is None else HTMLResponse(fragment)
