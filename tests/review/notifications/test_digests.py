"""Digests by mail, through a real mail server: by each person's choice, of what waits for them, tried again in vain."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from claims.types import Finding
from review.accounts.types import Person, Role
from review.db.engine import open_engine
from review.notifications.digest import compose
from review.notifications.mail import MailRefused, MailServer
from review.notifications.sending import Digests
from review.notifications.store import PreferenceRefused
from review.notifications.types import Every, NotificationPreference, Topic, Waiting
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.accounts.support import Clock, as_login, let_in
from tests.review.notifications.receiver import Receiver, receiving

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
HOUR_MS = 3_600_000
SENDER = "zhenyan@example.com"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(
    database_url: str, stream: StreamRecord, make_finding: Callable[..., Finding], clock: Clock
) -> Iterator[Stores]:
    """A case of high severity of one customer, and one of another's."""
    opened = Stores.over(open_engine(database_url), now=clock)
    opened.stream_writer.put_stream(stream)
    other = replace(stream, stream_id="s2", host=Host(id="h2", name="阿强", platform="demo"), tenant_id="bolt")
    opened.stream_writer.put_stream(other)
    grave = make_finding(finding_id="f2", stream_id="s2", severity="critical")
    opened.stream_writer.add_findings([make_finding(severity="high"), grave])
    yield opened
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def server(receiver: Receiver, **changes: str) -> MailServer:
    values = {"security": "none", "user": "desk", "password": "right"} | changes
    return MailServer(host="127.0.0.1", port=receiver.port, sender=SENDER, **values)  # type: ignore[arg-type]


def digests(stores: Stores, receiver: Receiver, **changes: str) -> Digests:
    return Digests(
        stores.notification_preferences, stores.people, server(receiver, **changes), "https://review.example/"
    )


def person(stores: Stores, role: Role = Role.REVIEWER) -> Person:
    return let_in(stores.people, role).person


@BOTH
def test_a_digest_goes_out_when_its_time_has_come_and_once(stores: Stores, receiver: Receiver, clock: Clock) -> None:
    anna = person(stores)
    stores.notification_preferences.put(
        NotificationPreference(person_id=anna.id, email="anna@example.com", every=Every.HOUR)
    )
    job = digests(stores, receiver)
    assert job.send() == 0
    clock.wait(5 * HOUR_MS)
    assert [job.send(), job.send()] == [1, 0]
    [mail] = receiver.mails
    assert (mail["To"], mail["From"], receiver.recipients) == ("anna@example.com", SENDER, ["anna@example.com"])
    assert mail["Subject"] == "真言：1 项待办提醒"
    told = mail.get_content()
    assert "超时未审的案件 2 件：严重 1、高 1" in told
    assert "https://review.example/" in told
    assert "一百瓦" not in told
    assert "小岚" not in told
    assert receiver.logins == [("desk", "right")]
    clock.wait(HOUR_MS)
    assert job.send() == 1


def test_nothing_waits_nothing_is_sent(stores: Stores, receiver: Receiver, clock: Clock) -> None:
    anna = person(stores)
    stores.notification_preferences.put(
        NotificationPreference(person_id=anna.id, email="anna@example.com", every=Every.HOUR, topics=(Topic.APPEALS,))
    )
    clock.wait(5 * HOUR_MS)
    assert (digests(stores, receiver).send(), receiver.mails) == (0, [])


def test_a_daily_digest_comes_at_nine_in_china(stores: Stores, receiver: Receiver, clock: Clock) -> None:
    stores.notification_preferences.put(
        NotificationPreference(person_id=person(stores).id, email="a@example.com", every=Every.DAY, language="en")
    )
    job = digests(stores, receiver)
    clock.wait(13 * HOUR_MS - 1)
    assert job.send() == 0
    clock.wait(1)
    assert job.send() == 1
    assert receiver.mails[0]["Subject"] == "Zhenyan: 1 waiting"


def test_who_works_for_one_customer_is_told_of_theirs_alone(stores: Stores, clock: Clock) -> None:
    clock.wait(30 * HOUR_MS)
    anna = replace(person(stores), tenants=frozenset({"local"}))
    assert stores.notification_preferences.waiting(anna).late == (("high", 1),)
    assert stores.notification_preferences.waiting(person(stores)).late == (("critical", 1), ("high", 1))


