"""A running server with two customers, whose keys a test has made; people log in beside them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import configs
from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from net.guard import NetPolicy
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.judge_pool.limits import JudgingTerms
from review.judge_pool.policy_in_force import JudgesSource
from review.judge_pool.pool import JudgingPool
from review.scheduling.types import Worker
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.tenants.types import Scope
from tests.cli import conftest as command_line
from tests.review.serving import served

POLICY_DIR = Path(__file__).parents[4] / "configs" / "policy" / "zh-CN"
ENFORCEMENT_DIR = Path(__file__).parents[4] / "configs" / "enforcement"
PASSPORT = {
    "id": "P-1",
    "gtin": "9520000000011",
    "name": "双口氮化镓充电器",
    "category": "electronics/charger",
    "origin": "CN",
    "attributes": [{"name": "power_output", "label": "输出功率", "value": 65, "unit": "W"}],
    "price": {"regular": 129, "lowest_7d": 99},
    "images": [{"path_or_url": "https://shop.example.com/p1.jpg"}],
}
ORDER: dict[str, Any] = {
    "url": "http://127.0.0.1:8080/room/7/index.m3u8?token=geheim",
    "host": {"id": "h7", "name": "小岚", "platform": "example-live"},
    "products": ["P-1"],
    "started_at": "2026-11-24T20:00:00+08:00",
    "external_id": "room-7",
    "max_hours": 8,
}
Key = Callable[..., str]
# Calls `zhenyan` in this process.
zhenyan = command_line.zhenyan
As = Callable[[str], httpx.Client]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def problem(answer: httpx.Response, status: int) -> str:
    """The text of a problem with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return str(answer.json()["detail"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Stores]:
    """A store with the customers acme and bolt, and nothing of theirs."""
    due = EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR), retention=read_retention(ENFORCEMENT_DIR), data_dir=tmp_path / "data"
    )
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=due)
    for name in ("acme", "bolt"):
        stores.keys.add_tenant(name, name.title(), "test")
    yield stores
    stores.close()


@pytest.fixture
def key(platform: Stores) -> Key:
    """Makes a key of a customer and gives its token; with every scope, if none is named."""

    def make(tenant_id: str = "acme", scopes: Iterable[Scope] = tuple(Scope), **more: int) -> str:
        return platform.keys.add(tenant_id, f"{tenant_id} key", scopes, "test", **more).token

    return make


@pytest.fixture(scope="session")
def reader() -> QuantityReader:
    """What the packaged policy reads passports by."""
    return packaged_policy().quantity_reader


@pytest.fixture
def app(platform: Stores, tmp_path: Path, reader: QuantityReader) -> FastAPI:
    """The server's app; orders may name this machine's port 8080."""
    setup = Platform(reader=reader, net=NetPolicy.parse(["127.0.0.1:8080"]))
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture
def work(platform: Stores) -> Callable[[float], None]:
    """Tells that a worker is there that carries so many broadcasts."""

    def beat(capacity: float) -> None:
        platform.leases.beat(Worker(worker_id="w1", node="n1", capacity=capacity))

    return beat


@pytest.fixture
def as_key(address: str) -> Iterator[As]:
    """A client that sends this token; without one for an empty token."""
    with ExitStack() as stack:

        def open_client(token: str) -> httpx.Client:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return stack.enter_context(httpx.Client(base_url=address, timeout=30, headers=headers))

        yield open_client


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgingPool]:
    """What judges texts by the rules alone; its processes start when the first text comes."""
    source = JudgesSource(
        data_dir=tmp_path_factory.mktemp("judged"),
        packaged=configs.POLICY_DIR,
        semantic_dir=configs.SEMANTIC_DIR,
        semantic="off",
    )
    opened = JudgingPool(source, JudgingTerms(wait_s=120, processes=1))
    yield opened
    opened.close()
