"""The page of trends: its pictures and tables say the same, lead to the cases, and keep to whose they are."""

from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import expect

from review.accounts.types import Person
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.server.pages.trend_pictures import BOTTOM, TOP, bars, shares
from review.stores import Stores
from tests.review.server.pages.seats import Sit, known
from tests.review.server.pages.seen import check_office
from tests.review.server.pages.test_case_page import AddCases


@pytest.fixture
def moving(desk_store: Stores, add_cases: AddCases, people: dict[str, Person]) -> Stores:
    """Three cases, of which one was confirmed."""
    first, *_ = add_cases(3)
    given = Submission(
        case_id=first.id, version=first.version, request_id="r", choice=Choice.VIOLATES, reason="as_found"
    )
    desk_store.cases.decide(given, people["anna"])
    return desk_store


def get(address: str, stores: Stores, path: str, login: str = "anna") -> httpx.Response:
    return httpx.get(f"{address}{path}", cookies={"zhenyan": known(stores, login).token}, timeout=30)


def test_every_way_to_look_answers(address: str, moving: Stores) -> None:
    for by in ("class", "rule", "policy", "goods"):
        for step in ("day", "week"):
            assert get(address, moving, f"/trends?by={by}&step={step}&days=90").status_code == 200
    assert "SPEC_PARAM.quantity" in get(address, moving, "/trends?by=rule").text
    assert get(address, moving, "/trends?by=class&key=NOTHING").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/trends?by=host",
        "/trends?days=8",
        "/trends?step=hour",
        "/trends/cases",
        "/trends/cases?first=2026-13-01&last=2026-11-02",
        "/trends/cases?first=2026-11-01&last=2026-11-02&what=all",
        "/trends/cases?first=2026-11-01&last=2026-11-02&after=nonsense",
    ],
)
def test_what_is_no_question_is_refused(address: str, moving: Stores, path: str) -> None:
    assert get(address, moving, path).status_code == 422


def test_days_out_of_all_reason_have_nothing(address: str, moving: Stores) -> None:
    answer = get(address, moving, "/trends/cases?first=0001-01-01&last=9999-12-31&what=confirmed")
    assert answer.status_code == 200
    assert answer.text.count("ZY-") == 1


def test_a_limited_account_sees_nothing_of_others(address: str, moving: Stores) -> None:
    moving.keys.add_tenant("bolt", "Bolt", "test")
    moving.stream_writer.put_stream(replace(moving.streams.stream("s2"), stream_id="b1", tenant_id="bolt"))
    moving.people.change("bo", actor="test", tenants={"bolt"})
    assert "规格/参数" not in get(address, moving, "/trends", "bo").text
    path = "/trends/cases?first=2026-11-01&last=2026-11-30&what=waiting"
    assert "ZY-" not in get(address, moving, path, "bo").text
    assert "ZY-" in get(address, moving, path).text


def test_bars_stand_on_the_ground_and_the_highest_reaches_the_top() -> None:
    picture = bars([0, 5, None, 10], ["a", "b", "c", "d"], ["1", "2", "3", "4"])
    assert [(one.top, one.height) for one in picture.columns] == [
        (BOTTOM, 0),
        ((TOP + BOTTOM) / 2, (BOTTOM - TOP) / 2),
        (TOP, BOTTOM - TOP),
    ]
    assert picture.most == 10
    assert bars([], [], []).columns == ()
    assert bars([0, 0], ["a", "b"], ["1", "2"]).most == 1


def test_a_period_without_decisions_has_no_point() -> None:
    picture = shares([(0.5, 0.2, 0.8), None, (1.0, 0.6, 1.0)], ["a", "b", "c"], ["1", "2", "3"])
    assert [one.label for one in picture.points] == ["a", "c"]
    assert len(picture.lines) == 1
    assert picture.points[0].high_y < picture.points[0].y < picture.points[0].low_y


@pytest.mark.browser
def test_from_a_figure_to_its_case(sit: Sit, moving: Stores) -> None:
    page = sit("dora", "/trends")
    expect(page.locator("svg.trend")).to_have_count(4)
    page.locator("tbody").last.get_by_role("link", name="判违规 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").click()
    page.wait_for_url("**/cases/*-*")


@pytest.mark.browser
@pytest.mark.parametrize(
    "path", ["/trends", "/trends?step=week&days=90&by=rule", "/trends/cases?first=2026-11-01&last=2026-11-30"]
)
def test_pages_fit_and_axe_finds_nothing(sit: Sit, moving: Stores, path: str) -> None:
    check_office(sit("dora", path), path)
