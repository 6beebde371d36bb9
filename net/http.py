"""HTTP for untrusted origins: guarded addresses, no proxies from the environment, limits on bytes and time."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

from net.errors import RefusedAddress, UnreachableSource, UnsupportedSource
from net.guard import WEB_SCHEMES, GuardedBackend, NetPolicy, check_url, tls_context

# httpx imports a command line of its own, with click, rich and pygments: 5 MB of every capturing process, for nothing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx  # noqa: E402

HttpClient = httpx.Client

_HEADERS = {"User-Agent": "zhenyan/0.1", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Bounds of one client; `body_s` is for a whole body, so that a dripping origin ends too."""

    connect_s: float = 5.0
    read_s: float = 10.0
    body_s: float = 60.0
    redirects: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A whole response body, and the URL that gave it after redirects: what relative URIs refer to."""

    url: str
    content: bytes


class _GuardedTransport(httpx.HTTPTransport):
    def __init__(self, policy: NetPolicy) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(policy),
            max_connections=8,
            max_keepalive_connections=4,
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(policy),
        )


def build_client(policy: NetPolicy, limits: HttpLimits) -> httpx.Client:
    """A client whose every connection, redirects included, passes the policy; TLS is verified by the URL's host."""
    return httpx.Client(
        transport=_GuardedTransport(policy),
        timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
        follow_redirects=True,
        max_redirects=limits.redirects,
        trust_env=False,
        headers=_HEADERS,
    )


@contextmanager
def named_failures(url: str) -> Iterator[None]:
    """Turns the HTTP library's failures into ours, named by the URL that was asked for."""
    try:
        yield
    except httpx.TooManyRedirects as error:
        raise RefusedAddress(url, "redirects") from error
    except httpx.UnsupportedProtocol as error:
        raise RefusedAddress(url, "scheme") from error
    except RefusedAddress as error:
        raise RefusedAddress(url, error.rule) from error
    except UnreachableSource as error:
        raise UnreachableSource(url, error.why, transient=error.transient) from error
    except httpx.InvalidURL as error:
        raise UnreachableSource(url, "not a valid URL", transient=False) from error
    except httpx.TimeoutException as error:
        raise UnreachableSource(url, "no answer in time") from error
    except httpx.TransportError as error:
        raise UnreachableSource(url, "the connection failed") from error


@contextmanager
def open_stream(client: httpx.Client, url: str, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
    """An open response whose status is good; its body is not read yet."""
    check_url(url, WEB_SCHEMES)
    with named_failures(url), client.stream("GET", url, headers=dict(headers or {})) as response:
        check_status(response, url)
        yield response


def check_status(response: httpx.Response, url: str) -> None:
    """UnreachableSource for any status but 200 and 206; server errors and 408, 425, 429 are transient."""
    status = response.status_code
    if status not in (200, 206):
        transient = status >= 500 or status in (408, 425, 429)
        raise UnreachableSource(url, f"the server answered {status}", transient=transient)


def fetch(
    client: httpx.Client,
    url: str,
    *,
    max_bytes: int,
    limits: HttpLimits,
    byte_range: tuple[int, int] | None = None,
) -> Body:
    """The body as the origin sent it. `byte_range`: first and last byte, both included."""
    headers = {} if byte_range is None else {"Range": f"bytes={byte_range[0]}-{byte_range[1]}"}
    deadline = time.monotonic() + limits.body_s
    with open_stream(client, url, headers) as response:
        parts = bytearray()
        for part in response.iter_bytes():
            parts += part
            if len(parts) > max_bytes:
                raise UnsupportedSource(url, f"larger than the limit of {max_bytes} bytes")
            if time.monotonic() > deadline:
                raise UnreachableSource(url, f"not complete after {limits.body_s:.0f} s")
        content = bytes(parts)
        if byte_range is not None and response.status_code == 200:
            content = content[byte_range[0] : byte_range[1] + 1]
        return Body(url=str(response.url), content=content)
