"""The page of all findings in a real browser: it fills by itself and leaves the reader's place alone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from claims.types import Disposition, Finding, Passage
from review.stores import Stores

pytestmark = pytest.mark.browser
MakeFinding = Callable[..., Finding]
HAS_PLAYED = "seconds => document.querySelector('video').currentTime > seconds"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about; checked at the end of every test."""
    return []


@pytest.fixture
def desk(
    browser: Browser,
    server: str,
    stores: Stores,
    make_finding: MakeFinding,
    passages: tuple[Passage, ...],
    complaints: list[str],
) -> Iterator[Page]:
    """The desk with two findings; the older one has a clip and is open."""
    stores.stream_writer.add_passages(passages)
    stores.stream_writer.add_findings([make_finding(), make_finding(finding_id="f_best", quote="全网最好的充电头")])
    stores.stream_writer.set_clip("f_power", "clips/f_power.mp4", 23_000)
    page = browser.new_page(viewport={"width": 1440, "height": 900})

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server}/findings/f_power?stream=s1&show=flag")
    yield page
    page.close()
    assert complaints == []


def test_the_desk_lists_findings_and_opens_one(desk: Page) -> None:
    expect(desk.locator("#queue .row")).to_have_count(2)
    expect(desk.locator("#row-f_power")).to_have_attribute("aria-current", "true")
    expect(desk.locator("#context mark")).to_have_text("总功率可以做到一百瓦")
    expect(desk.locator("#card .registered")).to_have_text("双口合计 65 W")


def test_a_new_finding_appears_without_reload_while_the_clip_plays_on(
    desk: Page, stores: Stores, make_finding: MakeFinding
) -> None:
    desk.evaluate("window.notReloaded = true")
    desk.evaluate("window.sameVideo = document.querySelector('video')")
    desk.keyboard.press("Space")
    desk.wait_for_function(HAS_PLAYED, arg=0.2)
    stores.stream_writer.add_findings([make_finding(finding_id="f_new", quote="原价五百九十九")])
    expect(desk.locator("#queue .row")).to_have_count(3)
    expect(desk.locator("#queue .row").first).to_contain_text("原价五百九十九")
    expect(desk.locator("#row-f_power")).to_have_attribute("aria-current", "true")
    seen = desk.evaluate("document.querySelector('video').currentTime")
    desk.wait_for_function(HAS_PLAYED, arg=seen + 0.3)
    assert desk.evaluate("window.sameVideo === document.querySelector('video') && !window.sameVideo.paused")
    assert desk.evaluate("window.notReloaded")


def test_the_list_keeps_its_place_when_findings_arrive_above(
    desk: Page, stores: Stores, make_finding: MakeFinding
) -> None:
    stores.stream_writer.add_findings(make_finding(finding_id=f"f_{number}") for number in range(40))
    expect(desk.locator("#queue .row")).to_have_count(42)
    desk.locator("#row-f_10").evaluate("row => row.scrollIntoView({block: 'start'})")
    before = desk.locator("#row-f_10").evaluate("row => row.getBoundingClientRect().top")
    stores.stream_writer.add_findings(make_finding(finding_id=f"f_late{number}") for number in range(5))
    expect(desk.locator("#queue .row")).to_have_count(47)
    expect(desk.locator("#row-f_late4")).to_have_class("row sev-medium is-flag fresh")
    after = desk.locator("#row-f_10").evaluate("row => row.getBoundingClientRect().top")
    assert abs(after - before) < 1


def test_a_finding_that_leaves_the_queue_leaves_the_list(desk: Page, stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding(finding_id="f_best", disposition=Disposition.NOTE)])
    expect(desk.locator("#queue .row")).to_have_count(1)


def test_keys_move_through_the_queue_and_the_next_clip_plays_on(desk: Page, stores: Stores) -> None:
    stores.stream_writer.set_clip("f_best", "clips/f_power.mp4", 23_000)
    desk.keyboard.press("Space")
    desk.wait_for_function(HAS_PLAYED, arg=0.1)
    desk.keyboard.press("k")
    expect(desk.locator("#row-f_best")).to_have_attribute("aria-current", "true")
    expect(desk.locator("#card q")).to_have_text("全网最好的充电头")
    desk.wait_for_function("() => document.querySelector('video').dataset.clip === 'f_best'")
    desk.wait_for_function(HAS_PLAYED, arg=0.2)
    assert desk.url.endswith("/findings/f_best?stream=s1&show=flag")
    desk.keyboard.press("j")
    expect(desk.locator("#card q")).to_have_text("总功率可以做到一百瓦")
    desk.keyboard.press("j")
    expect(desk.locator("#row-f_power")).to_have_attribute("aria-current", "true")
    desk.keyboard.press("s")
    assert desk.evaluate("document.querySelector('video').playbackRate") == 1.5


def test_a_clip_that_is_cut_later_appears_by_itself(desk: Page, stores: Stores) -> None:
    desk.keyboard.press("k")
    expect(desk.locator("#player")).to_contain_text("片段正在截取")
    stores.stream_writer.set_clip("f_best", "clips/f_power.mp4", 23_000)
    expect(desk.locator("#player video")).to_be_visible()
    expect(desk.locator(".wave .hit")).to_be_visible()


def test_the_card_and_the_words_follow_what_is_learnt_later(
    desk: Page, stores: Stores, make_finding: MakeFinding
) -> None:
    stores.stream_writer.add_findings([make_finding(count=4)])
    # The card asks every five seconds.
    expect(desk.locator("#card .count")).to_have_text("×4", timeout=20_000)
    stores.stream_writer.add_passages(
        [Passage(stream_id="s1", id="u9", start_ms=34_000, end_ms=36_000, text="说错了，是六十五瓦。")]
    )
    expect(desk.locator("#context")).to_contain_text("说错了，是六十五瓦。", timeout=20_000)


def test_clicking_a_time_in_the_words_seeks(desk: Page) -> None:
    desk.wait_for_function("() => document.querySelector('video').readyState >= 1")
    desk.locator(".said.own button").click()
    desk.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 2.5) < 0.01")
    expect(desk.locator(".said.own")).to_have_class("said own on-speech now")


def test_both_colour_schemes_keep_text_readable(desk: Page) -> None:
    script = """() => {
      const light = (value) => { const [r, g, b] = value.match(/[0-9.]+/g).slice(0, 3).map((each) => {
        const c = each / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = (node) => { const colour = getComputedStyle(node).backgroundColor;
        return colour === 'rgba(0, 0, 0, 0)' && node.parentElement ? ground(node.parentElement) : colour; };
      const poor = [];
      for (const node of document.querySelectorAll('body *')) {
        if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
        if (node.matches(':disabled, option, noscript, [hidden] *') || node.closest('.wave, .fresh')) continue;
        const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) poor.push(`${node.className || node.tagName} ${ratio.toFixed(2)} ${node.textContent.trim()}`);
      }
      return poor;
    }"""
    assert desk.evaluate(script) == []
    desk.emulate_media(color_scheme="dark")
    assert desk.evaluate(script) == []
