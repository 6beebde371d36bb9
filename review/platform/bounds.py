"""How long a request may be, and the header fields that its guard wants in the answer, whatever the answer is."""

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.problems import problem_response

MOST_BYTES = 2 * 1024 * 1024
# Where people hand in files; each form has bounds of its own below these.
_FILES = {"/h/": 220_000_000, "/policies": 24_000_000, "/before": 24_000_000, "/codes": 12_000_000}
_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Bounds:
    """Refuses bodies that are too long, by what they say of themselves and by what really comes.

    The web framework's own bound answers in plain text; programs are told by a problem like any other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most_bytes = _most_bytes(scope["path"])
        why = f"the request is longer than {most_bytes} bytes; send less at a time"
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said[:20]) > most_bytes:
            await problem_response(_TOO_LARGE, why, {"Connection": "close"})(scope, receive, send)
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
            if count > most_bytes:
                raise HTTPException(_TOO_LARGE, why)
            return message

        await self._app(scope, receive_bounded, send_with_headers)


def _most_bytes(path: str) -> int:
    return next((most for start, most in _FILES.items() if path.startswith(start)), MOST_BYTES)
