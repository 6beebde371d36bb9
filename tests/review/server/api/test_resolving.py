"""Addresses whose name the resolver can't look up now: told as such, and never mixed up with those that are refused."""

import socket
from typing import Any

import pytest

from tests.review.server.api.conftest import ORDER, As, Key, problem

REAL = socket.getaddrinfo
NAMES = {
    "again.example": socket.gaierror(socket.EAI_AGAIN, "try again"),
    "fails.example": socket.gaierror(socket.EAI_FAIL, "failed"),
    "late.example": TimeoutError("timed out"),
    "nowhere.example": socket.gaierror(socket.EAI_NONAME, "no such name"),
}


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that fails for some names, knows a private address by one, and finds those of this machine."""

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        if host in NAMES:
            raise NAMES[host]
        return REAL("10.0.0.7" if host == "inside.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def calls(host: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Whatever takes an address, with one at this host; each names the field."""
    url = f"https://{host}/live.m3u8?token=geheim"
    return {
        "url": ("/v1/streams", ORDER | {"url": url}),
        "callback.url": ("/v1/streams", ORDER | {"callback": {"url": url}}),
        "urls[0]": ("/v1/batches", {"urls": [url], "host": {"id": "h7"}, "products": ["P-1"]}),
        "webhook url": ("/v1/webhooks", {"url": url}),
    }


@pytest.mark.parametrize("place", calls(""))
@pytest.mark.parametrize("host", ["again.example", "fails.example", "late.example"])
def test_a_resolver_that_fails_is_told_as_503(as_key: As, key: Key, place: str, host: str) -> None:
    path, body = calls(host)[place]
    answer = as_key(key()).post(path, json=body)
    said = problem(answer, 503)
    assert answer.json()["code"] == "url_unresolved"
    assert int(answer.headers["retry-after"]) >= 1
    assert said.startswith(place.removeprefix("webhook "))
    assert "geheim" not in answer.text


@pytest.mark.parametrize("place", calls(""))
def test_refused_addresses_and_names_that_are_none_stay_alike(as_key: As, key: Key, place: str) -> None:
    asking = as_key(key())
    sent = [calls(host)[place] for host in ("inside.example", "nowhere.example", "10.0.0.7")]
    answers = [asking.post(path, json=body) for path, body in sent]
    assert len({problem(answer, 422) for answer in answers}) == 1
    assert {answer.json()["code"] for answer in answers} == {"url_address"}


def test_an_order_that_was_put_off_is_placed_later_under_the_same_key(
    as_key: As, key: Key, monkeypatch: pytest.MonkeyPatch, work: Any
) -> None:
    work(10)
    asking = as_key(key())
    asking.put("/v1/passports/P-1", json={"id": "P-1", "name": "充电器", "category": "electronics/charger"})
    order = ORDER | {"callback": {"url": "http://127.0.0.1:8080/hooks"}}
    headers = {"Idempotency-Key": "room-7"}
    monkeypatch.setitem(NAMES, "127.0.0.1", NAMES["again.example"])
    problem(asking.post("/v1/streams", json=order, headers=headers), 503)
    monkeypatch.delitem(NAMES, "127.0.0.1")
    assert asking.post("/v1/streams", json=order, headers=headers).status_code == 201


def test_a_passports_picture_is_resolved_by_whoever_fetches_it_not_at_the_door(as_key: As, key: Key) -> None:
    passport = {
        "id": "P-9",
        "name": "充电器",
        "category": "electronics/charger",
        "images": [{"path_or_url": "https://again.example/p.jpg"}],
    }
    assert as_key(key()).put("/v1/passports/P-9", json=passport).status_code == 201
