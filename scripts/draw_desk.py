"""Draws the desk's pages in a real browser: `python -m scripts.draw_desk` renews `docs/review-page.png`.

With `--out DIR` every page, in every size and language, goes there instead, to be looked at.
"""

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, Page

from review.cases.queries import CaseQuery
from review.stores import Stores
from scripts.desk_sample import sample_desk
from tests.chromium import chromium

ROOT = Path(__file__).parents[1]
SIZES = ((1366, 768), (1024, 768), (390, 844))
PLACES = {
    "desk": "/",
    "findings": "/findings",
    "live": "/live",
    "broadcast": "/live/room-host-2",
    "queues": "/queues",
    "people": "/people",
    "measures": "/measures",
    "appeals": "/appeals",
    "dashboards": "/dashboards",
    "trends": "/trends?step=day&days=30",
    "trend-cases": "/trends/cases?first=2026-11-01&last=2026-11-30&what=decided",
    "host": "/hosts/host-5",
    "replays": "/replays",
    "reanalyses": "/reanalyses",
    "words": "/words",
    "passports": "/passports",
    "batches": "/batches",
    "tenants": "/tenants",
    "tenant": "/tenants/local",
    "webhooks": "/webhooks",
    "settings": "/settings",
    "audit": "/audit",
    "decisions": "/decisions",
    "notifications": "/notifications",
}


def draw(
    browser: Browser,
    address: str,
    stores: Stores,
    login: str,
    path: str,
    language: str,
    size: tuple[int, int],
    scheme: str = "light",
) -> Page:
    """A page of the desk as this person sees it."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    token = stores.people.log_in_known("https://id.example", login, login, login, None).token
    context.add_cookies(
        [{"name": "zhenyan", "value": token, "url": address}, {"name": "lang", "value": language, "url": address}]
    )
    page = context.new_page()
    page.goto(f"{address}{path}")
    page.wait_for_timeout(1200)
    return page


def main() -> None:
    """Draws what the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, help="a folder for every page; without it docs/review-page.png is renewed")
    asked.add_argument("--only", nargs="*", help=f"of these pages alone: {', '.join(PLACES)}")
    asked.add_argument("--login", default="admin")
    given = asked.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        sample_desk(Path(folder)) as (address, stores),
        chromium() as browser,
    ):
        if given.out is None:
            first = stores.cases.queue(CaseQuery(limit=1)).cases[0]
            page = draw(browser, address, stores, "li", f"/cases/{first.id}", "zh", (1366, 768))
            page.screenshot(path=ROOT / "docs" / "review-page.png")
        else:
            given.out.mkdir(parents=True, exist_ok=True)
            _draw_all(browser, address, stores, given.login, given.out, given.only or PLACES)


def _draw_all(browser: Browser, address: str, stores: Stores, login: str, out: Path, names: Iterable[str]) -> None:
    for name in names:
        for size in SIZES:
            for language in ("zh", "en"):
                page = draw(browser, address, stores, login, PLACES.get(name, name), language, size)
                page.screenshot(path=out / f"{name.strip('/').replace('/', '-')}-{size[0]}-{language}.png")
                page.context.close()


if __name__ == "__main__":
    main()
