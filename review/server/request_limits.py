"""How long a request may be, and the header fields that its guard wants in the answer, whatever the answer is."""

from http import HTTPStatus

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.server.problems import problem_response

MOST_BYTES = 2 * 1024 * 1024
# Where files are handed in; each form has bounds of its own below these, and nothing is parsed in this process.
_FILES = {
    "/h/": 220_000_000,
    "/policies": 24_000_000,
    "/before": 24_000_000,
    "/codes": 12_000_000,
    "/v1/passports:batch": 8_388_608,
    "/passports/import": 8_388_608,
}
_CHECKS = "/v1/check"
# The values of one body of JSON: it is parsed in one go, and meanwhile nobody else is served.
MOST_VALUES = 100_000
_TOO_MANY = f"body: holds more than {MOST_VALUES} values, the most that are taken; send less at a time"
_LET_GO_BYTES, _LET_GO_S = 16 * 1024 * 1024, 1.0
_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Bounds:
    """Refuses bodies that are too long, by what they say of themselves and by what really comes.

    The web framework's own bound answers in plain text; programs are told by a problem like any other. `check_bytes`:
    the bound of what is sent as JSON to be checked.
    """

    def __init__(self, app: ASGIApp, check_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._bounds = {**_FILES, _CHECKS: check_bytes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        most_bytes = next((most for start, most in self._bounds.items() if path.startswith(start)), MOST_BYTES)
        why = f"body: is longer than {most_bytes} bytes, the most that is taken here; send less at a time"
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said[:20]) > most_bytes:
            await _let_go(receive)
            await problem_response(_TOO_LARGE, why, {"Connection": "close"})(scope, receive, send)
            return
        state: dict[str, object] = scope.setdefault("state", {})
        counts_values = not path.startswith(tuple(_FILES))
        count = values = 0

        async def send_with_headers(message: Message) -> None:
            wanted = state.get("answer_headers")
            if message["type"] == "http.response.start" and isinstance(wanted, dict):
                MutableHeaders(scope=message).update(wanted)
            await send(message)

        async def receive_bounded() -> Message:
            nonlocal count, values
            message = await receive()
            body = message.get("body", b"")
            count += len(body)
            if count > most_bytes:
                await _let_go(receive)
                raise HTTPException(_TOO_LARGE, why)
            if counts_values:
                # All but the first of a list or mapping stand behind one.
                values += body.count(b",")
                if values > MOST_VALUES:
                    await _let_go(receive)
                    raise HTTPException(_TOO_LARGE, _TOO_MANY)
            return message

        await self._app(scope, receive_bounded, send_with_headers)


async def _let_go(receive: Receive) -> None:
    """Takes what is still being sent, and keeps none of it: a connection that is closed on it loses the answer too."""
    count = 0
    with anyio.move_on_after(_LET_GO_S):
        while count < _LET_GO_BYTES:
            message = await receive()
            count += len(message.get("body", b""))
            if not message.get("more_body", False):
                return
