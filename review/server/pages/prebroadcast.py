"""The pages before the broadcast: a text, a catalogue, a code."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from claims.types import CHINA_TIME
from review.api_errors import PlatformError
from review.judge_pool.callers import party_of
from review.judge_pool.pool import JudgingPool
from review.judge_pool.worker import Job
from review.passports.lookup import PassportLookup
from review.prebroadcast.catalogue import as_csv
from review.prebroadcast.errors import CheckRefused
from review.prebroadcast.limits import MOST_CHARS, CheckLimits
from review.prebroadcast.types import Checked, CheckedRows, TextKind
from review.presentation.language import Words
from review.server.api.prebroadcast_jobs import CodesRead, Goods, RowsCheck, TextCheck
from review.server.auth.guard import EVERYBODY, allow
from review.server.auth.tenant_reach import own_tenant
from review.server.language import page_answer
from review.server.pages.checked_text import stretches
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.streams.tenant_rules import StoredRules
from review.tenants.types import Caller

READERS = [Depends(allow(*EVERYBODY))]
_MOST_BYTES = 8_000_000
_MOST_LISTED = 200
Sent = Annotated[UploadFile | None, File()]
Moment = Annotated[str, Form(max_length=40)]


def _tenant(viewer: Seeing, tenant: Annotated[str, Query(max_length=60)] = "") -> str:
    return own_tenant(viewer.person, tenant)


# The customer whose goods and words a text is held against.
Tenant = Annotated[str, Depends(_tenant)]
Products = Annotated[list[str], Form(max_length=_MOST_LISTED)]


def prebroadcast_router(  # noqa: C901 - its routes are counted with it, and each is simple
    pool: JudgingPool,
    limits: CheckLimits,
    lookup: PassportLookup,
    desk: Desk,
    now: Callable[[], datetime],
    words: Callable[[str], StoredRules | None],
) -> APIRouter:
    """The routes of the pages; nothing of what is checked is stored."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False, dependencies=READERS)

    def page(request: Request, template: str, viewer: Viewer, tenant: str, values: Mapping[str, object]) -> Response:
        shown: dict[str, object] = {
            **{"error": None, "faults": (), "most": limits.chars},
            **{"listed": lookup.listed(tenant, _MOST_LISTED), "tenant": tenant},
            **values,
        }
        status, headers = 422 if shown["error"] else 200, dict[str, str]()
        if isinstance(error := shown["error"], PlatformError):
            status, headers = error.status, error.headers
            shown["error"] = Words(viewer.language)(f"before.{error.code}")
        elif isinstance(error, CheckRefused):
            shown["faults"] = error.faults
        return page_answer(request, desk.fill(template, viewer, **shown), status_code=status, headers=headers)

    async def shows(
        request: Request, template: str, viewer: Viewer, tenant: str, values: Mapping[str, object]
    ) -> Response:
        """The page, filled beside the server's loop: a long text has many marks."""
        return await run_in_threadpool(page, request, template, viewer, tenant, values)

    def goods_of(tenant: str, products: list[str], file: UploadFile | None) -> Goods:
        wanted = tuple(dict.fromkeys(products))
        found = lookup.find(tenant, wanted) if wanted else ()
        registered = {shelved.product_id: shelved.record for shelved in found}
        return Goods(products=wanted, registered=registered, file=_content(file, "passports"))

    async def judged(request: Request, viewer: Viewer, job: Job) -> Any:
        """What comes of the job; CheckRefused and PlatformError are for the page to show."""
        return await pool.run(party_of(Caller.of_person(viewer.person)), job, request)

    @router.get("/before")
    def get_prebroadcast(request: Request, viewer: Seeing, tenant: Tenant) -> Response:
        return page(request, "prebroadcast/text.html", viewer, tenant, _EMPTY_TEXT)

    @router.post("/before")
    async def post_prebroadcast(
        request: Request,
        viewer: Seeing,
        tenant: Tenant,
        text: Annotated[str, Form(max_length=MOST_CHARS + 1)] = "",
        kind: Annotated[TextKind, Form()] = TextKind.SCRIPT,
        at: Moment = "",
        products: Products = [],  # noqa: B006 - FastAPI copies it
        passports: Sent = None,
        captions: Sent = None,
    ) -> Response:
        given: dict[str, object] = {"text": text, "kind": kind, "at": at, "chosen": set(products)}
        try:
            content = await run_in_threadpool(_content, captions, "captions")
            if content:
                text, kind = _text(content, "captions"), TextKind.CAPTIONS
                given |= {"text": text, "kind": kind}
            goods = await run_in_threadpool(goods_of, tenant, products, passports)
            listed = await run_in_threadpool(words, tenant)
            job = TextCheck(
                text=text,
                kind=kind,
                goods=goods,
                at=_moment(at, now),
                limits=limits,
                tenant_id=tenant,
                words=listed,
            )
            checked: Checked = await judged(request, viewer, job)
            given["warnings"] = checked.warnings
        except _REFUSALS as refused:
            return await shows(
                request, "prebroadcast/text.html", viewer, tenant, {**_EMPTY_TEXT, **given, "error": refused}
            )
        parts = await run_in_threadpool(stretches, checked.text, checked.remarks)
        values = {**_EMPTY_TEXT, **given, "checked": checked, "parts": parts}
        return await shows(request, "prebroadcast/text.html", viewer, tenant, values)

    @router.get("/before/catalogue")
    def get_catalogue(request: Request, viewer: Seeing, tenant: Tenant) -> Response:
        return page(request, "prebroadcast/catalogue.html", viewer, tenant, _EMPTY_CATALOGUE)

    @router.post("/before/catalogue")
    async def post_catalogue(
        request: Request,
        viewer: Seeing,
        tenant: Tenant,
        rows: Sent = None,
        at: Moment = "",
        products: Products = [],  # noqa: B006 - FastAPI copies it
        passports: Sent = None,
        form: Annotated[str, Form(pattern="^(page|csv)$")] = "page",
    ) -> Response:
        given: dict[str, object] = {"at": at, "chosen": set(products)}
        try:
            file = await run_in_threadpool(_content, rows, "file")
            goods = await run_in_threadpool(goods_of, tenant, products, passports)
            listed = await run_in_threadpool(words, tenant)
            job = RowsCheck(file=file, goods=goods, at=_moment(at, now), limits=limits, tenant_id=tenant, words=listed)
            checked: CheckedRows = await judged(request, viewer, job)
            given["warnings"] = checked.warnings
        except _REFUSALS as refused:
            values = {**_EMPTY_CATALOGUE, **given, "error": refused}
            return await shows(request, "prebroadcast/catalogue.html", viewer, tenant, values)
        if form == "csv":
            headers = {"Content-Disposition": 'attachment; filename="zhenyan-check.csv"'}
            table = await run_in_threadpool(as_csv, checked.rows, viewer.language)
            return Response(table, media_type="text/csv; charset=utf-8", headers=headers)
        return await shows(
            request, "prebroadcast/catalogue.html", viewer, tenant, {**_EMPTY_CATALOGUE, **given, "rows": checked.rows}
        )

    @router.get("/codes")
    def get_codes(
        request: Request, viewer: Seeing, tenant: Tenant, code: Annotated[str, Query(max_length=2_000)] = ""
    ) -> Response:
        found = lookup.by_code(tenant, code) if code.strip() else ()
        return page(
            request, "prebroadcast/codes.html", viewer, tenant, {"codes": ((code, found),) if code.strip() else ()}
        )

    @router.post("/codes")
    async def post_codes(request: Request, viewer: Seeing, tenant: Tenant, picture: Sent = None) -> Response:
        try:
            content = await run_in_threadpool(_content, picture, "picture")
            read: tuple[str, ...] = await judged(request, viewer, CodesRead(content=content))
        except _REFUSALS as refused:
            return await shows(request, "prebroadcast/codes.html", viewer, tenant, {"codes": (), "error": refused})
        codes = await run_in_threadpool(lambda: tuple((text, lookup.by_code(tenant, text)) for text in read))
        return await shows(request, "prebroadcast/codes.html", viewer, tenant, {"codes": codes})

    return router


