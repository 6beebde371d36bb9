"""Passports in bulk over HTTP: every row is answered, the same again changes nothing; retired ones, their history."""

import json
from typing import Any

import httpx
import pytest

from review.passports.template import template_csv, template_xlsx
from review.server.api.bulk_passports import MOST_ROWS
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def acme(as_key: As, key: Key) -> httpx.Client:
    return as_key(key("acme"))


def sent(client: httpx.Client, content: str | bytes, kind: str = "application/x-ndjson") -> dict[str, Any]:
    answer = client.post("/v1/passports:batch", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def lines(*records: dict[str, Any]) -> str:
    return "\n".join(json.dumps(record) for record in records)


def statuses(answer: dict[str, Any]) -> list[str]:
    return [row["status"] for row in answer["rows"]]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_every_row_is_answered_and_the_same_again_changes_nothing(acme: httpx.Client, platform: Stores) -> None:
    wrong = {"id": "P-2", "name": "蜂蜜", "category": "foods/honey", "weigth": 5}
    content = lines(PASSPORT, wrong, {"id": "P-3", "name": "蜂蜜", "category": "food/honey"})
    first = sent(acme, content)
    assert statuses(first) == ["stored", "refused", "stored"]
    assert (first["stored"], first["unchanged"], first["refused"]) == (2, 0, 1)
    assert {each["field"] for each in first["rows"][1]["errors"]} == {"category", "weigth"}
    assert any("FOOD_LICENCE_SC" in warning for warning in first["rows"][2]["warnings"])
    again = sent(acme, content)
    assert statuses(again) == ["unchanged", "refused", "unchanged"]
    assert [row["version"] for row in again["rows"]] == [row["version"] for row in first["rows"]]
    changed = sent(acme, lines(PASSPORT | {"brand": "示例电"}))
    assert [(row["status"], row["number"]) for row in changed["rows"]] == [("stored", 2)]
    assert [each["product_id"] for each in acme.get("/v1/passports").json()["passports"]] == ["P-1", "P-3"]
    assert sum("passport.registered" in line for line in platform.audit.export()) == 3


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (template_csv("zh", with_example=True), "text/csv; charset=utf-8"),
        (template_csv("zh", with_example=True).decode("utf-8-sig").encode("gb18030"), "text/csv"),
        (template_xlsx("zh", with_example=True), XLSX),
    ],
    ids=["utf-8", "gb18030", "xlsx"],
)
def test_a_table_is_taken_as_it_is_exported(acme: httpx.Client, content: bytes, kind: str) -> None:
    [row] = sent(acme, content, kind)["rows"]
    assert (row["row"], row["id"], row["status"]) == (2, "P-1", "stored")
    kept = acme.get("/v1/passports/P-1").json()["passport"]
    assert kept["attributes"][0] == {"name": "输出功率", "label": "输出功率", "value": 65, "unit": "W"}


def test_a_file_that_can_not_be_read_stores_nothing(acme: httpx.Client) -> None:
    for content, kind, why in (
        ("id,name\nP-1,x", "text/csv", "has no column 'category'"),
        ("{", "application/json", "is no JSON"),
        ("", "application/x-ndjson", "holds no passport"),
        ("\n".join(["{}"] * (MOST_ROWS + 1)), "application/x-ndjson", f"has more than {MOST_ROWS} rows"),
        ("no zip", XLSX, "is no XLSX"),
    ):
        answer = acme.post("/v1/passports:batch", content=content, headers={"Content-Type": kind})
        assert why in problem(answer, 422)
    other = acme.post("/v1/passports:batch", content="x", headers={"Content-Type": "image/png"})
    assert "text/csv" in problem(other, 415)
    assert acme.get("/v1/passports").json()["passports"] == []


def test_a_customer_registers_for_itself_alone(acme: httpx.Client, as_key: As, key: Key) -> None:
    sent(acme, lines(PASSPORT))
    assert as_key(key("bolt")).get("/v1/passports").json()["passports"] == []
    reading = as_key(key("acme", [Scope.PASSPORTS_READ]))
    problem(reading.post("/v1/passports:batch", content=lines(PASSPORT)), 403)
    problem(reading.delete("/v1/passports/P-1"), 403)
    problem(as_key(key("bolt")).delete("/v1/passports/P-1"), 404)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_retired_passport_is_in_force_no_longer_and_keeps_its_history(
    acme: httpx.Client, work: Any, clock: Clock
) -> None:
    first = acme.put("/v1/passports/P-1", json=PASSPORT)
    problem(acme.delete("/v1/passports/P-1", headers={"If-Match": '"sha256:other"'}), 412)
    clock.wait(60)
    retired = acme.delete("/v1/passports/P-1", headers={"If-Match": first.headers["etag"]})
    assert retired.status_code == 200, retired.text
    assert retired.json()["retired_at_ms"] == first.json()["created_at_ms"] + 60_000
    assert acme.delete("/v1/passports/P-1").json() == retired.json()
    problem(acme.get("/v1/passports/P-1"), 404)
    assert acme.get("/v1/passports").json()["passports"] == []
    assert acme.get("/v1/codes/9520000000011").json()["passports"] == []
    work(10)
    assert "no passport" in problem(acme.post("/v1/streams", json=ORDER), 422)
    assert acme.get("/v1/passports/P-1", params={"version": first.json()["version"]}).json()["passport"] == PASSPORT
    back = acme.put("/v1/passports/P-1", json=PASSPORT, headers={"If-None-Match": "*"})
    assert (back.status_code, back.json()["number"]) == (201, 2)
    versions = acme.get("/v1/passports/P-1/versions").json()["versions"]
    assert [(each["number"], each["retired_at_ms"] is None) for each in versions] == [(2, True), (1, False)]
    assert acme.post("/v1/streams", json=ORDER).status_code == 201
    problem(acme.delete("/v1/passports/P-404"), 404)
