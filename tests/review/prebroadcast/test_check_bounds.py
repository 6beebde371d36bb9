"""`POST /v1/check` under abuse: each limit, too many at once, a slow check, a dying process, a caller who hangs up."""

import json
import os
import pickle
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

import configs
from claims.passports.bounds import PassportBounds
from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from review.judge_pool.fair_queue import Party
from review.judge_pool.limits import JudgingTerms
from review.judge_pool.policy_in_force import JudgesSource
from review.judge_pool.pool import JudgingPool
from review.passports.registered_lookup import RegisteredPassports
from review.prebroadcast.limits import CheckLimits
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.server.prebroadcast import PrebroadcastCheck
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.judge_pool.jobs import Hold
from tests.review.judge_pool.support import is_running, until
from tests.review.serving import served

LIMITS = CheckLimits(
    chars=2_000,
    rows=3,
    pieces=20,
    products=2,
    body_kb=16,
    passports_kb=1,
    passport=PassportBounds(entries=3, values=40, text_chars=30, name_chars=12),
)
# By the rules alone tens of seconds of work, however fast the machine: nothing of it repeats.
HEAVY = {"text": "".join(f"第{n}号蜂蜜治疗糖尿病，比{n}号药还好。" for n in range(3_000))[:60_000]}
SMALL = {"text": "这款蜂蜜能治糖尿病"}


def passport(**more: object) -> dict[str, object]:
    return {"id": "P", "name": "蜂蜜", "category": "food/honey", **more}


class Serving:
    """A server with its pool, and programs of the customers acme and bolt that ask it."""

    def __init__(self, url: str, stores: Stores, pool: JudgingPool) -> None:
        self.url, self.stores, self.pool = url, stores, pool
        self.keys = {name: self.key(name) for name in ("acme", "bolt")}

    def key(self, tenant: str) -> str:
        return self.stores.keys.add(tenant, f"{tenant} key", tuple(Scope), "test").token

    def headers(self, tenant: str = "acme") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[tenant]}"}

    def check(self, sent: dict[str, Any], tenant: str = "acme", path: str = "/v1/check") -> httpx.Response:
        body = json.dumps(sent, ensure_ascii=False).encode()
        headers = {**self.headers(tenant), "Content-Type": "application/json"}
        return httpx.post(f"{self.url}{path}", content=body, headers=headers, timeout=300)

    def party(self, tenant: str) -> Party:
        key_id = self.keys[tenant].split("_")[1]
        return Party(key=f"key:{key_id}", group=f"customer:{tenant}")


@cache
def reader() -> QuantityReader:
    return packaged_policy().quantity_reader


def pool_of(folder: Path, **terms: float) -> JudgingPool:
    """Processes that judge by the rules alone."""
    source = JudgesSource(
        data_dir=folder, packaged=configs.POLICY_DIR, semantic_dir=configs.SEMANTIC_DIR, semantic="off"
    )
    return JudgingPool(source, JudgingTerms(**{"wait_s": 120, "deadline_s": 600, **terms}))  # type: ignore[arg-type]


@contextmanager
def asked(stores: Stores, folder: Path, pool: JudgingPool, limits: CheckLimits) -> Iterator[Serving]:
    before = PrebroadcastCheck(pool=pool, limits=limits, lookup=RegisteredPassports(stores.passports))
    platform = Platform(reader=reader(), pool=pool, bounds=limits.passport)
    app = create_app(stores, folder, access=Access(auth=Auth.LOCAL), prebroadcast=before, platform=platform)
    with served(app) as url:
        yield Serving(url, stores, pool)


@contextmanager
def serving(stores: Stores, folder: Path, **terms: float) -> Iterator[Serving]:
    with pool_of(folder, **terms) as pool, asked(stores, folder, pool, CheckLimits()) as running:
        yield running


@pytest.fixture(scope="module")
def one_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgingPool]:
    with pool_of(tmp_path_factory.mktemp("judged"), processes=1) as pool:
        yield pool


@pytest.fixture
def customers(stores: Stores) -> Stores:
    for name in ("acme", "bolt"):
        stores.keys.add_tenant(name, name.title(), "test")
    return stores


@pytest.fixture
def bounded(customers: Stores, tmp_path: Path, one_process: JudgingPool) -> Iterator[Serving]:
    """A server with little limits."""
    with asked(customers, tmp_path, one_process, LIMITS) as running:
        yield running


_ATTRIBUTE = {"name": "weight", "label": "净重", "value": 1, "unit": "kg"}
_THREE = ["甲乙", "丙丁", "戊己"]
_LONG = ["蜂" * 30, "蜜" * 30, "好" * 30]


def sent_with(*passports: dict[str, object]) -> dict[str, Any]:
    return SMALL | {"passports": list(passports)}


