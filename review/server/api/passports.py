"""Passports for programs: register, read, list, find by code."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from claims.products.code import gtin_of
from review.api_errors import OrderRefused
from review.passports.completeness import shortcomings
from review.passports.records import LONGEST_ID
from review.passports.registry import Condition, PassportStore, etag_of, names_tag
from review.scheduling.orders import OrderStore
from review.server.api.cursor import read_cursor, write_cursor
from review.server.api.json_bodies import body_of
from review.server.api.ordering import Platform
from review.server.api.schemas.passports import (
    CodeOut,
    PassportOut,
    PassportsOut,
    VersionsOut,
    line_out,
    passport_out,
)
from review.server.auth.api_keys import answers, key_or_person, write_answers
from review.server.routers import new_router
from review.tenants.types import Caller, Scope

Reading = Annotated[Caller, Depends(key_or_person(Scope.PASSPORTS_READ))]
Writing = Annotated[Caller, Depends(key_or_person(Scope.PASSPORTS_WRITE))]
ProductId = Annotated[str, Path(min_length=1, max_length=LONGEST_ID, description="The product's id, percent-encoded")]
Tag = Annotated[str | None, Header(max_length=2000)]
Body = Annotated[bytes, Depends(body_of)]
TAGGED = {"ETag": {"schema": {"type": "string"}, "description": "The version in force"}}
EXAMPLE = {
    "id": "P-1",
    "gtin": "9520000000011",
    "name": "双口氮化镓充电器",
    "category": "electronics/charger",
    "origin": "CN",
    "attributes": [{"name": "power_output", "label": "输出功率", "value": 65, "unit": "W", "tolerance_percent": 5}],
    "price": {"currency": "CNY", "regular": 129, "lowest_7d": 99},
}
_RECORD = {"schema": {"type": "object"}, "example": EXAMPLE}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The short form (`id`), the long form (`passport_id`), or a UNTP / EU DPP credential in JSON-LD",
        "content": {
            "application/json": _RECORD,
            "application/ld+json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "object"}},
        },
    }
}


def passport_router(passports: PassportStore, orders: OrderStore, platform: Platform) -> APIRouter:
    """The routes of passports."""
    router = new_router(tags=["passports"])

    @router.get("/v1/passports", responses=answers())
    def list_passports(
        caller: Reading,
        gtin: Annotated[str | None, Query(max_length=400, description="A GTIN, or a GS1 Digital Link")] = None,
        after: Annotated[str | None, Query(max_length=2000, description="`next_after` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=500, description="How many a page has")] = 100,
    ) -> PassportsOut:
        """Your passports in the versions in force, by product, a page at a time."""
        number = None if gtin is None else gtin_of(gtin)
        if gtin is not None and number is None:
            raise OrderRefused("gtin", "is no GTIN with a right check digit, and no GS1 Digital Link", code="gtin")
        place = read_cursor(after, str)
        start = "" if place is None else str(place[0])
        found = passports.listed(caller.home, after=start, limit=limit + 1, gtin=number)
        page = found[:limit]
        last = write_cursor(page[-1].product_id) if len(found) > limit else None
        return PassportsOut(passports=[line_out(stored) for stored in page], next_after=last)

    @router.get("/v1/codes/{code:path}", responses=answers())
    def find_code(code: Annotated[str, Path(min_length=1, max_length=400)], caller: Reading) -> CodeOut:
        """The passports of the product with this bar code or GS1 Digital Link."""
        gtin = gtin_of(code)
        found = () if gtin is None else passports.listed(caller.home, gtin=gtin)
        return CodeOut(code=code, gtin=gtin, passports=[passport_out(stored) for stored in found])

    @router.get("/v1/passports/{product_id:path}/versions", responses=answers(404))
    def list_versions(product_id: ProductId, caller: Reading) -> VersionsOut:
        """Every version of the passport; none is ever changed."""
        return VersionsOut(versions=[line_out(stored) for stored in passports.versions(caller.home, product_id)])

    @router.get(
        "/v1/passports/{product_id:path}",
        response_model=PassportOut,
        responses=answers(404) | {200: {"headers": TAGGED}, 304: {"description": "It is as you have it"}},
    )
    def get_passport(
        product_id: ProductId,
        caller: Reading,
        response: Response,
        if_none_match: Tag = None,
        version: Annotated[str | None, Query(max_length=80, description="A version; the one in force if none")] = None,
    ) -> PassportOut | Response:
        """The passport in force, or the version that a finding names."""
        if version is None:
            stored = passports.current(caller.home, product_id)
        else:
            stored = passports.version(caller.home, product_id, version)
        etag = etag_of(stored.version)
        if if_none_match is not None and names_tag(if_none_match, etag):
            return Response(status_code=304, headers={"ETag": etag})
        response.headers["ETag"] = etag
        warnings = None
        if platform.reader is not None:
            warnings = shortcomings(stored.passport(platform.reader), orders.now().date())
        return passport_out(stored, warnings)

    @router.put(
        "/v1/passports/{product_id:path}",
        responses=write_answers(404, 409, 412, 504)
        | {200: {"headers": TAGGED}, 201: {"model": PassportOut, "description": "A new version", "headers": TAGGED}},
        openapi_extra=_BODY,
    )
    def put_passport(
        product_id: ProductId,
        body: Body,
        caller: Writing,
        response: Response,
        content_type: Annotated[str, Header(max_length=200, include_in_schema=False)] = "application/json",
        if_match: Tag = None,
        if_none_match: Tag = None,
    ) -> PassportOut:
        """Registers a passport, or a new version of it; the same content again changes nothing.

        `If-Match` with the version's `ETag` writes only over what you saw; `If-None-Match: *` writes only what is not
        there. The answer's `warnings` name what is missing for the claims that are made about such goods, and papers
        that are not in force today. What is wrong is refused with 422: `code` is `form`, and `errors` names each fault
        with its path.
        """
        registered = platform.reading.body(caller, body, content_type.lower())
        if registered.passport.id != product_id:
            why = f"is {registered.passport.id!r} in the passport and {product_id!r} in the address"
            raise OrderRefused("id", why, code="other_id")
        stored, new = passports.put(caller, registered, Condition(if_match=if_match, if_none_match=if_none_match))
        response.status_code = 201 if new else 200
        response.headers["ETag"] = etag_of(stored.version)
        return passport_out(stored, shortcomings(registered.passport, orders.now().date()))

    return router
