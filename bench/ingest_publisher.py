"""One broadcast over HTTP-FLV at its own pace to any number of viewers; a process of its own, so not counted."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_HEADER_BYTES = 13
_VIDEO, _AUDIO, _SCRIPT = 9, 8, 18
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n"


def tags(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The file's tags with their times in milliseconds."""
    at = _HEADER_BYTES
    while at + 11 <= len(content):
        size = int.from_bytes(content[at + 1 : at + 4], "big") + 15
        yield int.from_bytes(content[at + 4 : at + 7], "big") | content[at + 7] << 24, content[at : at + size]
        at += size


def at_time(tag: bytes, at_ms: int) -> bytes:
    """The tag with another time."""
    return tag[:4] + (at_ms & 0xFFFFFF).to_bytes(3, "big") + bytes([at_ms >> 24]) + tag[8:]


class Publisher:
    """Repeats the file for ever; each viewer begins at the next key frame."""

    def __init__(self, content: bytes) -> None:
        every = list(tags(content))
        self._setup = [tag for _, tag in every if tag[0] == _SCRIPT or tag[12] == 0]
        self._media = [(at_ms, tag) for at_ms, tag in every if tag[0] != _SCRIPT and tag[12] != 0]
        self._header = content[:_HEADER_BYTES]
        self._waiting: list[asyncio.StreamWriter] = []
        self._viewers: list[asyncio.StreamWriter] = []

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers a viewer, who then waits for a key frame."""
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER + self._header + b"".join(self._setup))
        self._waiting.append(writer)

    async def play(self, began_s: float) -> None:
        """Sends each tag when its time has come; never returns."""
        lap_ms = self._media[-1][0] - self._media[0][0] + 33
        lap = 0
        while True:
            for own_ms, tag in self._media:
                at_ms = own_ms + lap * lap_ms
                await asyncio.sleep(max(0.0, began_s + at_ms / 1000 - time.time()))
                if tag[0] == _VIDEO and tag[11] >> 4 == 1:
                    self._viewers += self._waiting
                    self._waiting.clear()
                self._viewers = [viewer for viewer in self._viewers if not viewer.is_closing()]
                for viewer in self._viewers:
                    viewer.write(at_time(tag, at_ms))
            lap += 1


async def _serve(content: bytes) -> None:
    publisher = Publisher(content)
    server = await asyncio.start_server(publisher.welcome, "127.0.0.1", 0)
    began_s = time.time()
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]} {began_s * 1000:.0f}\n")
    sys.stdout.flush()
    with suppress(asyncio.CancelledError):
        await publisher.play(began_s)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]).read_bytes()))
