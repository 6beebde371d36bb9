"""The desk on every screen that people work at: nothing over another, nothing without height, nothing sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from review.cases.types import Case
from review.stores import Stores
from tests.review.server.pages.seats import Sit
from tests.review.server.pages.seen import check_seen
from tests.review.server.pages.test_case_page import AddCases

pytestmark = pytest.mark.browser
LAPTOP = (1366, 768)
# The laptop at 125 % has as many pixels as the second.
OTHERS = ((1024, 768), (1093, 614), (1180, 820), (1920, 1080), (390, 844), (820, 1180))
Walk = Callable[[str, tuple[int, int], str], None]


@pytest.fixture
def walk(sit: Sit, add_cases: AddCases, desk_store: Stores, address: str, complaints: list[str]) -> Walk:
    """Looks at list, case, armed decision and findings in this language, size and scheme."""

    def go(language: str, size: tuple[int, int], scheme: str) -> None:
        cases = add_cases(12)
        desk_store.stream_writer.set_clip(cases[0].top_finding_id, "clips/f_power.mp4", 23_000)
        page = sit("anna", f"/?lang={language}")
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": size[0], "height": size[1]})
        look(page, address, cases[0], f"{language} {size} {scheme}")

    return go


def look(page: Page, address: str, case: Case, what: str) -> None:
    page.goto(f"{address}/")
    expect(page.locator("#queue .row")).to_have_count(12)
    check_seen(page, f"list {what}")
    page.goto(f"{address}/cases/{case.id}")
    expect(page.locator("#claim")).to_contain_text("1:")
    expect(page.locator("#player video")).to_be_visible()
    check_seen(page, f"case {what}")
    page.keyboard.press("v")
    expect(page.locator("#armed")).to_be_visible()
    check_seen(page, f"armed {what}", axe=False)
    box = page.locator('[data-act="submit"]').bounding_box()
    assert box is not None
    view = page.viewport_size
    assert view is not None
    assert box["y"] + box["height"] <= view["height"], f"the decision is not at hand: {what}"
    for menu in range(5):
        page.locator(".top .menu > summary").nth(menu).click()
        check_seen(page, f"menu {menu} {what}", axe=False)
        page.keyboard.press("Escape")
        expect(page.locator(".top .menu[open]")).to_have_count(0)
    page.goto(f"{address}/findings?show=flag")
    check_seen(page, f"findings {what}", axe=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_desk_on_a_small_laptop(walk: Walk, language: str) -> None:
    walk(language, LAPTOP, "light")


# Pairwise: each size in both languages and both schemes, though not in each pair of them.
PAIRS = [(size, language, scheme) for size in OTHERS for language, scheme in (("zh", "dark"), ("en", "light"))]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "language", "scheme"), PAIRS)
def test_the_desk_on_other_screens(walk: Walk, size: tuple[int, int], language: str, scheme: str) -> None:
    walk(language, size, scheme)


def test_on_a_phone_the_list_and_the_case_are_two_screens(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    first, second, *_ = add_cases(3)
    page = sit("anna", "/findings")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.url.replace("/findings", "/"))
    expect(page.locator("#queue .row").first).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    page.wait_for_timeout(800)
    assert desk_store.cases.case(first.id).claimed_by is None, "nobody reads a case that is not shown"
    page.locator(f"#row-{second.id}").click()
    expect(page.locator("#decide")).to_be_visible()
    expect(page.locator("#queue-scroll")).to_be_hidden()
    expect(page.locator("#claim")).to_contain_text("1:")
    page.get_by_role("button", name="返回列表").click()
    expect(page.locator("#queue .row").first).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith(f"/cases/{second.id}/claim")):
        page.locator(f"#row-{second.id}").click()
    page.locator('[data-choice="violates"]').click()
    page.locator('[data-act="submit"]').click()
    expect(page.locator("#decide")).to_have_attribute("data-case", first.id)
    expect(page.locator("#decide")).to_be_visible()