_OVER: dict[str, tuple[dict[str, Any], str, str]] = {
    "characters": ({"text": "好" * 2_001}, "text", "2000"),
    "sentences": ({"text": "好。" * 21}, "text", "20"),
    "products": (SMALL | {"products": ["a", "b", "c"]}, "products", "2"),
    "many passports": (sent_with(*(passport(id=str(n)) for n in range(3))), "passports", "2"),
    "attributes": (sent_with(passport(attributes=[_ATTRIBUTE] * 4)), "[0].attributes", "3"),
    "aliases": (sent_with(passport(aliases=[*_THREE, "庚"])), "[0].aliases", "3"),
    "aliases of an attribute": (
        sent_with(passport(attributes=[_ATTRIBUTE | {"aliases": [*_THREE, "庚"]}])),
        "[0].attributes[0].aliases",
        "3",
    ),
    "values": (
        sent_with(
            passport(attributes=[_ATTRIBUTE | {"aliases": _THREE}] * 3, aliases=_THREE, ingredients=_THREE, brand="蜂")
        ),
        "[0]",
        "40 values",
    ),
    "a text": (sent_with(passport(), passport(id="Q", origin_region="东" * 31)), "[1].origin_region", "30"),
    "a name": (sent_with(passport(name="蜜" * 13)), "[0].name", "12"),
    "all passports": (
        sent_with(*(passport(id=str(n), ingredients=_LONG, registered_claims=_LONG) for n in range(2))),
        "passports",
        "1 are taken",
    ),
    "rows": ({"rows": [{"text": "好"}] * 4}, "rows", "3"),
    "sentences of rows": ({"rows": [{"text": "好。" * 8}] * 3}, "rows", "20"),
}


@pytest.mark.parametrize("over", _OVER)
def test_each_limit_is_told_with_its_field(bounded: Serving, over: str) -> None:
    sent, named, limit = _OVER[over]
    answer = bounded.check(sent, path="/v1/check/catalogue" if "rows" in sent else "/v1/check")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]
    assert limit in answer.json()["detail"]


def test_a_body_that_is_too_long_is_told_by_its_bytes(bounded: Serving) -> None:
    answer = bounded.check({"text": "好" * 6_000})
    assert answer.status_code == 413, answer.text
    assert "body: is longer than 16384 bytes" in answer.json()["detail"]


