"""The whole path in a real browser: finding, case, two people, notice, the host's appeal, another senior, the platform.

ZHENYAN_SHOTS names a folder into which each page is drawn in both languages.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from claims.types import Passage
from ingest.recording.manifest import read_manifest
from net.guard import NetPolicy
from review.cases.types import CaseState
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import AppealState, MeasureState
from review.evidence.clips import clip_of
from review.stores import Stores
from review.webhooks.endpoints import Endpoint
from tests.chromium import DEADLINE_MS
from tests.review.enforcement.drawing import Sit, draw
from tests.review.enforcement.listener import SECRET, listening
from tests.review.enforcement.people import Clock
from tests.review.enforcement.recorded import add_recorded_case, copy_recorded
from tests.review.server.pages.seats import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.service]


@pytest.fixture
def case_id(desk: Stores, enforcement_setup: EnforcementSetup, recordings: Path) -> str:
    """A finding in a broadcast that was recorded, its clip cut, its case open."""
    folder = copy_recorded(recordings, 40, enforcement_setup.data_dir)
    desk.stream_writer.add_segments(read_manifest(folder))
    desk.stream_writer.add_passages(
        [Passage(stream_id="s1", id="u1", start_ms=9000, end_ms=12_000, text="总功率可以做到一百瓦")]
    )
    opened = add_recorded_case(desk, 9000, 12_000)
    assert (
        clip_of(desk.evidence, desk.stream_writer, enforcement_setup.data_dir, desk.streams.finding("f_recorded"))
        is not None
    )
    return opened


def test_from_a_finding_to_the_platform(
    sit: Sit, desk: Stores, office: str, case_id: str, clock: Clock, tmp_path: Path
) -> None:
    with listening() as platform:
        net = NetPolicy.parse((f"127.0.0.1:{platform.port}",))
        kinds_wanted = ("measure.*", "appeal.*")
        sender = desk.sender(net, Endpoint(url=platform.url, secret=SECRET, kinds=kinds_wanted), page_url=office)
        measure_id = confirm_and_propose(sit, desk, office, case_id)
        clock.wait(10 * DAY_MS + 1_800_000)
        link = approve_and_link(sit, desk, office, measure_id)
        sender.send_pending()
        appeal_id = appeal_as_host(sit, desk, link, tmp_path)
        overturn(sit, desk, office, appeal_id)
        sender.send_pending()
        sender.close()
        kinds = [message["type"] for message in platform.messages()]
        assert kinds == [
            "measure.proposed",
            "measure.in_force",
            "appeal.filed",
            "measure.lifted",
            "appeal.overturned",
        ]
    assert desk.enforcement.measure(measure_id, "r1").state is MeasureState.LIFTED
    assert desk.cases.case(case_id).state is CaseState.CLEARED
    host = sit("anna")
    host.goto(f"{office}/hosts/h1")
    expect(host.get_by_text("没有已确认的违规")).to_be_visible()
    draw(host, "8-host-after")
    page = sit(None)
    page.goto(link)
    expect(page.locator(".appeal-overturned")).to_be_visible()
    draw(page, "9-host-page-after")


def confirm_and_propose(sit: Sit, desk: Stores, office: str, case_id: str) -> str:
    """A reviewer confirms the case at the desk and proposes a blacklist entry; gives the measure's id."""
    page = sit("anna")
    page.goto(f"{office}/cases/{case_id}")
    page.locator("button.choice-violates").click()
    page.locator(".reasons:visible [data-reason=as_found]").click()
    page.locator("[data-act=submit]").click()
    for _ in range(DEADLINE_MS // 100):
        if desk.cases.case(case_id).state is CaseState.CONFIRMED:
            break
        page.wait_for_timeout(100)
    page.goto(f"{office}/hosts/h1")
    expect(page.get_by_role("heading", name="计分记录 1")).to_be_visible()
    draw(page, "1-host")
    page.get_by_role("link", name="提出处置").click()
    page.get_by_label("列入黑名单").check()
    expect(page.locator("[name=serious_why]")).to_be_visible()
    draw(page, "2-propose", reload=False)
    page.locator("[name=serious_why]").fill("面向大量消费者反复虚假宣传核心参数")
    page.locator("[name=starts_at]").fill("2026-11-25T08:00")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_have_text("主播还在陈述申辩期内。")
    expect(page.locator("[name=serious_why]")).to_have_value("面向大量消费者反复虚假宣传核心参数")
    page.locator("[name=starts_at]").fill("2026-12-05T08:00")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("需要另一位高级审核员批准")).to_be_visible()
    assert page.get_by_role("button", name="批准").count() == 0
    draw(page, "3-measure-proposed")
    return page.url.partition("?")[0].rpartition("/")[2]


