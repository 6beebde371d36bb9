"""Who follows the cases is counted for as long as they listen."""

import gc
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from review.accounts.types import Role
from review.stores import Stores
from tests.chromium import DEADLINE_MS
from tests.review.server.pages.seats import known

PAGES = 300


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The collector of garbage would sooner or later end a stream that was only let go of."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_pages_left_while_their_first_event_is_on_the_way_are_counted_no_longer(
    address: str, app: Any, desk_store: Stores
) -> None:
    host, port = address.removeprefix("http://").split(":")
    token = known(desk_store, "anna", Role.REVIEWER).token
    asked = f"GET /stream/queue HTTP/1.1\r\nHost: {host}\r\nCookie: zhenyan={token}\r\n\r\n"
    for number in range(PAGES):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(asked.encode())
            until_listening(app, 1)
            time.sleep((number % 200) * 1e-5)
        until_listening(app, 0, 1e-3)


def until_listening(app: Any, count: int, pause_s: float = 0.0) -> None:
    """Returns when so many listen, with no pause at that very moment; fails at the deadline."""
    deadline = time.monotonic() + DEADLINE_MS / 1000
    while app.state.events.listening != count:
        assert time.monotonic() < deadline, f"{app.state.events.listening} listen, not {count}"
        time.sleep(pause_s)
