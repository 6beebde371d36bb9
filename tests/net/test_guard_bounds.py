"""What the guard lets through and hands on: public names, allowed ports, trust, and errors that name the URL."""

import socket
import ssl
import threading
from pathlib import Path

import httpcore
import pytest

from net.errors import RefusedAddress
from net.guard import GuardedBackend, NetPolicy, check_url, is_public, port_of, resolve, tls_context
from tests.ingest.doors import write_certificate

PUBLIC, PUBLIC_V6 = "93.184.216.34", "2606:4700:4700::1111"
TCP = socket.SOCK_STREAM


class Names:
    """A name service of these addresses; `asked` holds host, port and kind of socket of each question."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.asked: list[tuple[str, int, int]] = []

    def __call__(self, host: str, port: int, family: int = 0, type: int = 0, *_: object) -> list[object]:
        self.asked.append((host, port, type))
        return [(socket.AF_INET, TCP, 6, "", (address, port)) for address in self._addresses]


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names(PUBLIC, PUBLIC_V6, PUBLIC)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


def test_a_public_name_leads_to_each_of_its_addresses_once_and_is_told(public: Names) -> None:
    told: list[tuple[str, int, tuple[str, ...]]] = []
    policy = NetPolicy(on_resolved=lambda *what: told.append(what))
    assert resolve("live.example", 1935, policy) == (PUBLIC, PUBLIC_V6)
    assert told == [("live.example", 1935, (PUBLIC, PUBLIC_V6))]
    assert public.asked == [("live.example", 1935, TCP)]


@pytest.mark.parametrize("scope", ["%eth0", "%1"])
def test_an_address_that_belongs_to_one_of_our_own_interfaces_is_not_public(scope: str) -> None:
    assert is_public(PUBLIC_V6)
    assert not is_public(PUBLIC_V6 + scope)


def test_a_name_that_leads_to_a_scoped_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(f"{PUBLIC_V6}%eth0"))
    with pytest.raises(RefusedAddress):
        resolve("live.example", 443, NetPolicy())


@pytest.mark.parametrize("port", [22, 25, 6379, 9200])
def test_a_port_on_which_no_media_stands_is_refused_before_the_name_is_asked(public: Names, port: int) -> None:
    url = f"http://live.example:{port}/x"
    with pytest.raises(RefusedAddress) as caught:
        resolve("live.example", port, NetPolicy(), url=url)
    assert (caught.value.rule, caught.value.url) == ("address", url)
    assert public.asked == []


def test_an_operator_may_allow_such_a_port(public: Names) -> None:
    assert resolve("live.example", 6379, NetPolicy.parse(["live.example:6379"]))


def test_a_refusal_names_host_and_port_where_there_is_no_url() -> None:
    with pytest.raises(RefusedAddress) as caught:
        resolve("10.0.0.1", 80, NetPolicy())
    assert caught.value.url == "//10.0.0.1:80"


def test_what_is_no_name_is_refused_with_its_url() -> None:
    with pytest.raises(RefusedAddress) as caught:
        resolve("a" * 300, 80, NetPolicy(), url="http://long.example/")
    assert (caught.value.url, caught.value.rule) == ("http://long.example/", "address")


@pytest.mark.parametrize(
    "url",
    [
        "http://live.example:0/x",
        "http://live.example:99999/x",
        "http://[::1/x",
        "http://live.example/a\nb",
        "http://a\\b/",
    ],
)
def test_a_url_of_no_lawful_form_is_refused_and_named(url: str) -> None:
    with pytest.raises(RefusedAddress) as caught:
        check_url(url)
    assert (caught.value.url, caught.value.rule) == (url, "scheme")


@pytest.mark.parametrize(
    ("url", "port"),
    [("RTMP://live.example/x", 1935), ("https://live.example/x", 443), ("http://live.example:8080/x", 8080)],
)
def test_a_url_without_a_port_has_its_schemes(url: str, port: int) -> None:
    assert port_of(check_url(url)) == port


@pytest.mark.parametrize(("entry", "host"), [("[2001:db8::1]:9000", "2001:db8::1"), ("xbox.example", "xbox.example")])
def test_brackets_are_the_only_thing_that_is_taken_off_a_host(entry: str, host: str) -> None:
    assert NetPolicy.parse([entry]).names(host, 9000)
    assert NetPolicy.parse([entry]).names(f"[{host}]", 9000)


@pytest.mark.parametrize("entry", ["a@b.example", "a.example?x", "a.example#x", "a.example,b.example", "[::1"])
def test_an_entry_that_carries_more_than_a_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="not HOST or HOST:PORT"):
        NetPolicy.parse([entry])


def test_a_socket_file_is_never_opened() -> None:
    with pytest.raises(RefusedAddress) as caught:
        GuardedBackend(NetPolicy()).connect_unix_socket("/run/docker.sock")
    assert (caught.value.url, caught.value.rule) == ("/run/docker.sock", "address")


@pytest.mark.parametrize("failure", [httpcore.ConnectTimeout, httpcore.ConnectError])
def test_the_next_address_is_tried_and_the_last_failure_told(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    tried: list[tuple[object, ...]] = []

    class Fails(httpcore.SyncBackend):
        def connect_tcp(self, *what: object, **_: object) -> httpcore.NetworkStream:
            tried.append(what)
            raise failure(f"{what[0]} is silent")

    monkeypatch.setattr(socket, "getaddrinfo", Names(PUBLIC, PUBLIC_V6))
    monkeypatch.setattr(httpcore, "SyncBackend", Fails)
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    with pytest.raises(failure, match=f"{PUBLIC_V6} is silent"):
        GuardedBackend(NetPolicy()).connect_tcp("live.example", 443, 2.5, "192.168.0.7", options)
    assert tried == [(at, 443, 2.5, "192.168.0.7", options) for at in (PUBLIC, PUBLIC_V6)]


def shakes_hands(server: socket.socket, pair: Path, policy: NetPolicy) -> None:
    """Whether a client of this policy and a server of this certificate come to terms; the client's error if not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)

    def answer() -> None:
        plain, _ = server.accept()
        with plain:
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with socket.create_connection(server.getsockname()) as plain:
            tls_context(policy).wrap_socket(plain, server_hostname="localhost").close()
    finally:
        thread.join()


def test_only_an_authority_that_the_operator_added_is_trusted_beside_the_bundled_ones(tmp_path: Path) -> None:
    authority, pair = tmp_path / "authority.pem", tmp_path / "pair.pem"
    write_certificate(authority, pair)
    with socket.create_server(("127.0.0.1", 0)) as server:
        shakes_hands(server, pair, NetPolicy.parse(["localhost"], trust=authority))
        with pytest.raises(ssl.SSLCertVerificationError):
            shakes_hands(server, pair, NetPolicy.parse(["localhost"]))


def test_the_bundled_authorities_are_trusted_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls_context(NetPolicy()).cert_store_stats()["x509_ca"] > 50
