"""The address policy, on literals and on real connections."""

import socket
import threading
from collections.abc import Callable
from typing import NoReturn

import pytest

from net.errors import RefusedAddress, UnreachableSource
from net.guard import GuardedBackend, NetPolicy, check_url, is_public, resolve
from net.http import HttpLimits, build_client, fetch

LIMITS = HttpLimits(connect_s=2, read_s=2, body_s=5)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "239.1.2.3",
        "255.255.255.255",
        "240.0.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "203.0.113.7",
        "192.88.99.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%lo",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "not an address",
    ],
)
def test_no_public_address(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111"])
def test_public_address(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "127.0.0.1", 8081, False),
        ("127.0.0.1:8080", "localhost", 8080, False),
        ("localhost", "127.0.0.1", 80, False),
        ("Media.Internal", "media.internal", 443, True),
        ("media.internal", "x.media.internal", 443, False),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 80, False),
        ("::1", "::1", 80, True),
    ],
)
def test_allowing_one_host_allows_no_other(entry: str, host: str, port: int, allowed: bool) -> None:
    assert NetPolicy.parse([entry]).names(host, port) is allowed


@pytest.mark.parametrize("entry", ["", "http://a.example", "a.example/x", "host:port", "a b", "*", "host:", "h:99999"])
def test_an_entry_that_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="not HOST or HOST:PORT"):
        NetPolicy.parse([entry])


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://a/1", "ftp://a/b", "http:///x", "data:,x", "unix://a/b", "subfile://a"]
)
def test_a_scheme_that_is_not_captured_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddress) as caught:
        check_url(url)
    assert caught.value.rule == "scheme"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
def test_every_way_to_write_loopback_is_refused_with_one_text(host: str) -> None:
    with build_client(NetPolicy(), LIMITS) as client, pytest.raises(RefusedAddress) as caught:
        fetch(client, f"http://{host}:1/x?token=secret", max_bytes=10, limits=LIMITS)
    assert str(caught.value).replace(host, "HOST") == (
        "http://HOST:1/x: refused (address rule): only public internet addresses and media ports are allowed; "
        "check the URL, or let an operator allow it with --allow-net HOST[:PORT]"
    )


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RefusedAddress):
        GuardedBackend(NetPolicy()).connect_tcp("rebind.example", 80)


@pytest.mark.parametrize("name", ["EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY"])
def test_a_name_that_does_not_exist_is_refused_as_every_other_address(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", failing(socket.gaierror(getattr(socket, name), "no such name")))
    with pytest.raises(RefusedAddress) as nowhere:
        resolve("nowhere.example", 80, NetPolicy())
    monkeypatch.undo()
    with pytest.raises(RefusedAddress) as inside:
        resolve("10.0.0.1", 80, NetPolicy())
    assert str(nowhere.value).replace("nowhere.example", "10.0.0.1") == str(inside.value)


def test_what_is_no_name_at_all_is_refused() -> None:
    with pytest.raises(RefusedAddress):
        resolve("a" * 300, 80, NetPolicy())


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_AGAIN, "try again"),
        socket.gaierror(socket.EAI_FAIL, "can't be recovered"),
        socket.gaierror(socket.EAI_SYSTEM, "the system's error"),
        socket.gaierror(socket.EAI_MEMORY, "no memory"),
        TimeoutError("timed out"),
        ConnectionRefusedError("nobody answers"),
        OSError(24, "too many open files"),
    ],
    ids=repr,
)
def test_a_resolver_that_fails_says_nothing_of_the_address(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", failing(error))
    for policy in (NetPolicy(), NetPolicy.parse(["live.example"])):
        with pytest.raises(UnreachableSource) as caught:
            resolve("live.example", 80, policy, url="http://u:p@live.example/x?token=secret")
        assert caught.value.transient
        assert str(caught.value).startswith("http://live.example/x: the name service gave no answer")


def failing(error: OSError) -> Callable[..., NoReturn]:
    def resolver(*_: object, **__: object) -> NoReturn:
        raise error

    return resolver


def test_the_checked_address_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["127.0.0.1", "10.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, port, *rest, **_: [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers) if host == "live.example" else host, port))
            ],
        )
        stream = GuardedBackend(NetPolicy.parse(["live.example"])).connect_tcp("live.example", port, timeout=2)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        stream.close()


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with build_client(NetPolicy(), LIMITS) as client, pytest.raises(RefusedAddress):
        fetch(client, "http://10.0.0.1/x", max_bytes=10, limits=LIMITS)


def test_tls_is_verified() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.sendall(b"this is not TLS")
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        policy = NetPolicy.parse([f"127.0.0.1:{port}"])
        with build_client(policy, LIMITS) as client, pytest.raises(UnreachableSource):
            fetch(client, f"https://127.0.0.1:{port}/", max_bytes=10, limits=LIMITS)
        thread.join()
