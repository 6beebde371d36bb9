"""A broadcast's source in a process of its own: a live playlist whose window moves by the clock, whoever serves it."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.ingest.support import playlist

_WINDOW = 4


def main(folder: str, port: str, began_s: str) -> None:
    """Serves `/live.m3u8` and the segments of the folder until it is killed; the broadcast began at this Unix time."""
    cut = Path(folder)
    count = len(list(cut.glob("s*.ts")))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            if name == "live.m3u8":
                newest = min(count - 1, int((time.time() - float(began_s)) / 2) + _WINDOW)
                first = max(0, newest - _WINDOW)
                body = playlist([f"s{number}.ts" for number in range(first, newest + 1)], first=first, target_s=2)
            else:
                body = (cut / name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Stays quiet."""

    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
