"""How the pages of due process are looked at in a real browser.

ZHENYAN_SHOTS names a folder into which each page is drawn in both languages.
"""

import os
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.review.server.pages.seats import wait_until

Sit = Callable[[str | None], Page]


def draw(page: Page, name: str, *, reload: bool = True) -> None:
    """Checks that nothing is wider than the window (hosts: a phone) and that axe finds nothing; draws the page.

    `reload` false: what was filled in stays, and it is drawn in its own language alone.
    """
    folder = os.environ.get("ZHENYAN_SHOTS")
    url = page.url
    if folder and not reload:
        page.set_viewport_size({"width": 1366, "height": 768})
        page.screenshot(path=f"{folder}/{name}.png")
    for language in ("en", "zh") if folder and reload else ():
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
        _check_width(page, name)
        page.set_viewport_size({"width": 1366, "height": 1300})
        page.screenshot(path=f"{folder}/{name}-{language}.png", full_page=True)
    _check_width(page, name)
    found = Axe().run(page).response["violations"]
    assert [f"{name}: {each['id']}: {each['nodes'][0]['html']}" for each in found] == []


_DRAWN = "document.readyState === 'complete' && document.querySelector('h1') !== null"


def _check_width(page: Page, name: str) -> None:
    for width in (390 if "host-page" in name else 1024, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until(page, lambda: page.evaluate(_DRAWN))
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is cut"
