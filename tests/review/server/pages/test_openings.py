"""What opens over a page closes by Esc and outside it and covers no decision; the focus goes on with the work."""

from typing import Any

import pytest
from playwright.sync_api import expect

from review.stores import Stores
from tests.review.server.pages.seats import Sit, wait_until
from tests.review.server.pages.test_case_page import AddCases

pytestmark = pytest.mark.browser


def test_what_stands_beside_closes_and_covers_no_decision(sit: Sit, add_cases: AddCases) -> None:
    add_cases(5)
    page = sit("anna")
    expect(page.locator("#claim")).to_contain_text("1:")
    for number in range(3):
        opening = page.locator(".beside details").nth(number)
        for close in ("Escape", "outside"):
            opening.locator("summary").click()
            expect(opening).to_have_attribute("open", "")
            box = opening.locator(".scroll").bounding_box()
            decide = page.locator("#decide").bounding_box()
            assert box is not None
            assert decide is not None
            assert box["x"] + box["width"] <= decide["x"], "it stands over the decision"
            if close == "Escape":
                page.keyboard.press("Escape")
                expect(opening.locator("summary")).to_be_focused()
            else:
                page.locator("#card h1").click()
            expect(opening).not_to_have_attribute("open", "")


def test_the_focus_goes_to_the_next_case_and_a_link_leads_past_the_menu(sit: Sit, add_cases: AddCases) -> None:
    add_cases(3)
    page = sit("anna")
    expect(page.locator("#claim")).to_contain_text("1:")
    first = page.locator("#decide").get_attribute("data-case") or ""
    page.locator('[data-choice="violates"]').click()
    page.locator('[data-act="submit"]').click()
    expect(page.locator("#decide")).not_to_have_attribute("data-case", first)
    expect(page.locator("#card h1")).to_be_focused()
    page.goto(page.url)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    focused: Any = page.evaluate("document.activeElement.id")
    assert focused == "main"


def test_an_account_is_closed_only_after_a_question(sit: Sit, desk_store: Stores) -> None:
    page = sit("eve", "/people")
    asked: list[str] = []

    def answer(accept: bool) -> None:
        page.once(
            "dialog", lambda dialog: (asked.append(dialog.message), dialog.accept() if accept else dialog.dismiss())
        )
        page.locator("tr", has_text="bo").get_by_role("button", name="停用").click()

    def is_open() -> bool:
        return next(one.active for one in desk_store.people.accounts() if one.login == "bo")

    answer(accept=False)
    assert is_open()
    answer(accept=True)
    wait_until(page, lambda: not is_open())
    assert len(asked) == 2
    assert "Bo" in asked[0]
