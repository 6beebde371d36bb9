"""A door of one address: what speaks RTMP or RTSP connects to loopback, the relay connects to what was checked."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

_CHUNK_BYTES = 64 << 10
_MOST_CONNECTIONS = 4
_LOOK_S = 0.1
# A broadcast comes in a hundred small pieces a second. Gathered, recording 2.9 Mbit/s costs 3.2 % of a core, not 3.7 %.
_GATHER_S = 0.04


class Filter(Protocol):
    """Sees all bytes of one direction; ValueError ends the connection."""

    def feed(self, data: bytes) -> bytes:
        """What to send on."""


class _AsIs:
    def feed(self, data: bytes) -> bytes:
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTarget:
    """Where a relay leads: checked addresses, tried in turn. `tls` None: plain; else `host` is what it must prove."""

    addresses: tuple[str, ...]
    port: int
    host: str
    tls: ssl.SSLContext | None
    connect_s: float
    idle_s: float


class Relay:
    """Listens on a loopback port while it is open; every connection is joined to the one target.

    `stop` true, or no byte from the target for `idle_s`, ends the connections, so that a blocked reader wakes up.
    """

    def __init__(
        self,
        target: RelayTarget,
        stop: Callable[[], bool],
        *,
        upstream: Callable[[int], Filter] = lambda _: _AsIs(),
        downstream: Callable[[], Filter] = _AsIs,
    ) -> None:
        self.port = 0
        self.failure = ""
        self.byte_count = 0
        self._target = target
        self._stop = stop
        self._upstream = upstream
        self._downstream = downstream
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._served = 0
        self._last_byte_s = time.monotonic()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def __enter__(self) -> "Relay":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0, limit=_CHUNK_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        while not self._closing.is_set():
            await asyncio.sleep(_LOOK_S)
            idle = self._writers and time.monotonic() - self._last_byte_s > self._target.idle_s
            if idle:
                self.failure = f"nothing was sent for {self._target.idle_s:.0f} s"
            if idle or self._stop():
                self._abort()
        server.close()
        self._abort()

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _join(self, near_reader: asyncio.StreamReader, near_writer: asyncio.StreamWriter) -> None:
        self._served += 1
        self._writers.add(near_writer)
        self._last_byte_s = time.monotonic()
        try:
            if self._served > _MOST_CONNECTIONS:
                return
            far = await self._connect()
            if far is None:
                return
            far_reader, far_writer = far
            self._writers.add(far_writer)
            try:
                await asyncio.wait(
                    [
                        asyncio.ensure_future(
                            self._copy(near_reader, far_writer, self._upstream(self.port), far=False)
                        ),
                        asyncio.ensure_future(self._copy(far_reader, near_writer, self._downstream(), far=True)),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if near_writer.transport.get_write_buffer_size():
                    near_writer.close()
                    await near_writer.wait_closed()
            finally:
                self._writers.discard(far_writer)
                far_writer.transport.abort()
        finally:
            self._writers.discard(near_writer)
            near_writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        target = self._target
        failure = "it has no address"
        for address in target.addresses:
            try:
                return await asyncio.wait_for(
                    asyncio.open_connection(
                        address,
                        target.port,
                        limit=_CHUNK_BYTES,
                        ssl=target.tls,
                        server_hostname=target.host if target.tls else None,
                    ),
                    target.connect_s,
                )
            except ssl.SSLCertVerificationError:
                failure = "its certificate is not valid for this name"
            except (TimeoutError, OSError):
                failure = "the connection failed"
        self.failure = failure
        return None

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: Filter, *, far: bool
    ) -> None:
        while True:
            try:
                data = await reader.read(_CHUNK_BYTES)
            except OSError:
                if far:
                    self.failure = self.failure or "the connection was lost"
                return
            if not data:
                return
            if far:
                self.byte_count += len(data)
                self._last_byte_s = time.monotonic()
            try:
                writer.write(passing.feed(data))
                await writer.drain()
            except (OSError, ValueError):
                return
            if far and len(data) < _CHUNK_BYTES // 4:
                await asyncio.sleep(_GATHER_S)
