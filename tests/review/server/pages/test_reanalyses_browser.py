"""A re-analysis in a browser, from the broadcast's findings to the comparison; a customer's settings; both by axe.

ZHENYAN_SHOTS names a folder into which they are drawn.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from claims.types import Passage
from ingest.recording.ledger import Coverage
from net.guard import NetPolicy
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.reanalyses.comparing import compare_findings
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import StreamRecord, StreamState
from tests.review.server.api.conftest import ENFORCEMENT_DIR
from tests.review.server.pages.seats import CLASS_NAMES, Clock, MakeFinding, Sit
from tests.review.server.pages.test_quality_browser import PHONE, seen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def reader() -> QuantityReader:
    return packaged_policy().quantity_reader


@pytest.fixture
def desk_store(
    database_url: str, stream: StreamRecord, clock: Clock, passages: tuple[Passage, ...], tmp_path: Path
) -> Iterator[Stores]:
    """A store with one room, in which measures and times of keeping are set up."""
    due = EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR), retention=read_retention(ENFORCEMENT_DIR), data_dir=tmp_path / "data"
    )
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=due)
    stores.stream_writer.put_stream(stream)
    stores.stream_writer.add_passages(passages)
    yield stores
    stores.close()


@pytest.fixture
def app(desk_store: Stores, data_dir: Path, reader: QuantityReader) -> Any:
    setup = Platform(reader=reader, net=NetPolicy.parse([]), recognisers=lambda: ("base", "sensevoice"))
    access = Access(auth=Auth.LOCAL)
    return create_app(desk_store, data_dir, class_names=CLASS_NAMES, access=access, platform=setup)


@pytest.fixture
def broadcast(desk_store: Stores, stream: StreamRecord, make_finding: MakeFinding) -> str:
    """A broadcast that is over, a minute long, with one finding and its clip."""
    desk_store.stream_writer.put_coverage(
        stream.stream_id, Coverage(span_ms=60_000, analysed_ms=60_000, waiting_ms=0, gaps=())
    )
    desk_store.stream_writer.add_findings([make_finding(clip="clips/f_power.mp4")])
    desk_store.stream_writer.set_state(stream.stream_id, StreamState.ENDED)
    return stream.stream_id


def done_by_a_worker(stores: Stores, stream_id: str) -> None:
    claimed = stores.reanalyses.claim("w1")
    assert claimed is not None
    [stored] = stores.reanalyses.stored_findings(stream_id)
    moved = replace(stored, finding_id="f_moved", passage_ids=("u9",), class_id="ABS_SUPERLATIVE", severity="minor")
    new = replace(stored, finding_id="f_new", start_ms=40_000, end_ms=42_000, quote="全网最低价")
    done: dict[str, Any] = {"judged_by": "zh-CN@2026.11.1#a", "span_ms": 60_000, "missing_ms": 4_000}
    assert stores.reanalyses.finish(claimed.reanalysis_id, "w1", compare_findings([stored], [moved, new]), **done)


@pytest.mark.parametrize(("scheme", "language"), [("light", "zh"), ("dark", "en")])
def test_a_broadcast_is_analysed_again_and_compared(
    sit: Sit, desk_store: Stores, broadcast: str, address: str, scheme: str, language: str
) -> None:
    page = sit("chen", f"/findings?stream={broadcast}&lang={language}")
    page.emulate_media(color_scheme=scheme)
    page.locator(f".sub a[href='/reanalyses?stream={broadcast}']").click()
    seen(page, f"reanalyses-{language}")
    page.locator("main button.main").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    page.locator("select[name=model]").select_option("sensevoice")
    page.locator("input[name=ends]").fill("1:00")
    page.locator("main button.main").click()
    expect(page.get_by_role("status")).to_have_count(1)
    done_by_a_worker(desk_store, broadcast)
    rows = page.locator("table.told tbody tr")
    expect(rows).to_have_count(2)
    seen(page, f"reanalysis-{language}")
    page.set_viewport_size(PHONE)
    seen(page, f"reanalysis-{language}-phone")
    page.locator("nav.periods a[href$='outcome=new']").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("全网最低价")
    page.goto(page.url.partition("?")[0])
    rows.first.get_by_role("link").click()
    expect(page.locator("#watch video")).to_have_count(1)
    page.goto(f"{address}/reanalyses")
    expect(page.locator("main tbody tr")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "language"), [("light", "zh"), ("dark", "en")])
def test_a_customers_settings_are_seen_and_its_quotas_set(
    sit: Sit, desk_store: Stores, address: str, scheme: str, language: str
) -> None:
    desk_store.keys.add_tenant("acme", "Acme 直播电商", "test")
    page = sit("eve", f"/tenants?lang={language}")
    page.emulate_media(color_scheme=scheme)
    seen(page, f"tenants-{language}")
    page.locator("main a[href='/tenants/acme']").click()
    field = page.locator("input[name=streams]")
    field.fill("many")
    page.locator("main button.main").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    page.locator("input[name=streams]").fill("3")
    page.locator("main button.main").click()
    expect(page.locator("input[name=streams]")).to_have_value("3")
    expect(page.locator("main section").last.locator("tbody tr")).to_have_count(1)
    seen(page, f"tenant-{language}")
    page.set_viewport_size(PHONE)
    seen(page, f"tenant-{language}-phone")
    reading = sit("dora", f"/tenants/acme?lang={language}")
    expect(reading.locator("input[name=streams]")).to_have_count(0)
    expect(reading.locator("main section").first).to_contain_text("3")
    assert reading.goto(f"{address}/tenants/nobody").status == 404  # type: ignore[union-attr]
