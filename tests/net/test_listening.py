"""A listener's connections send at once, as those of a socket that the event loop makes itself do."""

import socket

import pytest

from net.listening import listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connections_of_a_listener_do_not_wait_to_send(host: str) -> None:
    with listen(host, 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_port_that_is_taken_is_an_error() -> None:
    with listen("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listener.getsockname()[1])
