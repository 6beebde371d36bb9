"""Two reviewers at one queue: each is led to cases of their own, and no decision is lost, doubled or on another's case.

A page of Playwright is driven by one thread, so that the two take turns key by key while both have a case open; the
race of requests at one moment is `tests/review/cases/test_duties.py`'s.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from review.accounts.types import Person
from review.cases.queries import CaseQuery
from review.cases.types import CaseState
from review.server.pages.queue import QueueFilter, QueuePart
from review.stores import Stores
from tests.review.server.pages.seats import Sit, known, wait_until
from tests.review.server.pages.seen import check_seen
from tests.review.server.pages.test_case_page import AddCases

pytestmark = pytest.mark.browser


def shown(page: Page) -> str:
    return page.locator("#decide").get_attribute("data-case") or ""


def decide_in_turns(seats: list[Page], count: int) -> dict[str, int]:
    """Each decides what the desk leads them to; gives which seat decided which case."""
    decided: dict[str, int] = {}
    for number in range(count):
        at = number % len(seats)
        page, other = seats[at], seats[1 - at]
        case_id = shown(page)
        assert case_id not in decided, "led to a case that is decided"
        assert case_id != shown(other), "led to a case that a colleague has open"
        page.keyboard.press("vnue"[number % 2])
        page.keyboard.press("Enter")
        decided[case_id] = at
        if number < count - len(seats):
            expect(page.locator("#decide")).not_to_have_attribute("data-case", case_id)
    return decided


def two_reviewers(sit: Sit, add_cases: AddCases, stores: Stores, count: int) -> None:
    cases = add_cases(count)
    seats = [sit("anna")]
    expect(seats[0].locator("#claim")).to_contain_text("1:")
    seats.append(sit("bo"))
    expect(seats[1].locator("#claim")).to_contain_text("1:")
    assert shown(seats[0]) != shown(seats[1])
    decided = decide_in_turns(seats, count)
    people = [known(stores, login).person.id for login in ("anna", "bo")]
    wait_until(seats[0], lambda: stores.cases.queue(CaseQuery()).cases == ())
    assert set(decided) == {case.id for case in cases}
    for case_id, at in decided.items():
        [decision] = stores.cases.decisions(case_id)
        assert decision.person_id == people[at]
        assert stores.cases.case(case_id).state in {CaseState.CONFIRMED, CaseState.CLEARED}
    for page in seats:
        expect(page.locator("#trouble")).to_contain_text("没有下一件")


def test_two_reviewers_are_led_to_cases_of_their_own(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    two_reviewers(sit, add_cases, desk_store, 12)


@pytest.mark.slow
def test_a_hundred_decisions_of_two_reviewers(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    two_reviewers(sit, add_cases, desk_store, 100)


def test_no_key_is_dead_on_a_case_that_a_colleague_holds(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    first, second, third = add_cases(3)
    desk_store.cases.claim(first.id, known(desk_store, "bo").person)
    page = sit("anna", f"/cases/{first.id}")
    expect(page.locator("#decide .barred")).to_contain_text("Bo 正在处理")
    for key in ("v", "n", "u", "e", "Enter"):
        page.evaluate("document.getElementById('trouble').hidden = true")
        page.keyboard.press(key)
        expect(page.locator("#trouble")).to_contain_text("按 G 转到下一件待办")
    page.keyboard.press("g")
    expect(page.locator("#decide")).to_have_attribute("data-case", second.id)
    page.keyboard.press("j")
    expect(page.locator("#decide")).to_have_attribute("data-case", third.id)
    page.keyboard.press("k")
    expect(page.locator("#decide")).to_have_attribute("data-case", second.id)
    page.keyboard.press("k")
    expect(page.locator("#row-" + second.id)).to_have_attribute("aria-current", "true")


def quicker(page: Page, take: Callable[[], object], at: str) -> None:
    """A colleague takes the case when the server has chosen it: before this page's request for `at` gets through."""

    def late(route: Route) -> None:
        take()
        route.continue_()

    page.route(at, late, times=1)


