"""A customer reads its events by cursor, waits for the next, or follows them; nobody reads another's."""

import json
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from claims.types import Finding
from review.stores import Stores
from review.tenants.types import Scope

As = Callable[..., httpx.Client]
MakeFinding = Callable[..., Finding]


def add(stores: Stores, make_finding: MakeFinding, *names: str, stream_id: str = "a1") -> None:
    for name in names:
        stores.stream_writer.add_findings([make_finding(finding_id=name, stream_id=stream_id)])


def sent(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """The events of a stream, their fields by name."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif fields:
            yield fields
            fields = {}


def test_pages_go_on_where_the_last_ended(told: Stores, as_tenant: As, make_finding: MakeFinding) -> None:
    acme = as_tenant("acme")
    add(told, make_finding, "f1", "f2", "f3")
    first = acme.get("/v1/events", params={"limit": 3}).json()
    rest = acme.get("/v1/events", params={"after": first["next_after"]}).json()
    assert [event["type"] for event in first["events"]] == ["stream.live", "finding.created", "finding.created"]
    assert ([event["data"]["subject"] for event in rest["events"]], rest["more"]) == (["f3"], False)
    assert first["more"]
    assert first["events"][1]["data"]["finding"]["quote"] == make_finding().quote
    assert first["events"][1]["data"]["host_id"] == "h1"
    assert rest["events"][0]["id"] == "acme-4"
    after = rest["next_after"]
    assert acme.get("/v1/events", params={"after": after}).json() == {"events": [], "next_after": after, "more": False}


def test_no_customer_reads_another_s(told: Stores, as_tenant: As, as_person: As, make_finding: MakeFinding) -> None:
    add(told, make_finding, "f1")
    bolt = as_tenant("bolt")
    subjects = [e["data"]["subject"] for e in bolt.get("/v1/events", params={"tenant": "acme"}).json()["events"]]
    assert subjects == ["b1"]
    assert as_tenant("bolt", (Scope.STREAMS_READ,)).get("/v1/events").status_code == 403
    operator = as_person("dora")
    assert [e["data"]["subject"] for e in operator.get("/v1/events").json()["events"]] == ["s1"]
    told_acme = operator.get("/v1/events", params={"tenant": "acme"}).json()["events"]
    assert [event["data"]["subject"] for event in told_acme] == ["a1", "f1"]


def test_a_reader_waits_for_the_next(told: Stores, as_tenant: As, make_finding: MakeFinding) -> None:
    acme = as_tenant("acme")
    later = threading.Timer(0.3, add, (told, make_finding, "f1"))
    later.start()
    found = acme.get("/v1/events", params={"after": 1, "wait": 30}).json()["events"]
    later.join()
    assert [event["data"]["subject"] for event in found] == ["f1"]
    assert acme.get("/v1/events", params={"after": 2, "wait": 0.2}).json()["events"] == []


@pytest.mark.parametrize("params", [{"wait": 31}, {"limit": 1001}, {"after": -1}])
def test_a_wrong_question_is_named(as_tenant: As, params: dict[str, float]) -> None:
    answer = as_tenant("acme").get("/v1/events", params=params)
    assert answer.status_code == 422
    assert next(iter(params)) in answer.json()["detail"]


def test_followed_events_come_one_by_one_and_go_on_after_the_last(
    told: Stores, as_tenant: As, make_finding: MakeFinding
) -> None:
    acme = as_tenant("acme")
    add(told, make_finding, "f1")
    with acme.stream("GET", "/v1/events/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = sent(answer.iter_lines())
        got = [next(events), next(events)]
        add(told, make_finding, "f2")
        got.append(next(events))
    assert [event["event"] for event in got] == ["stream.live", "finding.created", "finding.created"]
    assert [event["id"] for event in got] == ["1", "2", "3"]
    assert json.loads(got[2]["data"])["data"]["finding"]["finding_id"] == "f2"
    with acme.stream("GET", "/v1/events/stream", headers={"Last-Event-ID": "2"}) as answer:
        assert next(sent(answer.iter_lines()))["id"] == "3"
