"""Plays a media file as a live HLS stream over HTTP on this machine's loopback."""

import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.broadcast.errors import EncodeError
from ingest.media.ffmpeg import find_ffmpeg

PLAYLIST_NAME = "live.m3u8"
_SEGMENT_SECONDS = 2
_SEGMENTS_IN_PLAYLIST = 6
_FIRST_SEGMENT_DEADLINE_S = 20.0
_POLL_S = 0.05


class _MediaHandler(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - the base class declares it so
        "": "application/octet-stream",
        ".m3u8": "application/vnd.apple.mpegurl",
        ".ts": "video/mp2t",
        ".m4s": "video/iso.segment",
        ".mp4": "video/mp4",
        ".flv": "video/x-flv",
        ".png": "image/png",
        ".json": "application/json",
    }

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a playlist is asked for every second or two."""


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Lets a player that went away go; anything else is reported as always."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class MediaServer:
    """Serves a folder over HTTP on loopback, with the MIME types that players ask for.

    `port` 0 takes any free one.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self._server = _QuietServer(("127.0.0.1", port), partial(_MediaHandler, directory=str(folder)))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": _POLL_S}, daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, as `--allow-net` takes them."""
        return f"127.0.0.1:{self._server.server_port}"

    def url(self, name: str) -> str:
        """Where a file of the folder is had."""
        return f"http://{self.address}/{name}"

    def stop(self) -> None:
        """Closes the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class LiveBroadcast:
    """A media file on air, in real time: a context manager that is entered when the playlist can be fetched.

    The packets are not re-encoded. The playlist rolls over `window` segments of two seconds, or keeps all when it is 0;
    when the file ends it gets its end mark and stays. Raises EncodeError when ffmpeg can't play the file.
    """

    def __init__(self, media: Path, *, port: int = 0, window: int = _SEGMENTS_IN_PLAYLIST) -> None:
        self._media = media
        self._port = port
        self._window = window

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._complaints = folder / "ffmpeg.txt"
        with self._complaints.open("wb") as complaints:
            self._player = subprocess.Popen(
                _player_command(self._media, folder, self._window), stdout=complaints, stderr=complaints
            )
        self._server = MediaServer(folder, port=self._port)
        self.started_at_ms = time.time_ns() // 1_000_000
        try:
            self._wait_for_playlist(folder / PLAYLIST_NAME)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The live playlist."""
        return self._server.url(PLAYLIST_NAME)

    @property
    def address(self) -> str:
        """Host and port of the stream, as `--allow-net` takes them."""
        return self._server.address

    @property
    def folder(self) -> Path:
        """Where its segments lie while they are in the playlist."""
        return Path(self._folder.name)

    @property
    def ended(self) -> bool:
        """Whether the file has been played to its end; the playlist then carries its end mark."""
        return self._player.poll() is not None

    def stop(self) -> None:
        """Takes the stream off the air and removes its segments."""
        if self._player.poll() is None:
            self._player.kill()
        self._player.wait()
        self._server.stop()
        self._folder.cleanup()

    def _wait_for_playlist(self, playlist: Path) -> None:
        deadline = time.monotonic() + _FIRST_SEGMENT_DEADLINE_S
        while not playlist.exists():
            if self.ended or time.monotonic() > deadline:
                reason = self._complaints.read_text(errors="replace").strip() or "no segment was written"
                raise EncodeError(f"{self._media}: can't be played live ({reason}); give a file with H.264 and AAC")
            time.sleep(_POLL_S)


def _player_command(media: Path, folder: Path, window: int) -> list[str]:
    return [
        *(str(find_ffmpeg()), "-hide_banner", "-nostdin", "-loglevel", "error"),
        *("-re", "-i", str(media), "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", "-f", "hls"),
        *("-hls_time", str(_SEGMENT_SECONDS), "-hls_list_size", str(window)),
        *("-hls_flags", "delete_segments+temp_file+independent_segments", "-hls_delete_threshold", "3"),
        *("-hls_segment_filename", str(folder / "segment%05d.ts"), str(folder / PLAYLIST_NAME)),
    ]
