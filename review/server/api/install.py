"""What the app needs so that programs can use it: the gate of keys, bounds, and its refusals as problems."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError

from review.api_errors import PlatformError
from review.judge_pool.errors import CallerGone
from review.scheduling.orders import NotOrdered
from review.server.auth.api_keys import KeyGate
from review.server.auth.rate_limits import Rates
from review.server.problems import problem_response
from review.server.request_limits import MOST_BYTES, Bounds
from review.tenants.keys import KeyStore

# What servers write for a client that hung up before it was answered; nobody reads it.
_HUNG_UP = 499


def install_platform(app: FastAPI, keys: KeyStore, rate_storage: str = "", check_bytes: int = MOST_BYTES) -> None:
    """Puts keys and bounds before the routes of programs; `rate_storage`: as `Rates`, `check_bytes`: as `Bounds`."""
    app.state.key_gate = KeyGate(keys, Rates(rate_storage))
    app.add_middleware(Bounds, check_bytes=check_bytes)

    @app.exception_handler(CallerGone)
    async def gone(_request: Request, _error: CallerGone) -> Response:
        return Response(status_code=_HUNG_UP)

    @app.exception_handler(PlatformError)
    async def refused(_request: Request, error: PlatformError) -> JSONResponse:
        return problem_response(error.status, str(error), error.headers, error.code, error.faults)

    @app.exception_handler(NotOrdered)
    async def not_ordered(_request: Request, error: NotOrdered) -> JSONResponse:
        return problem_response(409, str(error), code="not_ordered")

    @app.exception_handler(DataError)
    async def no_text(_request: Request, _error: DataError) -> JSONResponse:
        return problem_response(422, "a value holds what the database can't keep, such as a NUL character; correct it")
