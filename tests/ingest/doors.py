"""Doors on loopback: traps that nobody may come to, and TLS in front of a plain server."""

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.ports import free_port
from tests.system import program


@dataclass(slots=True)
class Trap:
    """Listening sockets, TCP and UDP on one port, that note whoever comes."""

    port: int
    visitors: list[bytes] = field(default_factory=list)


@contextmanager
def trap() -> Iterator[Trap]:
    """A trap on a free port of 127.0.0.1 and ::1; after it closed, `visitors` holds what each brought."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))]
        made = Trap(port=listeners[0].getsockname()[1])
        with suppress(OSError):
            listeners.append(stack.enter_context(socket.create_server(("::1", made.port), family=socket.AF_INET6)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", made.port))
        yield made
        # The kernel completes connections by itself: whoever connected stands in the queue, even if gone again.
        for listener in listeners:
            listener.setblocking(False)
            with suppress(BlockingIOError):
                while True:
                    connection, _ = listener.accept()
                    made.visitors.append(b"tcp")
                    connection.close()
        udp.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                made.visitors.append(b"udp " + udp.recv(100))


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFront:
    """A TLS door before a plain server. `authority`: what a client must trust; the certificate names `localhost`."""

    port: int
    authority: Path


@contextmanager
def tls_front(plain_port: int, folder: Path) -> Iterator[TlsFront]:
    """Takes TLS on a free port and hands the bytes on to the plain one."""
    authority = folder / "authority.pem"
    pair = folder / "pair.pem"
    write_certificate(authority, pair)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    port = free_port()
    started, over = threading.Event(), threading.Event()

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", plain_port)
        try:
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    async def serve() -> None:
        server = await asyncio.start_server(join, "127.0.0.1", port, ssl=context)
        started.set()
        while not over.is_set():  # noqa: ASYNC110 - another thread ends it
            await asyncio.sleep(0.02)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(10)
        yield TlsFront(port=port, authority=authority)
    finally:
        over.set()
        thread.join()


def write_certificate(authority: Path, pair: Path) -> None:
    """A self-signed certificate for `localhost`, as the authority to trust and as the server's key and certificate."""
    args = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = pair.with_suffix(".key")
    command = [program("openssl"), "req", *args, *names, "-keyout", str(key), "-out", str(authority)]
    subprocess.run(command, check=True, capture_output=True)
    pair.write_text(key.read_text() + authority.read_text())
