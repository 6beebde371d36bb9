"""A pack opens from a file URL with the network off, and plays."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from claims.types import Passage
from review.audit.keys import KeyRing
from review.evidence_packs.contents import gather
from review.evidence_packs.pack import Maker, contents, write_pack
from review.stores import Stores
from tests.review.enforcement.recorded import add_recorded_case, make_broadcast, record
from tests.review.server.pages.seats import wait_until

pytestmark = pytest.mark.browser
_READY = "document.readyState === 'complete' && document.querySelector('video').readyState >= 1"


@pytest.mark.parametrize("name", ["index.html", "index.en.html"])
def test_the_pack_plays_offline_from_a_file(browser: Browser, desk: Stores, tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / "data"
    record(make_broadcast(tmp_path / "broadcast.mp4", seconds=16), data_dir)
    desk.stream_writer.add_passages(
        [Passage(stream_id="s1", id="u1", start_ms=6000, end_ms=9000, text="总功率可以做到一百瓦")]
    )
    case_id = add_recorded_case(desk, 6000, 9000)
    maker = Maker(name="甲", at_ms=1_795_500_100_000)
    dossier = gather(desk, data_dir, case_id)
    pack = write_pack(contents(dossier, maker, {}), tmp_path / "包 1", KeyRing(data_dir / "keys"), maker, case_id)
    context = browser.new_context(offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((pack / "data" / name).as_uri())
    wait_until(page, lambda: page.evaluate(_READY))
    page.get_by_role("button", name="00:06").click()
    wait_until(page, lambda: page.evaluate("document.querySelector('video').currentTime > 4.1"))
    assert page.evaluate("document.querySelector('video').videoWidth") == 320
    assert page.evaluate("document.querySelector('video').duration") > 9
    page.get_by_role("link", name="English" if name == "index.html" else "中文").click()
    page.wait_for_url("**/index.en.html" if name == "index.html" else "**/index.html")
    wait_until(page, lambda: page.evaluate(_READY))
    assert wrong == []
    context.close()
