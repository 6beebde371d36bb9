"""Who is let in by a key, how often, and with how much."""

import re
import socket
from collections.abc import Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from review.accounts.types import Role
from review.server.auth.api_keys import key_or_person
from review.stores import Stores
from review.tenants.types import Caller, Scope
from tests.review.accounts.support import as_login, let_in
from tests.review.server.api.conftest import As, Clock, Key, problem


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """The app, and one route that tells who asks."""

    @app.api_route("/v1/me", methods=["GET", "POST"])
    def me(caller: Annotated[Caller, Depends(key_or_person(Scope.CHECK))]) -> dict[str, str | None]:
        return {"sees": caller.sees, "home": caller.home, "actor": caller.actor}

    return app


def test_a_key_is_its_tenant_and_needs_no_page_token(as_key: As, key: Key) -> None:
    token = key("bolt", [Scope.CHECK])
    told = {"sees": "bolt", "home": "bolt", "actor": f"key:{token.split('_')[1]}"}
    asking = as_key(token)
    assert asking.get("/v1/me").json() == told
    assert asking.post("/v1/me", headers={"Sec-Fetch-Site": "cross-site"}).json() == told


def test_a_person_sees_every_tenant_and_writes_with_the_pages_token(as_key: As, platform: Stores) -> None:
    login = let_in(platform.people, Role.REVIEWER)
    asking = as_key("")
    headers = as_login(login)
    assert asking.post("/v1/me", headers=headers).json() == {
        "sees": None,
        "home": "local",
        "actor": login.person.id,
    }
    del headers["X-CSRF-Token"]
    problem(asking.post("/v1/me", headers=headers), 403)
    auditor = as_login(let_in(platform.people, Role.AUDITOR))
    assert "auditor" in problem(asking.post("/v1/me", headers=auditor), 403)


def test_nobody_is_refused_and_told_how_to_come_in(as_key: As) -> None:
    answer = as_key("").get("/v1/me")
    problem(answer, 401)
    answer = as_key("zy_no").get("/v1/me")
    assert "zhenyan keys" not in problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_wrong_key_does_not_fall_back_on_the_session(as_key: As, platform: Stores) -> None:
    headers = as_login(let_in(platform.people, Role.ADMIN))
    problem(as_key("zy_no").get("/v1/me", headers=headers), 401)
    problem(as_key("").get("/v1/me", headers=headers | {"Authorization": "Basic YTpi"}), 401)


def test_a_key_without_the_scope_is_told_which(as_key: As, key: Key) -> None:
    answer = as_key(key(scopes=[Scope.CASES_READ])).get("/v1/me")
    assert "scope check" in problem(answer, 403)
    assert answer.json()["code"] == "scope_missing"


def test_expired_and_revoked_keys_are_nobody(as_key: As, key: Key, platform: Stores, clock: Clock) -> None:
    expiring = key(expires_at_ms=int(clock.now.timestamp() * 1000) + 1000)
    assert as_key(expiring).get("/v1/me").status_code == 200
    clock.wait(1)
    problem(as_key(expiring).get("/v1/me"), 401)
    revoked = key()
    platform.keys.revoke(revoked.split("_")[1], "test")
    problem(as_key(revoked).get("/v1/me"), 401)


def test_a_key_has_its_rate_and_every_answer_says_what_is_left(as_key: As, key: Key) -> None:
    asking = as_key(key(per_minute=3))
    answers = [asking.get("/v1/me") for _ in range(4)]
    # The window may move on between two requests, so that one more fits.
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert int(answers[0].headers["ratelimit-remaining"]) == 2
    assert answers[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
    assert re.fullmatch(r'"key";r=2;t=\d+', answers[0].headers["ratelimit"])
    assert as_key(key(per_minute=3)).get("/v1/me").status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_go_on(as_key: As, key: Key) -> None:
    asking = as_key(key(per_minute=1))
    refused = [answer for _ in range(4) if (answer := asking.get("/v1/me")).status_code != 200]
    assert len(refused) >= 2
    assert "more than 1 requests a minute" in problem(refused[0], 429)
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60
    assert refused[0].headers["ratelimit-remaining"] == "0"
    assert problem(asking.get("/v1/nowhere"), 404)


def test_who_goes_on_guessing_keys_is_slowed(as_key: As) -> None:
    guessing = as_key("zy_no")
    statuses = {guessing.get("/v1/me").status_code for _ in range(130)}
    assert statuses == {401, 429}


@pytest.mark.parametrize("chunked", [False, True], ids=["said", "came"])
def test_too_long_a_request_is_refused(as_key: As, key: Key, chunked: bool) -> None:
    body = b" " * (2 * 1024 * 1024 + 1)
    content = iter([body]) if chunked else body
    answer = as_key(key()).post("/v1/complaints", content=content, headers={"Content-Type": "application/json"})
    assert "longer than 2097152 bytes" in problem(answer, 413)


@pytest.mark.parametrize("path", ["/login", "/bulk", "/policies", "/h/none"])
def test_no_page_takes_a_file_without_end_from_anybody(address: str, path: str) -> None:
    where = httpx.URL(address)
    head = f"POST {path} HTTP/1.1\r\nHost: {where.host}\r\nContent-Length: 300000000\r\n\r\n"
    with socket.create_connection((where.host, where.port or 80), 30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", ["/login", "/bulk", "/password"])
def test_a_form_that_does_not_say_how_long_it_is_is_cut_off(address: str, path: str) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="login"; filename="a"\r\n\r\n'
        yield from [b"a" * 1_000_000] * 8

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = httpx.post(f"{address}{path}", content=endless(), headers=headers, timeout=60)
    assert "longer than 2097152 bytes" in problem(answer, 413)


def test_a_guard_is_a_guard(app: FastAPI) -> None:
    from review.server.auth.guard import unguarded

    assert unguarded(app) == []
