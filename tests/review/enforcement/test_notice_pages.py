"""Notices on paper: all five parts, both languages, the tense of the day, nothing from a text becomes markup."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from claims.law.texts import StatuteTexts
from review.enforcement.errors import AppealRefused
from review.enforcement.notice_pages import decision_html, notice_html, pdf_of
from review.enforcement.notice_view import shown_measure, state_key, term_of
from review.enforcement.penalty_table import DAY_MS, Measures
from review.enforcement.types import Measure, MeasureState
from review.presentation.language import Words
from review.stores import Stores
from tests.review.enforcement.people import OTHER_SENIOR, REVIEWER, SENIOR, Clock, decide_whole, notice, wanted
from tests.review.enforcement.printed import words_of
from tests.system import pango

LAWS = StatuteTexts.read(Path(__file__).parents[3] / "configs" / "laws" / "zh-CN.yaml")


def test_an_intended_measure_says_how_to_answer_and_that_nothing_is_decided(
    desk: Stores, confirmed: str, clock: Clock, table: Measures
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms, remarks_zh="已下架"), REVIEWER)
    html = notice_html(measure, "小岚", table, LAWS, clock.ms, page_url="https://zhenyan.example/h/token")
    for part in (
        "拟处置事先告知书",
        "Notice of an intended measure",
        measure.notice.facts_zh,
        measure.notice.reasons_zh,
        "《广告法》第二十八条第二款第（二）项",
        "Advertising Law, Article 28, paragraph 2, item (2)",
        "与实际情况不符，对购买行为有实质性影响的",
        "如经批准，将自2026年12月5日20时00分起生效，至2027年1月4日20时00分止",
        "If it is approved, it takes effect on 2026-12-05 20:00",
        "https://zhenyan.example/h/token",
        "不是处置决定",
        "列入黑名单",
        "首次违规，减 25 %",
        "情节严重：多次虚假宣传核心参数，购买者众多",
        "已下架",
    ):
        assert part in html
    assert "广告法 28(2)(2)" not in html


def test_a_measure_in_force_says_until_when_it_can_be_appealed(
    desk: Stores, confirmed: str, clock: Clock, table: Measures
) -> None:
    choice = wanted(
        [confirmed], clock.ms, starts_at_ms=clock.ms, urgent_why="<script>alert(1)</script>", remarks_en="A & B"
    )
    measure = desk.enforcement.approve(desk.enforcement.propose(choice, REVIEWER).id, SENIOR)
    html = notice_html(measure, "<b>", table, LAWS, clock.ms)
    assert "处置通知书" in html
    assert "2026-12-25 20:00" in html
    assert "15 日内" in html
    assert "<script" not in html
    assert "<b>" not in html
    assert "A &amp; B" in html


def test_it_takes_effect_in_the_tense_of_the_day(desk: Stores, confirmed: str, clock: Clock) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    zh, en = Words("zh"), Words("en")
    begins, ends = "2026年12月5日20时00分", "2027年1月4日20时00分"
    assert term_of(measure, zh, clock.ms) == f"如经批准，将自{begins}起生效，至{ends}止，到期自动解除。"
    clock.wait(10 * DAY_MS)
    in_force = desk.enforcement.approve(measure.id, SENIOR)
    before, after = measure.starts_at_ms - 1, measure.starts_at_ms
    in_force = replace(in_force, approved_at_ms=before - 1)
    assert term_of(in_force, zh, before) == f"将自{begins}起生效，至{ends}止，到期自动解除。"
    assert term_of(in_force, zh, after) == f"自{begins}起生效，至{ends}止，到期自动解除。"
    assert term_of(in_force, zh, measure.ends_at_ms) == f"自{begins}起生效，已于{ends}期满解除。"
    assert term_of(in_force, en, before).startswith("It will take effect on")
    assert term_of(in_force, en, after).startswith("It has been in effect since")
    assert (state_key(in_force, before), state_key(in_force, after)) == (
        "measure_state.approved",
        "measure_state.in_force",
    )
    lifted = replace(in_force, state=MeasureState.LIFTED, closed_at_ms=before)
    assert "未曾生效" in term_of(lifted, zh, after)
    assert "已于" in term_of(replace(lifted, closed_at_ms=after), zh, after)
    for state in (MeasureState.REJECTED, MeasureState.LAPSED):
        assert "未生效" in term_of(replace(measure, state=state), zh, after)


def test_a_measure_approved_late_says_that_it_begins_with_its_approval(
    desk: Stores, confirmed: str, clock: Clock
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(20 * DAY_MS)
    late = desk.enforcement.approve(measure.id, SENIOR)
    assert term_of(late, Words("zh"), clock.ms).startswith("自2026年12月15日20时00分起生效")


def test_a_notice_from_before_is_still_read(desk: Stores, confirmed: str, clock: Clock, table: Measures) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    old: Measure = replace(measure, notice=notice(clock.ms))
    shown = shown_measure(old, "zh", LAWS, clock.ms)
    assert (shown.points, [cited.printed for cited in shown.basis]) == ((), ["《广告法》第二十八条第二款第（二）项"])
    html = notice_html(old, "小岚", table, LAWS, clock.ms)
    assert "与登记参数不符" in html
    assert '<table class="points">' not in html


def test_a_decision_is_printed_once_there_is_one(desk: Stores, confirmed: str, clock: Clock, table: Measures) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    token = desk.enforcement.issue_token(measure.id, "r1")
    appeal = desk.enforcement.appeal(token, "不服")
    with pytest.raises(AppealRefused, match="not decided"):
        decision_html(appeal, measure, "小岚", table)
    decided = decide_whole(
        desk, appeal.id, OTHER_SENIOR, overturn=True, reasons_zh="报告属实", reasons_en="The report is true."
    )
    html = decision_html(decided, measure, "小岚", table)
    assert "申诉成立" in html
    assert "报告属实" in html
    assert "The appeal succeeds" in html
    assert "The report is true." in html


def test_the_paper_is_a_pdf_with_its_fonts_and_fetches_nothing(
    desk: Stores, confirmed: str, clock: Clock, table: Measures
) -> None:
    pango()
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    pdf = pdf_of(notice_html(measure, "小岚", table, LAWS, clock.ms))
    assert "口播称：“总功率可以做到一百瓦”" in words_of(pdf)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/FontFile[23]?", pdf)) + pdf.count(b"/ObjStm") >= 1
    assert pdf_of('<img src="file:///etc/hostname"><p>x</p>').startswith(b"%PDF-")
