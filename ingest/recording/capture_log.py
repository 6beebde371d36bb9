"""Who recorded a broadcast, from where, by what, and how right the clock was: `capture.jsonl` beside the recording."""

import ctypes
import json
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ingest.recording.disk import append_line, is_full
from net.errors import shown

CAPTURE_LOG = "capture.jsonl"
_TOOLS = ("zhenyan", "av", "httpx", "m3u8", "imageio-ffmpeg")
_UNSYNCHRONISED = 5
_IN_NANOSECONDS = 0x2000
_TIMEX_BYTES = 512


class CaptureLog:
    """Writes nothing until the source has given something; then who, how and where, and each address once."""

    def __init__(self, folder: Path, source: str, now_ms: Callable[[], int]) -> None:
        self._path = folder / CAPTURE_LOG
        self._source = source
        self._now_ms = now_ms
        self._known: dict[tuple[str, int, tuple[str, ...]], None] = {}
        self._began = False

    def began(self, at_ms: int) -> None:
        """Notes the capture and the addresses it has led to, when its first segment was received."""
        if self._began:
            return
        self._began = True
        scheme = self._source.partition("://")[0].lower() if "://" in self._source else "file"
        self._add(
            {
                "record": "capture",
                "at_ms": at_ms,
                "source": shown(self._source) if scheme != "file" else Path(self._source).name,
                "scheme": scheme,
                "method": _method(scheme),
                "maker": f"{platform.node()}, zhenyan {_version('zhenyan')}",
                "versions": {"python": platform.python_version()} | {tool: _version(tool) for tool in _TOOLS},
                "clock": clock_state(),
            }
        )
        for host, port, addresses in self._known:
            self._add_address(host, port, addresses, at_ms)

    def connected(self, host: str, port: int, addresses: tuple[str, ...]) -> None:
        """Notes to which addresses a name led, once for each answer."""
        asked = (host, port, addresses)
        if asked in self._known:
            return
        self._known[asked] = None
        if self._began:
            self._add_address(host, port, addresses, self._now_ms())

    def _add_address(self, host: str, port: int, addresses: tuple[str, ...], at_ms: int) -> None:
        self._add({"record": "address", "at_ms": at_ms, "host": host, "port": port, "addresses": list(addresses)})

    def _add(self, row: dict[str, object]) -> None:
        try:
            append_line(self._path, json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        except OSError as error:
            if not is_full(error):
                raise


def read_capture_log(folder: Path) -> list[dict[str, object]]:
    """The rows of a recording's log in order; empty for a recording made before it was kept."""
    path = folder / CAPTURE_LOG
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def clock_state() -> dict[str, object]:
    """What the kernel says of the system clock: kept in step or not, its offset and its largest error (adjtimex(2)).

    `{"synchronised": None}` where the kernel does not say.
    """
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    except (OSError, AttributeError):
        state = -1
    if state < 0:
        return {"synchronised": None}
    # struct timex: modes, then offset, freq, maxerror, esterror and status, each on the boundary of a long.
    numbers = (ctypes.c_long * 6).from_buffer(timex)
    status = ctypes.c_int.from_buffer(timex, 5 * ctypes.sizeof(ctypes.c_long)).value
    offset_us = numbers[1] // 1000 if status & _IN_NANOSECONDS else numbers[1]
    return {"synchronised": state != _UNSYNCHRONISED, "offset_us": offset_us, "largest_error_us": numbers[3]}


def _method(scheme: str) -> str:
    if scheme == "file":
        return "the packets of a file, not encoded anew"
    if scheme in {"http", "https"}:
        return "the origin's own segments or packets over HTTP, not encoded anew"
    return f"the packets received over {scheme}, not encoded anew"


def _version(tool: str) -> str:
    try:
        return version(tool)
    except PackageNotFoundError:
        return ""
