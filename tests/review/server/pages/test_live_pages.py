"""The wall and the page of one broadcast: refreshed without a flicker, seen by whom it concerns, on every screen."""

from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import expect

from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.accounts.types import Person
from review.server.pages.live import ticks
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.server.pages.seats import MakeFinding, Sit, known
from tests.review.server.pages.seen import check_office

NETWORK = Gap(kind=GapKind.NETWORK, start_ms=20_000, end_ms=26_000, why="no answer in time")


@pytest.fixture
def on_air(desk_store: Stores, make_finding: MakeFinding) -> Stores:
    """Four rooms are live; the first has a gap and a finding, and waits for a minute of analysis."""
    desk_store.stream_writer.put_coverage(
        "s1", Coverage(span_ms=120_000, analysed_ms=54_000, waiting_ms=60_000, gaps=(NETWORK,))
    )
    desk_store.stream_writer.add_findings([make_finding(quote="<b>全网最好</b>")])
    return desk_store


def get(address: str, stores: Stores, path: str, login: str = "anna") -> httpx.Response:
    return httpx.get(f"{address}{path}", cookies={"zhenyan": known(stores, login).token}, timeout=30)


def test_a_tile_says_what_there_is_and_quotes_are_text(address: str, on_air: Stores, people: dict[str, Person]) -> None:
    page = get(address, on_air, "/live").text
    assert "&lt;b&gt;全网最好&lt;/b&gt;" in page
    assert "<b>全网最好</b>" not in page
    assert "1 分 0 秒" in page
    assert "45.0 %" in page
    assert page.index("tile-s1") < page.index("tile-s2"), "what lags comes first"
    assert "4 场" in page.replace("<b>4</b>", "4")


def test_a_part_that_is_the_same_is_not_sent_again(address: str, on_air: Stores, people: dict[str, Person]) -> None:
    for path in ("/partials/live?limit=60", "/partials/live/s1"):
        first = get(address, on_air, path).text
        seen = first.partition("seen=")[2].partition('"')[0]
        joint = "&" if "?" in path else "?"
        assert get(address, on_air, f"{path}{joint}seen={seen}").status_code == 204
        assert get(address, on_air, f"{path}{joint}seen=older").text == first
    on_air.stream_writer.set_state("s1", StreamState.INTERRUPTED, "the worker died")
    assert get(address, on_air, f"/partials/live/s1?seen={seen}").status_code == 200


def test_more_tiles_than_are_shown_are_offered(address: str, on_air: Stores, people: dict[str, Person]) -> None:
    page = get(address, on_air, "/live?limit=2").text
    assert page.count('class="tile') == 2
    assert "/live?limit=62" in page
    assert get(address, on_air, "/live?limit=0").status_code == 422


def test_an_unknown_broadcast_is_a_page_that_says_so(address: str, on_air: Stores, people: dict[str, Person]) -> None:
    for path in ("/live/nobody", "/partials/live/nobody"):
        assert get(address, on_air, path).status_code == 404


def test_a_limited_account_sees_its_customers_tiles_alone(
    address: str, on_air: Stores, people: dict[str, Person]
) -> None:
    on_air.keys.add_tenant("bolt", "Bolt", "test")
    on_air.stream_writer.put_stream(
        replace(on_air.streams.stream("s2"), stream_id="b1", title="别人的", tenant_id="bolt")
    )
    on_air.people.change("bo", actor="test", tenants={"bolt"})
    page = get(address, on_air, "/live", "bo").text
    assert "别人的" in page
    assert "tile-s1" not in page
    assert "全网最好" not in page
    for path in ("/live/s1", "/partials/live/s1"):
        assert get(address, on_air, path, "bo").status_code == 404
    assert get(address, on_air, "/live/b1", "bo").status_code == 200


@pytest.mark.parametrize("span_ms", [0, 1, 90_000, 3_600_000, 8 * 3_600_000, 10 * 86_400_000])
def test_marks_of_time_are_few_and_within_the_strip(span_ms: int) -> None:
    found = ticks(span_ms)
    assert 1 <= len(found) <= 11
    assert all(0 <= at < 96 for _, at in found)


@pytest.mark.browser
def test_the_wall_follows_what_happens_and_keeps_the_focus(sit: Sit, on_air: Stores) -> None:
    page = sit("anna", "/live")
    expect(page.locator(".tile")).to_have_count(4)
    page.locator("#tile-s3").focus()
    on_air.stream_writer.set_state("s3", StreamState.INTERRUPTED, "the worker died")
    expect(page.locator(".tile").first).to_contain_text("录制中断")
    expect(page.locator("#tile-s3")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/live/s3")


@pytest.mark.browser
def test_the_last_finding_leads_to_its_case(sit: Sit, on_air: Stores) -> None:
    page = sit("anna", "/live")
    page.locator("#last-s1").click()
    page.wait_for_url(f"**/cases/{on_air.cases.case_of('f_power')}")
    expect(page.locator("#claim")).to_be_visible()


@pytest.mark.browser
def test_marks_of_the_strip_lead_to_cases(sit: Sit, on_air: Stores) -> None:
    page = sit("anna", "/live/s1")
    expect(page.locator("rect.bar-gap-network title")).to_have_text("00:20–00:26 网络: 超时未响应")
    page.locator("#mark-f_power").click()
    page.wait_for_url(f"**/cases/{on_air.cases.case_of('f_power')}")


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/live", "/live/s1", "/live/s2"])
def test_pages_fit_and_axe_finds_nothing(sit: Sit, on_air: Stores, path: str) -> None:
    check_office(sit("dora", path), path)


def test_the_open_cases_of_a_tile_are_those_that_its_link_leads_to(
    address: str, on_air: Stores, people: dict[str, Person], make_finding: MakeFinding
) -> None:
    """The host has another broadcast whose cases are not counted, and the first has a case that is decided."""
    on_air.stream_writer.put_stream(replace(on_air.streams.stream("s1"), stream_id="s9"))
    more = [make_finding(finding_id=f"f{n}", claimed=f"{n} W", quote=f"第{n}句") for n in range(2)]
    on_air.stream_writer.add_findings(
        [*more, make_finding(finding_id="f9", stream_id="s9", claimed="9 W", quote="另一场")]
    )
    page = get(address, on_air, "/live/s1").text
    link = page.partition('id="to-cases" href="')[2].partition('"')[0].replace("&amp;", "&")
    counted = page.partition('id="to-cases"')[2].partition(">")[2].partition("<")[0]
    assert link == "/?state=waiting&stream=s1"
    queue = get(address, on_air, link).text
    shown = [row.partition("</a>")[0] for row in queue.split('<a id="row-')[1:]]
    assert counted == f"待处理案件 {len(shown)} 件"
    assert len(shown) == len(more) + 1
    assert not any("另一场" in row for row in shown)
