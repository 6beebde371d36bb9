"""A running server with two customers, whose keys a test has made; people log in beside them."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from review.app import create_app
from review.engine import open_engine
from review.people.access import Access, Auth
from review.platform.types import Scope
from review.store import Store

CONFIGS = Path(__file__).parents[3] / "configs"
Key = Callable[..., str]
As = Callable[[str], httpx.Client]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The address of a server of this app, on loopback, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.state.events.close()
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(database_url: str, clock: Clock) -> Iterator[Store]:
    """A store with the customers acme and bolt, and nothing of theirs."""
    store = Store(open_engine(database_url), now=clock)
    for name in ("acme", "bolt"):
        store.keys.add_tenant(name, name.title(), "test")
    yield store
    store.close()


@pytest.fixture
def key(platform: Store) -> Key:
    """Makes a key of a customer and gives its token; with every scope, if none is named."""

    def make(tenant_id: str = "acme", scopes: Iterable[Scope] = tuple(Scope), **more: int) -> str:
        return platform.keys.add(tenant_id, f"{tenant_id} key", scopes, "test", **more).token

    return make


@pytest.fixture
def app(platform: Store, tmp_path: Path) -> FastAPI:
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL))


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with running(app) as url:
        yield url


@pytest.fixture
def as_key(address: str) -> Iterator[As]:
    """A client that sends this token; without one for an empty token."""
    with ExitStack() as stack:

        def open_client(token: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return stack.enter_context(httpx.Client(base_url=address, timeout=30, headers=headers))

        yield open_client
