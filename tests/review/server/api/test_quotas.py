"""Quotas: held where a customer asks for more, told with the figure and when it frees, shown, and set by operators."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import ValidationError

from claims.passports.quantities import QuantityReader
from review.accounts.types import Role
from review.reanalyses.types import NewReanalysis
from review.stores import Stores
from review.streams.types import StreamState
from review.tenants.quotas import QuotaReached
from tests.review.accounts.support import as_login
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem
from tests.review.server.api.limited.logins import login_of

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)
HOUR_MS = 3_600_000


@pytest.fixture
def acme(as_key: As, key: Key) -> httpx.Client:
    return as_key(key())


def used(client: httpx.Client) -> dict[str, tuple[float | None, float]]:
    shown = client.get("/v1/statistics/quotas").json()["quotas"]
    return {one["quota"]: (one["limit"], one["used"]) for one in shown}


@BOTH
def test_broadcasts_at_once_are_bounded_and_free_when_one_ends(
    acme: httpx.Client, as_key: As, key: Key, platform: Stores, work: Callable[[float], None]
) -> None:
    work(10)
    acme.put("/v1/passports/P-1", json=PASSPORT)
    platform.tenant_rules.set_quotas("acme", {"streams": 1}, "boss")
    headers = {"Idempotency-Key": "one"}
    first = acme.post("/v1/streams", json=ORDER, headers=headers)
    assert first.status_code == 201
    assert acme.post("/v1/streams", json=ORDER, headers=headers).status_code == 201, "the same order is no second one"
    refused = acme.post("/v1/streams", json=ORDER | {"external_id": "two"})
    told = problem(refused, 429)
    assert "quota streams: 1 of 1 broadcasts at once are used; it frees when one of yours ends" in told
    assert refused.json()["code"] == "quota"
    assert used(acme)["streams"] == (1, 1)
    bolt = as_key(key("bolt"))
    bolt.put("/v1/passports/P-1", json=PASSPORT)
    assert bolt.post("/v1/streams", json=ORDER).status_code == 201, "another customer's is its own"
    platform.stream_writer.set_state(first.json()["stream_id"], StreamState.ENDED)
    assert acme.post("/v1/streams", json=ORDER | {"external_id": "two"}).status_code == 201


@BOTH
def test_passports_are_bounded_row_by_row_and_free_when_one_is_retired(acme: httpx.Client, platform: Stores) -> None:
    platform.tenant_rules.set_quotas("acme", {"passports": 2}, "boss")
    assert acme.put("/v1/passports/P-1", json=PASSPORT).status_code == 201
    rows = [PASSPORT | {"id": f"P-{n}", "gtin": None, "images": []} for n in (1, 2, 3)]
    lines = "\n".join(__import__("json").dumps({k: v for k, v in row.items() if v is not None}) for row in rows)
    answer = acme.post("/v1/passports:batch", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert [row["status"] for row in answer.json()["rows"]] == ["stored", "stored", "refused"], answer.text
    assert "quota passports: 2 of 2" in answer.json()["rows"][2]["errors"][0]["reason"]
    refused = acme.put("/v1/passports/P-3", json=rows[2] | {"gtin": "9520000000028"})
    assert "it frees when one is retired" in problem(refused, 409)
    assert acme.put("/v1/passports/P-2", json=PASSPORT | {"id": "P-2", "name": "新名"}).status_code in {200, 201}
    assert acme.delete("/v1/passports/P-1").status_code == 200
    assert used(acme)["passports"] == (2, 1)
    assert acme.put("/v1/passports/P-3", json=rows[2] | {"gtin": "9520000000028"}).status_code == 201


@BOTH
def test_checks_are_counted_by_the_hour(platform: Stores, clock: Clock, acme: httpx.Client) -> None:
    platform.quotas.count_checks("acme", 1000)
    platform.tenant_rules.set_quotas("acme", {"checks_hour": 3}, "boss")
    platform.quotas.count_checks("acme", 2)
    with pytest.raises(QuotaReached, match="2 of 3 texts checked in an hour") as refused:
        platform.quotas.count_checks("acme", 2)
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "3600"
    platform.quotas.count_checks("acme", 1)
    assert used(acme)["checks_hour"] == (3, 3)
    clock.wait(3600)
    platform.quotas.count_checks("acme", 3)
    platform.quotas.count_checks("bolt", 50)


@BOTH
def test_hours_of_archives_are_counted_by_the_day(
    platform: Stores, clock: Clock, acme: httpx.Client, reader: QuantityReader, work: Callable[[float], None]
) -> None:
    platform.tenant_rules.set_quotas("acme", {"batch_hours_day": 1.5}, "boss")
    batch = {"urls": ["http://127.0.0.1:8080/a.mp4"], "host": {"id": "h7"}, "passports": [PASSPORT]}
    first = acme.post("/v1/batches", json=batch)
    assert first.status_code == 201, first.text
    platform.batches.note(first.json()["batch_id"], 0, recorded_ms=HOUR_MS)
    assert acme.post("/v1/batches", json=batch).status_code == 201
    work(10)
    stream_id = acme.post("/v1/streams", json=ORDER).json()["stream_id"]
    order = NewReanalysis(tenant_id="acme", stream_id=stream_id, model="base")
    again, _ = platform.reanalyses.place(order, "test")
    assert platform.reanalyses.claim("w1") is not None
    platform.reanalyses.beat(again, "w1", span_ms=HOUR_MS, analysed_ms=0)
    refused = acme.post("/v1/batches", json=batch)
    assert "quota batch_hours_day: 2 of 1.5 hours of archives in a day (UTC) are used" in problem(refused, 429)
    assert int(refused.headers["retry-after"]) == 12 * 3600
    with pytest.raises(QuotaReached):
        platform.reanalyses.place(order, "test")
    clock.wait(12 * 3600)
    assert acme.post("/v1/batches", json=batch).status_code == 201


def test_quotas_are_set_in_versions_and_bad_ones_are_refused(platform: Stores) -> None:
    platform.tenant_rules.set_quotas("acme", {"streams": 3, "passports": 5}, "boss")
    assert platform.tenant_rules.set_quotas("acme", {"streams": 4}, "boss").content["passports"] == 5
    kept = platform.tenant_rules.set_quotas("acme", {"streams": 4}, "boss", keeps=False)
    assert (kept.name, kept.content["passports"]) == ("quotas@3", None)
    for wrong in ({"streams": -1}, {"streams": 1.5}, {"stream": 1}, {"batch_hours_day": float("nan")}):
        with pytest.raises(ValidationError):
            platform.tenant_rules.set_quotas("acme", wrong, "boss")


def test_the_page_shows_settings_and_takes_quotas_from_administrators(
    platform: Stores, address: str, acme: httpx.Client
) -> None:
    acme.put("/v1/suggestions", json={"rules": [{"classes": ["SPEC_PARAM"], "review_from": 0.5, "block_from": 0.9}]})
    acme.post("/v1/webhooks", json={"url": "http://127.0.0.1:8080/hook?token=geheim"})
    boss = as_login(login_of(platform, Role.ADMIN, None))
    sent = {"streams": "7", "batch_hours_day": "1.5", "csrf": boss["X-CSRF-Token"]}
    assert httpx.post(f"{address}/tenants/acme/quotas", headers=boss, data=sent).status_code == 303
    page = httpx.get(f"{address}/tenants/acme", headers=boss).text
    for shown in ('value="7"', 'value="1.5"', "0.9", "127.0.0.1:8080/hook", "quotas@1", "suggestions@1"):
        assert shown in page, shown
    assert "geheim" not in page
    wrong = httpx.post(f"{address}/tenants/acme/quotas", headers=boss, data=sent | {"streams": "many"})
    assert wrong.status_code == 422
    assert "streams:" in wrong.text
    assert httpx.get(f"{address}/tenants/nobody", headers=boss).status_code == 404
    senior = as_login(login_of(platform, Role.SENIOR, ["bolt"]))
    listed = httpx.get(f"{address}/tenants", headers=senior)
    assert (listed.status_code, "Bolt" in listed.text, "Acme" in listed.text) == (200, True, False)
    assert httpx.get(f"{address}/tenants/acme", headers=senior).status_code == 404
    assert httpx.get(f"{address}/tenants/bolt", headers=senior).status_code == 200
    english = httpx.get(f"{address}/tenants/acme?lang=en", headers=boss).text
    assert "Hours of archives in a day" in english