_REFUSALS = (CheckRefused, PlatformError)
_EMPTY_TEXT: dict[str, object] = {
    "text": "",
    "kind": TextKind.SCRIPT,
    "kinds": tuple(TextKind),
    "at": "",
    "chosen": frozenset[str](),
    "checked": None,
    "parts": (),
    "error": None,
    "warnings": (),
}
_EMPTY_CATALOGUE: dict[str, object] = {
    "rows": None,
    "at": "",
    "chosen": frozenset[str](),
    "error": None,
    "warnings": (),
}


def _content(file: UploadFile | None, field: str) -> bytes:
    """The file's bytes; empty where none was chosen. CheckRefused where it is too large."""
    if file is None or not file.filename:
        return b""
    content = file.file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise CheckRefused(field, f"is larger than {_MOST_BYTES // 1_000_000} MB")
    return content


def _text(content: bytes, field: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CheckRefused(field, "is no UTF-8; save it in UTF-8") from error


def _moment(at: str, now: Callable[[], datetime]) -> datetime:
    """The broadcast's moment as the form gives it, in China's time where it names no zone."""
    if not at.strip():
        return now()
    try:
        moment = datetime.fromisoformat(at.strip())
    except ValueError as error:
        raise CheckRefused("at", f"{at!r} is no moment; write it as in 2026-11-24T20:00") from error
    if not 2000 <= moment.year < 2100:
        raise CheckRefused("at", f"{at!r} is not of this century; write it as in 2026-11-24T20:00")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=CHINA_TIME)
