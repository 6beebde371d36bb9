"""The pages on which people see what customers could not be told, and have it told again."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse

from net.errors import shown
from review.accounts.types import Person, Role
from review.enforcement.notice_pages import shown_time
from review.events.types import DeliveryState, EndpointState, Target
from review.presentation.language import Words
from review.server.auth.guard import SENIORS, allow
from review.server.auth.tenant_reach import own_tenants
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.stores import Stores
from review.webhooks.endpoints import SETTINGS
from review.webhooks.errors import UnknownDeliveryError, UnknownEndpointError

READERS = (Role.SENIOR, Role.ADMIN, Role.AUDITOR)
_PAGE = 50
Senior = Annotated[Person, Depends(allow(*SENIORS))]
Id = Annotated[str, InPath(max_length=60)]
Count = Annotated[int, Query(ge=0, le=1 << 53)]


class Shown(StrEnum):
    """Which deliveries of an address a page lists."""

    PARKED = "parked"
    PENDING = "pending"
    DELIVERED = "delivered"
    ALL = "all"


def webhook_pages_router(stores: Stores, desk: Desk) -> APIRouter:  # noqa: C901 - its routes are counted with it
    """The routes of the pages of webhooks."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)
    reading = [Depends(allow(*READERS))]

    def page(request: Request, template: str, viewer: Viewer, status: int = 200, /, **values: object) -> Response:
        filled = desk.fill(
            f"webhooks/{template}",
            viewer,
            at=shown_time,
            where=shown_address,
            may_send=viewer.person.role in SENIORS,
            **values,
        )
        return page_answer(request, filled, status_code=status)

    def overview(request: Request, viewer: Viewer, tenant: str = "", status: int = 200, error: str = "") -> Response:
        own = viewer.person.tenants
        endpoint_statuses = stores.board.endpoint_statuses(
            own if own is not None and tenant not in own else tenant or None
        )
        return page(
            request,
            "webhooks.html",
            viewer,
            status,
            endpoint_statuses=endpoint_statuses,
            tenants=own_tenants(viewer.person, stores.keys),
            tenant=tenant,
            troubled=sum(status.is_troubled for status in endpoint_statuses),
            now_ms=stores.enforcement.now_ms(),
            error=error,
        )

    def unknown(request: Request, viewer: Viewer) -> Response:
        return overview(request, viewer, status=404, error=Words(viewer.language)("webhook.unknown"))

    def address(
        request: Request,
        viewer: Viewer,
        target: Target,
        listed: Shown,
        before: int | None = None,
        status: int = 200,
        **values: object,
    ) -> Response:
        state = None if listed is Shown.ALL else DeliveryState(listed.value)
        found = stores.board.latest(target.id, state, before, _PAGE + 1)
        counts = stores.deliveries.counts(target.id)
        values = {"error": "", "again": None, "enabled": False} | values
        return page(
            request,
            "webhook.html",
            viewer,
            status,
            target=target,
            is_disabled=target.state is EndpointState.DISABLED,
            deliveries=found[:_PAGE],
            older=found[_PAGE - 1].delivery.event_sequence if len(found) > _PAGE else None,
            before=before,
            counts={each: counts.get(each, 0) for each in DeliveryState},
            listed=listed,
            choices=tuple(Shown),
            now_ms=stores.enforcement.now_ms(),
            **values,
        )

    @router.get("/webhooks", dependencies=reading)
    def get_webhooks(request: Request, viewer: Seeing, tenant: Annotated[str, Query(max_length=60)] = "") -> Response:
        return overview(request, viewer, tenant)

    @router.get("/webhooks/{webhook_id}", dependencies=reading)
    def get_webhook(
        request: Request,
        viewer: Seeing,
        webhook_id: Id,
        state: Shown = Shown.PARKED,
        before: Count | None = None,
        again: Count | None = None,
        enabled: bool = False,
    ) -> Response:
        try:
            target = stores.webhooks.of(webhook_id, None)
        except UnknownEndpointError:
            return unknown(request, viewer)
        return address(request, viewer, target, state, before, again=again, enabled=enabled)

    @router.post("/webhooks/{webhook_id}/redeliver")
    def redeliver(
        request: Request,
        person: Senior,
        viewer: Seeing,
        webhook_id: Id,
        sequence: Annotated[int | None, Form(ge=1, le=1 << 53)] = None,
        state: Annotated[Shown, Form()] = Shown.PARKED,
    ) -> Response:
        """One event again, or without its number everything that is parked."""
        try:
            target = stores.webhooks.of(webhook_id, None)
            if sequence is None:
                count = stores.deliveries.retry_parked(target.id, person.id)
            else:
                stores.deliveries.retry(target.id, sequence, person.id)
                count = 1
        except UnknownEndpointError:
            return unknown(request, viewer)
        except UnknownDeliveryError:
            error = Words(viewer.language)("webhook.no_delivery", n=sequence)
            return address(request, viewer, target, state, status=404, error=error)
        return _back(target, again=count, state=state)

    @router.post("/webhooks/{webhook_id}/enable")
    def enable(
        request: Request,
        person: Senior,
        viewer: Seeing,
        webhook_id: Id,
        missed: Annotated[bool, Form()] = False,
    ) -> Response:
        """Tells the address again; `missed`: also of what happened while it was disabled."""
        try:
            before = stores.webhooks.of(webhook_id, None)
            stores.webhooks.enable(webhook_id, None, person.id)
        except UnknownEndpointError:
            return unknown(request, viewer)
        count = 0
        if missed and before.disabled_after is not None and before.state is EndpointState.DISABLED:
            count = stores.deliveries.again_since(before, before.disabled_after, person.id)
        return _back(before, again=count, enabled="true", state=Shown.PENDING)

    return router


def _back(target: Target, **values: object) -> Response:
    return RedirectResponse(f"/webhooks/{target.id}?{urlencode(values)}", status_code=303)


def shown_address(target: Target, words: Words) -> str:
    """The address as people may see it."""
    """The address without what may be a customer's token."""
    return words("webhook.settings") if target.id == SETTINGS else shown(target.url)
