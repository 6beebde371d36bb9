"""One message to one address: guarded, signed, bounded in time, its answer understood."""

import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx

from net.errors import SourceError
from net.guard import GuardedBackend, NetPolicy, tls_context
from net.http import named_failures
from review.webhooks.secrets import Signing

_CONNECT_S = 5.0
_SHORT_BYTES = 4096
_GONE = 410
_HEADERS = {"User-Agent": "zhenyan/0.1", "Accept": "*/*", "Accept-Encoding": "identity"}
_serving = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Why it was not taken, empty if it was. `wait_s`: what `Retry-After` asks for; `gone`: it was 410.

    `slow`: no answer came in time.
    """

    error: str = ""
    wait_s: float = 0.0
    gone: bool = False
    slow: bool = False


def post(
    client: httpx.Client, url: str, message_id: str, body: str, signing: Signing, at: datetime, answer_s: float
) -> Reply:
    """What the receiver made of it: 2xx is a yes, anything else and any failure of the network a no.

    Everything is over after `answer_s` and what a connection may take, however slowly the answer comes.
    """
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signing.sign(message_id, at, body),
    }
    _serving.deadline = time.monotonic() + _CONNECT_S + answer_s
    try:
        with named_failures(url), client.stream("POST", url, content=body.encode(), headers=headers) as answer:
            status, after = answer.status_code, answer.headers.get("retry-after", "")
            if (
                answer.headers.get("content-length", "").isdigit()
                and int(answer.headers["content-length"]) < _SHORT_BYTES
            ):
                answer.read()
    except SourceError as error:
        return Reply(error=str(error), slow=isinstance(error.__cause__, httpx.TimeoutException))
    if 200 <= status < 300:
        return Reply()
    return Reply(error=f"the platform answered {status}", wait_s=retry_after_s(after, at), gone=status == _GONE)


def retry_after_s(header: str, now: datetime) -> float:
    """The seconds that a `Retry-After` header asks for, as a number or as a date; 0 if it can't be read."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())


def open_client(net: NetPolicy, answer_s: float) -> httpx.Client:
    """A client for one address: connections are checked, redirects are not followed."""
    return httpx.Client(
        transport=_BoundedTransport(net),
        timeout=httpx.Timeout(answer_s, connect=_CONNECT_S),
        follow_redirects=False,
        trust_env=False,
        headers=_HEADERS,
    )


class _BoundedTransport(httpx.HTTPTransport):
    def __init__(self, net: NetPolicy) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(net),
            max_connections=16,
            max_keepalive_connections=8,
            keepalive_expiry=15.0,
            network_backend=_BoundedBackend(net),
        )


class _BoundedBackend(GuardedBackend):
    """Guarded connections whose every wait ends at the deadline of the message that the thread sends now.

    A receiver that sends its answer byte by byte would otherwise hold the thread for days.
    """

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A bounded connection to one of the host's addresses; RefusedAddress as the guard has it."""
        return _Bounded(super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Bounded(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came, at the latest at the deadline."""
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes everything, at the latest by the deadline."""
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Closes the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection under TLS."""
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Bounded(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float:
    left = float(_serving.deadline) - time.monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(timeout, left)
