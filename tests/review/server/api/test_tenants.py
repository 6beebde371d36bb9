"""Every key at every route: who is let in, and that no customer sees or changes what is another's."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from sqlalchemy import create_engine, text

from claims.types import Finding
from ingest.types import Segment
from review.api_errors import TenantError
from review.enforcement.linked_accounts import Identifier, IdentifierKind
from review.server.auth.guard import api_routes
from review.stores import Stores
from review.streams.types import StreamRecord
from review.tenants.tenancy import HostTaken
from review.tenants.types import Scope
from tests.review.server.api.conftest import As, Clock, Key, problem
from tests.review.server.api.owned import Owned, have_a_day

OWNED_TABLES = ("streams", "stream_orders", "stream_facts", "passport_versions", "decisions", "complaints", "cases")
OWNED_TABLES += ("reanalyses",)


@dataclass(frozen=True, slots=True)
class Door:
    """A route that keys may use, and what they need."""

    name: str
    scope: Scope


def doors(app: FastAPI) -> Iterator[Door]:
    for route in api_routes(app.routes):
        scope = _scope(route.dependant)
        if scope is not None:
            yield from (Door(f"{method} {route.path}", scope) for method in sorted(route.methods or ()))


def _scope(dependant: Dependant) -> Scope | None:
    for inner in dependant.dependencies:
        found = getattr(inner.call, "scope", None) or _scope(inner)
        if found is not None:
            return Scope(found)
    return None


@dataclass(frozen=True, slots=True)
class Town:
    """Two customers that each had a day, and a client for each."""

    acme: httpx.Client
    bolt: httpx.Client
    owned: dict[str, Owned]


@pytest.fixture
def town(
    as_key: As,
    key: Key,
    platform: Stores,
    work: Callable[[float], None],
    tmp_path: Path,
    make_finding: Callable[..., Finding],
    make_segment: Callable[..., Segment],
) -> Town:
    work(100)
    clients = {name: as_key(key(name, per_minute=100_000)) for name in ("acme", "bolt")}
    owned = {
        name: have_a_day(name, client, platform, tmp_path / "data", make_finding, make_segment)
        for name, client in clients.items()
    }
    return Town(clients["acme"], clients["bolt"], owned)


def ask(client: httpx.Client, door: str, owned: Owned) -> tuple[int, str]:
    """Status and text of the route's answer to these ids; what goes on for ever is left after its head."""
    method, _, path = door.partition(" ")
    with client.stream(method, owned.fill(path), json=owned.bodies().get(door)) as answer:
        endless = answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, "" if endless else answer.read().decode(errors="replace")


def test_there_are_doors_for_every_scope_that_reads_or_writes(app: FastAPI) -> None:
    known = {door.scope for door in doors(app)}
    assert {Scope.STREAMS_READ, Scope.FACTS_WRITE, Scope.CASES_WRITE, Scope.HOSTS_READ, Scope.WEBHOOKS} <= known
    assert len(list(doors(app))) > 25


def test_who_has_no_key_in_force_is_nobody_at_every_door(
    app: FastAPI, town: Town, as_key: As, key: Key, platform: Stores, clock: Clock
) -> None:
    expired = key("acme", expires_at_ms=int(clock.now.timestamp() * 1000))
    revoked = key("acme")
    platform.keys.revoke(revoked.split("_")[1], "test")
    owned = town.owned["acme"]
    wrong = []
    for token in (expired, revoked, ""):
        client = as_key(token)
        for door in doors(app):
            status, _ = ask(client, door.name, owned)
            if status not in {401, 429} or (status == 429 and not token):
                wrong.append(f"{door.name}: {status}")
    assert wrong == []


@pytest.mark.parametrize("scope", Scope)
def test_a_key_opens_the_doors_of_its_scope_and_no_other(
    app: FastAPI, town: Town, as_key: As, key: Key, scope: Scope
) -> None:
    client = as_key(key("acme", [scope], per_minute=100_000))
    wrong = []
    for door in doors(app):
        status, _ = ask(client, door.name, town.owned["acme"])
        if status >= 500 or (status in {401, 403}) != (door.scope is not scope):
            wrong.append(f"{door.name} ({door.scope}): {status}")
    assert wrong == []


