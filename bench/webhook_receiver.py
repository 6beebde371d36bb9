"""A receiver on loopback that fails as receivers do: errors, answers that never come, connections that break."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came: `seen` the ids by sequence, `accepted` the bodies that were answered with 204, by id.

    `failing`: of so many messages, one fails; 0: none. `hang_s`: how long an answer is held back that never comes.
    """

    failing: int = 3
    hang_s: float = 1.0
    port: int = 0
    count: int = 0
    seen: dict[int, set[str]] = field(default_factory=dict)
    accepted: dict[str, bytes] = field(default_factory=dict)
    twice: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def take(self, message_id: str, body: bytes) -> str:
        """Notes the message; gives what becomes of it: `ok`, `error`, `hang` or `reset`."""
        sequence = int(json.loads(body)["sequence"])
        with self.lock:
            self.count += 1
            self.seen.setdefault(sequence, set()).add(message_id)
            if self.failing and self.count % self.failing == 0:
                # One in sixteen failures hangs: enough to be met often, and not to be all that is measured.
                turn = self.count // self.failing % 16
                return "hang" if turn == 0 else "reset" if turn % 4 == 0 else "error"
            self.twice += message_id in self.accepted
            self.accepted[message_id] = body
            return "ok"


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """The receiver, listening."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            fate = receiver.take(self.headers["webhook-id"], body)
            if fate == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
            elif fate == "hang":
                time.sleep(receiver.hang_s)
                self.close_connection = True
            else:
                self.send_response(204 if fate == "ok" else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stays quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A connection of a sender that was killed is no error of this one."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
