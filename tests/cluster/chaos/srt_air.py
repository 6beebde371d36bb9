"""A film on air over SRT, for one caller at a time: who loses the connection and comes back has missed what ran on."""

import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.ports import free_port
from ingest.media.ffmpeg import find_ffmpeg

_TOLD_S = 0.1


class SrtBroadcast:
    """The file's own packets at their pace, from the first call on; a context manager."""

    def __init__(self, media: Path, length_s: float) -> None:
        self._media = media
        self._length_s = length_s
        self._port = free_port(socket.SOCK_DGRAM)
        self._over = threading.Event()
        self._sender: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._send, daemon=True)

    @property
    def url(self) -> str:
        """Where it is had."""
        return f"srt://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        while self._thread.is_alive():
            if self._sender is not None:
                self._sender.kill()
            self._thread.join(0.1)

    def _send(self) -> None:
        begun_s: float | None = None
        while not self._over.is_set():
            at_s = 0.0 if begun_s is None else time.monotonic() - begun_s
            if at_s >= self._length_s:
                return
            self._sender = sender = subprocess.Popen(
                self._command(at_s), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            with sender:
                assert sender.stdout is not None
                for line in sender.stdout:
                    if line.startswith(b"total_size=") and line.strip() not in (b"total_size=0", b"total_size=N/A"):
                        begun_s = begun_s or time.monotonic()
                        break
                for _ in sender.stdout:
                    pass

    def _command(self, at_s: float) -> list[str]:
        return [
            *(str(find_ffmpeg()), "-v", "quiet", "-nostdin", "-y"),
            *("-progress", "pipe:1", "-stats_period", str(_TOLD_S)),
            *("-re", "-ss", f"{at_s:.3f}", "-i", str(self._media), "-c", "copy"),
            *("-f", "mpegts", f"srt://127.0.0.1:{self._port}?mode=listener"),
        ]