def kept(database_url: str, tenant_id: str, owned: Owned) -> str:
    """All rows of the tables in which something of the customer's stands, as text."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        rows = [
            [dict(row._mapping) for row in connection.execute(text(f"select * from {table}"))] for table in OWNED_TABLES
        ]
    engine.dispose()
    marks = {tenant_id, owned.values["stream_id"], owned.values["case_id"], f"{tenant_id}/h1"}
    return json.dumps([[r for r in table if marks & set(map(str, r.values()))] for table in rows], sort_keys=True)


def test_no_customer_sees_or_changes_what_is_anothers(app: FastAPI, town: Town, database_url: str) -> None:
    acme = town.owned["acme"]
    secrets = {acme.values[name] for name in ("stream_id", "finding_id", "case_id")}
    secrets |= {"acme host", "acme-room", "acme/h1", "clip of acme", '"acme"'}
    before = kept(database_url, "acme", acme)
    wrong = []
    for door in doors(app):
        status, told = ask(town.bolt, door.name, acme)
        # A refusal may name what it was asked for.
        asked = acme.fill(door.name) + json.dumps(acme.bodies().get(door.name)) if status == 404 else ""
        leaked = [secret for secret in secrets if secret in told and secret not in asked]
        if status >= 500 or leaked:
            wrong.append(f"{door.name}: {status} {leaked}")
    assert wrong == []
    assert kept(database_url, "acme", acme) == before


@pytest.mark.parametrize(
    "door",
    [
        "GET /v1/streams/{stream_id}",
        "PUT /v1/streams/{stream_id}/facts",
        "PUT /v1/streams/{stream_id}/on-sale",
        "GET /clips/{finding_id}.mp4",
        "GET /clips/{finding_id}.peaks.json",
        "GET /v1/cases/{case_id}",
        "GET /v1/evidence/{case_id}",
        "POST /v1/cases/{case_id}/decisions",
        "POST /v1/complaints",
        "GET /v1/webhooks/{webhook_id}",
        "DELETE /v1/streams/{stream_id}",
    ],
)
def test_what_is_anothers_is_as_if_it_were_not_there(town: Town, door: str) -> None:
    acme = town.owned["acme"]
    status, told = ask(town.bolt, door, acme)
    missing = Owned(values=dict.fromkeys(acme.values, "missing"))
    status_missing, told_missing = ask(town.bolt, door, missing)
    assert (status, status_missing) == (404, 404)
    for value in acme.values.values():
        told = told.replace(repr(value), "'missing'").replace(f"case {value!r}", "case 'missing'")
    assert told == told_missing
    own_status, _ = ask(town.acme, door, acme)
    assert own_status < 500
    assert own_status != 404


def test_lists_have_the_customers_own_rows_and_no_others(town: Town) -> None:
    for name, client in (("acme", town.acme), ("bolt", town.bolt)):
        values = town.owned[name].values
        assert [s["stream_id"] for s in client.get("/v1/streams").json()["streams"]] == [values["stream_id"]]
        assert [f["finding_id"] for f in client.get("/v1/findings").json()["findings"]] == [values["finding_id"]]
        [case] = client.get("/v1/cases", params={"host_id": "h1"}).json()["cases"]
        assert (case["case_id"], case["host_id"]) == (values["case_id"], "h1")
        assert client.get("/v1/findings", params={"host_id": "h1"}).json()["findings"] != []
        assert client.get(f"/clips/{values['finding_id']}.mp4").content == b"clip of " + name.encode()
    assert town.bolt.get("/v1/findings", params={"host_id": "acme/h1"}).json()["findings"] == []


def test_two_customers_hosts_of_one_id_are_two(town: Town, platform: Stores) -> None:
    body = town.owned["acme"].bodies()["POST /v1/cases/{case_id}/decisions"]
    case = town.acme.get("/v1/cases").json()["cases"][0]
    decided = town.acme.post(f"/v1/cases/{case['case_id']}/decisions", json=body | {"version": case["version"]})
    assert decided.status_code == 201, decided.text
    assert [len(client.get("/v1/hosts/h1").json()["strikes"]) for client in (town.acme, town.bolt)] == [1, 0]
    assert town.acme.get("/v1/hosts/h1").json()["host_id"] == "h1"
    assert platform.audit.entries(subject="host:acme/h1") != ()
    problem(town.acme.get("/v1/hosts/h2"), 404)


def test_the_installations_own_key_does_not_reach_a_customers_host(town: Town, as_key: As, key: Key) -> None:
    own = as_key(key("local"))
    problem(own.get("/v1/hosts/acme%2Fh1"), 404)
    assert own.get("/v1/findings", params={"host_id": "acme/h1"}).json()["findings"] == []
    assert own.get("/v1/cases", params={"host_id": "acme/h1"}).json()["cases"] == []
    room = {"room": "acme/h1", "at": "2026-11-24T20:00:01+08:00", "text": "假的"}
    problem(own.post("/v1/complaints", json=room), 404)


def test_no_command_makes_a_host_that_a_customer_could_have(platform: Stores, stream: StreamRecord) -> None:
    with pytest.raises(HostTaken, match="'acme/h1'"):
        platform.stream_writer.put_stream(replace(stream, host=replace(stream.host, id="acme/h1")))
    platform.stream_writer.put_stream(replace(stream, host=replace(stream.host, id="later/h1")))
    with pytest.raises(TenantError, match="choose another id"):
        platform.keys.add_tenant("later", "", "test")
    platform.keys.add_tenant("late", "", "test")


def test_one_request_id_of_two_customers_is_two_decisions(town: Town) -> None:
    found = {}
    for name, client in (("acme", town.acme), ("bolt", town.bolt)):
        case = client.get("/v1/cases").json()["cases"][0]
        body = town.owned[name].bodies()["POST /v1/cases/{case_id}/decisions"] | {"version": case["version"]}
        answers = [client.post(f"/v1/cases/{case['case_id']}/decisions", json=body) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        found[name] = answers[0].json()["case_id"]
    assert found == {name: town.owned[name].values["case_id"] for name in found}


def test_one_complaint_key_of_two_customers_is_two_complaints(town: Town) -> None:
    headers = {"Idempotency-Key": "k"}
    receipts = set()
    for name, client in (("acme", town.acme), ("bolt", town.bolt)):
        body = town.owned[name].bodies()["POST /v1/complaints"]
        answer = client.post("/v1/complaints", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["stream_id"] == town.owned[name].values["stream_id"]
        receipts.add(answer.json()["receipt"])
        by_room = {"room": "h1", "at": "2026-11-24T20:00:01+08:00", "text": "假的"}
        assert client.post("/v1/complaints", json=by_room).json()["stream_id"] == answer.json()["stream_id"]
    assert len(receipts) == 2


def test_linked_accounts_of_another_customer_stay_out_of_the_file(town: Town, platform: Stores) -> None:
    person = Identifier(kind=IdentifierKind.CREDIT_CODE, value="91350100M000100Y43")
    for host in ("acme/h1", "bolt/h1"):
        platform.enforcement.link(host, [person], "test")
    case = town.bolt.get("/v1/cases").json()["cases"][0]
    body = town.owned["bolt"].bodies()["POST /v1/cases/{case_id}/decisions"] | {"version": case["version"]}
    assert town.bolt.post(f"/v1/cases/{case['case_id']}/decisions", json=body).status_code == 201
    file = town.acme.get("/v1/hosts/h1").json()
    assert (file["linked"], file["strikes"], file["proposal"]["points"]) == ([], [], 0)
    assert platform.enforcement.host_file("acme/h1", "test").linked == ("bolt/h1",)
