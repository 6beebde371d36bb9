"""Notices on paper: all five parts, both languages, nothing from a text becomes markup."""

import re
from pathlib import Path

import pytest

from review.due.errors import AppealRefused
from review.due.notices import decision_html, draft_notice, notice_html, pdf_of
from review.due.rules import DAY_MS, Measures
from review.due.types import MeasureKind
from review.laws import Laws
from review.store import Store
from tests.review.due.people import OTHER_SENIOR, REVIEWER, SENIOR, Clock, notice, wanted

LAWS = Laws.read(Path(__file__).parents[3] / "configs" / "laws" / "zh-CN.yaml")
NAMES = {"SPEC_PARAM": ("规格/参数/净含量", "Specification or net content")}


def test_an_intended_measure_says_how_to_answer_and_that_nothing_is_decided(
    desk: Store, confirmed: str, clock: Clock, table: Measures
) -> None:
    measure = desk.due.propose(wanted([confirmed], clock.ms), REVIEWER)
    html = notice_html(measure, "小岚", table, LAWS, page_url="https://zhenyan.example/h/token")
    for part in (
        "拟处置事先告知书",
        "Notice of an intended measure",
        measure.notice.facts_zh,
        measure.notice.reasons_zh,
        "广告法 28(2)(2)",
        "与实际情况不符，对购买行为有实质性影响的",
        "2026-12-05 20:00",
        "2027-01-04 20:00",
        "https://zhenyan.example/h/token",
        "不是处置决定",
        "列入黑名单",
    ):
        assert part in html


def test_a_measure_in_force_says_until_when_it_can_be_appealed(
    desk: Store, confirmed: str, clock: Clock, table: Measures
) -> None:
    words = notice(clock.ms, facts_zh="<script>alert(1)</script>", facts_en="A & B", starts_at_ms=clock.ms)
    measure = desk.due.propose(wanted([confirmed], clock.ms, notice=words, urgent_why="正在播"), REVIEWER)
    html = notice_html(desk.due.approve(measure.id, SENIOR), "<b>", table, LAWS)
    assert "处置通知书" in html
    assert "2026-12-25 20:00" in html
    assert "15 日内" in html
    assert "<script" not in html
    assert "<b>" not in html
    assert "A &amp; B" in html


def test_a_decision_is_printed_once_there_is_one(desk: Store, confirmed: str, clock: Clock, table: Measures) -> None:
    measure = desk.due.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.due.approve(measure.id, SENIOR)
    token = desk.due.issue_token(measure.id, "r1")
    appeal = desk.due.appeal(token, "不服")
    with pytest.raises(AppealRefused, match="not decided"):
        decision_html(appeal, measure, "小岚", table)
    decided = desk.due.decide_appeal(
        appeal.id, OTHER_SENIOR, overturn=True, reasons_zh="报告属实", reasons_en="The report is true."
    )
    html = decision_html(decided, measure, "小岚", table)
    assert "申诉成立" in html
    assert "报告属实" in html
    assert "The appeal succeeds" in html
    assert "The report is true." in html


def test_a_draft_is_a_whole_notice(desk: Store, confirmed: str, clock: Clock) -> None:
    case = desk.cases.case(confirmed)
    proposal = desk.due.proposal("h1", "r1")
    drafted = draft_notice(
        proposal,
        [case],
        NAMES,
        ["广告法 28(2)(2)", "广告法 28(2)(2)"],
        starts_at_ms=clock.ms,
        ends_at_ms=clock.ms + DAY_MS,
    )
    assert drafted.basis == ("广告法 28(2)(2)",)
    assert "总功率可以做到一百瓦" in drafted.facts_zh
    assert "Specification" in drafted.facts_en
    assert drafted.reasons_zh == proposal.reason_zh
    measure = desk.due.propose(wanted([confirmed], clock.ms, kind=MeasureKind.WARNING, notice=drafted), REVIEWER)
    assert measure.notice == drafted


def test_the_paper_is_a_pdf_with_its_fonts_and_fetches_nothing(
    desk: Store, confirmed: str, clock: Clock, table: Measures
) -> None:
    measure = desk.due.propose(wanted([confirmed], clock.ms), REVIEWER)
    pdf = pdf_of(notice_html(measure, "小岚", table, LAWS))
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/FontFile[23]?", pdf)) + pdf.count(b"/ObjStm") >= 1
    assert pdf_of('<img src="file:///etc/hostname"><p>x</p>').startswith(b"%PDF-")
