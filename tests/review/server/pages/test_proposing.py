"""Words are proposed for the lexicon from the case that is open, by one key."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from review.analytics.types import ProposalKind
from review.cases.types import Case
from review.stores import Stores
from tests.review.server.pages.seats import Sit

pytestmark = pytest.mark.browser
AddCases = Callable[..., list[Case]]


def test_one_key_proposes_what_was_matched(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    [case] = add_cases(1)
    page = sit()
    page.keyboard.press("w")
    expect(page.locator('#proposal [name="words"]')).to_have_value("总功率可以做到0瓦")
    expect(page.locator('#proposal [name="class"]')).to_have_value("SPEC_PARAM")
    expect(page.locator('#proposal [name="words"]')).to_be_focused()
    page.keyboard.type("躺着就瘦 vnue jk")
    page.keyboard.press("Enter")
    expect(page.locator("#proposal")).to_be_visible()
    page.locator('#proposal [name="class"]').select_option("ABS_SUPERLATIVE")
    page.locator('#proposal [name="reason"]').fill("主播改用的说法")
    page.keyboard.press("Enter")
    expect(page.locator("#bar")).to_contain_text("已提议 “躺着就瘦 vnue jk”")
    expect(page.locator("#proposal")).to_be_hidden()
    [proposal] = desk_store.analytics.proposals()
    assert (proposal.words, proposal.case_id, proposal.kind) == ("躺着就瘦 vnue jk", case.id, ProposalKind.WORD)
    assert (proposal.class_id, proposal.reason) == ("ABS_SUPERLATIVE", "主播改用的说法")
    assert desk_store.cases.decisions(case.id) == ()


def test_what_is_selected_in_the_words_is_suggested(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    add_cases(1)
    page = sit()
    page.locator(".said p", has_text="一百二十瓦").select_text()
    page.keyboard.press("w")
    expect(page.locator('#proposal [name="words"]')).to_have_value("有人问是不是一百二十瓦的，不是啊。")
    page.locator('#proposal [name="kind"]').select_option("near_miss")
    page.locator('#proposal [name="reason"]').fill("有人否认")
    page.get_by_role("button", name="提议 回车").click()
    expect(page.locator("#bar")).to_contain_text("已提议")
    [proposal] = desk_store.analytics.proposals()
    assert proposal.kind is ProposalKind.NEAR_MISS


def test_words_that_are_refused_say_why_and_stay(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    add_cases(1)
    page = sit()
    page.keyboard.press("w")
    page.keyboard.type("{坏}")
    expect(page.locator(".word-preview")).to_contain_text("暂时查不到")
    page.locator('#proposal [name="reason"]').fill("试试")
    page.keyboard.press("Enter")
    expect(page.locator("#proposal .wrong")).to_contain_text("need 1 to 30 characters")
    expect(page.locator('#proposal [name="words"]')).to_have_value("{坏}")
    page.keyboard.press("Escape")
    expect(page.locator("#proposal")).to_be_hidden()
    assert desk_store.analytics.proposals() == ()


def test_what_the_words_would_match_is_shown_before_they_are_sent(sit: Sit, add_cases: AddCases) -> None:
    add_cases(1)
    page = sit()
    page.keyboard.press("w")
    preview = page.locator(".word-preview")
    expect(preview).to_contain_text("库里没有命中的句子")
    page.locator('#proposal [name="words"]').fill("一百二十瓦")
    expect(preview).to_contain_text("会命中 1 句")
    expect(preview.locator("li")).to_contain_text("有人问是不是一百二十瓦的")
    expect(preview).to_contain_text("查看了全部")


def test_an_auditor_proposes_nothing(sit: Sit, add_cases: AddCases) -> None:
    [case] = add_cases(1)
    page = sit("dora", f"/cases/{case.id}")
    expect(page.locator("#decide")).to_contain_text("你的角色不作决定")
    expect(page.locator('[data-act="propose"]')).to_have_count(0)
    page.keyboard.press("w")
    expect(page.locator("#proposal")).to_be_hidden()
