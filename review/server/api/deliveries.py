"""Deliveries of all addresses for programs and people: what was told, what is tried again, what was given up."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from review.events.types import DeliveryState
from review.server.api.cursor import read_cursor, write_cursor
from review.server.api.schemas.findings import WireModel
from review.server.auth.api_keys import answers, key_or_person
from review.server.auth.guard import EVERYBODY, SENIORS
from review.server.routers import new_router
from review.tenants.types import Caller, Scope
from review.webhooks.delivery_status import Board, BoardQuery
from review.webhooks.endpoints import SETTINGS, Targets
from review.webhooks.retry_queue import Deliveries

Reading = Annotated[Caller, Depends(key_or_person(Scope.WEBHOOKS, *EVERYBODY))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.WEBHOOKS, *SENIORS))]


class DeliveryStatusOut(WireModel):
    """How far the telling of an event at an address is; `parked`: it was tried for days and is not tried any more.

    `kind`, `subject` and `at_ms` are the event's own.
    """

    endpoint_id: str
    event_sequence: int
    kind: str
    subject: str
    at_ms: int
    state: DeliveryState
    attempts: int
    next_at_ms: int
    last_error: str
    delivered_at_ms: int | None


class AllToldOut(WireModel):
    """Deliveries by address, and there in the order of their events; `next_after` null: there are no more."""

    deliveries: list[DeliveryStatusOut]
    next_after: str | None


def deliveries_router(targets: Targets, board: Board, deliveries: Deliveries) -> APIRouter:
    """The routes of deliveries, whatever their address."""
    router = new_router(tags=["webhooks"])

    @router.get("/v1/deliveries", responses=answers(404))
    def list_all_deliveries(
        caller: Reading,
        state: DeliveryState | None = None,
        webhook_id: Annotated[str | None, Query(max_length=60, description="At this address alone")] = None,
        tenant: Annotated[
            str | None,
            Query(max_length=60, description="Whose: for people who work for the operator; default everybody's"),
        ] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=500, description="How many a page has")] = 100,
    ) -> AllToldOut:
        """What was told at your addresses, what is tried again, and what was given up, a page at a time."""
        place = read_cursor(after, str, int)
        if webhook_id is not None:
            targets.of(webhook_id, caller.sees)
        query = BoardQuery(
            tenant_id=caller.sees or tenant,
            endpoint_id=webhook_id,
            state=state,
            after=None if place is None else (str(place[0]), int(place[1])),
            limit=limit + 1,
        )
        found = board.listed(query)
        page = found[:limit]
        last = page[-1].delivery if len(found) > limit else None
        return AllToldOut(
            deliveries=[
                DeliveryStatusOut(
                    endpoint_id=status.delivery.endpoint_id,
                    event_sequence=status.delivery.event_sequence,
                    kind=status.kind,
                    subject=status.subject,
                    at_ms=status.at_ms,
                    state=status.delivery.state,
                    attempts=status.delivery.attempts,
                    next_at_ms=status.delivery.next_at_ms,
                    last_error=status.delivery.last_error,
                    delivered_at_ms=status.delivery.delivered_at_ms,
                )
                for status in page
            ],
            next_after=None if last is None else write_cursor(last.endpoint_id, last.event_sequence),
        )

    @router.post("/v1/deliveries/{sequence}/retry", status_code=204, responses=answers(404))
    def retry_delivery(
        sequence: Annotated[int, Path(ge=0, le=1 << 53, description="The event's number")],
        caller: Writing,
        webhook_id: Annotated[
            str, Query(max_length=60, description="At which address; default that of the settings")
        ] = SETTINGS,
    ) -> Response:
        """Tells this event again at this address; `POST /v1/webhooks/{id}/redeliver` tells many."""
        deliveries.retry(targets.of(webhook_id, caller.sees).id, sequence, caller.actor)
        return Response(status_code=204)

    return router
