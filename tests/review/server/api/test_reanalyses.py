"""Re-analyses over HTTP: ordered, refused by field, followed, compared, stopped; each customer's own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from claims.passports.quantities import QuantityReader
from claims.types import Disposition
from ingest.recording.ledger import Coverage
from ingest.recording.manifest import Manifest
from ingest.types import Segment
from net.guard import NetPolicy
from review.policies.choice import reference
from review.reanalyses.comparing import compare_findings
from review.reanalyses.store import KEEP_FINDINGS_MS, STALE_MS
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import StreamState
from review.tenants.types import Scope
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)
DIGEST = "a" * 64


def policies(wanted: str) -> str:
    from review.api_errors import OrderRefused

    if wanted != "zh-CN@2026.11.1":
        raise OrderRefused("policy", f"{wanted!r}: there is none", code="unknown_policy")
    return reference(wanted, DIGEST)


@pytest.fixture
def app(platform: Stores, tmp_path: Path, reader: QuantityReader) -> FastAPI:
    setup = Platform(
        reader=reader,
        net=NetPolicy.parse(["127.0.0.1:8080"]),
        policies=policies,
        recognisers=lambda: ("base", "sensevoice"),
    )
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)


@pytest.fixture
def asking(as_key: As, key: Key) -> httpx.Client:
    return as_key(key())


@pytest.fixture
def stream_id(asking: httpx.Client, platform: Stores, work: Callable[[float], None]) -> str:
    """A broadcast of acme that is over: a minute, with one finding."""
    work(10)
    assert asking.put("/v1/passports/P-1", json=PASSPORT).status_code == 201
    ordered = str(asking.post("/v1/streams", json=ORDER).json()["stream_id"])
    platform.stream_writer.put_coverage(ordered, Coverage(span_ms=60_000, analysed_ms=60_000, waiting_ms=0, gaps=()))
    platform.stream_writer.add_findings([replace(FINDING, stream_id=ordered, product_id="P-1")])
    platform.stream_writer.set_state(ordered, StreamState.ENDED)
    return ordered


def order(asking: httpx.Client, broadcast: str, **changes: Any) -> httpx.Response:
    body = {"stream_id": broadcast, "policy": "zh-CN@2026.11.1"} | changes
    return asking.post("/v1/reanalyses", json={name: value for name, value in body.items() if value is not None})


@BOTH
def test_an_order_is_placed_done_and_its_findings_compared_page_by_page(
    asking: httpx.Client, platform: Stores, stream_id: str
) -> None:
    before = asking.get("/v1/events").json()["events"]
    answer = order(asking, stream_id, model="sensevoice", passports=[{"product_id": "P-1"}], end_ms=50_000)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert answer.headers["location"] == f"/v1/reanalyses/{told['reanalysis_id']}"
    assert (told["state"], told["model"], told["end_ms"]) == ("waiting", "sensevoice", 50_000)
    assert told["passports"][0]["version"].startswith("sha256:")
    claimed = platform.reanalyses.claim("w1")
    assert claimed is not None
    assert platform.reanalyses.claim("w2") is None
    assert platform.reanalyses.beat(claimed.reanalysis_id, "w1", span_ms=50_000, analysed_ms=20_000)
    shown = asking.get(f"/v1/reanalyses/{claimed.reanalysis_id}").json()
    assert (shown["state"], shown["span_ms"], shown["analysed_ms"]) == ("running", 50_000, 20_000)
    [stored] = platform.reanalyses.stored_findings(stream_id)
    noted = replace(stored, finding_id="f_other", passage_ids=("u9",), disposition=Disposition.NOTE)
    new = replace(stored, finding_id="f_new", start_ms=40_000, end_ms=42_000)
    compared = compare_findings([stored], [noted, new])
    done: dict[str, Any] = {"judged_by": "zh-CN@2026.11.1#a", "span_ms": 50_000, "missing_ms": 4_000}
    assert not platform.reanalyses.finish(claimed.reanalysis_id, "w2", compared, **done), "another worker's"
    assert platform.reanalyses.finish(claimed.reanalysis_id, "w1", compared, **done)
    shown = asking.get(f"/v1/reanalyses/{claimed.reanalysis_id}").json()
    assert (shown["state"], shown["missing_ms"], shown["judged_by"]) == ("done", 4_000, "zh-CN@2026.11.1#a")
    assert shown["counts"] == {"kept": 0, "gone": 0, "new": 1, "changed": 1}
    path = f"/v1/reanalyses/{claimed.reanalysis_id}/findings"
    first = asking.get(path, params={"limit": 1}).json()
    rest = asking.get(path, params={"limit": 1, "after": first["next_after"]}).json()
    assert rest["next_after"] is None
    [changed], [added] = first["findings"], rest["findings"]
    assert (changed["outcome"], changed["parts"], added["outcome"], added["before"]) == (
        "changed",
        ["disposition"],
        "new",
        None,
    )
    [found] = asking.get("/v1/findings").json()["findings"]
    assert changed["before"] == found, "as found before"
    assert (changed["after"]["disposition"], added["after"]["finding_id"]) == ("note", "f_new")
    assert [one["outcome"] for one in asking.get(path, params={"outcome": "new"}).json()["findings"]] == ["new"]
    assert asking.get("/v1/events").json()["events"] == before, "nothing live changes"


@pytest.mark.parametrize(
    ("changes", "told", "code"),
    [
        ({"stream_id": "s_none"}, "stream_id: there is no such broadcast", "unknown_stream"),
        ({"model": "small"}, "model: 'small': there is none; it may be base, sensevoice", "unknown_model"),
        ({"policy": "zh-CN@1"}, "policy: 'zh-CN@1': there is none", "unknown_policy"),
        ({"passports": [{"product_id": "P-9"}]}, "passports[0].product_id: was not on sale", "unknown_product"),
        (
            {"passports": [{"product_id": "P-1", "version": "sha256:0"}]},
            "passports[0].version: is not registered",
            "unknown_passport",
        ),
        ({"passports": [{"product_id": "P-1"}] * 2}, "passports[1].product_id: is named twice", "named_twice"),
        ({"policy": None}, "model: name a model, a policy or passports", "nothing_named"),
        ({"start_ms": 60_000}, "start_ms: is not before its end, 60000 ms", "range"),
        ({"start_ms": 5, "end_ms": 5}, "end_ms: is not after start_ms", "range"),
        ({"start_ms": -1}, "start_ms", None),
        ({"modl": "base"}, "modl", None),
    ],
)
def test_what_cannot_be_taken_is_told_by_field(
    asking: httpx.Client, stream_id: str, changes: dict[str, Any], told: str, code: str | None
) -> None:
    answer = order(asking, stream_id, **changes)
    assert told in problem(answer, 422)
    assert code is None or answer.json()["code"] == code
    assert asking.get("/v1/reanalyses").json()["reanalyses"] == []


def test_a_recording_that_was_deleted_is_told_of_and_its_passages_can_be_judged(
    asking: httpx.Client, stream_id: str, tmp_path: Path, make_segment: Callable[..., Segment]
) -> None:
    recording = tmp_path / "data" / "recordings" / stream_id
    recording.mkdir(parents=True)
    manifest = Manifest(recording)
    for number in range(3):
        (recording / f"{number}.ts").write_bytes(b"x")
        manifest.add_segment(make_segment(number, stream_id=stream_id, path=recording / f"{number}.ts"))
    assert order(asking, stream_id, model="base").status_code == 201
    (recording / "0.ts").unlink()
    assert order(asking, stream_id, model="base").status_code == 201, "some of it is kept"
    answer = order(asking, stream_id, model="base", end_ms=1_500)
    assert "stream_id: its recording was deleted when its time of keeping was over" in problem(answer, 422)
    assert answer.json()["code"] == "recording_deleted"
    assert order(asking, stream_id, end_ms=1_500).status_code == 201


def test_a_broadcast_on_air_is_not_taken(asking: httpx.Client, stream_id: str) -> None:
    live = asking.post("/v1/streams", json=ORDER | {"external_id": "room-8"}).json()["stream_id"]
    assert "stream_id: is still on air" in problem(order(asking, live), 422)


@BOTH
def test_the_same_key_gives_the_same_order_and_no_other(asking: httpx.Client, stream_id: str) -> None:
    body = {"stream_id": stream_id, "model": "base"}
    headers = {"Idempotency-Key": "again"}
    first = asking.post("/v1/reanalyses", json=body, headers=headers)
    again = asking.post("/v1/reanalyses", json=body, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem(asking.post("/v1/reanalyses", json=body | {"end_ms": 9}, headers=headers), 422)


def test_it_is_its_customers_alone_and_needs_the_scope(
    asking: httpx.Client, as_key: As, key: Key, stream_id: str
) -> None:
    reanalysis_id = order(asking, stream_id).json()["reanalysis_id"]
    other = as_key(key("bolt"))
    assert "stream_id: there is no such broadcast" in problem(order(other, stream_id), 422)
    for method, path in (("GET", ""), ("GET", "/findings"), ("DELETE", "")):
        problem(other.request(method, f"/v1/reanalyses/{reanalysis_id}{path}"), 404)
    assert other.get("/v1/reanalyses").json()["reanalyses"] == []
    assert asking.get(f"/v1/reanalyses/{reanalysis_id}").json()["state"] == "waiting"
    problem(order(as_key(key("acme", [Scope.CHECK])), stream_id), 403)


@BOTH
def test_listed_cancelled_taken_over_and_let_go(
    asking: httpx.Client, platform: Stores, stream_id: str, clock: Clock
) -> None:
    made = []
    for _ in range(3):
        clock.wait(1)
        made.append(order(asking, stream_id).json()["reanalysis_id"])
    page = asking.get("/v1/reanalyses", params={"limit": 2, "stream_id": stream_id}).json()
    rest = asking.get("/v1/reanalyses", params={"limit": 2, "after": page["next_after"]}).json()
    listed = [one["reanalysis_id"] for one in (*page["reanalyses"], *rest["reanalyses"])]
    assert listed == list(reversed(made))
    oldest = platform.reanalyses.claim("w1")
    assert oldest is not None
    for _ in range(2):
        assert asking.delete(f"/v1/reanalyses/{oldest.reanalysis_id}").json()["state"] == "cancelled"
    assert not platform.reanalyses.beat(oldest.reanalysis_id, "w1", span_ms=1, analysed_ms=1), "its worker hears of it"
    second = platform.reanalyses.claim("w1")
    assert second is not None
    clock.wait(STALE_MS / 1000 + 1)
    again = platform.reanalyses.claim("w2")
    assert again is not None
    assert again.reanalysis_id == second.reanalysis_id, "its worker went silent"
    platform.reanalyses.fail(again.reanalysis_id, "w1", "late")
    platform.reanalyses.give_back(again.reanalysis_id, "w2")
    third = platform.reanalyses.claim("w3")
    assert third is not None
    stored = platform.reanalyses.stored_findings(stream_id)
    done: dict[str, Any] = {"judged_by": "p#a", "span_ms": 1, "missing_ms": 0}
    assert platform.reanalyses.finish(third.reanalysis_id, "w3", compare_findings(stored, stored), **done)
    assert platform.reanalyses.reanalysis(third.reanalysis_id).counts.kept == 1
    last = platform.reanalyses.claim("w1")
    assert last is not None
    clock.wait(KEEP_FINDINGS_MS / 1000)
    assert platform.reanalyses.finish(last.reanalysis_id, "w1", [], **done)
    assert platform.reanalyses.compared(third.reanalysis_id) == ()
