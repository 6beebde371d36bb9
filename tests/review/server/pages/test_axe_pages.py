"""The checker of accessibility finds nothing on any other page of the desk, light and dark, in both languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from review.analytics.types import ProposalKind
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.stores import Stores
from tests.review.server.pages.seats import Sit, known
from tests.review.server.pages.test_case_page import AddCases

pytestmark = pytest.mark.browser


def check(page: Page, what: str) -> None:
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found] == [], what


@pytest.mark.parametrize(("scheme", "language"), [("light", "zh"), ("dark", "en")])
def test_axe_finds_nothing_on_the_other_pages(
    sit: Sit, add_cases: AddCases, desk_store: Stores, address: str, complaints: list[str], scheme: str, language: str
) -> None:
    first, second, *_ = add_cases(3)
    anna = known(desk_store, "anna").person
    desk_store.cases.decide_all(
        [
            Submission(case_id=case.id, version=case.version, request_id=case.id, choice=choice, reason=reason)
            for case, choice, reason in ((first, Choice.VIOLATES, "as_found"), (second, Choice.LAWFUL, "true"))
        ],
        anna,
    )
    desk_store.analytics.propose(first.id, anna, "躺着就瘦", None, ProposalKind.WORD, "常用暗语")
    page = sit("eve", f"/?lang={language}")
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("#claim")).to_contain_text("1:")
    page.keyboard.press("w")
    check(page, "proposing")
    for path in ("/?state=proof", f"/cases/{first.id}", "/dashboards", "/teaching", "/people", "/words", "/password"):
        page.goto(f"{address}{path}")
        check(page, path)
    page.context.clear_cookies(name="zhenyan")
    page.goto(f"{address}/login")
    expect(page.get_by_role("textbox")).to_have_count(2)
    check(page, "login")
    # The checker itself tries inline styles, which the pages' policy refuses.
    complaints[:] = [told for told in complaints if "inline style" not in told]
