"""The guard of routes that programs use: a key with the right scope, or a person who is logged in.

@router.get("/v1/…", responses=answers(404))
def read(caller: Annotated[Caller, Depends(key_or_person(Scope.CASES_READ))]) -> …:
    … caller.sees …
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from review.accounts.types import Role
from review.api_errors import KeyRefused, ScopeMissing, TooFast
from review.server.auth.guard import DECIDERS, EVERYBODY, allow, current_login
from review.server.auth.rate_limits import Rates
from review.server.auth.tenant_reach import tenant_for
from review.server.problems import documented
from review.server.query_parameters import check_query
from review.tenants.keys import KeyStore
from review.tenants.types import Caller, Scope

_BEARER = HTTPBearer(
    scheme_name="key", bearerFormat="zy_<id>_<secret>", auto_error=False, description="A key of `zhenyan keys add`"
)


class KeyGate:
    """Knows keys and counts their requests."""

    def __init__(self, keys: KeyStore, rates: Rates) -> None:
        self._keys = keys
        self._rates = rates

    def caller(self, request: Request, header: str, scope: Scope) -> Caller:
        """Who sent this header; KeyRefused, TooFast, ScopeMissing."""
        kind, _, token = header.partition(" ")
        address = request.client.host if request.client else ""
        try:
            if kind.lower() != "bearer":
                raise KeyRefused
            key = self._keys.check(token.strip())
        except KeyRefused:
            self._rates.count_wrong(address)
            raise
        rate = self._rates.count(key.key_id, key.per_minute)
        request.state.answer_headers = rate.headers()
        if rate.over:
            raise TooFast(key.per_minute, rate.reset_s)
        if scope not in key.scopes:
            raise ScopeMissing(scope.value)
        return Caller.of_key(key)


def key_or_person(scope: Scope, *roles: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets keys with this scope through, and people with one of these roles.

    `roles`: everybody who is logged in for a scope that reads, and those who decide for one that writes, if none is
    named. A person's write needs the session's token, a key's does not: no browser sends a key by itself. A request
    with an Authorization header is judged by it alone.
    """
    by_session = allow(*(roles or (EVERYBODY if scope.reads else DECIDERS)), is_page=False)

    async def guard(request: Request, _key: Annotated[Any, Depends(_BEARER)]) -> Caller:
        header = request.headers.get("authorization")
        if header is not None:
            gate: KeyGate = request.app.state.key_gate
            caller = await run_in_threadpool(gate.caller, request, header, scope)
        else:
            login = await run_in_threadpool(current_login, request)
            person = await by_session(request, login)
            caller = Caller.of_person(person, await tenant_for(request, person))
        request.state.caller = caller
        check_query(request)
        return caller

    guard.is_guard = True  # type: ignore[attr-defined]
    guard.scope = scope  # type: ignore[attr-defined]
    return guard


def answers(*more: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of the problems that any guarded route may answer with, and of these."""
    return documented(*sorted({401, 403, 422, 429, 503, *more}))


def write_answers(*more: int) -> dict[int | str, dict[str, Any]]:
    """As `answers`, for a route that reads a body."""
    return answers(400, 413, *more)
