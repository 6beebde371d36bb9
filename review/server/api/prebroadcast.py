"""`POST /v1/check`: words before they are said."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from review.judge_pool.callers import party_of
from review.judge_pool.pool import JudgingPool
from review.passports.lookup import PassportLookup
from review.prebroadcast.limits import CheckLimits
from review.prebroadcast.types import CatalogueRow
from review.server.api.json_bodies import body_of, read_json
from review.server.api.prebroadcast_jobs import Goods, RowsAnswer, RowsCheck, TextAnswer, TextCheck
from review.server.api.schemas.prebroadcast import CatalogueIn, CatalogueOut, CheckIn, CheckOut
from review.server.auth.api_keys import key_or_person, write_answers
from review.server.auth.guard import EVERYBODY
from review.server.routers import new_router
from review.streams.tenant_rules import StoredRules
from review.tenants.types import Caller, Scope

Asking = Annotated[Caller, Depends(key_or_person(Scope.CHECK, *EVERYBODY))]
Body = Annotated[bytes, Depends(body_of)]
_JSON = "application/json"


def check_router(
    pool: JudgingPool,
    limits: CheckLimits,
    lookup: PassportLookup,
    now: Callable[[], datetime],
    count: Callable[[str, int], None],
    words: Callable[[str], StoredRules | None],
) -> APIRouter:
    """The routes that check words; the server's own process reads and judges nothing of them but their JSON.

    `count`: takes how many texts a customer has checked; it raises where these are too many. `words`: the list that a
    customer has in force.
    """
    router = new_router()

    async def goods_of(sent: CheckIn | CatalogueIn, caller: Caller) -> Goods:
        wanted = list(dict.fromkeys(sent.products))
        found = await run_in_threadpool(lookup.find, caller.home, wanted) if wanted else ()
        registered = {shelved.product_id: shelved.record for shelved in found}
        return Goods(products=tuple(wanted), registered=registered, sent=tuple(sent.passports))

    @router.post("/v1/check", response_model=CheckOut, responses=_answers(), openapi_extra=_takes(CheckIn))
    async def check(request: Request, caller: Asking, body: Body) -> Response:
        """Checks a script, a product page or captions before the broadcast; each finding comes with advice.

        Nothing is stored and nobody is flagged. What one request may hold, how long it may take and how many a key
        may have under way is bounded: 413 and 422 name the field and the limit, 429 and 503 say when to try again,
        and 504 that it was stopped.
        """
        party = party_of(caller)
        pool.check_room(party)
        sent = await read_json(request, body, CheckIn)
        await run_in_threadpool(count, caller.home, 1)
        checked = TextCheck(
            text=sent.text,
            kind=sent.kind,
            goods=await goods_of(sent, caller),
            at=sent.at or now(),
            limits=limits,
            tenant_id=caller.home,
            words=await run_in_threadpool(words, caller.home),
        )
        return Response(await pool.run(party, TextAnswer(check=checked), request), media_type=_JSON)

    @router.post(
        "/v1/check/catalogue", response_model=CatalogueOut, responses=_answers(), openapi_extra=_takes(CatalogueIn)
    )
    async def check_catalogue(request: Request, caller: Asking, body: Body) -> Response:
        """Checks every row of a catalogue by itself, within the same bounds."""
        party = party_of(caller)
        pool.check_room(party)
        sent = await read_json(request, body, CatalogueIn)
        await run_in_threadpool(count, caller.home, len(sent.rows))
        rows = tuple(
            CatalogueRow(number=number, product_id=row.product_id, text=row.text)
            for number, row in enumerate(sent.rows, start=1)
        )
        goods = await goods_of(sent, caller)
        checked = RowsCheck(
            rows=rows,
            goods=goods,
            at=sent.at or now(),
            limits=limits,
            tenant_id=caller.home,
            words=await run_in_threadpool(words, caller.home),
        )
        return Response(await pool.run(party, RowsAnswer(check=checked), request), media_type=_JSON)

    return router


def _answers() -> dict[int | str, dict[str, Any]]:
    return write_answers(504)


def _takes(model: type[CheckIn] | type[CatalogueIn]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": schema}}}}
