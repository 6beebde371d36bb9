"""The pages of webhooks in a real browser: what could not be told is seen, and told again, by who may.

ZHENYAN_SHOTS names a folder into which each page is drawn.
"""

import json
import os
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from claims.types import Finding
from review.events.types import DeliveryState, EndpointState
from review.stores import Stores
from review.webhooks.retry_queue import Patience
from review.webhooks.sender import Sender
from tests.review.enforcement.people import Clock, let_in
from tests.review.webhooks.conftest import LOOPBACK
from tests.review.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.browser
MakeFinding = Callable[..., Finding]
Send = Callable[..., Sender]
Sit = Callable[..., Page]
SOON = Patience(attempts=2)


@pytest.fixture
def sit(browser: Browser, address: str, told: Stores) -> Iterator[Sit]:
    """A page of a browser in which this person is logged in; no page may complain."""
    complaints: list[str] = []
    contexts = []

    def take_seat(login: str, path: str = "/webhooks") -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        contexts.append(context)
        context.add_cookies([{"name": "zhenyan", "value": let_in(told.people, login).token, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "404" not in m.text else None)
        page.goto(f"{address}{path}")
        return page

    yield take_seat
    for context in contexts:
        context.close()
    assert [told for told in complaints if "inline style" not in told] == []


def draw(page: Page, name: str) -> None:
    """Checks that nothing is cut off and that axe finds nothing, in both languages; draws the page."""
    url, folder = page.url, os.environ.get("ZHENYAN_SHOTS")
    for language in ("en", "zh"):
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is cut"
        if folder:
            page.screenshot(path=f"{folder}/{name}-{language}.png", full_page=True)
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []


@pytest.fixture
def dead(
    told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding, clock: Clock
) -> Iterator[tuple[str, Receiver]]:
    """An address of acme's at which three findings are parked and one is tried again; one of bolt's that is well."""
    receiver.answer = lambda _n: (503, {})
    endpoint, _ = told.webhooks.add("acme", f"{receiver.url}?token=geheim", ["finding.*"], LOOPBACK, "test")
    with receiving() as other:
        told.webhooks.add("bolt", other.url, (), LOOPBACK, "test")
        told.stream_writer.add_findings([make_finding(finding_id=f"f{n}", stream_id="a1") for n in range(3)])
        sender = send(patience=SOON)
        for _ in range(2):
            sender.send_pending()
            clock.wait(3_600_000)
        told.stream_writer.add_findings([make_finding(finding_id="f9", stream_id="a1")])
        sender.send_pending()
        assert told.deliveries.counts(endpoint.id) == {DeliveryState.PARKED: 3, DeliveryState.PENDING: 1}
        yield endpoint.id, receiver


def test_from_the_list_to_everything_told_again(
    sit: Sit, told: Stores, dead: tuple[str, Receiver], send: Send, clock: Clock
) -> None:
    endpoint_id, receiver = dead
    page = sit("chen")
    expect(page.get_by_text("1 个地址有问题")).to_be_visible()
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("acme")
    expect(first).to_contain_text("the platform answered 503")
    assert "geheim" not in page.content()
    draw(page, "webhooks")
    page.locator("tbody a").first.click()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert "geheim" not in page.content()
    expect(page.locator("tbody tr").first).to_contain_text("不再尝试")
    draw(page, "webhook-parked")
    receiver.answer = lambda _n: (204, {})
    page.get_by_role("button", name="重发第 3 号事件").click()
    expect(page.get_by_role("status")).to_have_text("1 个事件已排队重发")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="重发全部搁置的 2 个").click()
    expect(page.get_by_role("status")).to_have_text("2 个事件已排队重发")
    expect(page.locator("tbody tr")).to_have_count(4)
    draw(page, "webhook-pending")
    page.get_by_role("button", name="现在就试第 5 号事件").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert send().send_pending() == 4
    page.get_by_role("link", name="已送达").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.get_by_role("link", name="搁置 0")).to_be_visible()
    page.goto(page.url.partition("/webhooks/")[0] + "/webhooks")
    expect(page.get_by_text("所有地址都收得到")).to_be_visible()
    noted = [e for e in told.audit.entries(subject=f"webhook:{endpoint_id}") if e.action == "webhook.redelivered"]
    details = [json.loads(e.details) for e in reversed(noted)]
    assert [(each["what"], each["count"]) for each in details] == [
        ("one", 1),
        ("parked", 2),
        ("one", 1),
    ]
    assert {e.actor for e in noted} == {let_in(told.people, "chen").person.id}


