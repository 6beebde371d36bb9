"""The dashboards and the login page in a real browser, under the policy that lets nothing inline run."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from claims.types import Finding
from review.stores import Stores

pytestmark = pytest.mark.browser
_PAINTED = """canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some((value) => value !== 0);
}"""


def test_charts_are_drawn_and_the_browser_complains_of_nothing(
    browser: Browser, server: str, stores: Stores, make_finding: Callable[..., Finding]
) -> None:
    stores.stream_writer.add_findings([make_finding(finding_id=f"f{n}", claimed=f"{n} W") for n in range(4)])
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server}/dashboards")
    page.wait_for_selector("canvas")
    canvases = page.query_selector_all("canvas")
    assert len(canvases) == len(page.query_selector_all("table[data-chart]"))
    assert all(canvas.evaluate(_PAINTED) for canvas in canvases)
    page.goto(f"{server}/teaching")
    page.goto(f"{server}/people")
    assert complaints == []
    page.close()
