"""Both forms of the client call every operation of the document, and are made from one source."""

import asyncio
import inspect
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from review.client import AsyncZhenyan, Problem, Zhenyan
from review.stores import Stores
from scripts.write_client import CLIENT, written
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ORDER, PASSPORT, Key

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[4] / "docs" / "openapi.json").read_text("utf-8"))
WORD = {"kind": "watch", "word": "老铁"}
HOST = {"id": "h7"}
# What each method is called with; those that are not here need nothing.
CALLED: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "order": ((ORDER["url"],), {"host": HOST, "products": ["P-1"]}),
    "put_on_sale": (("s1", "P-1"), {}),
    "put_facts": (("s1", [{"at_ms": 1, "kind": "viewers", "value": 3}]), {}),
    "put_passport": ((PASSPORT,), {}),
    "put_passports": ((json.dumps(PASSPORT).encode(),), {}),
    "put_all": (([PASSPORT],), {}),
    "check": (("蜂蜜",), {}),
    "check_catalogue": (([{"text": "蜂蜜"}],), {}),
    "order_batch": ((["https://a.example.com/1.mp4"],), {"host": HOST}),
    "order_reanalysis": (("s1",), {"passports": [{"product_id": "P-1"}]}),
    "decide": (("c1", {}), {}),
    "correct": (("c1", {}), {}),
    "file_complaint": (({},), {}),
    "add_webhook": (("http://127.0.0.1:8080/hook",), {}),
    "redeliver": (("wh_1",), {"parked": True}),
    "retry_delivery": ((1, "wh_1"), {}),
    "put_suggestions": (({"rules": []},), {}),
    "put_depth_rules": (({"rooms": []},), {}),
    "try_suggestions": (({"rules": []},), {}),
    "put_words": (([WORD],), {}),
    "add_word": ((WORD,), {}),
    "try_words": (([WORD],), {}),
    "export": (("findings", "csv"), {}),
}
# Of each parameter that says which, one that is there or not.
WHICH = {"stream_id": "s1", "product_id": "P-1", "case_id": "c1", "finding_id": "f1", "webhook_id": "wh_1"}
WHICH |= {"reanalysis_id": "a1"}
WHICH |= {"batch_id": "b1", "host_id": "h7", "receipt": "r1", "code": "9520000000011", "word_id": "w_1"}


def methods(kind: type) -> list[str]:
    return [name for name, each in vars(kind).items() if inspect.isfunction(each) and not name.startswith("_")]


def arguments(kind: type, name: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if name in CALLED:
        return CALLED[name]
    needed = [p for p in inspect.signature(getattr(kind, name)).parameters.values() if p.default is p.empty]
    return tuple(WHICH[p.name] for p in needed if p.name not in {"self", "filters", "more"}), {}


def called(sent: list[httpx.Request]) -> set[str]:
    """The operations of the document that the requests are of."""
    found = set()
    for request in sent:
        path = request.url.raw_path.decode().partition("?")[0]
        fits = [
            (template, operations[request.method.lower()]["operationId"])
            for template, operations in DOCUMENT["paths"].items()
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
            and request.method.lower() in operations
        ]
        assert fits, f"{request.method} {path} is no operation of the document"
        found.add(min(fits, key=lambda one: one[0].count("{"))[1])
    return found


# There is no such case, clip, batch …, or nobody to judge: an answer all the same.
MAY_BE = {404, 409, 422, 503}
ALL = {operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()}


@pytest.fixture
def token(platform: Stores, key: Key, work: Any) -> str:
    work(10)
    return key("acme")


def test_the_form_that_waits_calls_everything(address: str, token: str, platform: Stores) -> None:
    sent: list[httpx.Request] = []
    refused: dict[str, int] = {}

    class Way(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return super().handle_request(request)

    with Zhenyan(address, token, transport=Way(), attempts=1) as zhenyan:
        zhenyan.put_passport(PASSPORT)
        stream = zhenyan.order(ORDER["url"], host={"id": "h7"}, products=["P-1"])
        platform.stream_writer.add_findings([replace(FINDING, stream_id=stream["stream_id"])])
        assert next(zhenyan.follow())["type"] == "finding.created"
        for name in set(methods(Zhenyan)) - {"close", "follow"}:
            args, more = arguments(Zhenyan, name)
            try:
                answer = getattr(zhenyan, name)(*args, **more)
                if isinstance(answer, Iterator):
                    next(answer, None)
            except Problem as problem:
                refused[name] = problem.status
    assert ALL - called(sent) == set()
    assert {name: status for name, status in refused.items() if status not in MAY_BE} == {}


def test_the_form_that_does_not_wait_calls_everything(address: str, token: str, platform: Stores) -> None:
    sent: list[httpx.Request] = []
    refused: dict[str, int] = {}

    class Way(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return await super().handle_async_request(request)

    async def day() -> None:
        async with AsyncZhenyan(address, token, transport=Way(), attempts=1) as zhenyan:
            await zhenyan.put_passport(PASSPORT)
            stream = await zhenyan.order(ORDER["url"], host={"id": "h7"}, products=["P-1"])
            assert [each["stream_id"] async for each in zhenyan.streams()] == [stream["stream_id"]]
            platform.stream_writer.add_findings([replace(FINDING, stream_id=stream["stream_id"])])
            assert (await anext(zhenyan.follow()))["type"] == "finding.created"
            for name in set(methods(AsyncZhenyan)) - {"aclose", "follow"}:
                args, more = arguments(AsyncZhenyan, name)
                try:
                    answer = getattr(zhenyan, name)(*args, **more)
                    if isinstance(answer, AsyncIterator):
                        await anext(answer, None)
                    else:
                        await answer
                except Problem as problem:
                    refused[name] = problem.status

    asyncio.run(day())
    assert ALL - called(sent) == set()
    assert {name: status for name, status in refused.items() if status not in MAY_BE} == {}


def test_one_form_is_made_from_the_other() -> None:
    source = CLIENT.read_text(encoding="utf-8")
    plain = str.maketrans("", "", " \n,")
    assert written(source).translate(plain) == source.translate(plain), "call `python -m scripts.write_client`"


def test_what_would_be_done_twice_is_not_sent_again_where_its_answer_was_lost() -> None:
    sent: list[str] = []

    def lose(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        raise httpx.ReadTimeout("the answer was lost", request=request)

    with Zhenyan(
        "http://127.0.0.1", "zy_x", transport=httpx.MockTransport(lose), attempts=3, sleep=lambda _: None
    ) as z:
        for call in (
            lambda: z.add_webhook("https://a.example.com"),
            lambda: z.words(),
            lambda: z.order("x", host=HOST),
        ):
            with pytest.raises(httpx.ReadTimeout):
                call()
    assert sent == ["/v1/webhooks", *["/v1/words"] * 3, *["/v1/streams"] * 3]
