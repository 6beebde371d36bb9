"""What was said and shown, for programs: by a cursor, or as WebVTT; personal data only for who may have it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from claims.types import Channel, Passage
from review.server.api.schemas.findings import WireModel
from review.server.auth.api_keys import answers, key_or_person
from review.server.routers import new_router
from review.stream_store.queries import StreamQueries
from review.streams.redaction import redacted_passage
from review.streams.vtt import webvtt
from review.tenants.tenancy import Tenancy
from review.tenants.types import Caller, Scope

_MOST = 1000
_LATEST_MS = 1 << 53
Reading = Annotated[Caller, Depends(key_or_person(Scope.TRANSCRIPTS_READ))]
StreamId = Annotated[str, Path(min_length=1, max_length=200, description="The broadcast's `stream_id`")]
OfChannel = Annotated[Channel | None, Query(description="What was said alone, or what was shown alone")]


class WordOut(WireModel):
    """A word, from which character to which, and when it was said."""

    start: int
    end: int
    start_ms: int
    end_ms: int


class PlaceOut(WireModel):
    """Where it stood, in pixels of the picture."""

    left: int
    top: int
    right: int
    bottom: int


class PassageOut(WireModel):
    """What was said or shown, as people corrected it. The same `id` again is the same passage, grown or corrected."""

    number: int = Field(description="Counts the broadcast's passages in the order in which they were stored")
    id: str
    channel: Channel
    start_ms: int
    end_ms: int
    text: str = Field(description="Personal data is blackened (█) without the scope `transcripts:full`")
    product_id: str | None
    words: list[WordOut]
    box: PlaceOut | None


class PassagesOut(WireModel):
    """Passages in the order in which they were stored; go on with `after` set to `next_after`."""

    passages: list[PassageOut]
    next_after: int
    more: bool
    redacted: bool = Field(description="Whether personal data is blackened for this key")


def transcripts_router(streams: StreamQueries, tenancy: Tenancy) -> APIRouter:
    """The routes of what was said and shown."""
    router = new_router(tags=["transcripts"])

    @router.get("/v1/streams/{stream_id}/passages", responses=answers(404))
    def list_passages(
        stream_id: StreamId,
        caller: Reading,
        channel: OfChannel = None,
        after: Annotated[int, Query(ge=0, le=_LATEST_MS, description="The last number that you have; 0: none")] = 0,
        limit: Annotated[int, Query(ge=1, le=_MOST, description="How many a page has")] = 100,
    ) -> PassagesOut:
        """What was said and shown, also while the broadcast is on: a page that is empty is all there is for now."""
        tenancy.check_stream(caller, stream_id)
        streams.stream(stream_id)
        found = streams.numbered_passages(stream_id, after, limit + 1, channel)
        is_redacted = Scope.TRANSCRIPTS_FULL not in caller.scopes
        page = found[:limit]
        return PassagesOut(
            passages=[_shown(number, _seen(passage, is_redacted)) for number, passage in page],
            next_after=page[-1][0] if page else after,
            more=len(found) > limit,
            redacted=is_redacted,
        )

    @router.get(
        "/v1/streams/{stream_id}/transcript.vtt",
        response_class=Response,
        responses=answers(404) | {200: {"content": {"text/vtt": {"schema": {"type": "string"}}}}},
    )
    def get_transcript(
        stream_id: StreamId,
        caller: Reading,
        channel: OfChannel = None,
        from_ms: Annotated[int, Query(ge=0, le=_LATEST_MS, description="On the broadcast's clock")] = 0,
        to_ms: Annotated[int | None, Query(ge=0, le=_LATEST_MS, description="Up to here; all without it")] = None,
    ) -> Response:
        """What was said and shown as WebVTT, in the order of the broadcast."""
        tenancy.check_stream(caller, stream_id)
        streams.stream(stream_id)
        is_redacted = Scope.TRANSCRIPTS_FULL not in caller.scopes
        found = streams.passages(stream_id, from_ms=from_ms, to_ms=to_ms)
        wanted = [_seen(passage, is_redacted) for passage in found if channel in (None, passage.channel)]
        return Response(webvtt(wanted), media_type="text/vtt; charset=utf-8")

    return router


def _seen(passage: Passage, is_redacted: bool) -> Passage:
    return redacted_passage(passage) if is_redacted else passage


def _shown(number: int, passage: Passage) -> PassageOut:
    values = passage.model_dump(include={"id", "channel", "start_ms", "end_ms", "text", "product_id", "words", "box"})
    return PassageOut.model_validate(values | {"number": number})
