"""Orders of broadcasts for programs: place one, see where it stands, stop it, tell of it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Response

from claims.suggestions import Risk, Suggestion
from claims.types import PlatformFact
from ingest.decode.depth import DepthPlan
from review.api_errors import KeyReused, NoRoom, OrderRefused, ScopeMissing
from review.db.tenant_ids import shown_host, stored_host
from review.scheduling.orders import NoRoomLeft, Ordered, OrderKeyReused, OrderQuery, OrderStore
from review.scheduling.platform_facts import FactReport, FactStore, NotOnSale
from review.scheduling.types import DepthSource
from review.server.api.cursor import read_time_and_id, write_cursor
from review.server.api.ordering import Platform, order_of, products_of
from review.server.api.schemas.findings import DepthSourceOut, StreamOut, stream_out
from review.server.api.schemas.streams import FactIn, FactsReceivedOut, OnSaleIn, OrderIn, StreamsOut
from review.server.api.unique_keys import unique_keys
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.routers import new_router
from review.stores import Stores
from review.stream_store.queries import StreamQueries
from review.streams.types import StreamState, Wanted
from review.tenants.tenancy import Tenancy
from review.tenants.types import Caller, Scope

_TRY_AGAIN_S = 30
_HOUR_MS = 3_600_000
StreamId = Annotated[str, Path(min_length=1, max_length=200, description="The broadcast's `stream_id`")]
Reading = Annotated[Caller, Depends(key_or_person(Scope.STREAMS_READ))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.STREAMS_WRITE))]
Telling = Annotated[Caller, Depends(key_or_person(Scope.FACTS_WRITE))]
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A text of your own for this order: sent again with it, it is the same order",
    ),
]


def stream_router(stores: Stores, platform: Platform) -> APIRouter:
    """The routes of broadcasts."""
    router = new_router(tags=["streams"])

    @router.post(
        "/v1/streams", status_code=201, responses=write_answers(409, 504) | _ROOM, dependencies=[Depends(unique_keys)]
    )
    def order_stream(given: OrderIn, caller: Writing, response: Response, key: RequestKey = None) -> StreamOut:
        """Orders the screening of a broadcast.

        The same `Idempotency-Key` with the same order gives the stream of the first time, with `Idempotency-Replayed:
        true`; with another order it is refused with 422. When every worker has what it can carry, 429 says so and
        `Retry-After` when to try again: nothing waits in a silent queue.
        """
        if given.priority == "urgent" and Scope.STREAMS_URGENT not in caller.scopes:
            raise ScopeMissing(Scope.STREAMS_URGENT)
        new = order_of(given, caller, key, platform, stores.orders.now())
        sent = platform.reading.records(caller, given.passports)
        find = products_of(given, sent, caller.home, platform)
        try:
            stream_id, again = stores.orders.place(new, find, caller.actor)
        except OrderKeyReused as error:
            raise KeyReused from error
        except NoRoomLeft as error:
            raise NoRoom(error.room.why, _TRY_AGAIN_S) from error
        if again:
            response.headers["Idempotency-Replayed"] = "true"
        response.headers["Location"] = f"/v1/streams/{stream_id}"
        return _shown(stores.streams, caller, stores.orders.ordered(stream_id))

    @router.get("/v1/streams", responses=answers())
    def list_streams(
        caller: Reading,
        state: Annotated[StreamState | None, Query(description="Where they stand")] = None,
        wanted: Annotated[Wanted | None, Query(description="What is wanted of them")] = None,
        host_id: Annotated[str | None, Query(max_length=200, description="Of this host alone")] = None,
        external_id: Annotated[str | None, Query(max_length=200, description="Your own id of the broadcast")] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many a page has")] = 50,
    ) -> StreamsOut:
        """Your broadcasts, those ordered last first, a page at a time."""
        found = stores.orders.listed(
            OrderQuery(
                tenant_id=caller.sees,
                state=state,
                wanted=wanted,
                host_id=None if host_id is None else stored_host(caller.home, host_id),
                external_id=external_id,
                after=read_time_and_id(after),
                limit=limit + 1,
            )
        )
        more = len(found) > limit
        page = found[:limit]
        last = write_cursor(page[-1].created_at_ms, page[-1].stream.stream_id) if more else None
        worst = stores.streams.worst([each.stream.stream_id for each in page])
        shown = [_shown(stores.streams, caller, each, worst[each.stream.stream_id]) for each in page]
        return StreamsOut(streams=shown, next_after=last)

    @router.get("/v1/streams/{stream_id}", responses=answers(404))
    def get_stream(stream_id: StreamId, caller: Reading) -> StreamOut:
        """What is wanted of the broadcast, where it stands, and how much of it was really analysed."""
        stores.tenancy.check_stream(caller, stream_id)
        return _shown(stores.streams, caller, stores.orders.ordered(stream_id))

    @router.delete("/v1/streams/{stream_id}", responses=answers(404, 409))
    def stop_stream(stream_id: StreamId, caller: Writing) -> StreamOut:
        """Stops the screening; what was recorded and found stays. Stopping twice is stopping once."""
        stores.tenancy.check_stream(caller, stream_id)
        stores.orders.stop(stream_id, caller.actor)
        return _shown(stores.streams, caller, stores.orders.ordered(stream_id))

    @router.put("/v1/streams/{stream_id}/on-sale", responses=write_answers(404))
    def put_on_sale(stream_id: StreamId, given: OnSaleIn, caller: Telling) -> FactsReceivedOut:
        """Tells which product the host explains from this moment on."""
        at_ms = _recorded_ms(stores.tenancy, stores.orders, caller, stream_id) if given.at_ms is None else given.at_ms
        fact = FactIn(at_ms=at_ms, kind="on_sale", product_id=given.product_id, value=given.product_id is not None)
        return _add_facts(stores.facts, caller, stream_id, [fact])

    @router.put("/v1/streams/{stream_id}/facts", responses=write_answers(404))
    def put_facts(
        stream_id: StreamId,
        given: Annotated[FactIn | Annotated[list[FactIn], Body(min_length=1, max_length=1000)], Body()],
        caller: Telling,
    ) -> FactsReceivedOut:
        """Tells one fact or many of this broadcast; one of the same moment, kind and product is kept once."""
        return _add_facts(stores.facts, caller, stream_id, given if isinstance(given, list) else [given])

    return router


_ROOM: dict[int | str, dict[str, Any]] = {
    429: write_answers()[429]
    | {
        "description": "No worker has room for another broadcast, or the key's rate is used up; `code` says which",
        "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}},
    }
}


def _depth(plan: DepthPlan) -> str | None:
    """What the order leaves out, in words."""
    hours = [f"{one.from_min // 60:02}:{one.from_min % 60:02} {one.depth.why or 'all pictures'}" for one in plan.hours]
    return "; ".join(filter(None, (plan.usual.why, *hours))) or None


def _source(source: DepthSource | None) -> DepthSourceOut | None:
    return None if source is None else DepthSourceOut.model_validate(asdict(source))


def _recorded_ms(tenancy: Tenancy, orders: OrderStore, caller: Caller, stream_id: str) -> int:
    tenancy.check_stream(caller, stream_id)
    lease = orders.ordered(stream_id).lease
    return 0 if lease is None else max(0, lease.recorded_ms)


def _add_facts(fact_store: FactStore, caller: Caller, stream_id: str, given: Sequence[FactIn]) -> FactsReceivedOut:
    """Keeps the facts; OrderRefused names one that is of another broadcast or of a product that is not on sale."""
    for index, fact in enumerate(given):
        if fact.stream_id not in {None, stream_id}:
            raise OrderRefused(f"[{index}].stream_id", "is another broadcast's", code="other_stream")
    facts = tuple(
        PlatformFact(stream_id=stream_id, at_ms=f.at_ms, kind=f.kind, product_id=f.product_id, value=f.value)
        for f in given
    )
    try:
        new = fact_store.add(FactReport(stream_id=stream_id, facts=facts, actor=caller.actor, sees=caller.sees))
    except NotOnSale as error:
        why = f"product {error.product_id!r} is not on sale in this broadcast"
        raise OrderRefused(f"[{error.index}].product_id", why, code="unknown_product") from error
    return FactsReceivedOut(stream_id=stream_id, received=len(given), new=new)


def _shown(
    streams: StreamQueries, caller: Caller, ordered: Ordered, worst: tuple[Suggestion, Risk] | None = None
) -> StreamOut:
    """The broadcast as it is sent to this caller; `worst`: of its findings, where that is known already."""
    suggestion, risk = worst or streams.worst([ordered.stream.stream_id])[ordered.stream.stream_id]
    stream, order, lease, stands = ordered.stream, ordered.order, ordered.lease, ordered.status
    sent = stream_out(stream, ordered.covered(streams.ledger(stream.stream_id)), stands.missed)
    return sent.model_copy(
        update={
            "host": sent.host.model_copy(update={"id": shown_host(caller.sees, stream.host.id)}),
            "suggestion": suggestion.value,
            "risk": risk.value,
            "wanted": None if order is None else order.wanted,
            "recorded_ms": None if lease is None else lease.recorded_ms,
            "waits_for": stands.why,
            "speech_ms": streams.last_said_ms(stream.stream_id),
            "external_id": None if order is None else order.external_id,
            "policy": None if order is None else order.policy,
            "max_hours": None if order is None or order.max_ms is None else order.max_ms / _HOUR_MS,
            "depth": None if order is None else _depth(order.depth),
            "depth_source": None if order is None else _source(order.depth_source),
            "ordered_at_ms": None if order is None else order.created_at_ms,
        }
    )
