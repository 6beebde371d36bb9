"""The relay and what it lets pass."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from bench.ports import free_port
from ingest.capture.relay import Relay, RelayTarget
from ingest.capture.rtsp_messages import BadRtsp, RtspReplies, RtspRequests
from tests.ingest.servers import wait_until


def target(port: int, *, idle_s: float = 5, addresses: tuple[str, ...] = ("127.0.0.1",)) -> RelayTarget:
    return RelayTarget(addresses=addresses, port=port, host="live.example", tls=None, connect_s=1, idle_s=idle_s)


@contextmanager
def echo(greeting: bytes = b"") -> Iterator[int]:
    """A server that greets, echoes, and ends the connection when it reads `bye`."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(greeting)
            while (data := connection.recv(65536)) and data != b"bye":
                connection.sendall(data)

    def accept() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(5)
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()
        for serving in threads:
            serving.join()


def read_all(connection: socket.socket) -> bytes:
    connection.settimeout(5)
    content = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(65536):
            content += data
    return content


def test_bytes_pass_both_ways_and_what_came_before_the_end_is_read() -> None:
    big = bytes(range(256)) * 20_000
    with echo(big) as port, Relay(target(port), lambda: False) as relay:
        with socket.create_connection(("127.0.0.1", relay.port)) as client:
            client.sendall(b"bye")
            assert read_all(client) == big
        assert relay.byte_count == len(big)
        assert relay.failure == ""


def test_the_first_address_that_answers_is_taken() -> None:
    with (
        echo(b"hello") as port,
        Relay(target(port, addresses=("127.0.0.2", "127.0.0.1")), lambda: False) as relay,
        socket.create_connection(("127.0.0.1", relay.port)) as client,
    ):
        assert client.recv(5) == b"hello"
        assert relay.failure == ""


def test_nobody_there_is_told() -> None:
    with Relay(target(free_port()), lambda: False) as relay:
        with socket.create_connection(("127.0.0.1", relay.port)) as client:
            assert read_all(client) == b""
        assert relay.failure == "the connection failed"


def test_silence_ends_the_connection() -> None:
    with echo() as port, Relay(target(port, idle_s=0.3), lambda: False) as relay:
        with socket.create_connection(("127.0.0.1", relay.port)) as client:
            assert read_all(client) == b""
        assert "nothing was sent" in relay.failure


def test_a_stop_wakes_a_reader() -> None:
    stop = threading.Event()
    with (
        echo(b"hello") as port,
        Relay(target(port, idle_s=60), stop.is_set) as relay,
        socket.create_connection(("127.0.0.1", relay.port)) as client,
    ):
        assert client.recv(5) == b"hello"
        stop.set()
        assert read_all(client) == b""


def test_only_a_few_connections_are_joined() -> None:
    with echo(b"hello") as port, Relay(target(port), lambda: False) as relay:
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", relay.port)) as client:
                assert client.recv(5) == b"hello"
        with socket.create_connection(("127.0.0.1", relay.port)) as client:
            assert read_all(client) == b""


def test_nothing_listens_afterwards() -> None:
    before = threading.active_count()
    with Relay(target(free_port()), lambda: False) as relay:
        port = relay.port
    wait_until(lambda: threading.active_count() == before, "the relay's thread to end")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


HERE, THERE = b"rtsp://127.0.0.1:4000", b"rtsp://live.example:554"
REQUEST = b"DESCRIBE " + HERE + b"/show RTSP/1.0\r\nCSeq: 1\r\n\r\n"
FRAME = b"$\x00\x00\x08" + b"RTSP/1.0"
REPLY = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 7\r\n\r\nv=0\r\n\r\n"
REDIRECT = b"RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: rtsp://elsewhere.example/x\r\n\r\n"


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_requests_name_the_server_however_they_are_cut(step: int) -> None:
    requests = RtspRequests(here=HERE, there=THERE)
    content = REQUEST + FRAME + REQUEST
    sent = b"".join(requests.feed(content[at : at + step]) for at in range(0, len(content), step))
    assert sent == content.replace(HERE, THERE)


def test_signed_requests_stay_as_they_were_signed() -> None:
    signed = REQUEST[:-2] + b'Authorization: Digest uri="' + HERE + b'/show"\r\n\r\n'
    assert RtspRequests(here=HERE, there=THERE).feed(signed) == signed


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_replies_and_media_pass_and_orders_do_not(step: int) -> None:
    replies = RtspReplies()
    order = b"REDIRECT rtsp://x RTSP/1.0\r\nCSeq: 2\r\nLocation: rtsp://elsewhere.example/x\r\n\r\n"
    content = REPLY + FRAME + order + FRAME
    passed = b"".join(replies.feed(content[at : at + step]) for at in range(0, len(content), step))
    assert passed == REPLY + FRAME + FRAME
    assert replies.redirect is None


def test_a_redirect_is_kept_back() -> None:
    replies = RtspReplies()
    with pytest.raises(BadRtsp):
        replies.feed(REDIRECT + REPLY)
    assert replies.redirect == "rtsp://elsewhere.example/x"


@pytest.mark.parametrize(
    "content",
    [b"x" * 70_000, b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n"],
    ids=["endless head", "huge body"],
)
def test_what_would_fill_the_memory_ends_the_connection(content: bytes) -> None:
    with pytest.raises(BadRtsp):
        RtspReplies().feed(content)
