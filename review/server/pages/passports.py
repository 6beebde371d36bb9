"""The pages of passports: a customer's list, one with its versions and what differs; files read in, one retired."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, File, Form, Path, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from review.accounts.types import Person
from review.api_errors import OrderRefused
from review.passports.bulk import FileForm
from review.passports.differences import Difference, differences, name_in
from review.passports.records import LONGEST_ID
from review.passports.registry import StoredPassport, UnknownPassport
from review.passports.storing import RowStatus, StoredRow, store_rows
from review.server.api.bulk_passports import MOST_ROWS
from review.server.api.cursor import read_cursor, write_cursor
from review.server.api.ordering import Platform
from review.server.auth.guard import EVERYBODY, SENIORS, allow
from review.server.auth.tenant_reach import own_tenant, own_tenants
from review.server.language import keep_language
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router
from review.stores import Stores
from review.tenants.types import Caller

Senior = Annotated[Person, Depends(allow(*SENIORS))]
Tenant = Annotated[str, Query(max_length=60)]
SentTenant = Annotated[str, Form(min_length=1, max_length=60)]
_PAGE = 50
_SHOWN_ROWS = 200
_FORMS = {
    ".csv": FileForm.CSV,
    ".xlsx": FileForm.XLSX,
    ".jsonl": FileForm.LINES,
    ".ndjson": FileForm.LINES,
    ".json": FileForm.JSON,
    ".yaml": FileForm.YAML,
    ".yml": FileForm.YAML,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A passport of the list."""

    stored: StoredPassport
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version with what differs from the one before; of the first, nothing does."""

    stored: StoredPassport
    changes: tuple[Difference, ...]
    retired_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file: how many rows of each kind, and the first of those that were refused or warned of."""

    counts: dict[str, int]
    listed: Sequence[StoredRow]
    left_out: int


