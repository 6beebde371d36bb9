"""The pages of re-analyses: those that were ordered, a new one over a broadcast, and what each found otherwise."""

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from review.accounts.types import Person
from review.api_errors import OrderRefused, PlatformError
from review.enforcement.notice_pages import shown_time
from review.presentation.language import Words
from review.presentation.terms import keys_of
from review.reanalyses.types import OVER, Outcome
from review.scheduling.status import OVER_STATES
from review.server.api.ordering import Platform
from review.server.api.reanalysis_orders import place_reanalysis
from review.server.api.schemas.reanalyses import ReanalysisIn
from review.server.auth.guard import EVERYBODY, SENIORS, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer, finding_url
from review.server.routers import new_router
from review.stores import Stores
from review.stream_store.queries import StreamQueries
from review.streams.types import StreamRecord
from review.tenants.types import Caller

READERS = [Depends(allow(*EVERYBODY))]
Senior = Annotated[Person, Depends(allow(*SENIORS))]
Id = Annotated[str, InPath(max_length=36)]
Text = Annotated[str, Form(max_length=200)]
Moment = Annotated[str, Form(max_length=12)]
_MOST, _A_PAGE = 100, 200
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})")


def reanalysis_pages_router(stores: Stores, desk: Desk, platform: Platform, data_dir: Path) -> APIRouter:
    """The routes of these pages; `data_dir`: where recordings lie, as far as this machine has them."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(request: Request, template: str, viewer: Viewer, status: int = 200, /, **values: object) -> Response:
        may = viewer.person.role in SENIORS
        filled = desk.fill(f"reanalyses/{template}", viewer, at=shown_time, may_order=may, **values)
        return page_answer(request, filled, status_code=status)

    def overview(
        request: Request, viewer: Viewer, stream_id: str, sent: dict[str, object] | None = None, error: str = ""
    ) -> Response:
        stream = stores.streams.stream_now(stream_id) if stream_id else None
        found = stores.reanalyses.reanalyses(viewer.person.tenants, stream_id=stream_id or None, limit=_MOST)
        return page(
            request,
            "reanalyses.html",
            viewer,
            422 if error else 200,
            stream=stream,
            is_over=stream is not None and stream.state in OVER_STATES,
            found=found,
            titles=_titles(stores.streams, [one.stream_id for one in found]),
            models=platform.recognisers(),
            sent=sent or {"model": "", "policy": "", "products": [], "begins": "", "ends": ""},
            error=error,
        )

    @router.get("/reanalyses", dependencies=READERS)
    def get_reanalyses(
        request: Request, viewer: Seeing, stream: Annotated[str, Query(max_length=200)] = ""
    ) -> Response:
        return overview(request, viewer, stream)

    @router.post("/reanalyses")
    def order(
        request: Request,
        senior: Senior,
        viewer: Seeing,
        stream: Text,
        model: Text = "",
        policy: Text = "",
        products: Annotated[list[str], Form(max_length=500)] = [],  # noqa: B006 - FastAPI copies it
        begins: Moment = "",
        ends: Moment = "",
    ) -> Response:
        """Orders it; with what is wrong the form comes back as it was."""
        stores.reach.check(senior, "stream_id", stream)
        sent: dict[str, object] = {"model": model, "policy": policy, "products": products}
        sent |= {"begins": begins, "ends": ends}
        try:
            given = ReanalysisIn.model_validate(
                {
                    "stream_id": stream,
                    "start_ms": _clock_ms("begins", begins) or 0,
                    "end_ms": _clock_ms("ends", ends),
                    "model": model.strip() or None,
                    "policy": policy.strip() or None,
                    "passports": [{"product_id": product_id} for product_id in products],
                }
            )
            caller = Caller.of_person(senior, stores.streams.stream(stream).tenant_id)
            reanalysis_id, _ = place_reanalysis(given, caller, stores, data_dir, platform)
        except ValidationError as error:
            message = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors(include_url=False))
            return overview(request, viewer, stream, sent, message)
        except PlatformError as error:
            return overview(request, viewer, stream, sent, _reason(error, Words(viewer.language)))
        return RedirectResponse(f"/reanalyses/{reanalysis_id}", status_code=303)

    @router.get("/reanalyses/{reanalysis_id}", dependencies=READERS)
    def get_reanalysis(
        request: Request,
        viewer: Seeing,
        reanalysis_id: Id,
        outcome: Annotated[Outcome | None, Query()] = None,
        after: Annotated[int, Query(ge=-1)] = -1,
    ) -> Response:
        one = stores.reanalyses.reanalysis(reanalysis_id)
        claims = stores.reanalyses.compared(reanalysis_id, outcome=outcome, after=after, limit=_A_PAGE + 1)
        return page(
            request,
            "reanalysis.html",
            viewer,
            one=one,
            title=_titles(stores.streams, [one.stream_id]).get(one.stream_id, one.stream_id),
            is_going=one.state not in OVER,
            claims=[claim for _, claim in claims[:_A_PAGE]],
            next_after=claims[_A_PAGE - 1][0] if len(claims) > _A_PAGE else None,
            outcome=outcome,
            outcomes=tuple(Outcome),
            clip_url=finding_url,
        )

    @router.post("/reanalyses/{reanalysis_id}/cancel")
    def cancel(senior: Senior, reanalysis_id: Id) -> Response:
        stores.reanalyses.cancel(stores.reanalyses.reanalysis(reanalysis_id).reanalysis_id, senior.id)
        return RedirectResponse(f"/reanalyses/{reanalysis_id}", status_code=303)

    return router


def _reason(error: PlatformError, words: Words) -> str:
    """Why it can't be done, in the viewer's language."""
    key = f"reanalysis_error.{error.code}"
    return words(key) if key in set(keys_of("reanalysis_error")) else str(error)


def _titles(streams: StreamQueries, stream_ids: list[str]) -> dict[str, str]:
    """What people call each broadcast."""
    found: dict[str, StreamRecord] = streams.by_ids(stream_ids)
    return {stream_id: f"{stream.title or stream_id} · {stream.host.name}" for stream_id, stream in found.items()}


def _clock_ms(field: str, text: str) -> int | None:
    """The place on the stream clock that is written so, in milliseconds; None: nothing is written."""
    if not text.strip():
        return None
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise OrderRefused(field, f"{text!r}: write it as 1:02:30, hours, minutes and seconds", code="range")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000
