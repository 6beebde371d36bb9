"""Batches over HTTP: handed in, followed, stopped; each customer's own; and what a worker does with them."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from review.batches.store import STALE_MS
from review.batches.types import ArchiveState, BatchState
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.server.api.conftest import PASSPORT, As, Clock, Key, problem

URL = "http://127.0.0.1:8080/archive/evening.mp4?token=geheim"
BATCH: dict[str, Any] = {
    "urls": [URL, "http://127.0.0.1:8080/archive/night.mp4"],
    "host": {"id": "h7", "name": "小岚", "platform": "example-live"},
    "passports": [PASSPORT],
    "started_at": "2026-11-24T20:00:00+08:00",
}
Order = Callable[..., httpx.Response]


@pytest.fixture
def asking(as_key: As, key: Key) -> httpx.Client:
    return as_key(key())


def test_a_batch_is_taken_with_its_passports_and_shown_without_secrets(asking: httpx.Client, platform: Stores) -> None:
    answer = asking.post("/v1/batches", json=BATCH)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert answer.headers["location"] == f"/v1/batches/{told['batch_id']}"
    assert (told["state"], told["host_id"], told["products"]) == ("waiting", "h7", ["P-1"])
    assert told["progress"]["total"] == 2
    assert [file["state"] for file in told["files"]] == ["waiting", "waiting"]
    assert "geheim" not in answer.text
    stored = platform.batches.batch(told["batch_id"])
    assert (stored.archives[0].url, stored.host_id, stored.tenant_id) == (URL, "acme/h7", "acme")
    [text] = platform.batches.passports(stored).values()
    assert json.loads(text)["id"] == "P-1"
    assert asking.get(f"/v1/batches/{told['batch_id']}").json() == told


def test_the_same_key_gives_the_same_batch_and_no_other(asking: httpx.Client) -> None:
    headers = {"Idempotency-Key": "november"}
    first = asking.post("/v1/batches", json=BATCH, headers=headers)
    again = asking.post("/v1/batches", json=BATCH, headers=headers)
    assert again.json()["batch_id"] == first.json()["batch_id"]
    assert again.headers["idempotency-replayed"] == "true"
    problem(asking.post("/v1/batches", json=BATCH | {"urls": [URL]}, headers=headers), 422)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"urls": []}, "urls"),
        ({"urls": ["file:///etc/passwd"]}, "urls[0]: refused by the scheme rule"),
        ({"urls": [URL, "http://127.0.0.1:9/a.mp4"]}, "urls[1]: refused by the address rule"),
        ({"urls": ["rtmp://127.0.0.1:8080/live"]}, "urls[0]: refused by the scheme rule"),
        ({"passports": [], "products": []}, "products"),
        ({"passports": [], "products": ["P-9"]}, "P-9"),
        ({"passports": [{"id": "P-1", "nam": "x"}]}, "passports[0]"),
        ({"urls": ["http://127.0.0.1:8080/a.mp4"] * 1001}, "urls"),
        ({"more": 1}, "more"),
    ],
    ids=["none", "file", "private", "live", "no product", "unknown product", "passport", "too many", "unknown key"],
)
def test_what_cannot_be_taken_is_refused_with_the_field(
    asking: httpx.Client, changes: dict[str, Any], told: str
) -> None:
    assert told in problem(asking.post("/v1/batches", json=BATCH | changes), 422)
    assert asking.get("/v1/batches").json()["batches"] == []


def test_batches_are_listed_a_page_at_a_time_the_latest_first(asking: httpx.Client, clock: Clock) -> None:
    made = []
    for _ in range(3):
        clock.wait(1)
        made.append(asking.post("/v1/batches", json=BATCH).json()["batch_id"])
    page = asking.get("/v1/batches", params={"limit": 2}).json()
    rest = asking.get("/v1/batches", params={"limit": 2, "after": page["next_after"]}).json()
    assert [one["batch_id"] for one in (*page["batches"], *rest["batches"])] == list(reversed(made))
    assert rest["next_after"] is None
    problem(asking.get("/v1/batches", params={"after": "nonsense"}), 422)


def test_a_batch_is_its_customers_alone_and_needs_the_scope(asking: httpx.Client, as_key: As, key: Key) -> None:
    batch_id = asking.post("/v1/batches", json=BATCH).json()["batch_id"]
    other = as_key(key("bolt"))
    problem(other.get(f"/v1/batches/{batch_id}"), 404)
    problem(other.delete(f"/v1/batches/{batch_id}"), 404)
    assert other.get("/v1/batches").json()["batches"] == []
    problem(as_key(key("acme", [Scope.CHECK])).post("/v1/batches", json=BATCH), 403)
    problem(as_key("").get("/v1/batches"), 401)


def test_stopping_twice_is_stopping_once_and_the_customer_is_told(
    asking: httpx.Client, platform: Stores, clock: Clock
) -> None:
    batch_id = asking.post("/v1/batches", json=BATCH).json()["batch_id"]
    claimed = platform.batches.claim("w1")
    assert claimed is not None
    assert platform.batches.beat(batch_id, "w1")
    for _ in range(2):
        assert asking.delete(f"/v1/batches/{batch_id}").json()["state"] == "cancelled"
    assert not platform.batches.beat(batch_id, "w1"), "its worker sees that it is no longer wanted"
    platform.batches.finish(batch_id, "w1", BatchState.DONE)
    assert platform.batches.batch(batch_id).state is BatchState.CANCELLED
    events = asking.get("/v1/events").json()["events"]
    assert [(event["type"], event["data"]["batch_id"]) for event in events] == [("batch.cancelled", batch_id)]


def test_a_batch_is_one_workers_until_that_one_is_silent(asking: httpx.Client, platform: Stores, clock: Clock) -> None:
    batch_id = asking.post("/v1/batches", json=BATCH).json()["batch_id"]
    assert platform.batches.claim("w1") is not None
    assert platform.batches.claim("w2") is None
    clock.wait(STALE_MS / 1000 + 1)
    taken = platform.batches.claim("w2")
    assert taken is not None
    assert taken.batch_id == batch_id
    assert not platform.batches.beat(batch_id, "w1")
    platform.batches.note(batch_id, 0, state=ArchiveState.FAILED.value, error="not readable as media")
    platform.batches.finish(batch_id, "w1", BatchState.FAILED, "late")
    assert platform.batches.batch(batch_id).state is BatchState.RUNNING
    platform.batches.finish(batch_id, "w2", BatchState.DONE)
    told = asking.get(f"/v1/batches/{batch_id}").json()
    assert (told["state"], told["progress"]["failed"]) == ("done", 1)
    assert told["files"][0]["error"] == "not readable as media"