def test_a_case_that_a_colleague_takes_first_is_passed_over(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    first, second, third = add_cases(3)
    bo = known(desk_store, "bo").person
    page = sit("anna", "/replays")
    quicker(page, lambda: desk_store.cases.claim(first.id, bo), f"**/cases/{first.id}/claim")
    page.goto(page.url.split("/replays")[0] + "/")
    expect(page.locator("#claim")).to_contain_text("1:")
    assert shown(page) == second.id
    # Opened by somebody's own wish, a case that is taken stays and says so.
    quicker(page, lambda: desk_store.cases.claim(third.id, bo), f"**/cases/{third.id}/claim")
    page.keyboard.press("j")
    expect(page.locator("#decide .barred")).to_contain_text("Bo 正在处理")
    expect(page.locator("#trouble")).to_contain_text("别人正在处理")
    assert shown(page) == third.id


def test_a_case_that_is_taken_while_its_page_is_filled_is_passed_over(
    sit: Sit, add_cases: AddCases, desk_store: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add_cases(2)
    bo = known(desk_store, "bo").person
    chosen = QueuePart.first

    def first_then_taken(queue: QueuePart, shown: QueueFilter, person: Person) -> str | None:
        case_id = chosen(queue, shown, person)
        desk_store.cases.claim(first.id, bo)
        return case_id

    monkeypatch.setattr(QueuePart, "first", first_then_taken)
    page = sit("anna")
    expect(page.locator("#claim")).to_contain_text("1:")
    assert shown(page) == second.id


def test_a_case_is_left_put_off_and_given_by_key(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    first, second, third, _ = add_cases(4)
    page = sit("anna")
    expect(page.locator("#decide")).to_have_attribute("data-case", first.id)
    for case, way, told in (
        (first, "leave", "已跳过"),
        (second, "put-off", "已设为稍后处理"),
        (third, "give", "已指派给 Bo"),
    ):
        expect(page.locator("#decide")).to_have_attribute("data-case", case.id)
        page.keyboard.press("a")
        page.locator(f'#aside [name="way"][value="{way}"]').check()
        if way == "give":
            page.locator('#aside [name="person"]').select_option(label="Bo · 审核员")
        check_seen(page, f"aside {way}", axe=way == "leave")
        page.locator("#aside .strong").click()
        expect(page.locator("#bar .said-bar")).to_contain_text(told)
        expect(page.locator("#decide")).not_to_have_attribute("data-case", case.id)
    bo = known(desk_store, "bo").person
    assert desk_store.duties.of(third.id).given_to == bo.id
    assert desk_store.duties.of(second.id).until_ms is not None
    page.goto(page.url.split("/cases/")[0] + "/?state=put_off")
    expect(page.locator("#queue .row")).to_have_count(1)
    expect(page.locator("#decide")).to_contain_text("后处理")
    page.locator('[data-act="take-up"]').click()
    wait_until(page, lambda: desk_store.duties.of(second.id).until_ms is None)
    other = sit("bo", "/?state=given")
    expect(other.locator("#decide")).to_have_attribute("data-case", third.id)
    expect(other.locator("#queue .age")).to_contain_text("指派给我 1 件")


def test_a_named_queue_is_made_read_and_dropped(
    sit: Sit, add_cases: AddCases, desk_store: Stores, address: str, complaints: list[str]
) -> None:
    add_cases(2)
    page = sit("eve", "/queues")
    check_seen(page, "queues")
    page.get_by_label("队列名称").fill("参数")
    page.get_by_label("规格/参数/净含量").check()
    page.get_by_label("Anna · 审核员").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".figures")).to_contain_text("Anna")
    [queue] = desk_store.queues.all()
    assert (queue.classes, queue.readers) == (("SPEC_PARAM",), (known(desk_store, "anna").person.id,))
    page.get_by_label("队列名称").fill("参数")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("已有同名队列")
    anna = sit("anna")
    anna.locator('[name="queue"]').select_option(label="参数")
    expect(anna.locator("#queue .row")).to_have_count(2)
    assert f"queue={queue.id}" in anna.url
    other = sit("bo")
    expect(other.locator('[name="queue"]')).to_have_count(0)
    answer = other.goto(f"{address}/?queue={queue.id}")
    assert answer is not None
    assert answer.status == 404
    page.goto(f"{address}/queues")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删除").click()
    expect(page.locator(".figures")).to_contain_text("还没有队列")
    complaints[:] = [told for told in complaints if "inline style" not in told]


def test_a_case_is_found_by_its_words_its_host_and_its_number(
    sit: Sit, add_cases: AddCases, desk_store: Stores, address: str
) -> None:
    cases = add_cases(12)
    desk_store.cases.claim(cases[3].id, known(desk_store, "bo").person)
    page = sit("anna")
    assert len({case.shown_number for case in cases}) == 12
    for asked, count in ((cases[5].shown_number, 1), ("做到7瓦", 1), ("小岚", 12), ("双口氮化镓", 12), ("50%_", 0)):
        page.keyboard.press("/")
        expect(page.locator('[name="q"]')).to_be_focused()
        page.locator('[name="q"]').fill(asked)
        page.keyboard.press("Enter")
        expect(page.locator("#queue .row")).to_have_count(count)
        expect(page.locator('[name="state"]')).to_have_value("any")
        if count:
            expect(page.locator("#card .about")).to_contain_text("ZY-")
    check_seen(page, "nothing found")
    page.get_by_role("link", name="清除筛选").first.click()
    expect(page.locator("#queue .row")).to_have_count(12)


def test_a_filter_is_remembered_until_it_is_cleared(sit: Sit, add_cases: AddCases, address: str) -> None:
    add_cases(2)
    page = sit("anna")
    page.locator('#filters [name="class"]').select_option("SPEC_PARAM")
    expect(page).to_have_url(
        f"{address}/?q=&state=mine_to_decide&class=SPEC_PARAM&severity=&host=&stream=&product=&platform="
    )
    page.goto(f"{address}/measures")
    page.goto(f"{address}/")
    expect(page.locator('#filters [name="class"]')).to_have_value("SPEC_PARAM")
    page.goto(f"{address}/?clear=1")
    expect(page.locator('#filters [name="class"]')).to_have_value("")
    page.goto(f"{address}/")
    expect(page.locator('#filters [name="class"]')).to_have_value("")