def test_what_is_within_every_limit_is_answered(bounded: Serving) -> None:
    three = [_ATTRIBUTE | {"condition": condition} for condition in ("净重", "毛重", "去皮")]
    answer = bounded.check(SMALL | {"passports": [passport(attributes=three)]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["findings"]


def test_a_body_of_very_many_values_is_never_parsed(
    customers: Stores, tmp_path: Path, one_process: JudgingPool
) -> None:
    with asked(customers, tmp_path, one_process, CheckLimits()) as running:
        body = b'{"text": "x", "passports": [' + b"[]," * 110_000 + b"[]]}"
        for path in ("/v1/check", "/v1/streams"):
            headers = {**running.headers(), "Content-Type": "application/json"}
            answer = httpx.post(f"{running.url}{path}", content=body, headers=headers, timeout=300)
            assert answer.status_code == 413, answer.text
            assert "100000 values" in answer.json()["detail"]


def test_a_registered_passport_is_held_to_the_same_bounds(bounded: Serving) -> None:
    record = passport(attributes=[_ATTRIBUTE] * 4)
    answer = httpx.put(f"{bounded.url}/v1/passports/P", json=record, headers=bounded.headers(), timeout=300)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_large")
    assert "passport: attributes: has 4 entries, at most 3" in answer.json()["detail"]
    kept = httpx.put(f"{bounded.url}/v1/passports/P", json=passport(), headers=bounded.headers(), timeout=300)
    assert kept.status_code == 201


@pytest.mark.service
def test_a_key_with_too_many_checks_is_told_to_wait_and_another_customer_is_served(
    customers: Stores, tmp_path: Path
) -> None:
    with serving(customers, tmp_path, processes=2, per_key=2) as running:
        held = []
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            held.append(running.pool.submit(running.party("acme"), pickle.dumps(Hold(folder))))
        until(lambda: running.pool.counts() == (1, 1), "one is held and one waits")
        refused = running.check(SMALL, "acme")
        assert refused.status_code == 429
        assert refused.json()["code"] == "checks"
        assert int(refused.headers["Retry-After"]) >= 1
        assert running.check(SMALL, "bolt").status_code == 200
        for number, task in enumerate(held):
            (tmp_path / str(number) / "released").touch()
            task.answer.result(120)
        assert running.check(SMALL, "acme").status_code == 200


@pytest.mark.service
def test_a_check_past_its_deadline_is_stopped_and_told(customers: Stores, tmp_path: Path) -> None:
    with serving(customers, tmp_path, processes=1, deadline_s=1) as running:
        answer = running.check(HEAVY)
        assert answer.status_code == 504, answer.text
        assert answer.json()["code"] == "judging_long"
        assert "send less" in answer.json()["detail"]
        until(lambda: running.pool.counts() == (0, 0), "the process is free")


@pytest.mark.service
def test_a_check_that_waits_too_long_is_told_to_try_again(customers: Stores, tmp_path: Path) -> None:
    with serving(customers, tmp_path, processes=1, wait_s=1) as running:
        held = running.pool.submit(running.party("bolt"), pickle.dumps(Hold(tmp_path)))
        until(lambda: (tmp_path / "begun").exists(), "the process is held")
        answer = running.check(SMALL)
        assert (answer.status_code, answer.json()["code"]) == (503, "judging_busy")
        assert "Retry-After" in answer.headers
        (tmp_path / "released").touch()
        assert held.answer.result(120) == "released"


@pytest.mark.service
def test_a_killed_process_answers_its_one_request_with_an_error(customers: Stores, tmp_path: Path) -> None:
    with serving(customers, tmp_path, processes=1) as running, ThreadPoolExecutor(1) as threads:
        assert running.check(SMALL).status_code == 200
        under_way = threads.submit(running.check, HEAVY)
        until(lambda: running.pool.counts() == (1, 0), "the check is being done")
        [pid] = running.pool.pids()
        os.kill(pid, signal.SIGKILL)
        answer = under_way.result(120)
        assert (answer.status_code, answer.json()["code"]) == (503, "judging_failed")
        assert "Retry-After" in answer.headers
        assert running.check(SMALL).status_code == 200
        assert pid not in running.pool.pids()


def hang_up_after(running: Serving, sent: dict[str, Any], counts: tuple[int, int]) -> None:
    """Sends a check, and closes the connection when the pool holds so many."""
    host, port = running.url.removeprefix("http://").split(":")
    body = json.dumps(sent).encode()
    with socket.create_connection((host, int(port))) as connection:
        head = [
            f"Host: {host}",
            f"Authorization: {running.headers()['Authorization']}",
            "Content-Type: application/json",
        ]
        lines = ["POST /v1/check HTTP/1.1", *head, f"Content-Length: {len(body)}", "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)
        until(lambda: running.pool.counts() == counts, "the check is taken")


@pytest.mark.service
def test_a_check_whose_caller_hangs_up_is_stopped(customers: Stores, tmp_path: Path) -> None:
    with serving(customers, tmp_path, processes=1) as running:
        assert running.check(SMALL).status_code == 200
        [pid] = running.pool.pids()
        hang_up_after(running, HEAVY, (1, 0))
        until(lambda: not is_running(pid), "the process that judged for nobody ends")
        until(lambda: running.pool.counts() == (0, 0), "another is free")
        assert running.check(SMALL).status_code == 200


@pytest.mark.service
def test_a_waiting_check_whose_caller_hangs_up_leaves_the_line(customers: Stores, tmp_path: Path) -> None:
    with serving(customers, tmp_path, processes=1) as running:
        held = running.pool.submit(running.party("bolt"), pickle.dumps(Hold(tmp_path)))
        until(lambda: (tmp_path / "begun").exists(), "the process is held")
        hang_up_after(running, HEAVY, (1, 1))
        until(lambda: running.pool.counts() == (1, 0), "nothing waits")
        (tmp_path / "released").touch()
        assert held.answer.result(120) == "released"


@pytest.mark.service
def test_a_flood_of_one_customer_lets_the_others_go_first(customers: Stores, tmp_path: Path) -> None:
    """In order, not in time: the other's checks are all answered before the first one's heavy check is."""
    with serving(customers, tmp_path, processes=2) as running, ThreadPoolExecutor(16) as threads:
        assert running.check(SMALL, "bolt").status_code == 200
        over = threading.Event()
        heavy = threads.submit(lambda: (running.check(HEAVY, "acme"), over.set()))
        until(lambda: running.pool.counts() == (1, 0), "the heavy check is being done")
        flood = [threads.submit(running.check, SMALL, "acme") for _ in range(12)]
        assert [running.check(SMALL, "bolt").status_code for _ in range(5)] == [200] * 5
        assert httpx.get(f"{running.url}/readyz", timeout=300).status_code == 200
        assert not over.is_set()
        statuses = {answer.result(300).status_code for answer in flood}
        assert statuses <= {200, 429}
        assert 429 in statuses
        running.pool.close()
        heavy.result(120)
