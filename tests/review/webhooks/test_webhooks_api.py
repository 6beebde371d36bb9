"""Webhooks over HTTP: registered, shown, rotated, told again; each customer's are its own."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from claims.types import Finding
from net.guard import NetPolicy
from review.events.types import KINDS, NewEvent
from review.server.api.ordering import Platform as Setup
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.tenants.types import Scope
from review.webhooks.endpoints import Endpoint
from review.webhooks.sender import Sender
from tests.review.enforcement.people import Clock
from tests.review.serving import served
from tests.review.webhooks.receiver import Receiver

As = Callable[..., httpx.Client]
MakeFinding = Callable[..., Finding]
Send = Callable[..., Sender]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_from_registering_to_being_told_again(
    told: Stores, as_tenant: As, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    acme = as_tenant("acme")
    made = acme.post("/v1/webhooks", json={"url": receiver.url, "kinds": ["finding.*"]})
    assert made.status_code == 201, made.text
    webhook, secret = made.json()["id"], made.json()["secret"]
    shown = acme.get(f"/v1/webhooks/{webhook}").json()
    assert shown == {name: value for name, value in made.json().items() if name != "secret"}
    assert acme.get("/v1/webhooks").json() == {"webhooks": [shown]}
    told.stream_writer.add_findings([make_finding(finding_id=f"f{n}", stream_id="a1") for n in range(3)])
    sender = send()
    assert sender.send_pending() == 3
    listed = acme.get(f"/v1/webhooks/{webhook}/deliveries", params={"state": "delivered"}).json()
    assert [each["event_sequence"] for each in listed["deliveries"]] == [2, 3, 4]
    assert listed["counts"] == {"delivered": 3}
    assert acme.post(f"/v1/webhooks/{webhook}/redeliver", json={"sequence": 3}).json() == {"count": 1}
    assert sender.send_pending() == 1
    assert acme.post(f"/v1/webhooks/{webhook}/redeliver", json={"since": 2}).json() == {"count": 2}
    assert sender.send_pending() == 2
    ids = [message.id for message in receiver.got]
    assert (len(ids), set(ids)) == (6, {"acme-2", "acme-3", "acme-4"})
    new = acme.post(f"/v1/webhooks/{webhook}/secret").json()["secret"]
    acme.post(f"/v1/webhooks/{webhook}/redeliver", json={"sequence": 2})
    sender.send_pending()
    for each in (secret, new):
        receiver.got[-1].check(each)
    assert acme.delete(f"/v1/webhooks/{webhook}").status_code == 204
    assert acme.get(f"/v1/webhooks/{webhook}").status_code == 404
    told.stream_writer.add_findings([make_finding(finding_id="f9", stream_id="a1")])
    assert sender.send_pending() == 0
    actions = [entry.action for entry in told.audit.entries(subject=f"webhook:{webhook}")]
    again = "webhook.redelivered"
    assert actions == ["webhook.removed", again, "webhook.rotated", again, again, "webhook.added"]


def test_what_was_parked_is_shown_and_taken_up(
    told: Stores, as_tenant: As, receiver: Receiver, send: Send, make_finding: MakeFinding, clock: Clock
) -> None:
    acme = as_tenant("acme")
    webhook = acme.post("/v1/webhooks", json={"url": receiver.url, "kinds": ["finding.*"]}).json()["id"]
    told.stream_writer.add_findings([make_finding(stream_id="a1")])
    receiver.answer = lambda _n: (500, {})
    sender = send()
    for _ in range(32):
        sender.send_pending()
        clock.wait(6 * 3_600_000)
    page = acme.get(f"/v1/webhooks/{webhook}/deliveries", params={"state": "parked"}).json()
    assert [(each["attempts"], each["last_error"]) for each in page["deliveries"]] == [
        (32, "the platform answered 500")
    ]
    receiver.answer = lambda _n: (204, {})
    assert acme.post(f"/v1/webhooks/{webhook}/redeliver", json={"parked": True}).json() == {"count": 1}
    assert sender.send_pending() == 1
    assert len({message.id for message in receiver.got}) == 1


def test_no_customer_reaches_another_s_webhook(as_tenant: As, as_person: As, receiver: Receiver) -> None:
    webhook = as_tenant("acme").post("/v1/webhooks", json={"url": receiver.url}).json()["id"]
    bolt = as_tenant("bolt")
    calls = [
        bolt.get(f"/v1/webhooks/{webhook}"),
        bolt.get(f"/v1/webhooks/{webhook}/deliveries"),
        bolt.delete(f"/v1/webhooks/{webhook}"),
        bolt.post(f"/v1/webhooks/{webhook}/secret"),
        bolt.post(f"/v1/webhooks/{webhook}/enable"),
        bolt.post(f"/v1/webhooks/{webhook}/redeliver", json={"since": 0}),
    ]
    assert {call.status_code for call in calls} == {404}
    assert bolt.get("/v1/webhooks").json() == {"webhooks": []}
    assert as_tenant("acme", (Scope.EVENTS_READ,)).get("/v1/webhooks").status_code == 403
    assert as_person("anna").get("/v1/webhooks").status_code == 403
    assert [each["id"] for each in as_person("chen").get("/v1/webhooks").json()["webhooks"]] == [webhook]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"url": "ftp://platform.example/"}, "url"),
        ({"url": "http://10.0.0.7/hooks?token=geheim"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "http://[::1]:8400/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "http://127.0.0.1/", "kinds": ["findings"]}, "kinds"),
        ({"url": "http://127.0.0.1/", "secret": "whsec_x"}, "secret"),
    ],
    ids=["scheme", "private", "metadata service", "loopback", "no host", "no such kind", "unknown field"],
)
def test_what_cannot_be_told_is_refused_and_named(as_tenant: As, given: dict[str, object], named: str) -> None:
    answer = as_tenant("acme").post("/v1/webhooks", json=given)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]
    assert "geheim" not in answer.text
    assert "--allow-net" not in answer.text
    if "url" in named:
        assert answer.json()["code"] in {"url_scheme", "url_address"}


@pytest.mark.parametrize(
    "kind",
    ["finding.creatd", "finding.deleted", "findings", "finding", "*", "invoice.*", "finding.*.x", "Finding.*", ""],
)
def test_a_kind_that_no_event_has_is_refused_with_those_that_there_are(
    as_tenant: As, receiver: Receiver, kind: str
) -> None:
    acme = as_tenant("acme")
    answer = acme.post("/v1/webhooks", json={"url": receiver.url, "kinds": ["finding.*", kind]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_kind")
    told = answer.json()["detail"]
    assert told.startswith(f"kinds: {kind!r} is no kind of event")
    assert all(known in told for known in KINDS)
    assert acme.get("/v1/webhooks").json() == {"webhooks": []}


def test_every_kind_of_event_and_every_family_can_be_asked_for(as_tenant: As, receiver: Receiver) -> None:
    families = sorted({f"{kind.partition('.')[0]}.*" for kind in KINDS})
    for kinds in (sorted(KINDS), families):
        made = as_tenant("acme").post("/v1/webhooks", json={"url": receiver.url, "kinds": kinds})
        assert (made.status_code, made.json()["kinds"]) == (201, kinds)


def test_nothing_is_told_that_nobody_can_ask_for() -> None:
    with pytest.raises(ValueError, match="no kind of event"):
        NewEvent(kind="finding.imagined", subject="f_1")


@pytest.mark.parametrize("page", ["guides/api.md", "due-process.md"])
def test_the_docs_name_no_event_that_there_is_not(page: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    families = "|".join({kind.partition(".")[0] for kind in KINDS})
    named = set(re.findall(rf"`((?:{families})\.[a-z_]+)`", text)) - {"batch.py"}
    assert named - KINDS == set()


def test_the_docs_name_every_event() -> None:
    folder = Path(__file__).parents[3] / "docs"
    text = "".join((folder / page).read_text(encoding="utf-8") for page in ("guides/api.md", "due-process.md"))
    assert {kind for kind in KINDS if f"`{kind}`" not in text} == set()


def test_people_are_not_shown_what_may_be_a_customers_token(as_tenant: As, as_person: As, receiver: Receiver) -> None:
    address = f"http://user:geheim@127.0.0.1:{receiver.port}/hooks?token=geheim"
    made = as_tenant("acme").post("/v1/webhooks", json={"url": address}).json()
    assert as_tenant("acme").get(f"/v1/webhooks/{made['id']}").json()["url"] == address
    for path in ("/v1/webhooks", f"/v1/webhooks/{made['id']}"):
        told = as_person("chen").get(path).text
        assert receiver.url in told
        assert "geheim" not in told


@pytest.mark.parametrize("given", [{}, {"since": 1, "parked": True}, {"sequence": 0}])
def test_what_to_tell_again_is_one_thing(as_tenant: As, receiver: Receiver, given: dict[str, object]) -> None:
    acme = as_tenant("acme")
    webhook = acme.post("/v1/webhooks", json={"url": receiver.url}).json()["id"]
    assert acme.post(f"/v1/webhooks/{webhook}/redeliver", json=given).status_code == 422
    assert acme.post(f"/v1/webhooks/{webhook}/redeliver", json={"sequence": 999}).status_code == 404


def test_without_leave_no_private_address_is_registered(told: Stores, receiver: Receiver, tmp_path: object) -> None:
    app = create_app(
        told, told.enforcement.setup.data_dir, access=Access(auth=Auth.LOCAL), platform=Setup(net=NetPolicy())
    )
    token = told.keys.add("acme", "test", tuple(Scope), "test").token
    with served(app) as url:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{url}/v1/webhooks", json={"url": receiver.url}, headers=headers)
    assert answer.status_code == 422
    assert told.webhooks.listed(None) == ()


def test_the_address_of_the_settings_is_shown_and_left_to_them(
    told: Stores, as_person: As, receiver: Receiver, send: Send
) -> None:
    send(Endpoint(url=receiver.url, secret=SECRET)).send_pending()
    chen = as_person("chen")
    [shown] = chen.get("/v1/webhooks").json()["webhooks"]
    assert (shown["id"], shown["url"]) == ("settings", "")
    assert chen.delete("/v1/webhooks/settings").status_code == 422
    assert chen.post("/v1/webhooks/settings/secret").status_code == 422
    assert SECRET not in chen.get("/v1/webhooks").text


def test_secrets_are_sealed_in_the_database(told: Stores, as_tenant: As, receiver: Receiver, database_url: str) -> None:
    secret = as_tenant("acme").post("/v1/webhooks", json={"url": receiver.url}).json()["secret"]
    with told.engine.connect() as connection:
        rows = connection.exec_driver_sql("select * from webhook_secrets").all()
    assert len(rows) == 1
    assert secret.removeprefix("whsec_") not in repr(rows)
