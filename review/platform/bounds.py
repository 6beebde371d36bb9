"""How long a request may be, and the header fields that its guard wants in the answer, whatever the answer is."""

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.problems import problem_response

MOST_BYTES = 2 * 1024 * 1024
_PATHS = "/v1/"
_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Bounds:
    """Refuses bodies of programs above `most_bytes`, by what they say of themselves and by what really comes.

    The web framework's own bound answers in plain text; programs are told by a problem like any other.
    """

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._why = f"the request is longer than {most_bytes} bytes; send less at a time"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said) > self._most_bytes:
            await problem_response(_TOO_LARGE, self._why, {"Connection": "close"})(scope, receive, send)
            return
        state: dict[str, object] = scope.setdefault("state", {})
        count = 0

        async def send_with_headers(message: Message) -> None:
            wanted = state.get("answer_headers")
            if message["type"] == "http.response.start" and isinstance(wanted, dict):
                MutableHeaders(scope=message).update(wanted)
            await send(message)

        async def receive_bounded() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > self._most_bytes:
                raise HTTPException(_TOO_LARGE, self._why)
            return message

        await self._app(scope, receive_bounded, send_with_headers)
