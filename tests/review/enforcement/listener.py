"""A platform that listens: a real HTTP server on loopback that keeps what it is sent and answers as told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Platform:
    """`answers`: the statuses of the next answers; 204 once they are used up. `got`: headers and body, in order."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    location: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def messages(self) -> list[dict[str, Any]]:
        """What was sent, each with its signature checked as a receiver checks it."""
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.got]


@contextmanager
def listening() -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            platform.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(platform.answers.pop(0) if platform.answers else 204)
            if platform.location:
                self.send_header("Location", platform.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stays quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
