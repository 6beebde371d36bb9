"""Which addresses may be contacted: the check is made on the address that is then connected to."""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpcore

from ingest.errors import RefusedAddress, UnreachableSource

SCHEMES = frozenset({"http", "https"})

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NetPolicy:
    """Public addresses, and the named hosts; `allow` holds `host` or `host:port` as the operator wrote them.

    Compared literally: allowing `127.0.0.1:8080` allows neither `localhost:8080` nor `127.0.0.1:9090`.
    """

    allow: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "NetPolicy":
        """The policy for `HOST[:PORT]` entries; ValueError names an entry that is neither."""
        return cls(allow=frozenset(_checked_entry(entry) for entry in entries))

    def names(self, host: str, port: int) -> bool:
        """Whether the operator allowed this host, alone or with this port."""
        bare = host.lower().strip("[]")
        written = f"[{bare}]" if ":" in bare else bare
        return bool(self.allow & {bare, written, f"{written}:{port}"})


def _checked_entry(entry: str) -> str:
    text = entry.strip().lower()
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    bare_ipv6 = text.count(":") > 1 and "[" not in text
    bad_host = not text or any(c in text for c in "/@?#*, ") or (not bare_ipv6 and not parts.hostname)
    if bad_host or (not bare_ipv6 and port == -1) or text.endswith(":"):
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


def check_url(url: str) -> None:
    """RefusedAddress if the scheme is not one that is captured."""
    parts = urlsplit(url)
    if parts.scheme.lower() not in SCHEMES or not parts.hostname:
        raise RefusedAddress(url, "scheme")


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
        """A connection to one of the host's addresses; RefusedAddress if any of them is not public."""
        shown_url = f"//{host}:{port}"
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnreachableSource(shown_url, "the host name is not known", transient=False) from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in infos))
        if not self._policy.names(host, port) and not all(is_public(address) for address in addresses):
            raise RefusedAddress(shown_url, "address")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

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
