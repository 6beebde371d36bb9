"""A media URL as a file object, so that the demuxer itself never opens a connection."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from typing_extensions import Buffer

from net.backoff import backoff_s, pause
from net.errors import UnreachableSource, UnsupportedSource
from net.http import Body, HttpClient, named_failures, open_stream

_ATTEMPTS = 5


class HttpFile(io.RawIOBase):
    """Reads a URL; finite bodies of servers that know ranges can be sought, and go on after a lost connection.

    A body without a length is live: its end or a failure is for the caller to judge. `stop` true reads as the end.
    """

    def __init__(self, client: HttpClient, url: str, stop: Callable[[], bool]) -> None:
        super().__init__()
        self.url = url
        self._client = client
        self._stop = stop
        self._stack = ExitStack()
        self._chunks: Iterator[bytes] | None = None
        self._final_url = url
        self._ready = b""
        self._position = 0
        self._length: int | None = None
        self._ranges = False

    @property
    def is_live(self) -> bool:
        """Whether the body has no length; known once something was read."""
        return self._length is None

    def peek(self, size: int) -> bytes:
        """The next bytes, left to be read again; fewer at the end."""
        while len(self._ready) < size:
            chunk = self._next_chunk()
            if not chunk:
                break
            self._ready += chunk
        return self._ready[:size]

    def rest(self, max_bytes: int) -> Body:
        """All that is left, for content that turned out to be a playlist."""
        while len(self._ready) <= max_bytes:
            chunk = self._next_chunk()
            if not chunk:
                return Body(url=self._final_url, content=self._ready)
            self._ready += chunk
        raise UnsupportedSource(self.url, f"larger than the limit of {max_bytes} bytes")

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Whether the server gives ranges of a body with a length."""
        return self._length is not None and self._ranges

    def readinto(self, buffer: Buffer, /) -> int:
        """Fills the buffer with what has come; 0 at the end."""
        target = memoryview(buffer).cast("B")
        if not self._ready:
            self._ready = self._next_chunk()
        count = min(len(target), len(self._ready))
        target[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        self._position += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves; the next read asks for the rest from there."""
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length or 0}[whence]
        target = max(0, base + offset)
        ahead = target - self._position
        if 0 <= ahead <= len(self._ready):
            self._ready = self._ready[ahead:]
        elif ahead:
            self._disconnect()
        self._position = target
        return target

    def tell(self) -> int:
        """Where the next read starts."""
        return self._position

    def close(self) -> None:
        """Ends the request; further calls do nothing."""
        if not self.closed:
            self._disconnect()
        super().close()

    def __exit__(self, *failure: Any) -> None:
        """Closes."""
        self.close()

    def _disconnect(self) -> None:
        self._stack.close()
        self._chunks = None
        self._ready = b""

    def _next_chunk(self) -> bytes:
        for attempt in range(_ATTEMPTS):
            try:
                return self._read_chunk()
            except UnreachableSource as error:
                known = self._length is not None and (self._ranges or self._position == 0)
                if not (error.transient and known) or attempt == _ATTEMPTS - 1:
                    raise
                kept = self._ready
                self._disconnect()
                self._ready = kept
                if pause(backoff_s(attempt), self._stop):
                    return b""
        return b""

    def _read_chunk(self) -> bytes:
        reached = self._position + len(self._ready)
        if self._stop() or (self._length is not None and reached >= self._length):
            return b""
        with named_failures(self.url):
            chunks = self._chunks or self._connect(reached)
            chunk = next(chunks, b"")
        if not chunk and self._length is not None:
            raise UnreachableSource(self.url, "the connection ended before the file did")
        return chunk

    def _connect(self, start: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-"} if start else {}
        response = self._stack.enter_context(open_stream(self._client, self.url, headers))
        if start and response.status_code != 206:
            self._stack.close()
            raise UnreachableSource(self.url, "the server does not give parts of a file", transient=False)
        if not start:
            length = response.headers.get("Content-Length", "")
            plain = response.headers.get("Content-Encoding", "identity") == "identity"
            self._length = int(length) if length.isdigit() and plain else None
            self._ranges = response.headers.get("Accept-Ranges", "").lower() == "bytes"
            self._final_url = str(response.url)
        self._chunks = response.iter_bytes()
        return self._chunks
