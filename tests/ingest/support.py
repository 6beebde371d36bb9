"""What the capture tests share: ffmpeg, an HTTP origin, playlists, and a capture of everything."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from ingest.capture.capture import capture
from ingest.capture.sources import CaptureLimits
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import EndPolicy, Segment
from net.guard import NetPolicy
from net.http import HttpLimits


def run_ffmpeg(*args: str | Path) -> None:
    subprocess.run([str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", *map(str, args)], check=True)


# A whole body, a status, a redirect, or pieces of a live body without a length.
Answer = bytes | int | str | list[bytes]


@dataclass
class Origin:
    """An HTTP server whose routes a test may change while it runs; a route is a body, a status or a redirect."""

    url: str
    port: int
    routes: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    ranges: bool = True
    cut_after: int | None = None
    requests: list[str] = field(default_factory=list)

    @property
    def policy(self) -> NetPolicy:
        return NetPolicy.parse([f"127.0.0.1:{self.port}"])


def handler_for(origin: Origin) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - the methods of the handler are counted with it
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            origin.requests.append(self.path)
            route = origin.routes.get(self.path, 404)
            answer = route() if callable(route) else route
            if isinstance(answer, int):
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if isinstance(answer, str):
                self.send_response(302)
                self.send_header("Location", answer)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if isinstance(answer, list):
                self._send_live(answer)
                return
            self._send(answer)

        def _send_live(self, pieces: list[bytes]) -> None:
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            with suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    self.wfile.write(piece)

        def _send(self, body: bytes) -> None:
            span = self.headers.get("Range")
            if span and origin.ranges:
                first, _, last = span.removeprefix("bytes=").partition("-")
                total = len(body)
                body = body[int(first) : int(last) + 1 if last else None]
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{int(first) + len(body) - 1}/{total}")
            else:
                self.send_response(200)
            if origin.ranges:
                self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if origin.cut_after is not None:
                    body, origin.cut_after = body[: origin.cut_after], None
                    self.close_connection = True
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


def playlist(names: list[str], *, first: int = 0, ended: bool = False, target_s: int = 1) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{target_s}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for name in names:
        if name.startswith("#"):
            lines.append(name)
        else:
            lines += ["#EXTINF:2.0,", name]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return ("\n".join(lines) + "\n").encode()


QUICK = CaptureLimits(stall_limit_s=1.5, http=HttpLimits(connect_s=2, read_s=2, body_s=10))


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def record(source: str | Path, folder: Path, policy: NetPolicy | None = None, **kwargs: object) -> list[Segment]:
    """All segments of a source."""
    options: dict[str, object] = {
        "stop": lambda: False,
        "now_ms": wall_ms,
        "limits": QUICK,
        "end": EndPolicy(away_s=1.5),
    }
    options |= kwargs
    return list(
        capture(str(source), stream_id="s1", folder=folder, policy=policy or NetPolicy(), **options)  # type: ignore[arg-type]
    )