def approve_and_link(sit: Sit, desk: Stores, office: str, measure_id: str) -> str:
    """A senior approves it and makes the host's link, which the page shows once."""
    page = sit("chen")
    page.goto(f"{office}/measures")
    draw(page, "4-measures")
    page.get_by_role("link", name="列入黑名单").click()
    page.get_by_role("button", name="批准").click()
    expect(page.locator(".measure-in_force").first).to_be_visible()
    page.get_by_role("button", name="生成主播网址").click()
    link = page.locator("code.link").inner_text()
    page.goto(f"{office}/measures/{measure_id}")
    assert page.locator("code.link").count() == 0
    draw(page, "5-measure-in-force")
    printed = page.request.get(f"{office}/measures/{measure_id}/notice.pdf")
    assert (printed.status, printed.body()[:5]) == (200, b"%PDF-")
    return link


def appeal_as_host(sit: Sit, desk: Stores, link: str, tmp_path: Path) -> str:
    """The host opens the link, looks at the clip, and appeals with a file; gives the appeal's id."""
    page = sit(None)
    page.goto(link)
    wait_until(page, lambda: page.evaluate("document.querySelector('video').readyState >= 1"))
    draw(page, "6-host-page")
    page.locator("[name=statement]").fill("当时说的是两口合计的峰值，下播前已更正。")
    wrong = tmp_path / "evil.html"
    wrong.write_text("<script>alert(1)</script>", encoding="utf-8")
    page.locator("[name=files]").set_input_files(wrong)
    page.get_by_role("button", name="提交申诉").click()
    expect(page.get_by_role("alert")).to_contain_text("不是可接受的类型")
    expect(page.locator("[name=statement]")).to_have_value("当时说的是两口合计的峰值，下播前已更正。")
    good = tmp_path / "检测报告.pdf"
    good.write_bytes(b"%PDF-1.7 report")
    page.locator("[name=files]").set_input_files(good)
    page.get_by_role("button", name="提交申诉").click()
    expect(page.locator(".appeal-filed")).to_be_visible()
    expect(page.locator(".receipt")).to_contain_text("收到你的申诉")
    expect(page.get_by_role("link", name="检测报告.pdf")).to_be_visible()
    assert page.get_by_role("button", name="提交申诉").count() == 0
    [appeal] = desk.enforcement.open_appeals()
    assert [file.name for file in appeal.files] == ["检测报告.pdf"]
    return appeal.id


def overturn(sit: Sit, desk: Stores, office: str, appeal_id: str) -> None:
    """The senior who approved can't decide; another one overturns."""
    barred = sit("chen")
    barred.goto(f"{office}/appeals/{appeal_id}")
    expect(barred.get_by_text("你参与过这项措施或它的案件")).to_be_visible()
    assert barred.get_by_role("button", name="作出决定").count() == 0
    draw(barred, "7a-appeal-barred")
    page = sit("dai")
    page.goto(f"{office}/appeals")
    draw(page, "7b-appeals")
    page.get_by_role("link", name="查看申诉").click()
    expect(page.get_by_role("button", name="作出决定")).to_be_visible()
    draw(page, "7c-appeal")
    ruling = page.locator("fieldset.ruling")
    expect(ruling.locator("figure.fact")).to_contain_text("总功率可以做到一百瓦")
    wait_until(page, lambda: ruling.locator("video").evaluate("video => video.readyState >= 1"))
    assert page.locator("input[type=radio]:checked").count() == 0
    ruling.get_by_label("维持认定").check()
    ruling.get_by_label("书面理由 · 中文").fill("原话清楚。")
    page.get_by_role("button", name="作出决定").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择保留的措施")
    page.get_by_label("限期停播").check()
    page.get_by_role("button", name="预览结果").click()
    expect(page.locator(".outcome")).to_contain_text("措施由“列入黑名单”变为“")
    expect(page.locator(".outcome .amended")).to_contain_text("更正")
    draw(page, "7e-appeal-preview", reload=False)
    ruling.get_by_label("撤销认定：这一件不违规").check()
    expect(ruling.locator("select")).to_have_value("")
    page.get_by_role("button", name="作出决定").click()
    expect(page.get_by_role("alert")).to_contain_text("撤销的请选择为何合规")
    ruling.locator("select").select_option("rule_wrong")
    ruling.get_by_label("书面理由 · 中文").fill("回放显示主播当场作了更正，情节不足以列入黑名单。")
    page.get_by_role("button", name="作出决定").click()
    expect(page.locator(".appeal-overturned").first).to_be_visible()
    draw(page, "7d-appeal-decided")
    appeal, _ = desk.enforcement.appeal_file(appeal_id, "r1")
    assert appeal.state is AppealState.OVERTURNED
