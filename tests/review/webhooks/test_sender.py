"""Every address is told everything it should hear, signed, again until it answers; none holds up another."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from claims.types import Finding
from net.guard import NetPolicy
from review.db.tables.scheduling import OrderRow
from review.enforcement.store import EnforcementSetup
from review.events.types import EndpointState
from review.stores import Stores
from review.webhooks.endpoints import Endpoint
from review.webhooks.retry_queue import KEPT_MS, Patience
from review.webhooks.sender import Sender
from tests.review.enforcement.people import Clock
from tests.review.webhooks.conftest import LOOPBACK
from tests.review.webhooks.receiver import Receiver, dripping, receiving, wait_for

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MakeFinding = Callable[..., Finding]
Send = Callable[..., Sender]


def add(stores: Stores, make_finding: MakeFinding, *names: str, stream_id: str = "a1") -> None:
    for name in names:
        stores.stream_writer.add_findings([make_finding(finding_id=name, stream_id=stream_id)])


def register(stores: Stores, receiver: Receiver, tenant_id: str = "acme", *kinds: str) -> tuple[str, str]:
    """The address's id and its secret."""
    target, secret = stores.webhooks.add(tenant_id, receiver.url, kinds, LOOPBACK, "test")
    return target.id, secret


@BOTH
def test_an_address_is_told_its_customer_s_events_from_now_on_and_signed(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    sender = send()
    sender.send_pending()
    _, secret = register(told, receiver)
    add(told, make_finding, "f1", "f2")
    add(told, make_finding, "f3", stream_id="b1")
    assert sender.send_pending() == 2
    assert sender.send_pending() == 0
    assert sorted(message.json["data"]["subject"] for message in receiver.got) == ["f1", "f2"]
    assert {message.id for message in receiver.got} == {"acme-2", "acme-3"}
    for message in receiver.got:
        message.check(secret)
    read = told.events.after("acme", 1)
    assert sorted((m.json for m in receiver.got), key=lambda m: m["sequence"]) == [event.to_json() for event in read]


def test_an_address_hears_only_of_the_kinds_it_named(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    register(told, receiver, "acme", "finding.created", "decision.*")
    told.stream_writer.add_findings([make_finding(stream_id="a1")])
    told.stream_writer.add_findings([replace(make_finding(stream_id="a1"), count=3)])
    send().send_pending()
    assert receiver.kinds == ["finding.created"]


def test_while_a_secret_rotates_messages_are_signed_by_both(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding, clock: Clock
) -> None:
    endpoint_id, old = register(told, receiver)
    new = told.webhooks.rotate(endpoint_id, "acme", "test")
    add(told, make_finding, "f1")
    sender = send()
    sender.send_pending()
    for secret in (old, new):
        receiver.got[-1].check(secret)
    assert len(receiver.got[-1].headers["webhook-signature"].split()) == 2
    clock.wait(25 * 3_600_000)
    add(told, make_finding, "f2")
    sender.send_pending()
    assert len(receiver.got[-1].headers["webhook-signature"].split()) == 1
    receiver.got[-1].check(new)


def order(stores: Stores, stream_id: str, tenant_id: str, callback_url: str) -> None:
    """Orders the broadcast with a callback, as the API would."""
    values = {
        "stream_id": stream_id,
        "tenant_id": tenant_id,
        "url": "https://live.example/1.m3u8",
        "wanted": "run",
        "priority": 5,
        "products": [],
        "callback_url": callback_url,
        "content_sha256": "",
        "created_at_ms": 0,
        "changed_at_ms": 0,
    }
    with stores.engine.execution_options(writes=True).begin() as connection:
        connection.execute(OrderRow.__table__.insert().values(values))  # type: ignore[attr-defined]


def test_a_callback_hears_of_its_broadcast_alone_signed_by_its_customer_s_secret(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    order(told, "a1", "acme", f"{receiver.url}?token=t")
    sender = send()
    sender.send_pending()
    secret = told.webhooks.rotate_callbacks("acme", "test")
    receiver.got.clear()
    add(told, make_finding, "f1")
    add(told, make_finding, "f2", stream_id="s1")
    sender.send_pending()
    [message] = receiver.got
    assert (message.json["data"]["subject"], message.path) == ("f1", "/hooks?token=t")
    message.check(secret)
    [callback] = told.webhooks.listed("acme", callbacks=True)
    assert callback.url not in repr(callback)
    assert told.webhooks.listed("acme") == ()


def test_the_address_of_the_settings_is_told_everything_of_this_installation(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    add(told, make_finding, "f1", stream_id="s1")
    send().send_pending()
    sender = send(Endpoint(url=receiver.url, secret=SECRET))
    assert sender.send_pending() == 2
    add(told, make_finding, "f2", stream_id="s1")
    add(told, make_finding, "fa", stream_id="a1")
    assert sender.send_pending() == 1
    assert receiver.kinds == ["stream.live", "finding.created", "finding.created"]
    receiver.got[-1].check(SECRET)


def test_a_receiver_that_wants_no_more_is_asked_no_more_until_it_is_taken_up(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    endpoint_id, _ = register(told, receiver)
    receiver.answer = lambda _n: (410, {})
    add(told, make_finding, "f1")
    sender = send()
    sender.send_pending()
    asked = len(receiver.got)
    add(told, make_finding, "f2", "f3")
    assert (sender.send_pending(), len(receiver.got)) == (0, asked)
    gone = told.webhooks.of(endpoint_id, "acme")
    assert (gone.state, gone.disabled_after) == (EndpointState.DISABLED, 2)
    assert "410" in gone.why
    receiver.answer = lambda _n: (204, {})
    receiver.got.clear()
    told.webhooks.enable(endpoint_id, "acme", "test")
    assert told.deliveries.again_since(gone, 2, "test") == 2
    sender.send_pending()
    assert sorted(message.json["data"]["subject"] for message in receiver.got if message.sequence > 1) == [
        "f1",
        "f2",
        "f3",
    ]


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_a_receiver_that_asks_for_time_is_given_it(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding, clock: Clock, as_date: bool
) -> None:
    endpoint_id, _ = register(told, receiver, "acme", "finding.*")
    sender = send()
    # Dates are told by the receiver's own clock, which is that of signatures.
    header = format_datetime(sender._wall() + timedelta(hours=2)) if as_date else "7200"
    receiver.answer = lambda n: (429, {"Retry-After": header}) if n == 0 else (204, {})
    add(told, make_finding, "f1")
    sender.send_pending()
    [waiting] = told.deliveries.listed(endpoint_id)
    assert 7_190_000 <= waiting.next_at_ms - clock.ms <= 7_201_000
    clock.wait(7_000_000)
    assert sender.send_pending() == 0
    clock.wait(202_000)
    assert sender.send_pending() == 1


def test_an_address_that_is_not_allowed_any_more_is_not_connected_to(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    endpoint_id, _ = register(told, receiver, "acme", "finding.*")
    add(told, make_finding, "f1")
    assert send(net=NetPolicy()).send_pending() == 0
    assert receiver.got == []
    [waiting] = told.deliveries.listed(endpoint_id)
    assert "not allowed" in waiting.last_error or "refused" in waiting.last_error
    assert "token" not in waiting.last_error


def test_a_dead_address_rests_and_is_tried_with_ever_longer_pauses(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding, clock: Clock
) -> None:
    register(told, receiver, "acme", "finding.*")
    receiver.answer = lambda _n: (500, {})
    add(told, make_finding, *(f"f{n}" for n in range(40)))
    sender = send(patience=Patience(first_s=0.0, longest_s=0.0, dead_after=8))
    sender.send_pending()
    first = len(receiver.got)
    assert first < 40, "the address is left alone before everything was tried"
    assert (sender.send_pending(), len(receiver.got)) == (0, first)
    clock.wait(5_000)
    sender.send_pending()
    again = len(receiver.got) - first
    assert 0 < again < 40
    receiver.answer = lambda _n: (204, {})
    clock.wait(300_000)
    assert sender.send_pending() == 40


def test_a_slow_address_holds_up_no_other(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    held = threading.Event()
    with receiving() as slow:
        slow.answer = lambda _n: (held.wait(60), (204, {}))[1]  # type: ignore[func-returns-value]
        register(told, slow, "acme", "finding.*")
        register(told, receiver, "bolt", "finding.*")
        add(told, make_finding, *(f"a{n}" for n in range(20)))
        add(told, make_finding, *(f"b{n}" for n in range(20)), stream_id="b1")
        sender = send()
        sender.start()
        wait_for(lambda: len(receiver.got) == 20)
        assert len(slow.got) <= 8
        held.set()
        wait_for(lambda: len({message.id for message in slow.got}) == 20)
        sender.close()


def test_an_answer_that_drips_is_not_waited_for(told: Stores, send: Send, make_finding: MakeFinding) -> None:
    with dripping() as url:
        target, _ = told.webhooks.add("acme", url, ["finding.*"], LOOPBACK, "test")
        add(told, make_finding, "f1")
        send(patience=Patience(answer_s=0.5)).send_pending()
    [waiting] = told.deliveries.listed(target.id)
    assert "no answer in time" in waiting.last_error


def test_what_was_delivered_is_forgotten_after_a_month_and_the_event_stays(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding, clock: Clock
) -> None:
    endpoint_id, _ = register(told, receiver, "acme", "finding.*")
    add(told, make_finding, "f1")
    send().send_pending()
    assert told.deliveries.forget_done() == 0
    clock.wait(KEPT_MS)
    assert told.deliveries.forget_done() == 1
    assert told.deliveries.listed(endpoint_id) == ()
    assert told.events.after("acme", 1)[0].subject == "f1"


def test_a_secret_that_cannot_be_opened_holds_up_its_address_alone(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding, enforcement_setup: EnforcementSetup
) -> None:
    lost, _ = register(told, receiver, "acme", "finding.*")
    add(told, make_finding, "f1")
    (enforcement_setup.data_dir / "keys" / "seal.secret").unlink()
    with receiving() as other:
        _, secret = register(told, other, "bolt", "finding.*")
        add(told, make_finding, "f2", stream_id="b1")
        sender = send()
        assert (sender.send_pending(), sender.failures) == (1, 1)
        assert (sender.send_pending(), sender.failures) == (0, 1), "it is left alone for a while"
        other.got[0].check(secret)
    assert receiver.got == []
    new = told.webhooks.rotate(lost, "acme", "test")
    told.deliveries.retry(lost, 2, "test")
    assert send().send_pending() == 1
    receiver.got[0].check(new)
