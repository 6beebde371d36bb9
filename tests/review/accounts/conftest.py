"""Real servers, in each of the ways to let people in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from claims.types import Finding
from review.accounts import passwords
from review.db.engine import open_engine
from review.server.app import create_app
from review.server.auth.access import Access
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.accounts.support import Clock
from tests.review.serving import served

Serve = Callable[[Access], httpx.Client]
HASHER_IN_USE = passwords._HASHER


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hashes at the least cost: these tests hash a hundred passwords, at 64 MiB and 0.2 s each in use."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", quick)
    nobody = quick.hash("no account has this password")
    monkeypatch.setattr(passwords, "_nobody", lambda: nobody)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk_store(
    database_url: str, stream: StreamRecord, make_finding: Callable[..., Finding], clock: Clock
) -> Iterator[Stores]:
    """A store with one case, whose clock the test sets."""
    opened = Stores.over(open_engine(database_url), now=clock)
    opened.stream_writer.put_stream(stream)
    opened.stream_writer.add_findings([make_finding()])
    yield opened
    opened.close()


@pytest.fixture
def serve(desk_store: Stores, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server with this access and gives a browser that is at it; redirects are left to the test."""
    with ExitStack() as stack:

        def start(access: Access) -> httpx.Client:
            url = stack.enter_context(served(create_app(desk_store, tmp_path, access=access)))
            return stack.enter_context(httpx.Client(base_url=url, timeout=30))

        yield start
