"""Which addresses may be contacted: the check is made on the address that is then connected to."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import certifi
import httpcore

from net.errors import RefusedAddress, UnreachableSource
from net.schemes import DEFAULT_PORTS, REFUSED_PORTS

SCHEMES = frozenset(DEFAULT_PORTS)
WEB_SCHEMES = frozenset({"http", "https"})

_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
# Forms that carry an IPv4 address inside, and what Python 3.11's is_global does not refuse by itself.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)


# What a resolver says of a name that is none, or has no address; whatever else it says, it has failed.
_NO_SUCH_NAME = frozenset(
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EAI_FAMILY", "EAI_SERVICE", "EAI_SOCKTYPE")
    if hasattr(socket, name)
)
_CONTROL = frozenset(map(chr, (*range(0x20), 0x7F))) | {"\\"}


def _ignore(host: str, port: int, addresses: tuple[str, ...]) -> None:
    """For callers that keep no log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetPolicy:
    """Public addresses, and the named hosts; `allow` holds `host` or `host:port` as the operator wrote them.

    Compared literally: allowing `127.0.0.1:8080` allows neither `localhost:8080` nor `127.0.0.1:9090`.
    `trust`: further certificate authorities (PEM), for platforms that sign their own. `on_resolved` is
    called with each name and the addresses it led to, once they were checked.
    """

    allow: frozenset[str] = field(default_factory=frozenset)
    trust: Path | None = None
    on_resolved: Callable[[str, int, tuple[str, ...]], None] = field(default=_ignore, compare=False, repr=False)

    @classmethod
    def parse(cls, entries: Iterable[str], trust: Path | None = None) -> "NetPolicy":
        """The policy for `HOST[:PORT]` entries; ValueError names an entry that is neither."""
        return cls(allow=frozenset(_checked_entry(entry) for entry in entries), trust=trust)

    def names(self, host: str, port: int) -> bool:
        """Whether the operator allowed this host, alone or with this port."""
        bare = host.lower().strip("[]")
        written = f"[{bare}]" if ":" in bare else bare
        return bool(self.allow & {bare, written, f"{written}:{port}"})


def _checked_entry(entry: str) -> str:
    text = entry.strip().lower()
    try:
        parts = urlsplit(f"//{text}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    bare_ipv6 = text.count(":") > 1 and "[" not in text
    bad_host = not text or any(c in text for c in "/@?#*, ") or (not bare_ipv6 and not host)
    if bad_host or text.endswith(":"):
        raise ValueError(f"{entry!r}: not HOST or HOST:PORT")
    return text


def is_public(address: str) -> bool:
    """Whether an address literal is a plain public unicast one; never true for tunnels and translations."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _PUBLIC_IPV6 or ip.scope_id):
        return False
    if any(ip.version == net.version and ip in net for net in _NEVER):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def check_url(url: str, schemes: frozenset[str] = SCHEMES) -> SplitResult:
    """The URL's parts; RefusedAddress if its scheme is not one of these or its port can be no media server's.

    The named port is judged here only in its form; whether an operator allowed it, when it is connected to.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedAddress(url, "scheme") from error
    if parts.scheme.lower() not in schemes or not parts.hostname or port == 0 or _CONTROL & set(url):
        raise RefusedAddress(url, "scheme")
    return parts


def port_of(parts: SplitResult) -> int:
    """The URL's port, or its scheme's."""
    return parts.port or DEFAULT_PORTS[parts.scheme.lower()]


def resolve(host: str, port: int, policy: NetPolicy, *, url: str = "") -> tuple[str, ...]:
    """The host's addresses, each of which may be connected to; to be connected to as they are, never by name.

    RefusedAddress, with one text, if any of them is not public, if there is none, or if the port is refused: the
    answer tells nothing of a private network. Where the resolver itself failed, it is UnreachableSource.
    """
    shown_url = url or f"//{host}:{port}"
    named = policy.names(host, port)
    if port in REFUSED_PORTS and not named:
        raise RefusedAddress(shown_url, "address")
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise RefusedAddress(shown_url, "address") from error
        raise UnreachableSource(shown_url, "the name service gave no answer") from error
    except UnicodeError as error:
        raise RefusedAddress(shown_url, "address") from error
    except OSError as error:
        raise UnreachableSource(shown_url, "the name service gave no answer") from error
    addresses = tuple(dict.fromkeys(str(info[4][0]) for info in infos))
    if not addresses or not (named or all(is_public(address) for address in addresses)):
        raise RefusedAddress(shown_url, "address")
    policy.on_resolved(host, port, addresses)
    return addresses


def tls_context(policy: NetPolicy) -> ssl.SSLContext:
    """Verifies names and certificates by the bundled authorities, and by those the operator added."""
    context = ssl.create_default_context(cafile=certifi.where())
    if policy.trust is not None:
        context.load_verify_locations(cafile=str(policy.trust))
    return context


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that it has resolved and checked itself, so that a name cannot change its mind between."""

    def __init__(self, policy: NetPolicy) -> None:
        self._policy = policy
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the host's addresses; RefusedAddress if any of them may not be connected to."""
        *before, last = resolve(host, port, self._policy)
        for address in before:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
        return self._plain.connect_tcp(last, port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Never: a socket file is no public address."""
        raise RefusedAddress(path, "address")

    def sleep(self, seconds: float) -> None:
        """Waits between httpcore's own connection retries."""
        self._plain.sleep(seconds)
