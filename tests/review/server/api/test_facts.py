"""What a platform tells of a broadcast while it is on: kept in order, once each, held against the order."""

import threading
from typing import Any

import httpx
import pytest

from claims.types import PlatformFact
from review.stores import Stores
from review.streams.types import StreamRecord
from review.tenants.types import Scope
from tests.review.server.api.conftest import As, Key, problem


@pytest.fixture
def teller(as_key: As, key: Key, platform: Stores, stream: StreamRecord) -> httpx.Client:
    """The installation's own key, for facts alone; the stream s1 sells p1."""
    platform.stream_writer.put_stream(stream)
    return as_key(key("local", [Scope.FACTS_WRITE]))


def test_facts_are_kept_in_the_order_in_which_they_came(teller: httpx.Client, platform: Stores) -> None:
    first = {"at_ms": 2000, "kind": "stock", "product_id": "p1", "value": 12}
    more = [{"at_ms": 1000, "kind": "viewers", "value": 300}, {"at_ms": 1000, "kind": "rating", "value": 4.9}]
    assert teller.put("/v1/streams/s1/facts", json=first).json() == {"stream_id": "s1", "received": 1, "new": 1}
    assert teller.put("/v1/streams/s1/facts", json=more).json()["new"] == 2
    kept = platform.facts.facts("s1")
    assert [number for number, _ in kept] == [1, 2, 3]
    assert [(fact.kind, fact.value, fact.product_id) for _, fact in kept] == [
        ("stock", 12, "p1"),
        ("viewers", 300, None),
        ("rating", 4.9, None),
    ]
    assert platform.facts.facts("s1", after=2) == kept[2:]
    assert platform.streams.stream("s1").viewers == 300


def test_a_fact_told_again_is_kept_once(teller: httpx.Client, platform: Stores) -> None:
    fact = {"at_ms": 2000, "kind": "stock", "product_id": "p1", "value": 12, "stream_id": "s1"}
    assert [teller.put("/v1/streams/s1/facts", json=[fact, fact]).json()["new"] for _ in range(2)] == [1, 0]
    assert len(platform.facts.facts("s1")) == 1


def test_on_sale_is_a_fact_of_the_moment(teller: httpx.Client, platform: Stores) -> None:
    assert teller.put("/v1/streams/s1/on-sale", json={"product_id": "p1", "at_ms": 5000}).json()["new"] == 1
    assert teller.put("/v1/streams/s1/on-sale", json={"product_id": None, "at_ms": 9000}).json()["new"] == 1
    assert teller.put("/v1/streams/s1/on-sale", json={"product_id": "p1"}).json()["new"] == 1
    expected = [
        PlatformFact(stream_id="s1", at_ms=5000, kind="on_sale", product_id="p1", value=True),
        PlatformFact(stream_id="s1", at_ms=9000, kind="on_sale", product_id=None, value=False),
        PlatformFact(stream_id="s1", at_ms=0, kind="on_sale", product_id="p1", value=True),
    ]
    assert [fact for _, fact in platform.facts.facts("s1")] == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"at_ms": -1, "kind": "stock"}, "at_ms"),
        ({"at_ms": 1 << 63, "kind": "stock"}, "at_ms"),
        ({"at_ms": 1 << 40, "kind": "stock"}, "at_ms"),
        ({"at_ms": 1, "kind": "weather"}, "kind"),
        ({"at_ms": 1, "kind": "stock", "value": {"a": 1}}, "value"),
        ({"at_ms": 1, "kind": "stock", "value": "a" * 2001}, "value"),
        ({"at_ms": 1, "kind": "stock", "product_id": "p9"}, "product 'p9' is not on sale"),
        ([{"at_ms": 1, "kind": "stock"}, {"at_ms": 1, "kind": "stock", "stream_id": "s2"}], "[1].stream_id"),
        ([], "at least 1"),
        ("text", "body"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(teller: httpx.Client, platform: Stores, given: Any, says: str) -> None:
    assert says in problem(teller.put("/v1/streams/s1/facts", json=given), 422)
    assert platform.facts.facts("s1") == ()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(teller: httpx.Client, number: str) -> None:
    body = f'{{"at_ms": 1, "kind": "stock", "value": {number}}}'
    problem(teller.put("/v1/streams/s1/facts", content=body, headers={"Content-Type": "application/json"}), 422)


def test_a_stream_that_is_not_there_is_named(teller: httpx.Client) -> None:
    assert "'none'" in problem(teller.put("/v1/streams/none/facts", json={"at_ms": 1, "kind": "stock"}), 404)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_facts_that_come_at_once_are_numbered_without_gaps(teller: httpx.Client, platform: Stores, as_key: As) -> None:
    token = teller.headers["Authorization"].split()[1]

    def tell(client: httpx.Client, first: int) -> None:
        for offset in range(10):
            body = {"at_ms": first * 100 + offset, "kind": "sales", "value": offset}
            assert client.put("/v1/streams/s1/facts", json=body).json()["new"] == 1

    threads = [threading.Thread(target=tell, args=(as_key(token), number)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number for number, _ in platform.facts.facts("s1")] == list(range(1, 51))
    assert platform.audit.verify() is None
