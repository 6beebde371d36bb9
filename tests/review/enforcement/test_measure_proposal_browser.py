"""Nine confirmed cases, seven unticked, in a real browser: preview, proposal and paper say two and their sum."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from claims.types import Finding
from review.cases.types import Choice
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import MeasureKind, MeasureState
from review.stores import Stores
from review.streams.types import ProductRef, StreamRecord
from tests.review.enforcement.drawing import Sit, draw
from tests.review.enforcement.people import OTHER_SENIOR, Clock, confirm, decide
from tests.review.enforcement.printed import words_of

pytestmark = pytest.mark.browser
QUOTES = tuple(f"第{n}句话可以做到{n}百瓦" for n in "一二三四五六七八九")
KEPT = (2, 5)


@pytest.fixture
def nine(desk: Stores, stream: StreamRecord, make_finding: Callable[..., Finding], clock: Clock) -> list[str]:
    """Nine confirmed cases of one broadcast, a minute apart; the third was read from the screen."""
    product = ProductRef(product_id="p1", name="双口氮化镓充电器", category="electronics/charger")
    desk.stream_writer.put_stream(replace(stream, products=(product,)))
    found = []
    for number, quote in enumerate(QUOTES):
        finding = make_finding(
            finding_id=f"f{number}",
            quote=quote,
            claimed=f"{number + 1}00 W",
            channel="screen" if number == KEPT[0] else "speech",
            severity="critical" if number == KEPT[1] else "medium",
            start_ms=3_600_000 + number * 60_000,
            end_ms=3_603_000 + number * 60_000,
        )
        found.append(confirm(desk, finding))
    clock.wait(2 * 3_600_000)
    return found


def untick(page: Page, cases: list[str]) -> None:
    """Leaves the two that are kept, and waits for the preview that says so."""
    for number, case_id in enumerate(cases):
        if number not in KEPT:
            page.locator(f"[name=case_id][value='{case_id}']").uncheck()
    expect(page.locator("#preview .fact")).to_have_count(2)


def says_two(said: str) -> None:
    """The words name both kept cases, their sum, and nothing of the others."""
    for number, quote in enumerate(QUOTES):
        assert (quote in said) is (number in KEPT), quote
    assert "75" in said
    assert "180" not in said


def test_what_is_ticked_is_what_is_told(sit: Sit, desk: Stores, office: str, nine: list[str], clock: Clock) -> None:
    page = sit("anna")
    page.goto(f"{office}/hosts/h1/propose")
    expect(page.locator("#preview .fact")).to_have_count(9)
    expect(page.locator("#preview [data-points-total]")).to_have_text("180")
    expect(page.get_by_label("警示")).to_be_checked()
    untick(page, nine)
    expect(page.locator("#preview [data-points-total]")).to_have_text("75")
    says_two(page.locator("#preview").inner_text())
    fact = page.locator("#preview .fact").nth(0)
    expect(fact).to_contain_text("2026年11月24日21时02分00秒，直播“真言演示直播间”（开播后 1:02:00）")
    expect(fact).to_contain_text("画面展示：“第三句话可以做到三百瓦”")
    expect(page.locator("#preview .fact").nth(1)).to_contain_text("口播称：“第六句话可以做到六百瓦”")
    expect(page.locator("#preview")).to_contain_text("如经批准，将自")
    page.get_by_label("限制功能或流量").check()
    expect(page.locator("#preview")).to_contain_text("重于标准的建议")
    expect(page.locator("[name=term_days]")).to_have_attribute("placeholder", "7")
    page.locator("[name=starts_at]").fill("2026-11-29T08:00")
    page.locator("[name=remarks_zh]").fill("主播已下架该商品。")
    page.locator("[name=remarks_zh]").blur()
    expect(page.locator("#preview")).to_contain_text("主播已下架该商品。")
    expect(page.locator("#preview")).to_contain_text("如经批准，将自2026年11月29日08时00分起生效")
    draw(page, "10-propose-two", reload=False)
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".measure-proposed").first).to_be_visible()
    [measure] = desk.enforcement.host_file("h1", "a1").measures
    assert measure.case_ids == tuple(sorted(nine[number] for number in KEPT))
    says_two(measure.notice.facts_zh + measure.notice.reasons_zh)
    assert sum(row.points for row in measure.notice.points) == measure.notice.points_total == 75
    draw(page, "11-measure-two")
    approve(sit, desk, office, measure.id, clock)


def approve(sit: Sit, desk: Stores, office: str, measure_id: str, clock: Clock) -> None:
    """A senior approves what was stored; the paper says the same, first as coming, then as begun."""
    clock.wait(3 * DAY_MS)
    before = desk.enforcement.measure(measure_id, "a1").notice
    page = sit("chen")
    page.goto(f"{office}/measures/{measure_id}")
    says_two(page.locator(".notice").inner_text())
    page.get_by_role("button", name="批准").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已批准，待生效")
    expect(page.locator(".notice")).to_contain_text("将自")
    measure = desk.enforcement.measure(measure_id, "a1")
    assert (measure.state, measure.notice) == (MeasureState.IN_FORCE, before)
    says_two(paper(page, office, measure_id))
    clock.wait(2 * DAY_MS)
    page = sit("chen")
    page.goto(f"{office}/measures/{measure_id}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("生效")
    expect(page.locator(".notice")).not_to_contain_text("将自")
    printed = paper(page, office, measure_id)
    assert "将自" not in printed
    assert "起生效" in printed
    draw(page, "12-measure-two-in-force")


def paper(page: Page, office: str, measure_id: str) -> str:
    """The words of the printed notice."""
    return words_of(page.request.get(f"{office}/measures/{measure_id}/notice.pdf").body())


def test_a_case_decided_anew_stops_the_approval_by_name(
    sit: Sit, desk: Stores, office: str, nine: list[str], clock: Clock
) -> None:
    page = sit("anna")
    page.goto(f"{office}/hosts/h1/propose")
    untick(page, nine)
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".measure-proposed").first).to_be_visible()
    [measure] = desk.enforcement.host_file("h1", "a1").measures
    assert measure.kind is MeasureKind.WARNING
    senior = sit("chen")
    senior.goto(f"{office}/measures/{measure.id}")
    desk.cases.reopen(nine[KEPT[1]], OTHER_SENIOR)
    decide(desk, nine[KEPT[1]], OTHER_SENIOR, Choice.VIOLATES, "worse_than_found")
    senior.get_by_role("button", name="批准").click()
    expect(senior.get_by_role("alert")).to_contain_text(desk.cases.case(nine[KEPT[1]]).shown_number)
    assert desk.enforcement.measure(measure.id, "a1").state is MeasureState.PROPOSED
    senior.goto(f"{office}/measures/{measure.id}")
    expect(senior.get_by_role("alert")).to_contain_text(desk.cases.case(nine[KEPT[1]]).shown_number)
    assert senior.get_by_role("button", name="批准").count() == 0
    draw(senior, "13-measure-stale")


def test_the_published_table_is_read_by_a_host(sit: Sit, office: str) -> None:
    page = sit(None)
    page.goto(f"{office}/standard")
    expect(page.get_by_role("heading", name="处置阶梯")).to_be_visible()
    expect(page.locator(".ladder li")).to_have_text(["警示", "限期停播", "列入黑名单"])
    draw(page, "14-host-page-table")
    page.get_by_role("link", name="English").click()
    expect(page.locator(".ladder li")).to_have_text(["warning", "suspension for a term", "blacklist"])
