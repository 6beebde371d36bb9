"""Logging in and out, and one's own password."""

import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from review.accounts.types import Person, Role
from review.errors import AccountError, Forbidden, LoginRefused
from review.server.auth.access import Auth
from review.server.auth.guard import (
    CSRF_FIELD,
    EVERYBODY,
    Gate,
    allow,
    anybody,
    check_origin,
    cookie_name,
    end_session,
    local_path,
    same_secret,
    set_session,
)
from review.server.language import keep_language, language_of, page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router

_BEFORE = "before_login"
Next = Annotated[str, Query(alias="next", max_length=2000)]
Typed = Annotated[str, Form(max_length=1000)]
Shown = Callable[..., Response]


def login_router(app: FastAPI, gate: Gate, desk: Desk) -> APIRouter:
    """The routes of the way in that the settings name, and the way out."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)
    if gate.access.auth is Auth.NONE:
        return router

    def shown(request: Request, back: str, *, error: str = "", status: int = 200) -> Response:
        token = request.cookies.get(_BEFORE) or secrets.token_urlsafe(24)
        page = desk.fill(
            "accounts/login.html", _nobody(request, token), auth=gate.access.auth, back=local_path(back), error=error
        )
        answer = HTMLResponse(page, status_code=status)
        answer.set_cookie(
            _BEFORE, token, secure=request.url.scheme == "https", httponly=True, samesite="strict", path="/login"
        )
        keep_language(request, answer)
        return answer

    @router.get("/login", dependencies=[Depends(anybody)])
    def get_login(request: Request, back: Next = "/") -> Response:
        if gate.login_of(request) is not None:
            return RedirectResponse(local_path(back), status_code=303)
        return shown(request, back)

    @router.post("/logout", dependencies=[Depends(allow(*EVERYBODY))])
    def log_out(request: Request) -> Response:
        gate.people.log_out(request.cookies.get(cookie_name(request), ""))
        answer = RedirectResponse("/login", status_code=303)
        end_session(request, answer)
        return answer

    if gate.access.auth is Auth.LOCAL:
        _add_passwords(router, gate, desk, shown)
    elif gate.access.oidc is not None:
        _add_provider(router, app, gate, shown)
    return router


def _add_passwords(router: APIRouter, gate: Gate, desk: Desk, shown: Shown) -> None:
    @router.post("/login", dependencies=[Depends(anybody)])
    def post_login(
        request: Request,
        login: Typed = "",
        password: Typed = "",
        csrf: Annotated[str, Form(alias=CSRF_FIELD, max_length=200)] = "",
        back: Annotated[str, Form(alias="next", max_length=2000)] = "/",
    ) -> Response:
        check_origin(request)
        if not csrf or not same_secret(csrf, request.cookies.get(_BEFORE, "")):
            raise Forbidden("the login page is out of date, or the browser keeps no cookies; load it again")
        try:
            opened = gate.people.log_in(login, password, _address(request))
        except LoginRefused as error:
            return shown(request, back, error=str(error), status=429 if "too many" in str(error) else 401)
        earlier = request.cookies.get(cookie_name(request))
        if earlier:
            gate.people.log_out(earlier)
        answer = RedirectResponse(local_path(back), status_code=303)
        set_session(request, answer, opened)
        return answer

    @router.get("/password", dependencies=[Depends(allow(*EVERYBODY))])
    def get_password(request: Request, viewer: Seeing) -> Response:
        return page_answer(request, desk.fill("accounts/password.html", viewer, error=""))

    @router.post("/password")
    def post_password(
        request: Request,
        person: Annotated[Person, Depends(allow(*EVERYBODY))],
        viewer: Seeing,
        old: Typed = "",
        new: Typed = "",
        again: Typed = "",
    ) -> Response:
        try:
            if new != again:
                raise AccountError(person.name, "the two new passwords differ")
            opened = gate.people.change_own_password(person.id, old, new, _address(request))
        except (LoginRefused, AccountError) as error:
            return HTMLResponse(desk.fill("accounts/password.html", viewer, error=str(error)), status_code=422)
        answer = RedirectResponse("/", status_code=303)
        set_session(request, answer, opened)
        return answer


def _add_provider(router: APIRouter, app: FastAPI, gate: Gate, shown: Shown) -> None:
    from review.server.auth.oidc import Provider, install_handshake

    assert gate.access.oidc is not None
    provider = Provider(gate.access.oidc, gate.people)
    install_handshake(app, gate.access.oidc)

    @router.get("/login/provider", dependencies=[Depends(anybody)])
    async def go_to_provider(request: Request, back: Next = "/") -> Response:
        try:
            return await provider.send_there(request, local_path(back))
        except LoginRefused as error:
            return shown(request, back, error=str(error), status=502)

    @router.get("/login/back", name="oidc_back", dependencies=[Depends(anybody)])
    async def come_back(request: Request) -> Response:
        try:
            claims, back = await provider.take_back(request)
            opened = await run_in_threadpool(provider.log_in, claims, _address(request))
        except LoginRefused as error:
            return shown(request, "/", error=str(error), status=403)
        answer = RedirectResponse(local_path(back), status_code=303)
        set_session(request, answer, opened)
        return answer


def _nobody(request: Request, token: str) -> Viewer:
    """The viewer of the login page: nobody yet, with the token of a login that is under way."""
    query = request.url.include_query_params(lang="en" if language_of(request) == "zh" else "zh").query
    return Viewer(
        person=Person(id="", name="", role=Role.AUDITOR),
        language=language_of(request),
        csrf=token,
        style_nonce=request.state.style_nonce,
        switch_url=f"/login?{query}",
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
