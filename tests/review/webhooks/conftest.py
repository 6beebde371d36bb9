"""A store with two customers whose events are told, receivers on loopback, and a running server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from net.guard import NetPolicy
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.server.api.ordering import Platform as Setup
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from review.tenants.types import Scope
from review.webhooks.endpoints import Endpoint
from review.webhooks.retry_queue import Patience
from review.webhooks.sender import Lanes, Sender
from tests.review.enforcement.people import Clock, let_in
from tests.review.serving import served
from tests.review.webhooks.receiver import Receiver, receiving

CONFIGS = Path(__file__).parents[3] / "configs" / "enforcement"
LOOPBACK = NetPolicy.parse(("127.0.0.1",))
SIMPLE = Lanes(threads=8, each=2, batch=4)
As = Callable[[str], httpx.Client]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def enforcement_setup(tmp_path: Path) -> EnforcementSetup:
    return EnforcementSetup(
        measures=read_measures(CONFIGS), retention=read_retention(CONFIGS), data_dir=tmp_path / "installation"
    )


@pytest.fixture
def told(
    database_url: str, stream: StreamRecord, clock: Clock, enforcement_setup: EnforcementSetup
) -> Iterator[Stores]:
    """Broadcast s1 of this installation's own, a1 of the customer acme, b1 of bolt; all of them live."""
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=enforcement_setup)
    for tenant_id, stream_id, host_id in (("acme", "a1", "acme/h1"), ("bolt", "b1", "bolt/h1")):
        stores.keys.add_tenant(tenant_id, tenant_id.title(), "test")
        host = Host(id=host_id, name="阿强", platform="demo")
        stores.stream_writer.put_stream(replace(stream, stream_id=stream_id, host=host, tenant_id=tenant_id))
    stores.stream_writer.put_stream(stream)
    yield stores
    stores.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def send(told: Stores) -> Iterator[Callable[..., Sender]]:
    """Opens a sender that may reach loopback."""
    with ExitStack() as stack:

        def opened(
            own: Endpoint | None = None, *, net: NetPolicy = LOOPBACK, patience: Patience | None = None
        ) -> Sender:
            made = told.sender(net, own, patience=patience, lanes=SIMPLE)
            stack.callback(made.close)
            return made

        yield opened


@pytest.fixture
def address(told: Stores, tmp_path: Path) -> Iterator[str]:
    setup = Setup(net=LOOPBACK)
    with served(create_app(told, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)) as url:
        yield url


@pytest.fixture
def as_tenant(address: str, told: Stores) -> Iterator[As]:
    """A client with a key of this customer; with every scope."""
    with ExitStack() as stack:

        def open_client(tenant_id: str, scopes: tuple[Scope, ...] = tuple(Scope)) -> httpx.Client:
            token = told.keys.add(tenant_id, "test", scopes, "test").token
            headers = {"Authorization": f"Bearer {token}"}
            return stack.enter_context(httpx.Client(base_url=address, timeout=60, headers=headers))

        yield open_client


@pytest.fixture
def as_person(address: str, told: Stores) -> Iterator[As]:
    """A client with the session of this person."""
    with ExitStack() as stack:

        def open_client(login: str) -> httpx.Client:
            held = let_in(told.people, login)
            headers = {"X-CSRF-Token": held.csrf}
            client = httpx.Client(base_url=address, timeout=60, cookies={"zhenyan": held.token}, headers=headers)
            return stack.enter_context(client)

        yield open_client
