"""SRT, which the media library does not speak: the ffmpeg program carries the bytes, untouched, into a pipe.

It opens the stream as plain data, so it parses no media, and a publisher that restarts shows as it was sent.
"""

import io
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import ffmpeg
from typing_extensions import Buffer

from ingest.errors import ParserDied
from ingest.media.ffmpeg import find_ffmpeg
from ingest.sandbox.process import how_it_ended
from ingest.sandbox.protocol import is_ready
from net.errors import UnreachableSource, UnsupportedSource
from net.guard import NetPolicy, check_url, port_of, resolve
from net.http import HttpLimits

SRT_SCHEMES = frozenset({"srt"})
_LOOK_S = 0.1
_LAST_BREATH_S = 2.0
_CHUNK_BYTES = 64 << 10
# What a caller may set; everything else could make the library listen, bind, or wait for ever.
_OPTIONS = {
    "streamid": re.compile(r"[\x20-\x7e]{1,512}"),
    "passphrase": re.compile(r"[\x21-\x7e]{10,79}"),
    "pbkeylen": re.compile(r"16|24|32"),
    "latency": re.compile(r"\d{1,8}"),
    "rcvlatency": re.compile(r"\d{1,8}"),
    "peerlatency": re.compile(r"\d{1,8}"),
    "mode": re.compile(r"caller"),
    "transtype": re.compile(r"live"),
}


class SrtFile(io.RawIOBase):
    """What a sender sends, as it arrives; `stop` true, or silence for `idle_s`, reads as the end."""

    def __init__(self, process: "subprocess.Popen[bytes]", stop: Callable[[], bool], idle_s: float) -> None:
        super().__init__()
        assert process.stdout is not None
        self.process = process
        self._pipe = process.stdout.fileno()
        self._stop = stop
        self._idle_s = idle_s
        self._ready = b""
        self._ended = False

    def wait(self) -> bool:
        """Whether anything came; it is left to be read."""
        self._ready = self._ready or self._next(_CHUNK_BYTES)
        return bool(self._ready)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Waits for bytes; 0 at the end."""
        target = memoryview(buffer).cast("B")
        data = self._ready[: len(target)] or self._next(len(target))
        self._ready = self._ready[len(target) :]
        target[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        deadline = time.monotonic() + self._idle_s
        while not self._stop() and time.monotonic() < deadline:
            if is_ready(self._pipe, _LOOK_S):
                data = os.read(self._pipe, min(size, _CHUNK_BYTES))
                self._ended = not data
                return data
        return b""

    def death(self) -> str:
        """What ended the program, if a signal did: then nothing is known of the sender; empty if it ended by itself."""
        if not self._ended:
            return ""
        try:
            status = self.process.wait(_LAST_BREATH_S)
        except subprocess.TimeoutExpired:
            return ""
        return how_it_ended(status, "") if status < 0 else ""


@contextmanager
def srt_file(url: str, policy: NetPolicy, limits: HttpLimits, stop: Callable[[], bool]) -> Iterator[SrtFile]:
    """The open stream of an SRT sender at a checked address; UnreachableSource if not a byte comes.

    ParserDied where the gateway was killed before one came: then nothing is known of the sender.
    """
    program = find_ffmpeg()
    if not _speaks_srt(program):
        raise UnsupportedSource(url, "this ffmpeg has no SRT; install your system's ffmpeg package")
    target = _target(url, policy, limits)
    command = (
        ffmpeg.input(target, f="data", protocol_whitelist="srt,udp", rw_timeout=int(limits.read_s * 1e6))
        .output("pipe:1", f="data", c="copy", map="0", flush_packets=1)
        .global_args("-nostdin", "-loglevel", "quiet", "-fflags", "nobuffer")
        .compile(cmd=str(program))
    )
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        file = SrtFile(process, stop, limits.connect_s + limits.read_s)
        if not file.wait():
            if death := file.death():
                raise ParserDied(url, death)
            raise UnreachableSource(url, "no connection, or nothing was sent")
        yield file
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def srt_options(url: str) -> dict[str, str]:
    """The options of an SRT URL that a caller may set; UnsupportedSource names the first that is not one."""
    try:
        given = parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True, max_num_fields=16)
    except ValueError:
        given = [] if not urlsplit(url).query else [("", "")]
    for name, value in given:
        rule = _OPTIONS.get(name)
        if rule is None or not rule.fullmatch(value):
            known = ", ".join(_OPTIONS)
            what = name if rule else "an unknown one"
            raise UnsupportedSource(url, f"its options are not taken ({what}); {known} are, within their limits")
    return dict(given)


def _target(url: str, policy: NetPolicy, limits: HttpLimits) -> str:
    parts = check_url(url, SRT_SCHEMES)
    options = srt_options(url) | {
        "mode": "caller",
        "transtype": "live",
        "connect_timeout": str(int(limits.connect_s * 1000)),
    }
    address = resolve(parts.hostname or "", port_of(parts), policy, url=url)[0]
    literal = f"[{address}]" if ":" in address else address
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"srt://{literal}:{port_of(parts)}?{query}"


@cache
def _speaks_srt(program: Path) -> bool:
    listed = subprocess.run([str(program), "-hide_banner", "-protocols"], capture_output=True, check=False, text=True)
    return "srt" in listed.stdout.split()
