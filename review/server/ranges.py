"""A file as it is sent: whole, or the range that was asked for; a range that can't be served is a problem."""

from fastapi.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from review.server.problems import problem_response

_WRONG_RANGE = {
    400: "Range: can't be read; write it as bytes=FIRST-LAST",
    416: "Range: lies outside the file; Content-Range says how long it is",
}


class RangedFile(FileResponse):
    """The framework's own answer tells of a wrong range in plain text, and leaves what was to be done after it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the file; whatever was sent, what is to be done after it is done."""
        refused = False

        async def send_or_refuse(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in _WRONG_RANGE:
                refused = True
                kept = {k.decode(): v.decode() for k, v in message["headers"] if k.lower() == b"content-range"}
                answer = problem_response(message["status"], _WRONG_RANGE[message["status"]], kept)
                await answer(scope, receive, send)
            elif not refused:
                await send(message)

        await super().__call__(scope, receive, send_or_refuse)
        if refused and self.background is not None:
            await self.background()
