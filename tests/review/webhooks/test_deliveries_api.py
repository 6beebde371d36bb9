"""`/v1/deliveries`: every address of a customer's own, by key and by people; told again, and who did so."""

import json
from collections.abc import Callable

import httpx
import pytest

from claims.types import Finding
from review.stores import Stores
from review.tenants.types import Scope
from review.webhooks.endpoints import Endpoint
from review.webhooks.sender import Sender
from tests.review.enforcement.people import Clock
from tests.review.server.api.conftest import problem
from tests.review.webhooks.receiver import Receiver

As = Callable[..., httpx.Client]
MakeFinding = Callable[..., Finding]
Send = Callable[..., Sender]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def hooks(told: Stores, as_tenant: As, receiver: Receiver, send: Send, make_finding: MakeFinding) -> dict[str, str]:
    """An address of acme's and one of bolt's, each told of two findings in vain."""
    made = {
        name: as_tenant(name).post("/v1/webhooks", json={"url": receiver.url, "kinds": ["finding.*"]}).json()["id"]
        for name in ("acme", "bolt")
    }
    receiver.answer = lambda _n: (500, {})
    for stream_id in ("a1", "b1"):
        told.stream_writer.add_findings(
            [make_finding(finding_id=f"{stream_id}-{n}", stream_id=stream_id) for n in range(2)]
        )
    send().send_pending()
    return made


@BOTH
def test_a_key_lists_its_own_deliveries_and_no_others(hooks: dict[str, str], as_tenant: As, as_person: As) -> None:
    for name, stream_id in (("acme", "a1"), ("bolt", "b1")):
        client = as_tenant(name, (Scope.WEBHOOKS,))
        listed = client.get("/v1/deliveries").json()
        assert listed["next_after"] is None
        assert [(d["endpoint_id"], d["event_sequence"], d["subject"]) for d in listed["deliveries"]] == [
            (hooks[name], 2, f"{stream_id}-0"),
            (hooks[name], 3, f"{stream_id}-1"),
        ]
        assert {d["kind"] for d in listed["deliveries"]} == {"finding.created"}
        assert {d["last_error"] for d in listed["deliveries"]} == {"the platform answered 500"}
        assert client.get("/v1/deliveries", params={"tenant": "acme", "state": "pending"}).json() == listed
        assert client.get("/v1/deliveries", params={"state": "parked"}).json()["deliveries"] == []
    everybodys = as_person("dora").get("/v1/deliveries").json()["deliveries"]
    assert {d["endpoint_id"] for d in everybodys} == set(hooks.values())
    assert len(everybodys) == 4
    ones = as_person("dora").get("/v1/deliveries", params={"tenant": "bolt"}).json()["deliveries"]
    assert {d["endpoint_id"] for d in ones} == {hooks["bolt"]}


@BOTH
def test_pages_go_on_where_they_ended(hooks: dict[str, str], as_person: As, as_tenant: As) -> None:
    whole = as_person("chen").get("/v1/deliveries").json()["deliveries"]
    paged, after = [], None
    for _ in range(9):
        page = as_person("chen").get("/v1/deliveries", params={"limit": 1} | ({"after": after} if after else {})).json()
        paged += page["deliveries"]
        after = page["next_after"]
        if after is None:
            break
    assert paged == whole
    first = as_person("chen").get("/v1/deliveries", params={"limit": 1}).json()["next_after"]
    others = as_tenant("bolt").get("/v1/deliveries", params={"after": first}).json()["deliveries"]
    assert {d["endpoint_id"] for d in others} <= {hooks["bolt"]}, "a cursor of another's shows nothing of it"
    assert "next_after" in problem(as_tenant("acme").get("/v1/deliveries", params={"after": "12"}), 422)


def test_a_key_has_its_own_told_again_and_nobody_elses(
    hooks: dict[str, str], told: Stores, as_tenant: As, receiver: Receiver, send: Send
) -> None:
    bolt = as_tenant("bolt", (Scope.WEBHOOKS,))
    for webhook_id in (hooks["acme"], "settings", "wh_none"):
        answer = bolt.post("/v1/deliveries/2/retry", params={"webhook_id": webhook_id})
        assert webhook_id in problem(answer, 404)
    problem(bolt.get("/v1/deliveries", params={"webhook_id": hooks["acme"]}), 404)
    problem(bolt.post("/v1/deliveries/2/retry"), 404)
    problem(bolt.post("/v1/deliveries/9/retry", params={"webhook_id": hooks["bolt"]}), 404)
    receiver.answer = lambda _n: (204, {})
    assert bolt.post("/v1/deliveries/2/retry", params={"webhook_id": hooks["bolt"]}).status_code == 204
    assert send().send_pending() == 1
    states = {d["event_sequence"]: d["state"] for d in bolt.get("/v1/deliveries").json()["deliveries"]}
    assert states == {2: "delivered", 3: "pending"}
    entry = told.audit.entries(subject=f"webhook:{hooks['bolt']}")[0]
    assert (entry.action, entry.actor.partition(":")[0]) == ("webhook.redelivered", "key")
    assert json.loads(entry.details) == {"what": "one", "sequence": 2, "count": 1}
    assert [e.action for e in told.audit.entries(subject=f"webhook:{hooks['acme']}")] == ["webhook.added"]


def test_a_key_without_the_scope_and_a_reviewer_tell_nothing_again(
    hooks: dict[str, str], as_tenant: As, as_person: As
) -> None:
    reader = as_tenant("acme", (Scope.EVENTS_READ,))
    assert "scope webhooks" in problem(reader.get("/v1/deliveries"), 403)
    again = {"webhook_id": hooks["acme"]}
    problem(reader.post("/v1/deliveries/2/retry", params=again), 403)
    for name in ("anna", "dora"):
        person = as_person(name)
        assert person.get("/v1/deliveries").status_code == 200
        problem(person.post("/v1/deliveries/2/retry", params=again), 403)


def test_without_an_address_that_of_the_settings_is_meant(
    told: Stores, as_person: As, as_tenant: As, receiver: Receiver, send: Send, clock: Clock
) -> None:
    sender = send(Endpoint(url=receiver.url, secret=SECRET))
    assert sender.send_pending() == 1
    assert as_person("chen").post("/v1/deliveries/1/retry").status_code == 204
    assert sender.send_pending() == 1
    own = as_tenant("local").get("/v1/deliveries").json()["deliveries"]
    assert [(d["endpoint_id"], d["event_sequence"]) for d in own] == [("settings", 1)]
