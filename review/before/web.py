"""The pages before the broadcast: a text, a catalogue, a code."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

import yaml
from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from claims.passport import Passport
from claims.passport_forms import CHINA_TIME
from claims.yaml_files import parse_sent_yaml
from review.before.api import chosen
from review.before.catalogue import as_csv, read_rows
from review.before.checking import MOST_CHARS, Checker
from review.before.codes import codes_in_picture
from review.before.errors import CheckRefused
from review.before.shelf import Shelf
from review.before.showing import stretches
from review.before.types import TextKind
from review.desk import Desk, Seeing, Viewer
from review.language import keep_language
from review.live.types import LOCAL_TENANT
from review.people.web import EVERYBODY, allow

READERS = [Depends(allow(*EVERYBODY))]
_MOST_BYTES = 8_000_000
_MOST_LISTED = 200
Sent = Annotated[UploadFile | None, File()]
Moment = Annotated[str, Form(max_length=40)]
Products = Annotated[list[str], Form(max_length=_MOST_LISTED)]


def before_router(checker: Checker, shelf: Shelf, desk: Desk, now: Callable[[], datetime]) -> APIRouter:
    """The routes of the pages; nothing of what is checked is stored."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False, dependencies=READERS)

    def page(request: Request, template: str, viewer: Viewer, values: Mapping[str, object]) -> Response:
        listed = shelf.listed(LOCAL_TENANT, _MOST_LISTED)
        shown: dict[str, object] = {"error": None, "listed": listed, **values}
        filled = desk.fill(template, viewer, **shown)
        answer = HTMLResponse(filled, status_code=422 if values.get("error") else 200)
        keep_language(request, answer)
        return answer

    def passports_of(products: list[str], file: UploadFile | None) -> tuple[Passport, ...]:
        records = _records(_content(file, "passports"))
        return chosen(checker, shelf, LOCAL_TENANT, products, records)

    @router.get("/before")
    def get_before(request: Request, viewer: Seeing) -> Response:
        return page(request, "before/text.html", viewer, _EMPTY_TEXT)

    @router.post("/before")
    def post_before(
        request: Request,
        viewer: Seeing,
        text: Annotated[str, Form(max_length=MOST_CHARS + 1)] = "",
        kind: Annotated[TextKind, Form()] = TextKind.SCRIPT,
        at: Moment = "",
        products: Products = [],  # noqa: B006 - FastAPI copies it
        passports: Sent = None,
        captions: Sent = None,
    ) -> Response:
        given: dict[str, object] = {"text": text, "kind": kind, "at": at, "chosen": set(products)}
        try:
            content = _content(captions, "captions")
            if content:
                text, kind = _text(content, "captions"), TextKind.CAPTIONS
                given |= {"text": text, "kind": kind}
            checked = checker.check(text, kind, passports_of(products, passports), _moment(at, now))
        except CheckRefused as refused:
            return page(request, "before/text.html", viewer, {**_EMPTY_TEXT, **given, "error": refused})
        parts = stretches(checked.text, checked.remarks)
        return page(request, "before/text.html", viewer, {**_EMPTY_TEXT, **given, "checked": checked, "parts": parts})

    @router.get("/before/catalogue")
    def get_catalogue(request: Request, viewer: Seeing) -> Response:
        return page(request, "before/catalogue.html", viewer, _EMPTY_CATALOGUE)

    @router.post("/before/catalogue")
    def post_catalogue(
        request: Request,
        viewer: Seeing,
        rows: Sent = None,
        at: Moment = "",
        products: Products = [],  # noqa: B006 - FastAPI copies it
        passports: Sent = None,
        form: Annotated[str, Form(pattern="^(page|csv)$")] = "page",
    ) -> Response:
        given = {"at": at, "chosen": set(products)}
        try:
            wanted = read_rows(_content(rows, "file"))
            checked = checker.check_rows(wanted, passports_of(products, passports), _moment(at, now))
        except CheckRefused as refused:
            return page(request, "before/catalogue.html", viewer, {**_EMPTY_CATALOGUE, **given, "error": refused})
        if form == "csv":
            headers = {"Content-Disposition": 'attachment; filename="zhenyan-check.csv"'}
            return Response(as_csv(checked, viewer.language), media_type="text/csv; charset=utf-8", headers=headers)
        return page(request, "before/catalogue.html", viewer, {**_EMPTY_CATALOGUE, **given, "rows": checked})

    @router.get("/codes")
    def get_codes(request: Request, viewer: Seeing, code: Annotated[str, Query(max_length=2_000)] = "") -> Response:
        found = shelf.by_code(LOCAL_TENANT, code) if code.strip() else ()
        return page(request, "before/codes.html", viewer, {"codes": ((code, found),) if code.strip() else ()})

    @router.post("/codes")
    def post_codes(request: Request, viewer: Seeing, picture: Sent = None) -> Response:
        try:
            read = codes_in_picture(_content(picture, "picture"))
        except CheckRefused as refused:
            return page(request, "before/codes.html", viewer, {"codes": (), "error": refused})
        codes = tuple((text, shelf.by_code(LOCAL_TENANT, text)) for text in read)
        return page(request, "before/codes.html", viewer, {"codes": codes})

    return router


_EMPTY_TEXT: dict[str, object] = {
    "text": "",
    "kind": TextKind.SCRIPT,
    "kinds": tuple(TextKind),
    "at": "",
    "chosen": frozenset[str](),
    "checked": None,
    "parts": (),
    "error": None,
    "most": MOST_CHARS,
}
_EMPTY_CATALOGUE: dict[str, object] = {"rows": None, "at": "", "chosen": frozenset[str](), "error": None}


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


def _records(content: bytes) -> list[object]:
    """The passport records of an uploaded YAML or JSON file."""
    if not content.strip():
        return []
    try:
        found = parse_sent_yaml(content)
    except RecursionError as error:
        raise CheckRefused("passports", "is nested too deep") from error
    except (ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise CheckRefused("passports", f"is neither YAML nor JSON that can be read: {why}") from error
    if isinstance(found, dict) and isinstance(found.get("passports"), list):
        return list(found["passports"])
    return list(found) if isinstance(found, list) else [found]


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
