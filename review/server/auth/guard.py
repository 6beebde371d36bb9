"""Who sends a request, and whether they may: on every route, before anything else is done.

Routes are closed unless they say who may come: each takes `Depends(allow(...))` or `Depends(anybody)`, and an app
with a route that has neither does not start.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from review.accounts.store import LONGEST_MS, Login, PeopleStore
from review.accounts.types import Person, Role
from review.errors import Forbidden, NotLoggedIn
from review.server.auth.access import LOCAL_PERSON, Access, Auth, is_loopback
from review.server.auth.tenant_reach import check_page
from review.server.problems import problem_response
from review.server.query_parameters import check_query

EVERYBODY = tuple(Role)
DECIDERS = (Role.REVIEWER, Role.SENIOR, Role.ADMIN)
SENIORS = (Role.SENIOR, Role.ADMIN)
ADMINS = (Role.ADMIN,)
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Gate:
    """Knows who is in. `local_csrf` stands for a session's token where nobody logs in; each start has its own."""

    def __init__(self, people: PeopleStore, access: Access) -> None:
        self.people = people
        self.access = access
        self._local = Login(person=LOCAL_PERSON, token="", csrf=secrets.token_urlsafe(24))

    def login_of(self, request: Request) -> Login | None:
        """The session that the request belongs to; Forbidden where only this machine is served and it is another."""
        if self.access.auth is Auth.NONE:
            check_local(request)
            return self._local
        token = request.cookies.get(cookie_name(request), "")
        return self.people.session(token) if token else None


def cookie_name(request: Request) -> str:
    """The session's cookie; over HTTPS under a name that browsers hold to this host and to Secure."""
    return "__Host-zhenyan" if request.url.scheme == "https" else "zhenyan"


def set_session(request: Request, response: Response, login: Login) -> None:
    """Gives the session to the browser."""
    response.set_cookie(
        cookie_name(request),
        login.token,
        max_age=LONGEST_MS // 1000,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def end_session(request: Request, response: Response) -> None:
    """Takes the session from the browser."""
    response.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")


def check_local(request: Request) -> None:
    """Forbidden unless the request comes from this machine and names it.

    The name matters: a page elsewhere whose own name is turned to 127.0.0.1 would otherwise be a page of this server.
    """
    comes_from = request.client.host if request.client else ""
    if not is_loopback(comes_from) or not is_loopback(request.url.hostname or ""):
        raise Forbidden("without logins only this machine is served, under a loopback name; set auth to local or oidc")


def check_origin(request: Request) -> None:
    """Forbidden if a page of another server sent the request."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        same = site in {"same-origin", "none"}
    else:
        same = origin is None or urlsplit(origin).netloc == request.url.netloc
    if not same:
        raise Forbidden("the request comes from a page of another server; use the pages of this one")


async def sent_token(request: Request) -> str:
    """The token that the page sent along: in the header, or in the form; empty if in neither."""
    if (header := request.headers.get(CSRF_HEADER)) is not None:
        return header
    if request.headers.get("content-type", "").startswith(_FORMS):
        field = (await request.form()).get(CSRF_FIELD, "")
        return field if isinstance(field, str) else ""
    return ""


def same_secret(one: str, other: str) -> bool:
    """Whether both are the same text, without telling by the time taken where they part."""
    return secrets.compare_digest(one.encode(), other.encode())


def current_login(request: Request) -> Login:
    """The session of whoever asks; NotLoggedIn if there is none."""
    gate: Gate = request.app.state.gate
    login = gate.login_of(request)
    if login is None:
        raise NotLoggedIn
    request.state.login = login
    return login


def allow(*roles: Role, is_page: bool = True) -> Callable[..., Awaitable[Person]]:
    """A dependency that lets these roles through, and writes only with the session's token from a page of ours.

    `is_page`: who works for some customers alone is let in where the page holds to it, and to nothing of another's.
    """

    async def guard(request: Request, login: Annotated[Login, Depends(current_login)]) -> Person:
        if request.method not in _SAFE:
            check_origin(request)
            if not same_secret(await sent_token(request), login.csrf):
                raise Forbidden("the page's token is missing or out of date; load the page again")
        if login.person.role not in roles:
            raise Forbidden(f"the role {login.person.role} may not do this; ask a colleague who may")
        if is_page:
            await check_page(request, login.person)
        return login.person

    guard.is_guard = True  # type: ignore[attr-defined]
    return guard


async def anybody(request: Request) -> None:
    """The dependency of a route that asks nobody who they are."""
    if request.url.path.startswith("/v1/"):
        check_query(request)


anybody.is_guard = True  # type: ignore[attr-defined]


def person_of(request: Request) -> Person:
    """Who asks; the route's guard has let them through."""
    login: Login = request.state.login
    return login.person


def csrf(request: Request) -> str:
    """The token that the pages of this session send back with every write."""
    login: Login = request.state.login
    return login.csrf


def local_path(target: str | None) -> str:
    """The target if it is a path of this server, else `/`: nobody is sent elsewhere after a login."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return "/"
    if "\\" in target or any(char <= " " or char == "\x7f" for char in target):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


def login_url(target: str) -> str:
    """The address of the login page that leads back to this path."""
    back = local_path(target)
    return "/login" if back == "/" else f"/login?{urlencode({'next': back})}"


def install_gate(app: FastAPI, gate: Gate) -> None:
    """Puts the gate before every route, and turns those who are not let in to the login page, or away."""
    app.state.gate = gate

    @app.exception_handler(NotLoggedIn)
    async def not_logged_in(request: Request, error: NotLoggedIn) -> Response:
        if "hx-request" in request.headers:
            shown = urlsplit(request.headers.get("hx-current-url", "/"))
            back = login_url(shown.path + (f"?{shown.query}" if shown.query else ""))
            return problem_response(401, str(error), {"HX-Redirect": back})
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(login_url(request.url.path + query), status_code=303)
        return problem_response(401, str(error))

    @app.exception_handler(Forbidden)
    async def forbidden(_request: Request, error: Forbidden) -> Response:
        return problem_response(403, str(error))


def api_routes(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Those that functions answer: not what is mounted."""
    return (route for route in routes if isinstance(route, APIRoute))


def unguarded(app: FastAPI) -> list[str]:
    """The routes that nobody guards; an app must have none."""
    return [
        f"{','.join(sorted(route.methods or ()))} {route.path}"
        for route in api_routes(app.routes)
        if not _is_guarded(route.dependant)
    ]


def _is_guarded(dependant: Dependant) -> bool:
    return any(getattr(inner.call, "is_guard", False) or _is_guarded(inner) for inner in dependant.dependencies)