def passport_pages_router(stores: Stores, desk: Desk, platform: Platform) -> APIRouter:
    """The routes of the pages of passports."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)
    reading = [Depends(allow(*EVERYBODY))]

    def listing(
        viewer: Viewer,
        tenant: str,
        *,
        text: str = "",
        retired: bool = False,
        after: str = "",
        imported: Imported | None = None,
        error: str = "",
    ) -> Response:
        found = stores.passports.searched(tenant, text, is_retired=retired, after=after, limit=_PAGE + 1)
        page = found[:_PAGE]
        given = {"tenant": tenant, "q": text, "retired": "1" if retired else ""}
        more = given | {"after": write_cursor(page[-1].product_id)} if len(found) > _PAGE else None
        filled = desk.fill(
            "passports/passports.html",
            viewer,
            listed=[Listed(stored=stored, name=name_in(stored.text)) for stored in page],
            tenant=tenant,
            tenants=own_tenants(viewer.person, stores.keys),
            text=text,
            retired=retired,
            more=None if more is None else _list_url(more),
            other=_list_url(given | {"retired": "" if retired else "1"}),
            url_of=passport_url,
            imported=imported,
            may_write=viewer.person.role in SENIORS and platform.reader is not None,
            most_rows=MOST_ROWS,
            forms=",".join(_FORMS),
            error=error,
        )
        return HTMLResponse(filled, status_code=422 if error else 200)

    def one(viewer: Viewer, tenant: str, product_id: str, error: str = "") -> Response:
        versions = stores.passports.versions(tenant, product_id)
        names = stores.people.names()
        filled = desk.fill(
            "passports/passport.html",
            viewer,
            product_id=product_id,
            name=name_in(versions[0].text),
            tenant=tenant,
            versions=_versions(versions, names),
            record=json.dumps(json.loads(versions[0].text), ensure_ascii=False, indent=2),
            back=_list_url({"tenant": tenant}),
            may_write=viewer.person.role in SENIORS,
            error=error,
        )
        return HTMLResponse(filled, status_code=422 if error else 200)

    @router.get("/passports", dependencies=reading)
    def get_passports(
        request: Request,
        viewer: Seeing,
        tenant: Tenant = "",
        q: Annotated[str, Query(max_length=200)] = "",
        retired: Annotated[str, Query(max_length=1)] = "",
        after: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Response:
        own = own_tenant(viewer.person, tenant)
        place = read_cursor(after, str)
        start = "" if place is None else str(place[0])
        answer = listing(viewer, own, text=q.strip(), retired=bool(retired), after=start)
        keep_language(request, answer)
        return answer

    @router.get("/passports/{product_id:path}", dependencies=reading)
    def get_passport(
        request: Request,
        product_id: Annotated[str, Path(min_length=1, max_length=LONGEST_ID)],
        viewer: Seeing,
        tenant: Tenant = "",
    ) -> Response:
        own = own_tenant(viewer.person, tenant)
        answer = one(viewer, own, product_id)
        keep_language(request, answer)
        return answer

    @router.post("/passports/import")
    def import_file(
        senior: Senior, viewer: Seeing, tenant: SentTenant, file: Annotated[UploadFile, File()]
    ) -> Response:
        """Registers the passports of a file, as `POST /v1/passports:batch` does; each row is answered."""
        own_tenant(senior, tenant)
        caller = Caller.of_operator(tenant, senior.id)
        name = (file.filename or "").lower()
        form = next((form for ending, form in _FORMS.items() if name.endswith(ending)), None)
        if form is None:
            return listing(viewer, tenant, error=_unknown_form())
        try:
            rows = platform.reading.file(caller, file.file.read(), form, stores.orders.now().date(), MOST_ROWS)
        except OrderRefused as error:
            return listing(viewer, tenant, error=str(error))
        return listing(viewer, tenant, imported=_imported(store_rows(stores.passports, caller, rows)))

    @router.post("/passports/retire")
    def retire(
        senior: Senior,
        viewer: Seeing,
        tenant: SentTenant,
        product_id: Annotated[str, Form(min_length=1, max_length=LONGEST_ID)],
        reason: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        """Takes the passport out of force, with a reason that stays with it."""
        own_tenant(senior, tenant)
        if not reason.strip():
            try:
                return one(viewer, tenant, product_id, error="reason")
            except UnknownPassport:
                return listing(viewer, tenant, error=str(UnknownPassport(product_id)))
        stores.passports.retire(Caller.of_operator(tenant, senior.id), product_id, reason=reason.strip())
        return RedirectResponse(passport_url(tenant, product_id), status_code=303)

    return router


def passport_url(tenant: str, product_id: str) -> str:
    """The address of a passport's page; the id may hold any character."""
    return f"/passports/{quote(product_id, safe='')}?{urlencode({'tenant': tenant})}"


def _list_url(given: dict[str, str]) -> str:
    return f"/passports?{urlencode({name: value for name, value in given.items() if value})}"


def _unknown_form() -> str:
    return f"file: its name ends with none of {', '.join(_FORMS)}"


def _versions(stored: Sequence[StoredPassport], names: dict[str, str]) -> list[Version]:
    """The latest first, as they come."""
    return [
        Version(
            stored=one,
            changes=() if before is None else differences(before.text, one.text),
            retired_by="" if one.retired_by is None else names.get(one.retired_by, one.retired_by),
        )
        for one, before in zip(stored, [*stored[1:], None], strict=True)
    ]


def _imported(rows: Sequence[StoredRow]) -> Imported:
    counts = {status.value: sum(row.status is status for row in rows) for status in RowStatus}
    # What was refused before what was only warned of.
    listed = sorted((row for row in rows if row.faults or row.warnings), key=lambda row: (not row.faults, row.number))
    return Imported(counts=counts, listed=listed[:_SHOWN_ROWS], left_out=max(0, len(listed) - _SHOWN_ROWS))
