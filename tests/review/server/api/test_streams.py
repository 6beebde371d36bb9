"""Orders of broadcasts over HTTP: placed once, refused with a reason, seen, stopped, told of."""

import base64
import copy
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ingest.decode.depth import Depth, DepthHours
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.scheduling.applying import unseen
from review.scheduling.decisions import Grant, Reach
from review.stores import Stores
from review.streams.types import StreamState
from review.tenants.types import Scope
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem

Work = Callable[[float], None]


@pytest.fixture
def acme(as_key: As, key: Key, work: Work) -> httpx.Client:
    """The customer acme, with a passport registered and room for ten broadcasts."""
    work(10)
    client = as_key(key("acme"))
    assert client.put("/v1/passports/P-1", json=PASSPORT).status_code == 201
    return client


def order(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(ORDER) | changes


def test_an_order_is_a_stream_that_waits(acme: httpx.Client, platform: Stores, clock: Clock) -> None:
    answer = acme.post("/v1/streams", json=ORDER)
    assert answer.status_code == 201, answer.text
    stream = answer.json()
    assert answer.headers["location"] == f"/v1/streams/{stream['stream_id']}"
    assert (stream["wanted"], stream["state"], stream["waits_for"]) == ("run", "waiting", "a worker")
    assert stream["host"] == {"id": "h7", "name": "小岚", "platform": "example-live"}
    assert (stream["external_id"], stream["max_hours"], stream["products"]) == ("room-7", 8, ["P-1"])
    assert stream["ordered_at_ms"] == int(clock.now.timestamp() * 1000)
    assert acme.get(answer.headers["location"]).json() == stream
    kept = platform.orders.ordered(stream["stream_id"])
    assert kept.order is not None
    assert kept.order.url == ORDER["url"]
    assert kept.order.products == (("P-1", acme.get("/v1/passports/P-1").json()["version"]),)
    assert kept.stream.host.id == "acme/h7"


def test_no_answer_and_no_trail_has_the_token_of_the_source(acme: httpx.Client, platform: Stores) -> None:
    stream = acme.post("/v1/streams", json=ORDER).json()
    assert stream["source"] == "http://127.0.0.1:8080/room/7/index.m3u8"
    order_kept = platform.orders.ordered(stream["stream_id"]).order
    told = "".join(platform.audit.export()) + acme.get("/v1/streams").text + repr(order_kept)
    assert "geheim" not in told
    assert "stream.ordered" in told


def test_the_same_key_is_the_same_stream(acme: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = acme.post("/v1/streams", json=ORDER, headers=headers)
    other_spelling = dict(reversed(ORDER.items()))
    again = acme.post("/v1/streams", json=other_spelling, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    refused = acme.post("/v1/streams", json=order(max_hours=9), headers=headers)
    assert "another request" in problem(refused, 422)
    assert refused.json()["code"] == "key_reused"
    assert acme.post("/v1/streams", json=ORDER).json()["stream_id"] != first.json()["stream_id"]


def test_another_customers_same_key_is_another_order(acme: httpx.Client, as_key: As, key: Key) -> None:
    bolt = as_key(key("bolt"))
    bolt.put("/v1/passports/P-1", json=PASSPORT)
    headers = {"Idempotency-Key": "k-1"}
    ids = {client.post("/v1/streams", json=ORDER, headers=headers).json()["stream_id"] for client in (acme, bolt)}
    assert len(ids) == 2


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_same_key_at_the_same_moment_is_one_order(acme: httpx.Client, as_key: As) -> None:
    found: list[httpx.Response] = []
    headers = {"Idempotency-Key": "k-1", "Authorization": acme.headers["Authorization"]}
    clients = [as_key("") for _ in range(8)]
    threads = [
        threading.Thread(target=lambda c=client: found.append(c.post("/v1/streams", json=ORDER, headers=headers)))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in found} == {201}
    assert len({answer.json()["stream_id"] for answer in found}) == 1
    assert len(acme.get("/v1/streams").json()["streams"]) == 1


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_last_place_is_given_once(as_key: As, key: Key, work: Work) -> None:
    work(3)
    token = key()
    as_key(token).put("/v1/passports/P-1", json=PASSPORT)
    found: list[httpx.Response] = []
    clients = [as_key(token) for _ in range(6)]
    threads = [
        threading.Thread(target=lambda c=client: found.append(c.post("/v1/streams", json=ORDER))) for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in found) == [201] * 3 + [429] * 3


def test_where_there_is_no_room_that_is_said_with_a_reason(
    acme: httpx.Client, work: Work, platform: Stores, clock: Clock
) -> None:
    work(1)
    headers = {"Idempotency-Key": "k-1"}
    first = acme.post("/v1/streams", json=ORDER, headers=headers)
    refused = acme.post("/v1/streams", json=ORDER)
    assert "1 broadcasts are wanted" in problem(refused, 429)
    assert (refused.json()["code"], int(refused.headers["retry-after"]) > 0) == ("no_room", True)
    assert acme.post("/v1/streams", json=ORDER, headers=headers).json() == first.json()
    assert len(acme.get("/v1/streams").json()["streams"]) == 1
    platform.stream_writer.set_state(first.json()["stream_id"], StreamState.ENDED)
    assert acme.post("/v1/streams", json=ORDER).status_code == 201
    clock.wait(60)
    assert "no worker is running" in problem(acme.post("/v1/streams", json=ORDER), 429)


def test_an_order_that_was_refused_registers_no_passport(acme: httpx.Client, work: Work) -> None:
    work(0)
    problem(acme.post("/v1/streams", json=order(passports=[PASSPORT | {"id": "P-2"}])), 429)
    problem(acme.get("/v1/passports/P-2"), 404)


REFUSED = {
    "private": ("http://10.0.0.8/live.m3u8", "url_address"),
    "loopback": ("http://127.0.0.1:9090/live.m3u8", "url_address"),
    "metadata": ("http://169.254.169.254/latest/meta-data", "url_address"),
    "ipv6 loopback": ("http://[::1]/live.m3u8", "url_address"),
    "decimal": ("http://2130706433/live.m3u8", "url_address"),
    "port of a database": ("http://93.184.216.34:6379/", "url_address"),
    "localhost": ("rtmp://localhost/live", "url_address"),
    "file": ("file:///etc/passwd", "url_scheme"),
    "path": ("/etc/passwd", "url_scheme"),
    "object": ("s3://bucket/key", "url_scheme"),
    "gopher": ("gopher://example.com/", "url_scheme"),
    "control": ("http://example.com/\r\nX: y", "url_scheme"),
}


@pytest.mark.parametrize(("url", "code"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("place", ["url", "callback"])
def test_an_address_that_is_not_allowed_is_refused_by_its_rule(
    acme: httpx.Client, url: str, code: str, place: str
) -> None:
    given = order(url=url) if place == "url" else order(callback={"url": url})
    if place == "callback" and url.startswith("rtmp"):
        code = "url_scheme"
    refused = acme.post("/v1/streams", json=given)
    rule = code.removeprefix("url_")
    assert f"refused by the {rule} rule" in problem(refused, 422)
    assert refused.json()["code"] == code
    assert acme.get("/v1/streams").json()["streams"] == []


def test_every_refused_address_is_refused_in_the_same_words(acme: httpx.Client) -> None:
    texts = {
        problem(acme.post("/v1/streams", json=order(url=url)), 422)
        for url, code in REFUSED.values()
        if code == "url_address"
    }
    assert len(texts) == 1


def test_what_is_not_registered_is_named(acme: httpx.Client) -> None:
    refused = acme.post("/v1/streams", json=order(products=["P-1", "P-9"]))
    assert "products[1]: product 'P-9' has no passport" in problem(refused, 422)
    assert refused.json()["code"] == "unknown_product"
    assert "products: name what is on sale" in problem(acme.post("/v1/streams", json=order(products=[])), 422)


def test_passports_may_come_with_the_order(acme: httpx.Client) -> None:
    sent = [PASSPORT | {"id": "P-2", "name": "快充线"}, PASSPORT | {"name": "新名字"}]
    stream = acme.post("/v1/streams", json=order(passports=sent)).json()
    assert stream["products"] == ["P-1", "P-2"]
    assert acme.get("/v1/passports/P-2").json()["number"] == 1
    assert acme.get("/v1/passports/P-1").json()["passport"]["name"] == "新名字"
    wrong = acme.post("/v1/streams", json=order(passports=[PASSPORT | {"colour": "红"}]))
    assert "passports[0]: colour: unknown key" in problem(wrong, 422)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": None}, "body.url"),
        ({"host": {"id": "a/b"}}, "body.host.id"),
        ({"host": {"id": "a\x00b"}}, "body.host.id"),
        ({"max_hours": 0}, "body.max_hours"),
        ({"max_hours": 1e9}, "body.max_hours"),
        ({"started_at": "2026-11-24T20:00:00"}, "body.started_at"),
        ({"started_at": 5}, "body.started_at"),
        ({"started_at": "9999-12-31T23:59:59-23:59"}, "moment of this century"),
        ({"started_at": "0001-01-01T00:00:00+23:59"}, "moment of this century"),
        ({"policy": "of yesterday"}, "policy: 'of yesterday': no policy can be named here"),
        ({"colour": "红"}, "body.colour"),
    ],
)
def test_a_field_that_cannot_be_is_named(acme: httpx.Client, changes: dict[str, Any], says: str) -> None:
    assert says in problem(acme.post("/v1/streams", json=order(**changes)), 422)


def test_urgent_needs_its_scope(acme: httpx.Client, as_key: As, key: Key) -> None:
    assert acme.post("/v1/streams", json=order(priority="urgent")).status_code == 201
    plain = as_key(key("acme", [Scope.STREAMS_WRITE]))
    assert "streams:urgent" in problem(plain.post("/v1/streams", json=order(priority="urgent")), 403)
    assert plain.post("/v1/streams", json=order(priority="background")).status_code == 201


def test_a_stream_tells_where_it_stands(acme: httpx.Client, platform: Stores) -> None:
    stream_id = acme.post("/v1/streams", json=ORDER).json()["stream_id"]
    assert platform.leases.apply([Grant(stream_id=stream_id, worker_id="w1", seen=unseen(stream_id))]) == 1
    lease = platform.leases.lease(stream_id)
    assert lease is not None
    platform.leases.renew("w1", {stream_id: Reach(token=lease.token, recorded_ms=9000, analysed_ms=4000)})
    platform.stream_writer.set_state(stream_id, StreamState.LIVE)
    lost = Gap(kind=GapKind.NETWORK, start_ms=1000, end_ms=2000, why="the server answered 404")
    platform.stream_writer.put_coverage(
        stream_id, Coverage(span_ms=9000, analysed_ms=4000, waiting_ms=4000, gaps=(lost,))
    )
    stream = acme.get(f"/v1/streams/{stream_id}").json()
    assert (stream["wanted"], stream["state"], stream["waits_for"]) == ("run", "live", "")
    assert (stream["recorded_ms"], stream["lag_ms"], stream["coverage"]) == (9000, 4000, 0.444)
    assert stream["gaps"][0]["why"] == "the server answered 404"
    platform.stream_writer.set_state(stream_id, StreamState.FAILED, "the origin went away")
    assert acme.get(f"/v1/streams/{stream_id}").json()["error"] == "the origin went away"


def test_stopping_is_stopping_once_and_keeps_what_was_found(acme: httpx.Client, platform: Stores) -> None:
    stream_id = acme.post("/v1/streams", json=ORDER).json()["stream_id"]
    assert [acme.delete(f"/v1/streams/{stream_id}").json()["wanted"] for _ in range(2)] == ["stop", "stop"]
    assert acme.get(f"/v1/streams/{stream_id}").status_code == 200
    assert sum("stream.stopped" in line for line in platform.audit.export()) == 1
    problem(acme.delete("/v1/streams/none"), 404)


def test_the_list_pages_by_cursor_and_filters(acme: httpx.Client, clock: Clock, platform: Stores) -> None:
    made = []
    for number in range(5):
        given = order(external_id=f"r{number}", host=ORDER["host"] | {"id": f"h{number % 2}"})
        made.append(acme.post("/v1/streams", json=given).json()["stream_id"])
        clock.wait(0 if number == 2 else 1)
    seen: list[str] = []
    after: str | None = None
    while True:
        params = {"limit": "2"} | ({} if after is None else {"after": after})
        page = acme.get("/v1/streams", params=params).json()
        seen += [stream["stream_id"] for stream in page["streams"]]
        after = page["next_after"]
        if after is None:
            break
    assert sorted(seen) == sorted(made)
    assert (seen[0], seen[-1]) == (made[4], made[0])
    platform.stream_writer.set_state(made[0], StreamState.LIVE)
    acme.delete(f"/v1/streams/{made[1]}")
    for params, expected in (
        ({"state": "live"}, [made[0]]),
        ({"wanted": "stop"}, [made[1]]),
        ({"external_id": "r3"}, [made[3]]),
        ({"host_id": "h1"}, [made[3], made[1]]),
        ({"host_id": "acme/h1"}, []),
    ):
        found = acme.get("/v1/streams", params=params).json()["streams"]
        assert [stream["stream_id"] for stream in found] == expected, params
    no_text = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (rb'[1,"\ud800"]', rb'[1,"\u0000"]')]
    for cursor in ("x", "WyJhIl0", "WzEsMl0", "!" * 10, "WzFlOTksImEiXQ", *no_text):
        assert "next_after" in problem(acme.get("/v1/streams", params={"after": cursor}), 422)


def test_a_stream_of_a_command_is_seen_by_the_installations_own_key(
    as_key: As, key: Key, platform: Stores, stream: Any
) -> None:
    platform.stream_writer.put_stream(stream)
    own = as_key(key("local"))
    shown = own.get("/v1/streams/s1").json()
    assert (shown["wanted"], shown["host"]["id"]) == (None, "h1")
    assert [each["stream_id"] for each in own.get("/v1/streams").json()["streams"]] == ["s1"]
    assert "stop the command" in problem(own.delete("/v1/streams/s1"), 409)
    assert own.put("/v1/streams/s1/on-sale", json={"product_id": "p1", "at_ms": 1}).json()["new"] == 1


@pytest.mark.parametrize(
    ("body", "media_type", "status", "says"),
    [
        (b"", "application/json", 422, "Field required"),
        (b'{"url": ', "application/json", 422, "Expecting value"),
        (b"[" * 200_000, "application/json", 400, "nested too deep"),
        (b'{"url":"\xff"}', "application/json", 400, "no JSON in UTF-8"),
        (b'{"max_hours":' + b"9" * 5000 + b"}", "application/json", 400, "a number of 5000 digits"),
        (json.dumps(ORDER).encode(), "text/plain", 422, "it came as text/plain: send JSON"),
        (json.dumps(ORDER).encode(), "", 422, "it came as nothing in particular: send JSON"),
        (b"url=http%3A%2F%2Fx", "application/x-www-form-urlencoded", 422, "send JSON with Content-Type"),
        (b"[]", "application/json", 422, "valid dictionary"),
    ],
)
def test_a_body_that_is_no_order_is_told_what_is_wrong(
    acme: httpx.Client, body: bytes, media_type: str, status: int, says: str
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    assert says in problem(acme.post("/v1/streams", content=body, headers=headers), status)


def test_the_depth_of_a_broadcast_is_ordered_and_handed_to_whoever_carries_it(
    acme: httpx.Client, platform: Stores
) -> None:
    depth = {"pictures": "sampled", "every_s": 10, "hours": [{"from": "22:00", "until": "02:00", "pictures": "none"}]}
    answer = acme.post("/v1/streams", json=ORDER | {"depth": depth})
    assert answer.status_code == 201, answer.text
    assert answer.json()["depth"] == "by order: one picture in 10 s; 22:00 by order: sound alone"
    order = platform.orders.ordered(answer.json()["stream_id"]).order
    assert order is not None
    assert order.depth.usual == Depth(pictures="sampled", every_ms=10_000)
    assert order.depth.hours == (DepthHours(from_min=1320, until_min=120, depth=Depth(pictures="none")),)
    plain = acme.post("/v1/streams", json=ORDER | {"external_id": "plain"}).json()
    assert plain["depth"] is None


@pytest.mark.parametrize(
    ("depth", "told"),
    [
        ({"pictures": "sampled"}, "depth.every_s: stands with `sampled` pictures"),
        ({"pictures": "none", "every_s": 5}, "depth.every_s"),
        ({"pictures": "some"}, "pictures"),
        ({"pictures": "sampled", "every_s": 1}, "every_s"),
        ({"hours": [{"from": "24:00", "until": "02:00", "pictures": "none"}]}, "from"),
        ({"hours": [{"from": "02:00", "until": "02:00", "pictures": "none"}]}, "depth.hours[0].until"),
        ({"hours": [{"from": "02:00", "until": "03:00", "pictures": "sampled"}]}, "depth.hours[0].every_s"),
    ],
)
def test_a_depth_that_is_none_is_told_by_field(acme: httpx.Client, depth: dict[str, Any], told: str) -> None:
    answer = acme.post("/v1/streams", json=ORDER | {"depth": depth})
    assert answer.status_code == 422, answer.text
    assert told in answer.text