def test_a_closed_account_gets_nothing(stores: Stores, receiver: Receiver, clock: Clock) -> None:
    anna, admin = person(stores), person(stores, Role.ADMIN)
    stores.notification_preferences.put(
        NotificationPreference(person_id=anna.id, email="anna@example.com", every=Every.HOUR)
    )
    [login] = [account.login for account in stores.people.accounts() if account.person.id == anna.id]
    stores.people.change(login, active=False, actor=admin.id)
    clock.wait(5 * HOUR_MS)
    assert (digests(stores, receiver).send(), receiver.mails) == (0, [])


@pytest.mark.parametrize(
    ("changes", "refuses"),
    [({"password": "hunter2"}, ""), ({}, "550 anna@example.com is nobody here")],
    ids=["wrong password", "refused"],
)
def test_what_is_not_taken_is_logged_without_secrets_and_tried_again(
    stores: Stores,
    receiver: Receiver,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, str],
    refuses: str,
) -> None:
    anna = person(stores)
    stores.notification_preferences.put(
        NotificationPreference(person_id=anna.id, email="anna@example.com", every=Every.HOUR)
    )
    receiver.refuses = refuses
    clock.wait(5 * HOUR_MS)
    with caplog.at_level(logging.DEBUG):
        assert digests(stores, receiver, **changes).send() == 0
    assert anna.id in caplog.text
    assert "anna@example.com" not in caplog.text
    assert "hunter2" not in caplog.text
    assert stores.notification_preferences.of(anna.id).failed
    receiver.refuses = ""
    assert digests(stores, receiver).send() == 0
    clock.wait(600_000)
    assert digests(stores, receiver).send() == 1
    assert not stores.notification_preferences.of(anna.id).failed


def test_a_server_that_is_not_there_is_refused_and_its_password_never_told(receiver: Receiver) -> None:
    gone = replace(server(receiver, password="hunter2"), port=1)
    with pytest.raises(MailRefused, match=r"mail by 127\.0\.0\.1:1: ConnectionRefusedError") as refused:
        gone.send("anna@example.com", "s", "t")
    assert "anna" not in str(refused.value)
    assert "hunter2" not in repr(gone)


def test_a_server_without_tls_gets_no_password(receiver: Receiver) -> None:
    with pytest.raises(MailRefused):
        server(receiver, security="starttls").send("anna@example.com", "s", "t")
    assert (receiver.logins, receiver.mails) == ([], [])


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@", "@example.com", "a@b", "a b@example.com", "a@example.com\nBcc: x"]
)
def test_what_is_no_address_is_refused(stores: Stores, email: str) -> None:
    with pytest.raises(PreferenceRefused):
        stores.notification_preferences.put(NotificationPreference(person_id="p", email=email, every=Every.DAY))
    stores.notification_preferences.put(NotificationPreference(person_id="p", email=email, every=Every.NEVER))


def test_a_digest_says_what_waits_in_the_readers_language() -> None:
    waiting = Waiting(proposals=2, proposals_soon=1, appeals=3, appeals_soon=1, appeals_over=1)
    told = compose(NotificationPreference(person_id="p", language="en"), waiting, "")
    assert told is not None
    assert "2 measures wait for approval; 1 lapse within 24 hours." in told.text
    assert "3 appeals wait for a decision: 1 due within 24 hours, 1 overdue." in told.text
    assert "http" not in told.text
    assert compose(NotificationPreference(person_id="p", topics=()), waiting, "") is None


def test_the_page_keeps_ones_own_wish_alone(stores: Stores, tmp_path: Path) -> None:
    app = create_app(stores, tmp_path, access=Access(auth=Auth.LOCAL))
    held, other = let_in(stores.people, Role.REVIEWER), let_in(stores.people, Role.AUDITOR)
    client = TestClient(app, base_url="http://127.0.0.1", headers=as_login(held), follow_redirects=False)
    bad = client.post("/notifications", data={"every": "day", "email": "nowhere", "topics": ["late"]})
    assert bad.status_code == 422
    assert 'value="nowhere"' in bad.text
    assert stores.notification_preferences.of(held.person.id).every is Every.NEVER
    sent = client.post("/notifications", data={"every": "day", "email": "anna@example.com", "topics": ["late"]})
    assert sent.status_code == 303
    assert stores.notification_preferences.of(held.person.id).topics == (Topic.LATE,)
    assert stores.notification_preferences.of(other.person.id) == NotificationPreference(person_id=other.person.id)
    shown = client.get("/notifications?lang=en&kept=1").text
    assert "anna@example.com" in shown
    assert "Saved." in shown
    assert client.post("/notifications", data={"every": "often"}).status_code == 422
    assert TestClient(app, base_url="http://127.0.0.1", follow_redirects=False).get("/notifications").status_code in {
        303,
        401,
    }
