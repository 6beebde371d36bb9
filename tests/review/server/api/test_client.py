"""The typed client against the running server, and against one that fails now and then."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import review.client as client_module
from review.client import Problem, Zhenyan
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.server.api.conftest import ORDER, PASSPORT, Key


class Flaky(httpx.BaseTransport):
    """The way to the real server, on which the first answers get lost or are refused as `fails` says."""

    def __init__(self, fails: list[int | type[Exception] | None]) -> None:
        self._way = httpx.HTTPTransport()
        self.fails = fails
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        fail = self.fails.pop(0) if self.fails else None
        if isinstance(fail, int):
            return httpx.Response(fail, headers={"Retry-After": "7"}, json={"detail": "not now", "code": "x"})
        answer = self._way.handle_request(request)
        if fail is not None:
            answer.read()
            raise fail("the answer was lost", request=request)  # type: ignore[call-arg]
        return answer

    def close(self) -> None:
        self._way.close()


@pytest.fixture
def zhenyan(address: str, key: Key, work: Any) -> Iterator[Zhenyan]:
    work(10)
    with Zhenyan(address, key("acme")) as opened:
        yield opened


def ordered(zhenyan: Zhenyan, **more: Any) -> dict[str, Any]:
    return zhenyan.order(ORDER["url"], host=ORDER["host"], products=["P-1"], **more)


def test_a_customer_gets_through_a_day_with_it(zhenyan: Zhenyan) -> None:
    registered = zhenyan.put_passport(PASSPORT)
    changed = zhenyan.put_passport(PASSPORT | {"brand": "b"}, if_match=registered["version"])
    assert changed["number"] == 2
    assert zhenyan.passport("P-1", registered["version"])["passport"] == PASSPORT
    assert [each["product_id"] for each in zhenyan.passports(gtin="9520000000011")] == ["P-1"]
    stream = ordered(zhenyan, external_id="room-7", started_at=ORDER["started_at"], max_hours=2)
    facts = zhenyan.put_facts(stream["stream_id"], [{"at_ms": 1000, "kind": "viewers", "value": 30}])
    assert facts["new"] == 1
    assert zhenyan.put_on_sale(stream["stream_id"], "P-1", 2000)["new"] == 1
    assert zhenyan.stream(stream["stream_id"])["external_id"] == "room-7"
    assert zhenyan.stop(stream["stream_id"])["wanted"] == "stop"
    assert [each["wanted"] for each in zhenyan.streams(external_id="room-7")] == ["stop"]
    assert list(zhenyan.findings()) == []
    assert list(zhenyan.cases()) == []
    assert {event["type"] for event in zhenyan.events()} <= {"stream.stopped", "stream.ordered"}


def test_lists_go_on_over_pages(zhenyan: Zhenyan) -> None:
    zhenyan.put_passport(PASSPORT)
    ids = {ordered(zhenyan)["stream_id"] for _ in range(3)}
    assert {each["stream_id"] for each in zhenyan.streams(limit="1")} == ids


@pytest.mark.parametrize(
    "fails",
    [[503], [429, 502, 504], [httpx.ConnectError], [httpx.ReadTimeout, 503]],
    ids=["busy", "many", "no way", "answer lost"],
)
def test_an_order_is_tried_again_and_placed_once(
    address: str, key: Key, work: Any, platform: Stores, fails: list[int | type[Exception] | None]
) -> None:
    work(10)
    way = Flaky([None, *fails])
    slept: list[float] = []
    with Zhenyan(address, key("acme"), transport=way, sleep=slept.append) as zhenyan:
        zhenyan.put_passport(PASSPORT)
        stream = ordered(zhenyan)
        assert [each["stream_id"] for each in zhenyan.streams()] == [stream["stream_id"]]
    orders = [request for request in way.sent if request.method == "POST"]
    assert len({request.headers["Idempotency-Key"] for request in orders}) == 1
    assert len(slept) == len(orders) - 1 >= 1
    assert slept[-1] == 7 if isinstance(fails[-1], int) else slept[-1] > 0


def test_after_the_last_try_the_servers_words_are_raised(address: str, key: Key) -> None:
    way = Flaky([503, 503, 503])
    with Zhenyan(address, key(), transport=way, attempts=3, sleep=lambda _: None) as zhenyan:
        with pytest.raises(Problem, match="not now") as told:
            zhenyan.stream("s1")
        assert (told.value.status, told.value.code, len(way.sent)) == (503, "x", 3)
        with pytest.raises(Problem, match="'s1' is not in the store") as told:
            zhenyan.stream("s1")
        assert (told.value.status, len(way.sent)) == (404, 4)


def test_what_is_refused_is_not_tried_again(address: str, key: Key) -> None:
    way = Flaky([])
    with Zhenyan(address, key("acme", [Scope.CHECK]), transport=way) as zhenyan:
        with pytest.raises(Problem) as told:
            zhenyan.put_passport(PASSPORT)
        assert (told.value.status, told.value.code, len(way.sent)) == (403, "scope_missing", 1)


def test_the_client_needs_nothing_else_of_the_project() -> None:
    tree = ast.parse(Path(str(client_module.__file__)).read_text(encoding="utf-8"))
    # Types are for type checkers alone; whoever copies the file may leave them.
    tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in names}
    assert roots - set(sys.stdlib_module_names) == {"httpx", "tenacity"}


def test_a_check_that_was_stopped_at_its_deadline_is_not_sent_again() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        problem = {"title": "Gateway Timeout", "status": 504, "detail": "send less", "code": "judging_long"}
        return httpx.Response(504, json=problem)

    with Zhenyan("http://127.0.0.1", "zy_x", transport=httpx.MockTransport(answer), sleep=lambda _: None) as zhenyan:
        with pytest.raises(Problem, match="send less") as told:
            zhenyan.check("很长的话")
        assert (told.value.code, len(sent)) == ("judging_long", 1)
