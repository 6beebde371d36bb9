"""Many passports at once, and passports that are taken out of force."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from review.api_errors import WrongMediaType
from review.passports.bulk import FileForm
from review.passports.registry import Condition, PassportStore, etag_of
from review.passports.storing import store_rows
from review.scheduling.orders import OrderStore
from review.server.api.ordering import Platform
from review.server.api.passports import EXAMPLE, TAGGED, Body, ProductId, Tag, Writing
from review.server.api.schemas.passports import BatchStoredOut, PassportLineOut, line_out, rows_out
from review.server.auth.api_keys import answers, write_answers
from review.server.routers import new_router

MOST_ROWS = 2_000
_MEDIA_TYPES = {
    "application/x-ndjson": FileForm.LINES,
    "application/jsonl": FileForm.LINES,
    "application/json": FileForm.JSON,
    "application/ld+json": FileForm.JSON,
    "application/yaml": FileForm.YAML,
    "text/csv": FileForm.CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": FileForm.XLSX,
}
_LINE = json.dumps(EXAMPLE, ensure_ascii=False)
_ROWS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"At most {MOST_ROWS} passports: a record a line (short or long form, or a UNTP credential), a "
        "list of them in JSON or YAML, or a table as `zhenyan passports template` writes it (CSV in UTF-8 or GB 18030)",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}, "example": _LINE},
            "application/jsonl": {"schema": {"type": "string"}},
            "application/json": {
                "schema": {"anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}]},
                "example": [EXAMPLE],
            },
            "application/ld+json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "array", "items": {"type": "object"}}},
            "text/csv": {
                "schema": {"type": "string"},
                "example": "id,name,category,属性:输出功率(W)\nP-1,充电器,electronics/charger,65",
            },
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                "schema": {"type": "string", "format": "binary"}
            },
        },
    }
}


def bulk_passport_router(passports: PassportStore, orders: OrderStore, platform: Platform) -> APIRouter:
    """The routes that register many passports and retire one."""
    router = new_router(tags=["passports"])

    @router.delete("/v1/passports/{product_id:path}", responses=answers(404, 412) | {200: {"headers": TAGGED}})
    def retire_passport(
        product_id: ProductId, caller: Writing, response: Response, if_match: Tag = None
    ) -> PassportLineOut:
        """Takes the passport out of force: no order may name it and no code leads to it; its versions stay.

        Broadcasts that run go on with the version that they have. Registered again, it is in force again as another
        version. Retired already, it is answered as it is.
        """
        retired = passports.retire(caller, product_id, Condition(if_match=if_match))
        response.headers["ETag"] = etag_of(retired.version)
        return line_out(retired)

    @router.post("/v1/passports:batch", responses=write_answers(415, 504), openapi_extra=_ROWS)
    def put_passports(
        body: Body,
        caller: Writing,
        content_type: Annotated[str, Header(max_length=200, include_in_schema=False)] = "application/json",
    ) -> BatchStoredOut:
        """Registers many passports; each row is stored, unchanged or refused by itself, and answered.

        The same file again changes nothing. A file that can't be read at all is refused with 422, and nothing of it is
        stored.
        """
        kind = content_type.partition(";")[0].strip().lower()
        form = _MEDIA_TYPES.get(kind)
        if form is None:
            raise WrongMediaType(kind, _MEDIA_TYPES)
        read = platform.reading.file(caller, body, form, orders.now().date(), MOST_ROWS)
        return rows_out(store_rows(passports, caller, read))

    return router
