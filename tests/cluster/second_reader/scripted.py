"""A server that speaks the endpoint's protocol and answers as it is told: right, wrong, slow, broken or hostile."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Response:
    """What is sent back; `hold`: not before it is set. `cut`: the connection is closed without an answer."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None
    cut: bool = False


Script = Callable[[dict[str, Any]], Response]


def completion(content: object, tokens: tuple[int, int] = (100, 20)) -> Response:
    """An answer as servers send it, with this text; what is no text is written as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return Response(
        json.dumps(
            {
                "id": "c1",
                "object": "chat.completion",
                "created": 0,
                "model": "scripted",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
                "usage": {
                    "prompt_tokens": tokens[0],
                    "completion_tokens": tokens[1],
                    "total_tokens": sum(tokens),
                },
            }
        ).encode()
    )


def data_of(request: dict[str, Any]) -> dict[str, Any]:
    """The data that the question holds."""
    content: str = request["messages"][1]["content"]
    data: dict[str, Any] = json.loads(content[content.index("{") :])
    return data


def saying(answer: str, **changes: Any) -> Script:
    """Answers so, and rests on the words of the claim."""

    def script(request: dict[str, Any]) -> Response:
        data = data_of(request)
        given = {
            "answer": answer,
            "class": data["classes"][0]["id"],
            "reading": 0,
            "words": [data["passage"]["claim"]],
            "reason": "按前后文判断如此。",
        }
        return completion(given | changes)

    return script


@dataclass(slots=True)
class Scripted:
    """The running server: its address up to /v1, and what it was asked."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    script: Script = field(default=lambda _: Response(status=500))

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])


@contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """Runs the server on loopback while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            running.asked.append(json.loads(content))
            running.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = running.script(running.asked[-1])
            if answer.hold is not None:
                answer.hold.wait(60)
            if answer.cut:
                self.close_connection = True
                return
            try:
                self.send_response(answer.status)
                for name, value in ({"content-type": "application/json"} | answer.headers).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # who asked has gone

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            """Tests need no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Scripted(url=f"http://127.0.0.1:{server.server_address[1]}/v1", script=script)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
