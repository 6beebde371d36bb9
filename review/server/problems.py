"""Errors as RFC 9457 problem details."""

import logging
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from review.enforcement.errors import ComplaintRefused
from review.errors import CaseChanged, DecisionRefused, NotFoundError, ReviewError

_log = logging.getLogger(__name__)
_MEDIA_TYPE = "application/problem+json"


# What the web framework says of a body of which it can't tell what is wrong.
_NOT_PARSED = "There was an error parsing the body"
FAILED = "the server failed; its log says why"
_UNREADABLE = "the body can't be read: it is no JSON in UTF-8, is nested too deep, or has a number of 5000 digits"


# What programs are told where nothing closer is known than the status.
CODES = {
    400: "bad_request",
    401: "not_logged_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_long",
    415: "media_type",
    416: "range",
    422: "invalid",
    429: "rate",
    500: "server_error",
    503: "unavailable",
}
TRY_AGAIN = {"Retry-After": "5"}


class Fault(BaseModel):
    """One of several things that are wrong: `path` in what was sent."""

    path: str
    reason: str


class Problem(BaseModel):
    """What went wrong: `detail` for people, `code` for programs. `type` is about:blank, so `title` is the status's.

    `errors`: each fault, where several can be told of at once.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[Fault] | None = None


def problem_response(
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
    code: str | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> JSONResponse:
    """A problem with the title of its HTTP status; `code` tells programs which it is, else the status's own does.

    `errors`: each fault as path and reason, where there may be several.
    """
    phrase = HTTPStatus(status).phrase
    problem_code = code or CODES.get(status, phrase.lower().replace(" ", "_"))
    faults = [Fault(path=path, reason=reason) for path, reason in errors] or None
    problem = Problem(title=phrase, status=status, detail=detail, code=problem_code, errors=faults)
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=status, media_type=_MEDIA_TYPE, headers=headers
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries that say: these statuses come as problems."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {_MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def install_problem_handlers(app: FastAPI) -> None:
    """Turns every error of the app into a problem; what nobody expected says nothing about the inside."""

    @app.exception_handler(NotFoundError)
    async def not_found(_request: Request, error: NotFoundError) -> JSONResponse:
        return problem_response(404, str(error))

    @app.exception_handler(CaseChanged)
    async def changed(_request: Request, error: CaseChanged) -> JSONResponse:
        return problem_response(409, str(error), code=error.code)

    @app.exception_handler(DecisionRefused)
    async def decision_refused(_request: Request, error: DecisionRefused) -> JSONResponse:
        return problem_response(422, str(error), code=error.code)

    @app.exception_handler(ComplaintRefused)
    async def complaint_refused(_request: Request, error: ComplaintRefused) -> JSONResponse:
        return problem_response(409 if error.code == "key_reused" else 422, str(error), code=error.code)

    @app.exception_handler(ReviewError)
    async def refused(_request: Request, error: ReviewError) -> JSONResponse:
        return problem_response(422, str(error), code=getattr(error, "code", None), errors=getattr(error, "faults", ()))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        reasons = (_reason(each) for each in error.errors())
        return problem_response(422, "; ".join(reasons) + _media_type_advice(request, error))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        headers = None if error.headers is None else dict(error.headers)
        detail = _UNREADABLE if error.detail == _NOT_PARSED else error.detail
        return problem_response(error.status_code, f"{request.url.path}: {detail}", headers)

    @app.exception_handler(SQLAlchemyError)
    async def database_down(_request: Request, error: SQLAlchemyError) -> JSONResponse:
        _log.error("the database does not answer", exc_info=error)
        return problem_response(
            503, "the database does not answer; try again, and see the server's log", TRY_AGAIN, "database"
        )

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return problem_response(500, f"{FAILED}, at reference {logged_failure(request, error)}")


def logged_failure(request: Request, error: Exception) -> str:
    """The number under which the log has what failed, for whoever met it to name; the query is not logged."""
    reference = secrets.token_hex(4).upper()
    _log.error("reference %s: %s %s failed", reference, request.method, request.url.path, exc_info=error)
    return reference


def _reason(error: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"])
    why = error.get("ctx", {}).get("error") if error["type"] == "json_invalid" else None
    # What a validator of ours says stands as it is.
    return f"{place}: {error['msg'].removeprefix('Value error, ')}" + (f": {why}" if why else "")


def _media_type_advice(request: Request, error: RequestValidationError) -> str:
    """What to do where a body that may be JSON was not read as such."""
    kind = request.headers.get("content-type", "")
    if "json" in kind or not any(each["loc"] == ("body",) for each in error.errors()) or not error.body:
        return ""
    return f"; it came as {kind or 'nothing in particular'}: send JSON with Content-Type: application/json"
