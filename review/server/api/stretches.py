"""Stretches for programs: what was heard, read and covered, by a cursor of its own; and what ails a broadcast now."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from ingest.types import GapKind
from review.events.stretch_log import StretchLog
from review.events.types import MOST_EVENTS, Event
from review.server.api.event_followers import EventTail
from review.server.api.events import After, Whose, whose
from review.server.api.schemas.findings import WireModel
from review.server.api.waiting_readers import Waiting
from review.server.auth.api_keys import answers, key_or_person
from review.server.routers import new_router
from review.stores import Stores
from review.stretches.types import Condition
from review.tenants.types import Caller, Scope

_LONGEST_WAIT_S = 30.0
Reading = Annotated[Caller, Depends(key_or_person(Scope.EVENTS_READ))]
Seeing = Annotated[Caller, Depends(key_or_person(Scope.STREAMS_READ))]
StreamId = Annotated[str, Path(min_length=1, max_length=200, description="The broadcast's `stream_id`")]


class HeardOut(WireModel):
    """How long somebody spoke, as the detector of speech says, and what was understood of it."""

    speech_ms: int
    passages: int
    characters: int


class ReadOut(WireModel):
    """How many pictures were looked at, and the texts that were new on them."""

    pictures: int
    texts: int
    characters: int


class PictureOut(WireModel):
    """How long the picture was black, or stood still without being black."""

    black_ms: int
    frozen_ms: int


class MissedOut(WireModel):
    """What of the stretch was not analysed, and why."""

    kind: GapKind
    start_ms: int
    end_ms: int
    why: str


class CoveredOut(WireModel):
    """How much of the stretch was really analysed; with the gaps it makes up the whole."""

    analysed_ms: int
    gaps: list[MissedOut]


class FoundOut(WireModel):
    """How many findings begin in the stretch."""

    flags: int
    notes: int


class StretchOut(WireModel):
    """A stretch of a broadcast, on its clock; nothing more of it is to come."""

    id: str
    sequence: int = Field(description="Counts your stretches in the order in which they were stored")
    at_ms: int = Field(description="When it was told (Unix time)")
    stream_id: str
    start_ms: int
    end_ms: int
    heard: HeardOut
    read: ReadOut
    picture: PictureOut
    covered: CoveredOut
    found: FoundOut


class StretchesOut(WireModel):
    """Stretches in order; go on with `after` set to `next_after`. `kept_from`: what lies before it is gone for good."""

    stretches: list[StretchOut]
    next_after: int
    more: bool
    kept_from: int


class AilingOut(WireModel):
    """A condition that holds, since this moment of the broadcast's clock, and when that was told (Unix time)."""

    condition: Condition
    since_ms: int
    began_at_ms: int


class StreamHealthOut(WireModel):
    """What ails a broadcast now; empty: nothing that is known of."""

    stream_id: str
    conditions: list[AilingOut]


def stretches_router(stores: Stores, tail: EventTail, waiting: Waiting) -> APIRouter:
    """The routes of stretches; `tail` follows their log."""
    router = new_router(tags=["stretches"])
    log: StretchLog = stores.stretches

    @router.get("/v1/stretches", responses=answers(404))
    async def list_stretches(
        request: Request,
        caller: Reading,
        after: After = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_EVENTS, description="How many a page has")] = 100,
        wait: Annotated[
            float, Query(ge=0, le=_LONGEST_WAIT_S, description="How many seconds to wait if there is none yet")
        ] = 0,
        stream_id: Annotated[str | None, Query(min_length=1, max_length=200, description="Of it alone")] = None,
        tenant: Whose = None,
    ) -> StretchesOut:
        """Every stretch of yours after a number, in order, as long as they are kept: silence that means something."""
        tenant_id = whose(caller, tenant)
        if stream_id is not None:
            await run_in_threadpool(stores.tenancy.check_stream, caller, stream_id)
        if wait:
            with waiting.place(caller.actor):
                await tail.wait(tenant_id, after, wait, request.is_disconnected)
        page = await run_in_threadpool(log.page, tenant_id, after, limit, stream_id=stream_id)
        last = page.stretches[-1].sequence if page.stretches else after
        return StretchesOut(
            stretches=[_shown(stretch) for stretch in page.stretches],
            next_after=last,
            more=page.more,
            kept_from=page.kept_from,
        )

    @router.get("/v1/streams/{stream_id}/health", responses=answers(404))
    def get_health(stream_id: StreamId, caller: Seeing) -> StreamHealthOut:
        """What ails the broadcast now; when each begins and ends, `stream.health` tells."""
        stores.tenancy.check_stream(caller, stream_id)
        stores.streams.stream(stream_id)
        conditions = [
            AilingOut(condition=each.condition, since_ms=each.since_ms, began_at_ms=each.began_at_ms)
            for each in stores.streams.active_conditions(stream_id)
        ]
        return StreamHealthOut(stream_id=stream_id, conditions=conditions)

    return router


def _shown(stretch: Event) -> StretchOut:
    values = {"id": stretch.id, "sequence": stretch.sequence, "at_ms": stretch.at_ms, "stream_id": stretch.stream_id}
    return StretchOut.model_validate(values | dict(stretch.body))
