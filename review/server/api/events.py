"""The log of events for programs: by cursor, waiting for the next, or as a stream."""

import json
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from review.events.log import EventLog
from review.events.types import MOST_EVENTS
from review.server.api.event_followers import EventTail
from review.server.api.schemas.findings import WireModel
from review.server.api.waiting_readers import Waiting
from review.server.auth.api_keys import answers, key_or_person
from review.server.routers import new_router
from review.tenants.types import Caller, Scope

_LONGEST_WAIT_S = 30.0
Reading = Annotated[Caller, Depends(key_or_person(Scope.EVENTS_READ))]
After = Annotated[int, Query(ge=0, le=(1 << 53), description="The number of the last event that you have; 0: none")]
Whose = Annotated[
    str | None,
    Query(max_length=60, description="Whose: for people who work for the operator; default local"),
]


class EventOut(WireModel):
    """An event, the same whether it is read, followed or sent. `id` stays the same when it comes again."""

    id: str
    sequence: int = Field(description="Counts your events in the order in which they were stored")
    type: str = Field(
        description="Such as `finding.created`, `stream.interrupted`, `decision.made`, `measure.in_force`"
    )
    timestamp: str = Field(description="When it happened, ISO 8601")
    data: dict[str, Any] = Field(description="`subject`, `host_id`, `stream_id`, and what this type tells")


class EventsOut(WireModel):
    """Events in order; go on with `after` set to `next_after`. `more`: there are further ones already."""

    events: list[EventOut]
    next_after: int
    more: bool


def events_router(log: EventLog, tail: EventTail, waiting: Waiting) -> APIRouter:
    """The routes of events; `waiting` bounds how many connections somebody keeps open here."""
    router = new_router(tags=["events"])

    async def place(caller: Reading) -> AsyncIterator[None]:
        # As a dependency it refuses before the answer begins, and ends with the connection.
        with waiting.place(caller.actor):
            yield

    @router.get("/v1/events", responses=answers())
    async def list_events(
        request: Request,
        caller: Reading,
        after: After = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_EVENTS, description="How many a page has")] = 100,
        wait: Annotated[
            float, Query(ge=0, le=_LONGEST_WAIT_S, description="How many seconds to wait if there is none yet")
        ] = 0,
        tenant: Whose = None,
    ) -> EventsOut:
        """Every event of yours after a number, in order, for ever: nobody loses one because a webhook was down."""
        tenant_id = whose(caller, tenant)
        if wait:
            with waiting.place(caller.actor):
                await tail.wait(tenant_id, after, wait, request.is_disconnected)
        found = await run_in_threadpool(log.after, tenant_id, after, limit)
        last = found[-1].sequence if found else after
        head = await run_in_threadpool(log.head, tenant_id)
        return EventsOut(
            events=[EventOut.model_validate(event.to_json()) for event in found], next_after=last, more=head > last
        )

    @router.get(
        "/v1/events/stream",
        response_class=EventSourceResponse,
        responses=answers(),
        dependencies=[Depends(place)],
    )
    async def follow_events(
        caller: Reading,
        after: After = 0,
        tenant: Whose = None,
        last: Annotated[
            str | None,
            Header(alias="Last-Event-ID", pattern="^[0-9]{1,15}$", description="Goes on after this number"),
        ] = None,
    ) -> AsyncIterable[ServerSentEvent]:
        """The same events as server-sent events: `id` is the number, `event` the type, `data` the event as JSON."""
        start = after if last is None else int(last)
        async with aclosing(tail.follow(whose(caller, tenant), start)) as following:
            async for event in following:
                data = json.dumps(event.to_json(), ensure_ascii=False, separators=(",", ":"))
                yield ServerSentEvent(raw_data=data, event=event.kind, id=str(event.sequence), retry=2000)

    return router


def whose(caller: Caller, tenant: str | None) -> str:
    """Whose events are meant: a key's are its customer's, whatever it names."""
    return caller.sees or tenant or caller.home
