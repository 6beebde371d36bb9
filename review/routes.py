"""The routes that people's browsers use; not part of the documented interface."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from review.desk import Desk, DeskFilter, read_filter
from review.store import Store

Filter = Annotated[DeskFilter, Depends(read_filter)]
Seen = Annotated[str | None, Query(max_length=100)]


def pages_router(desk: Desk, store: Store) -> APIRouter:
    """The page, and the fragments it asks for again and again."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/")
    def get_desk(request: Request, shown: Filter) -> Response:
        streams = store.streams()
        if "stream" not in request.query_params and len(streams) == 1:
            return RedirectResponse(
                DeskFilter(stream=streams[0].stream_id, show=shown.show, limit=shown.limit).url("/")
            )
        return HTMLResponse(desk.page(shown, None, request.state.style_nonce))

    @router.get("/findings/{finding_id}")
    def get_finding(
        request: Request, finding_id: str, shown: Filter, hx_request: Annotated[str | None, Header()] = None
    ) -> Response:
        if hx_request is None:
            page = desk.page(shown, finding_id, request.state.style_nonce)
        else:
            page = desk.detail(finding_id)
        return HTMLResponse(page, headers={"Vary": "HX-Request"})

    @router.get("/partials/queue")
    def get_queue(shown: Filter, seen: Seen = None) -> Response:
        return _fragment(desk.queue(shown, seen))

    @router.get("/partials/summary")
    def get_summary(shown: Filter, seen: Seen = None) -> Response:
        return _fragment(desk.summary(shown, seen))

    @router.get("/partials/findings/{finding_id}/player")
    def get_player(finding_id: str, seen: Seen = None) -> Response:
        return _fragment(desk.player(finding_id, seen))

    @router.get("/partials/findings/{finding_id}/context")
    def get_context(finding_id: str, seen: Seen = None) -> Response:
        return _fragment(desk.context(finding_id, seen))

    @router.get("/partials/findings/{finding_id}/card")
    def get_card(finding_id: str, seen: Seen = None) -> Response:
        return _fragment(desk.card(finding_id, seen))

    return router


def _fragment(fragment: Markup | None) -> Response:
    return Response(status_code=204) if fragment is None else HTMLResponse(fragment)
