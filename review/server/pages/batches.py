"""The pages of batches: what was handed in and how far it is, and each file of one with its error and findings."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from review.batches.store import BatchStore
from review.batches.types import ArchiveState
from review.server.api.cursor import read_time_and_id, write_cursor
from review.server.auth.guard import EVERYBODY, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing
from review.server.routers import new_router
from review.streams.rows import shown_source
from review.tenants.keys import KeyStore

BatchId = Annotated[str, Path(min_length=1, max_length=36)]
_PAGE = 50


def batch_pages_router(batches: BatchStore, keys: KeyStore, desk: Desk) -> APIRouter:
    """The routes of the pages of batches."""
    router = new_router(
        default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(allow(*EVERYBODY))]
    )

    @router.get("/batches")
    def get_batches(
        request: Request, viewer: Seeing, after: Annotated[str | None, Query(max_length=2000)] = None
    ) -> Response:
        found = batches.batches(viewer.person.tenants, after=read_time_and_id(after), limit=_PAGE + 1)
        shown = found[:_PAGE]
        more = None
        if len(found) > _PAGE:
            last = shown[-1][0]
            more = "/batches?" + urlencode({"after": write_cursor(last.created_at_ms, last.batch_id)})
        names = {one.tenant_id: one.name for one in keys.tenants()}
        return page_answer(request, desk.fill("batches/batches.html", viewer, listed=shown, more=more, names=names))

    @router.get("/batches/{batch_id}")
    def get_batch(
        request: Request,
        batch_id: BatchId,
        viewer: Seeing,
        state: ArchiveState | None = None,
    ) -> Response:
        batch = batches.batch(batch_id, viewer.person.tenants)
        files = [one for one in batch.archives if state is None or one.state is state]
        by_state: Mapping[str, int] = {
            each.value: sum(one.state is each for one in batch.archives) for each in ArchiveState
        }
        filled = desk.fill(
            "batches/batch.html",
            viewer,
            batch=batch,
            counts=batches.counts(batch_id),
            files=files,
            by_state=by_state,
            chosen=state,
            shown_source=shown_source,
        )
        return page_answer(request, filled)

    return router
