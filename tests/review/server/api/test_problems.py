"""Whatever goes wrong on whatever route, it is told as a problem with a code that the guide lists for its status."""

import re
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from review.stores import Stores
from review.tenants.types import Scope
from tests.review.server.api.conftest import As, Key
from tests.review.server.api.test_queries import filled, operations

GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "api.md"
# Of what this one is sent every row is answered, those that are none as well.
BY_ROW = "/v1/passports:batch"
OPEN = {"/v1/keys", "/v1/complaints/{receipt}/pack"}


def documented() -> dict[int, set[str]]:
    """The codes of each status, as the guide's table has them."""
    section = GUIDE.read_text(encoding="utf-8").partition("{ #errors }")[2].partition("\n## ")[0]
    found: dict[int, set[str]] = {}
    for status, codes in re.findall(r"^\| (\d{3}) \| (.+?) \|", section, re.MULTILINE):
        found.setdefault(int(status), set()).update(re.findall(r"`([a-z_]+)`", codes))
    return found


DOCUMENTED = documented()


def told(answer: httpx.Response, status: int) -> str:
    """The code of a problem with this status; fails unless all of it is as the guide says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    listed = problem.pop("errors", None)
    assert listed or problem["code"] != "form"
    assert all(fault.keys() == {"path", "reason"} and fault["reason"] for fault in listed or ())
    assert problem.keys() == {"type", "title", "status", "detail", "code"}
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["code"] in DOCUMENTED[status]
    assert problem["detail"]
    if status in {429, 503}:
        assert int(answer.headers["retry-after"]) >= 1
    return str(problem["code"])


def said_to_be_long(address: str, method: str, path: str) -> httpx.Response:
    """The answer to a request that says that it is too long; none of it is sent."""
    where = httpx.URL(address)
    connection = HTTPConnection(where.host, where.port, timeout=30)
    connection.putrequest(method, path)
    # More than any route takes.
    connection.putheader("Content-Length", str(1 << 30))
    connection.endheaders()
    answer = connection.getresponse()
    found = httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    connection.close()
    return found


def test_who_is_not_let_in(as_key: As, key: Key) -> None:
    nobody, stranger = as_key(""), as_key("zy_no")
    other = {scope: as_key(key(scopes=[scope])) for scope in (Scope.CHECK, Scope.CASES_READ)}
    for method, path, operation in operations():
        if path in OPEN:
            assert not operation.get("security"), path
            continue
        assert told(nobody.request(method, filled(path)), 401) == "not_logged_in"
        answer = stranger.request(method, filled(path))
        # Who goes on guessing is slowed.
        assert told(answer, answer.status_code) == {401: "key_refused", 429: "rate"}[answer.status_code]
        wrong = other[Scope.CASES_READ if path.startswith("/v1/c") and "cases" not in path else Scope.CHECK]
        assert told(wrong.request(method, filled(path)), 403) == "scope_missing", path
        assert {"401", "403"} <= operation["responses"].keys()


def test_what_is_not_there(as_key: As, key: Key) -> None:
    asking, found = as_key(key()), 0
    for method, path, operation in operations():
        if "404" in operation["responses"] and "requestBody" not in operation:
            params = {"webhook_id": "wh_none"} if path == "/v1/deliveries/{sequence}/retry" else {}
            answer = asking.request(method, filled(path), params=params)
            if answer.status_code != 200:
                assert told(answer, 404) == "not_found", path
                found += 1
    assert found > 15


def test_a_body_that_is_none_or_too_long(as_key: As, key: Key, address: str) -> None:
    asking, sending = as_key(key()), [one for one in operations() if "requestBody" in one[2]]
    assert len(sending) > 6
    for method, path, operation in sending:
        for body in (b"{", b"\xff", b"[" * 10_000, b'{"no such field": 1}', b"[1]", b"null"):
            answer = asking.request(method, filled(path), content=body, headers={"Content-Type": "application/json"})
            assert str(answer.status_code) in operation["responses"], path
            if path == BY_ROW and answer.status_code == 200:
                assert {row["status"] for row in answer.json()["rows"]} == {"refused"}, body
            else:
                assert answer.status_code in {400, 404, 422}, path
                told(answer, answer.status_code)
        refused = 415 if path == BY_ROW else 422
        told(asking.request(method, filled(path), content=b"a=b", headers={"Content-Type": "text/plain"}), refused)
        assert told(said_to_be_long(address, method, filled(path)), 413) == "too_long"
        assert "413" in operation["responses"], path


def test_another_method(as_key: As, key: Key) -> None:
    asking = as_key(key())
    for method, path, _ in operations():
        answer = asking.request("PATCH", filled(path))
        assert told(answer, 405) == "method_not_allowed", path
        assert answer.headers["allow"], (method, path)


def test_too_often(as_key: As, key: Key) -> None:
    asking = as_key(key(per_minute=1))
    asking.get("/v1/findings")
    asking.get("/v1/findings")
    for method, path, operation in operations():
        if path not in OPEN:
            answer = asking.request(method, filled(path))
            if answer.status_code != 429:  # The minute has turned: this request had the one of the next.
                answer = asking.request(method, filled(path))
            assert told(answer, 429) == "rate", path
            assert "429" in operation["responses"], path


def test_an_address_that_is_none(as_key: As, key: Key) -> None:
    assert told(as_key(key()).get("/v1/nowhere"), 404) == "not_found"
    assert told(as_key("").get("/nowhere"), 404) == "not_found"
    assert told(as_key("").get("/static/nowhere.js"), 404) == "not_found"


def test_a_failure_that_nobody_foresaw(failing: httpx.Client) -> None:
    for method, path, _ in operations():
        if path != "/v1/keys":
            answer = failing.request(method, filled(path), headers={"Connection": "close"})
            assert told(answer, 500) == "server_error", path
            assert "geheim" not in answer.text


@pytest.fixture
def failing(app: FastAPI, as_key: As, key: Key, platform: Stores, monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    """A client of a server that has a fault of its own where keys and receipts are looked up."""

    def fail(*_: object) -> None:
        raise KeyError("geheim")

    token = key()
    monkeypatch.setattr(platform.keys, "check", fail)
    monkeypatch.setattr(platform.complaints, "behind", fail)
    return as_key(token)


def test_a_database_that_does_not_answer(as_key: As, key: Key, platform: Stores) -> None:
    asking = as_key(key())
    assert asking.get("/v1/findings").status_code == 200
    with platform.engine.begin() as connection:
        connection.execute(text("ALTER TABLE api_keys RENAME TO gone"))
    for method, path, operation in operations():
        if path not in OPEN:
            assert told(asking.request(method, filled(path)), 503) == "database"
            assert "503" in operation["responses"], path


@pytest.mark.parametrize(("header", "status"), [("bytes=a-b", 400), ("bytes=99999999-", 416)])
def test_a_range_of_a_clip_that_cannot_be_served(
    client: httpx.Client, stores: Stores, header: str, status: int
) -> None:
    from tests.review.sample import FINDING

    stores.stream_writer.add_findings([FINDING])
    stores.stream_writer.set_clip(FINDING.finding_id, "clips/f_power.mp4", 0)
    answer = client.get(f"/clips/{FINDING.finding_id}.mp4", headers={"Range": header})
    told(answer, status)
    assert (answer.headers.get("content-range") or "bytes */1").startswith("bytes */")


def test_every_code_that_programs_can_be_told_is_in_the_guide() -> None:
    from review.server.problems import CODES

    assert {status: code for status, code in CODES.items() if code not in DOCUMENTED.get(status, set())} == {}
