"""HTTP to one configured place: its addresses are checked and connected to as checked, no redirect is followed."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import httpcore2
import httpx2

from net.errors import SourceError
from net.guard import NetPolicy, resolve, tls_context

_CONNECT_S = 5.0


class AnswerTooLarge(httpx2.TransportError):
    """The server sends more than any answer holds."""


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """As `net.guard.GuardedBackend`, for asynchronous connections."""

    def __init__(self, policy: NetPolicy) -> None:
        self._policy = policy
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to one of the host's addresses; ConnectError if any of them may not be connected to."""
        try:
            addresses = await asyncio.to_thread(resolve, host, port, self._policy)
        except SourceError as error:
            raise httpcore2.ConnectError("this address may not be contacted") from error
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's own signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never: a socket file is no configured place."""
        raise httpcore2.ConnectError("this address may not be contacted")

    async def sleep(self, seconds: float) -> None:
        """Waits between httpcore2's own connection retries."""
        await self._plain.sleep(seconds)


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with an error once it is larger than any answer."""

    def __init__(self, body: httpx2.AsyncByteStream, most_bytes: int) -> None:
        self._body, self._left = body, most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            self._left -= len(part)
            if self._left < 0:
                raise AnswerTooLarge("the answer is larger than any can be")
            yield part

    async def aclose(self) -> None:
        await self._body.aclose()


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """Public addresses, and the one place that is named, by verified TLS; bodies are bounded and not compressed."""

    def __init__(self, policy: NetPolicy, *, most_bytes: int) -> None:
        super().__init__(trust_env=False)
        self._most_bytes = most_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls_context(policy),
            max_connections=16,
            max_keepalive_connections=4,
            keepalive_expiry=30.0,
            network_backend=_GuardedBackend(policy),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response; a compressed one is refused, for it may grow without end."""
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise AnswerTooLarge("the answer is compressed")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._most_bytes)
        return response


def build_client(policy: NetPolicy, *, most_bytes: int, within_s: float) -> httpx2.AsyncClient:
    """A client that follows no redirect and takes nothing from the environment."""
    return httpx2.AsyncClient(
        transport=GuardedTransport(policy, most_bytes=most_bytes),
        timeout=httpx2.Timeout(within_s, connect=min(_CONNECT_S, within_s)),
        follow_redirects=False,
        trust_env=False,
    )
