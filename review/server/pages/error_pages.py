"""Errors as pages: whoever follows a link or sends a form reads what happened in their language, and the way back.

Programs, and parts of a page that are asked for anew, get the problem itself.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.presentation.terms import keys_of
from review.server.auth.guard import local_path
from review.server.language import language_of
from review.server.pages.desk import Desk
from review.server.problems import FAILED, logged_failure

_PROBLEM = "application/problem+json"
_NO_PAGES = ("/v1/", "/static/", "/clips/", "/partials/", "/stream/", "/metrics", "/openapi.json")
_KNOWN = frozenset(keys_of("error_page"))


class ErrorPages:
    """Turns the problem that answers a page into a page."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_page(scope):
            await self._app(scope, receive, send)
            return
        started: Message = {}
        body = bytearray()
        is_begun = False

        async def send_page(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start" and _is_problem(message):
                started.update(message)
                return
            if not started:
                is_begun = True
                await send(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send(Request(scope), started, json.loads(body), send)

        try:
            await self._app(scope, receive, send_page)
        except Exception as error:
            if is_begun:
                raise
            await self._send_failure(Request(scope), error, send)

    async def _send_failure(self, request: Request, error: Exception, send: Send) -> None:
        """The page of a failure that nobody expected; its number is in the log beside what failed."""
        reference = logged_failure(request, error)
        started = {"type": "http.response.start", "status": 500, "headers": []}
        await self._send(request, started, {"detail": FAILED, "reference": reference}, send)

    async def _send(self, request: Request, started: Message, problem: dict[str, Any], send: Send) -> None:
        language = language_of(request)
        status = int(started["status"])
        is_host = request.url.path.startswith("/h/")
        kind = f"link_{status}" if is_host and f"error_page.link_{status}" in _KNOWN else str(status)
        page = self._desk.words_only(
            "error.html",
            language,
            kind=kind if f"error_page.{kind}" in _KNOWN else "other",
            status=status,
            detail=problem.get("detail", ""),
            back=_back(request),
            reference=problem.get("reference", ""),
            is_host=is_host,
            other_url=str(request.url.include_query_params(lang=_other(language)).replace(scheme="", netloc="")),
        ).encode()
        headers = MutableHeaders(raw=list(started["headers"]))
        headers["Content-Type"] = "text/html; charset=utf-8"
        headers["Content-Length"] = str(len(page))
        await send({**started, "headers": headers.raw})
        await send({"type": "http.response.body", "body": page})


def _other(language: str) -> str:
    return "en" if language == "zh" else "zh"


def _wants_page(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    if "hx-request" in headers or scope["path"].startswith(_NO_PAGES):
        return False
    return "text/html" in headers.get("accept", "")


def _is_problem(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith(_PROBLEM)


def _back(request: Request) -> str:
    """The page that led here, if it is one of ours and another."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.url.netloc or parts.path == request.url.path:
        return ""
    return local_path(parts.path + (f"?{parts.query}" if parts.query else ""))
