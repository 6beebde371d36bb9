"""A case, a notice and a host's file on paper: a document, whole, without what only a screen needs."""

import unicodedata

import pytest
from playwright.sync_api import Page, expect

from claims.types import Passage
from review.enforcement.penalty_table import DAY_MS
from review.stores import Stores
from tests.review.enforcement.drawing import Sit
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, wanted
from tests.review.enforcement.printed import words_of

pytestmark = pytest.mark.browser
# The width of A4 between the browser's own margins, in CSS pixels.
_PAPER = {"width": 718, "height": 1047}
# Boxes that would cut on paper what a screen scrolls to.
_CUT = """() => [...document.querySelectorAll("body *")]
  .filter((node) => node.checkVisibility() && !node.closest("video, canvas, svg, .unseen, .stage"))
  .filter((node) => {
    const { overflowX, overflowY } = getComputedStyle(node);
    const isHigh = overflowY !== "visible" && node.scrollHeight > node.clientHeight + 2;
    const isWide = overflowX !== "visible" && node.scrollWidth > node.clientWidth + 2;
    return isHigh || isWide;
  })
  .map((node) => `${node.tagName}.${node.className}: ${node.scrollWidth}x${node.scrollHeight}`)"""
_NOT_ON_PAPER = ".top, .queue, .choices, .transport, #bar, .skip, nav, dialog, button"


@pytest.fixture
def measure_id(desk: Stores, confirmed: str, clock: Clock) -> str:
    """A measure in force, its case with words around it that are more than a screen shows."""
    desk.stream_writer.add_passages(
        Passage(stream_id="s1", id=f"w{n}", start_ms=n * 1000, end_ms=n * 1000 + 900, text=f"第{n}句话在这里说的")
        for n in range(10, 50)
    )
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    return measure.id


def plain(text: str) -> str:
    """The text without spaces, its characters as they are written: a font draws some as others that look the same."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def printed(page: Page, url: str) -> str:
    """The words on paper; nothing of navigation is there, and nothing is cut off."""
    page.goto(url)
    expect(page.locator("h1").first).to_be_attached()
    page.set_viewport_size(_PAPER)  # type: ignore[arg-type]
    page.emulate_media(media="print")
    shown = page.locator(_NOT_ON_PAPER).evaluate_all(
        "nodes => nodes.filter((node) => node.checkVisibility()).map((node) => node.outerHTML.slice(0, 120))"
    )
    assert shown == []
    assert page.evaluate(_CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    paper = plain(words_of(page.pdf(format="A4")))
    page.emulate_media(media="screen")
    assert "退出" not in paper
    return paper


def test_a_case_a_notice_and_a_hosts_file_are_documents(
    sit: Sit, desk: Stores, office: str, measure_id: str, confirmed: str
) -> None:
    page = sit("anna")
    case = printed(page, f"{office}/cases/{confirmed}")
    assert plain(desk.cases.case(confirmed).shown_number) in case
    assert plain("总功率可以做到一百瓦") in case
    assert plain("第14句话在这里说的") in case
    assert plain("第40句话在这里说的") in case
    notice = printed(page, f"{office}/measures/{measure_id}")
    assert plain("列入黑名单") in notice
    assert plain("口播称：“总功率可以做到一百瓦”") in notice
    assert plain("《广告法》第二十八条第二款第（二）项") in notice
    host = printed(page, f"{office}/hosts/h1")
    assert plain("小岚") in host
    assert plain("列入黑名单") in host
