"""Errors are pages for whoever reads pages, in their language and with the way back; programs get the problem."""

import pytest
from playwright.sync_api import expect

from tests.review.server.pages.seats import Sit
from tests.review.server.pages.seen import check_seen
from tests.review.server.pages.test_case_page import AddCases

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "status", "zh", "en"),
    [
        ("/nowhere", 404, "找不到这个页面", "There is no such page"),
        ("/cases/none", 404, "找不到这个页面", "There is no such page"),
        ("/hosts/none-such", 404, "找不到这个页面", "There is no such page"),
        ("/people", 403, "没有权限", "You may not do this"),
        ("/?limit=0", 422, "提交的内容有误", "Something that was sent is wrong"),
        (f"/h/{'x' * 43}", 404, "链接已失效", "This link is no longer valid"),
    ],
)
def test_an_error_is_a_page_with_the_way_back(
    sit: Sit, add_cases: AddCases, address: str, path: str, status: int, zh: str, en: str
) -> None:
    add_cases(1)
    page = sit("anna", "/findings")
    answer = page.goto(f"{address}{path}", referer=f"{address}/findings")
    assert answer is not None
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    expect(page.get_by_role("heading", level=1)).to_have_text(zh)
    check_seen(page, path)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(en)
    page.goto(f"{address}{path}", referer=f"{address}/findings")
    if path.startswith("/h/"):
        expect(page.get_by_role("link", name="回到案件审核")).to_have_count(0)
    else:
        page.get_by_role("link", name="回到案件审核").click()
        expect(page.locator("#queue .row")).to_have_count(1)
        page.go_back()
    page.get_by_role("link", name="返回上一页").click()
    expect(page).to_have_url(f"{address}/findings")


def test_programs_and_parts_of_pages_get_the_problem(sit: Sit, address: str) -> None:
    page = sit("anna")
    for path, headers in (
        ("/cases/none", {"Accept": "*/*"}),
        ("/cases/none", {"Accept": "text/html", "HX-Request": "true"}),
        ("/v1/cases/none", {"Accept": "text/html"}),
    ):
        answer = page.request.get(f"{address}{path}", headers=headers)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
