"""The platform is told of everything once, signed, again until it answers; never at an address that is not allowed."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from net.guard import NetPolicy
from review.background_jobs import HEADS, BackgroundJobs
from review.enforcement.blacklist import check_list
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import MeasureState
from review.events.types import DeliveryState
from review.stores import Stores
from review.webhooks.endpoints import SETTINGS, Endpoint
from review.webhooks.errors import UnknownDeliveryError, WebhookSettingError
from review.webhooks.retry_queue import Patience
from review.webhooks.sender import Sender
from tests.review.enforcement.listener import SECRET, Platform, listening
from tests.review.enforcement.people import OTHER_SENIOR, REVIEWER, SENIOR, Clock, decide_whole, wanted

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with listening() as opened:
        yield opened


MOST_ATTEMPTS = Patience().attempts
Opens = Callable[..., Sender]


@pytest.fixture
def sender(desk: Stores, platform: Platform) -> Iterator[Opens]:
    """Opens what tells the platform of measures and appeals."""
    with ExitStack() as stack:

        def opened(*, allowed: bool = True) -> Sender:
            net = NetPolicy.parse((f"127.0.0.1:{platform.port}",) if allowed else ())
            own = Endpoint(url=platform.url, secret=SECRET, kinds=("measure.*", "appeal.*"))
            made = desk.sender(net, own, page_url="https://review.example/")
            stack.callback(made.close)
            return made

        yield opened


@BOTH
def test_a_notice_and_its_overturning_are_told_once_and_signed(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    telling = sender()
    telling.send_pending()
    appeal = desk.enforcement.appeal(desk.enforcement.issue_token(measure.id, "r1"), "不服")
    decide_whole(desk, appeal.id, OTHER_SENIOR, overturn=True, reasons_zh="事实不清")
    telling.send_pending()
    assert telling.send_pending() == 0
    messages = platform.messages()
    assert [message["type"] for message in messages] == [
        "measure.proposed",
        "measure.in_force",
        "appeal.filed",
        "measure.lifted",
        "appeal.overturned",
    ]
    sequences = [message["data"]["sequence"] for message in messages]
    assert [headers["webhook-id"] for headers, _ in platform.got] == [f"local-{n}" for n in sequences]
    assert sequences == sorted(sequences)
    told = messages[1]["data"]
    assert told["notice"]["basis"] == ["广告法 28(2)(2)"]
    assert told["notice"]["ends_at_ms"] == measure.ends_at_ms
    token = told["page"].removeprefix("https://review.example/h/")
    assert desk.enforcement.page(token).measure.id == measure.id
    assert desk.deliveries.listed(SETTINGS, DeliveryState.PENDING) == ()


def test_a_body_that_was_changed_on_the_way_is_noticed(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    sender().send_pending()
    headers, body = platform.got[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"proposed", b"rejected"), headers)


def test_what_is_not_taken_is_told_again_later_and_later(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    telling = sender()
    platform.answers = [500, 429, 503]
    waits = []
    for _ in range(3):
        assert telling.send_pending() == 0
        [waiting] = desk.deliveries.listed(SETTINGS, DeliveryState.PENDING)
        waits.append(waiting.next_at_ms - clock.ms)
        assert telling.send_pending() == 0, "nothing is sent before its time"
        clock.wait(waits[-1])
    assert waits[0] >= 15_000
    assert waits[2] > waits[0]
    assert telling.send_pending() == 1
    assert len({headers["webhook-id"] for headers, _ in platform.got}) == 1
    [done] = desk.deliveries.listed(SETTINGS)
    assert (done.state, done.attempts, done.last_error) == (DeliveryState.DELIVERED, 4, "")


def test_after_days_it_is_parked_and_can_be_taken_up(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    telling = sender()
    platform.answers = [500] * MOST_ATTEMPTS
    began_ms = clock.ms
    for _ in range(MOST_ATTEMPTS):
        telling.send_pending()
        clock.wait(6 * 3_600_000)
    [parked] = desk.deliveries.listed(SETTINGS, DeliveryState.PARKED)
    assert (parked.attempts, parked.last_error) == (MOST_ATTEMPTS, "the platform answered 500")
    assert clock.ms - began_ms > 5 * DAY_MS
    assert telling.send_pending() == 0
    desk.deliveries.retry(SETTINGS, parked.event_sequence, "chen")
    assert telling.send_pending() == 1
    with pytest.raises(UnknownDeliveryError):
        desk.deliveries.retry(SETTINGS, parked.event_sequence + 1, "chen")


def test_a_private_address_that_nobody_allowed_is_never_connected_to(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    assert sender(allowed=False).send_pending() == 0
    assert platform.got == []
    [waiting] = desk.deliveries.listed(SETTINGS)
    assert "not allowed" in waiting.last_error or "refused" in waiting.last_error


def test_a_redirect_is_not_followed(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    platform.answers, platform.location = [302], f"{platform.url}/elsewhere"
    assert sender().send_pending() == 0
    assert len(platform.got) == 1
    assert desk.deliveries.listed(SETTINGS)[0].last_error == "the platform answered 302"


@BOTH
def test_many_processes_tell_each_event_once(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    senders = [sender() for _ in range(4)]
    threads = [threading.Thread(target=telling.send_pending) for telling in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(platform.got) == 1


@pytest.mark.parametrize(
    ("url", "secret", "setting"),
    [
        ("ftp://platform.example/", SECRET, "webhook_url"),
        ("https://", SECRET, "webhook_url"),
        ("https://platform.example/", "", "webhook_secret"),
        ("https://platform.example/", "whsec_!", "webhook_secret"),
    ],
)
def test_settings_that_cannot_work_are_named(url: str, secret: str, setting: str) -> None:
    with pytest.raises(WebhookSettingError) as wrong:
        Endpoint(url=url, secret=secret)
    assert wrong.value.setting == setting


def test_a_secret_is_never_shown() -> None:
    assert SECRET not in repr(Endpoint(url="https://platform.example/", secret=SECRET))


def test_an_entry_ends_by_itself_and_the_platform_is_told(
    desk: Stores, confirmed: str, clock: Clock, platform: Platform, sender: Opens, enforcement_setup: EnforcementSetup
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    keeper = BackgroundJobs(desk, enforcement_setup.data_dir, retention=desk.retention())
    keeper.run_once()
    signed = desk.enforcement.export_blacklist("r1")
    listed = check_list(json.loads(json.dumps(signed)), enforcement_setup.keys.public_keys(), clock.ms)
    assert [entry["host_id"] for entry in listed["entries"]] == ["h1"]  # type: ignore[attr-defined]
    clock.wait(30 * DAY_MS)
    keeper.run_once()
    assert desk.enforcement.measure(measure.id, "r1").state is MeasureState.ENDED
    sender().send_pending()
    assert platform.messages()[-1]["type"] == "measure.ended"
    assert desk.enforcement.export_blacklist("r1")["list"]["entries"] == []  # type: ignore[index]
    assert keeper.failures == 0
    heads = sorted((enforcement_setup.data_dir / HEADS).iterdir())
    assert [head.name for head in heads] == ["2026-12-05.json", "2027-01-04.json"]
    assert json.loads(heads[0].read_text(encoding="utf-8"))["sequence"] > 0


def test_a_job_that_fails_stops_no_other(
    desk: Stores, confirmed: str, clock: Clock, enforcement_setup: EnforcementSetup
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    enforcement_setup.data_dir.mkdir(exist_ok=True)
    (enforcement_setup.data_dir / HEADS).write_text("in the way", encoding="utf-8")
    keeper = BackgroundJobs(desk, enforcement_setup.data_dir, retention=desk.retention())
    keeper.run_once()
    clock.wait(100 * DAY_MS)
    keeper.run_once()
    assert keeper.failures == 2
    assert desk.enforcement.measure(measure.id, "r1").state is MeasureState.LAPSED


def test_deliveries_are_shown_and_taken_up_by_the_api(
    desk: Stores,
    confirmed: str,
    clock: Clock,
    platform: Platform,
    sender: Opens,
    as_person: Callable[[str], httpx.Client],
) -> None:
    desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    platform.answers = [500]
    sender().send_pending()
    [shown] = as_person("dora").get("/v1/deliveries").json()["deliveries"]
    assert (shown["state"], shown["attempts"]) == ("pending", 1)
    assert as_person("chen").post("/v1/deliveries/99/retry").status_code == 404
    assert as_person("chen").post(f"/v1/deliveries/{shown['event_sequence']}/retry").status_code == 204
    assert as_person("anna").post(f"/v1/deliveries/{shown['event_sequence']}/retry").status_code == 403


def test_the_blacklist_is_had_as_signed_json(
    desk: Stores,
    as_person: Callable[[str], httpx.Client],
    enforcement_setup: EnforcementSetup,
    clock: Clock,
    tmp_path: Path,
) -> None:
    document = as_person("dora").get("/v1/blacklist").json()
    assert check_list(document, enforcement_setup.keys.public_keys(), clock.ms)["entries"] == []