def test_a_disabled_address_is_enabled_with_what_it_missed(
    sit: Sit, told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    endpoint, _ = told.webhooks.add("acme", receiver.url, ["finding.*"], LOOPBACK, "test")
    receiver.answer = lambda _n: (410, {})
    told.stream_writer.add_findings([make_finding(finding_id="f1", stream_id="a1")])
    sender = send()
    sender.send_pending()
    told.stream_writer.add_findings([make_finding(finding_id="f2", stream_id="a1")])
    sender.send_pending()
    page = sit("fang", f"/webhooks/{endpoint.id}?state=pending")
    expect(page.get_by_text("停用原因：the receiver answered 410")).to_be_visible()
    draw(page, "webhook-disabled")
    receiver.answer = lambda _n: (204, {})
    receiver.got.clear()
    page.get_by_role("button", name="启用", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已启用")
    assert told.webhooks.of(endpoint.id, None).state is EndpointState.ACTIVE
    page.get_by_role("button", name="现在就试").click()
    expect(page.get_by_role("status")).to_be_visible()
    send().send_pending()
    assert sorted(message.json["data"]["subject"] for message in receiver.got) == ["f1", "f2"]


def test_who_only_reads_has_no_buttons_and_a_reviewer_no_page(sit: Sit, dead: tuple[str, Receiver]) -> None:
    page = sit("dora", f"/webhooks/{dead[0]}")
    expect(page.locator("tbody tr")).to_have_count(3)
    assert page.locator("main button").count() == 0
    page = sit("anna", "/")
    assert page.get_by_role("link", name="推送").count() == 0


def test_an_address_that_was_removed_meanwhile_is_told_of(sit: Sit, told: Stores, dead: tuple[str, Receiver]) -> None:
    page = sit("chen", f"/webhooks/{dead[0]}")
    told.webhooks.remove(dead[0], "acme", "test")
    page.get_by_role("button", name="重发全部搁置的 3 个").click()
    expect(page.get_by_role("alert")).to_have_text("这个地址已经不在了，可能刚被移除")
    page = sit("chen", f"/webhooks/{dead[0]}")
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_delivery_that_was_forgotten_meanwhile_is_told_of(
    sit: Sit, told: Stores, dead: tuple[str, Receiver], send: Send, clock: Clock
) -> None:
    endpoint_id, receiver = dead
    receiver.answer = lambda _n: (204, {})
    told.deliveries.retry(endpoint_id, 2, "test")
    send().send_pending()
    page = sit("chen", f"/webhooks/{endpoint_id}?state=delivered")
    expect(page.get_by_role("button", name="重发第 2 号事件")).to_be_visible()
    clock.wait(31 * 86_400_000)
    told.deliveries.forget_done()
    context = page.context
    context.add_cookies([{"name": "zhenyan", "value": let_in(told.people, "chen").token, "url": page.url}])
    page.goto(page.url)
    expect(page.get_by_role("button", name="重发第 2 号事件")).to_have_count(0)


def test_many_are_shown_a_page_at_a_time(
    sit: Sit, told: Stores, receiver: Receiver, send: Send, make_finding: MakeFinding
) -> None:
    endpoint, _ = told.webhooks.add("acme", receiver.url, ["finding.*"], LOOPBACK, "test")
    told.stream_writer.add_findings([make_finding(finding_id=f"f{n}", stream_id="a1") for n in range(70)])
    assert send().send_pending() == 70
    page = sit("dora", f"/webhooks/{endpoint.id}?state=delivered")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="更早的").click()
    expect(page.locator("tbody tr")).to_have_count(20)
    expect(page.get_by_role("link", name="更早的")).to_have_count(0)
    page.get_by_role("link", name="最新的").click()
    expect(page.locator("tbody tr")).to_have_count(50)
