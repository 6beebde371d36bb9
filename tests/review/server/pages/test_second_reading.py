"""What a second reader said, on the card of a case in a real browser."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from claims.second_reader.types import CaseHold, Merged
from claims.types import Disposition, Finding, SecondReading
from review.stores import Stores
from tests.review.server.pages.conftest import LAPTOP
from tests.review.server.pages.seats import MakeFinding, Sit

pytestmark = pytest.mark.browser
SAID = SecondReading(
    model="qwen3-32b",
    prompt="zh-CN@2026.11.12/second_reader@1",
    answer="lawful",
    reason="说的是<别家>的充电头。",
    words=("一百瓦",),
    class_id="SPEC_PARAM",
    reading=None,
    effect="none",
    why="",
    score_before=0.62,
    disposition_before=Disposition.FLAG,
)


def answered(stores: Stores, finding: Finding) -> list[CaseHold]:
    """Stores the answer to a finding as a second reader does; gives how its case stood then."""
    stood: list[CaseHold] = []

    def merge(stored: Finding, hold: CaseHold) -> Merged:
        stood.append(hold)
        why = "" if hold is CaseHold.FREE else hold.value
        return Merged(finding=replace(stored, second_reading=replace(SAID, why=why)))

    assert stores.second_reader.claim(finding, stale_ms=60_000)
    assert stores.second_reader.put(finding, "key", merge)
    return stood


def test_the_card_shows_the_answer_in_the_reader_s_words_and_within_its_column(
    sit: Sit, desk_store: Stores, add_one: Finding
) -> None:
    assert answered(desk_store, add_one) == [CaseHold.FREE]
    section = sit().locator("#card dd.second")
    section.scroll_into_view_if_needed()
    expect(section).to_be_visible()
    for told in ("认为不构成违规", "说的是<别家>的充电头。", "一百瓦", "qwen3-32b", "0.62"):
        expect(section).to_contain_text(told)
    assert section.evaluate("one => one.scrollWidth <= one.clientWidth")
    box = section.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= LAPTOP["width"]


@pytest.fixture
def add_one(desk_store: Stores, make_finding: MakeFinding) -> Finding:
    finding = make_finding()
    desk_store.stream_writer.add_findings([finding])
    return finding


def test_once_a_reviewer_holds_the_case_it_is_shown_and_changes_nothing(
    sit: Sit, desk_store: Stores, add_one: Finding
) -> None:
    page = sit()
    expect(page.locator("#card q").first).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator('[data-choice="violates"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#claim")).to_contain_text("我在处理")
    stood = answered(desk_store, add_one)
    assert stood == [CaseHold.HELD]
    page.goto(page.url.partition("?")[0] + "?lang=en")
    card = page.locator("#card")
    expect(card).to_contain_text("Second reading")
    expect(card).to_contain_text("a reviewer is working on the case")
    assert desk_store.streams.finding(add_one.finding_id).finding.disposition is Disposition.FLAG
    assert Axe().run(page).violations_count == 0
