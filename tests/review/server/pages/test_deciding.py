"""People decide at the desk, in real browsers, and whatever happens no decision is lost or doubled."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from claims.types import Finding
from review.accounts.types import Person
from review.cases.decisions import LEASE_MS, Submission
from review.cases.types import Case, CaseState, Choice
from review.stores import Stores
from tests.review.server.pages.seats import Clock, Sit, log_in, wait_until

pytestmark = pytest.mark.browser
AddCases = Callable[..., list[Case]]
MakeFinding = Callable[..., Finding]
# What is pressed, and what must come of it.
WAYS = (
    (["v", "Enter"], Choice.VIOLATES, "as_found"),
    (["v", "3", "Enter"], Choice.VIOLATES, "worse_than_found"),
    (["n", "Enter"], Choice.LAWFUL, "true"),
    (["n", "5", "Enter"], Choice.LAWFUL, "misheard"),
    (["n", "9", "Enter"], Choice.LAWFUL, "rule_wrong"),
    (["u", "2", "Enter"], Choice.UNSURE, "unclear_product"),
    (["e", "Enter"], Choice.NEEDS_PROOF, "seller_proof"),
    (["v", "n", "4", "Enter"], Choice.LAWFUL, "corrected"),
)


def shown_case(page: Page) -> str:
    return str(page.locator("#decide").get_attribute("data-case"))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def only_decision(stores: Stores, case_id: str) -> tuple[Choice, str]:
    [decision] = stores.cases.decisions(case_id)
    return decision.choice, decision.reason


def wait_for_decisions(page: Page, stores: Stores, case_id: str, count: int) -> None:
    wait_until(page, lambda: len(stores.cases.decisions(case_id)) == count)


def test_thirty_cases_are_decided_without_the_mouse(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    cases = add_cases(30)
    page = sit()
    expect(page.locator("#queue .row")).to_have_count(30)
    expected = {}
    for number in range(30):
        keys, choice, reason = WAYS[number % len(WAYS)]
        case_id = shown_case(page)
        expected[case_id] = (choice, reason)
        if number == 3:
            press(page, "j")
            expect(page.locator("#decide")).not_to_have_attribute("data-case", case_id)
            press(page, "k")
            expect(page.locator("#decide")).to_have_attribute("data-case", case_id)
        press(page, *keys)
        if number < 29:
            expect(page.locator("#decide")).not_to_have_attribute("data-case", case_id)
    wait_for_decisions(page, desk_store, case_id, 1)
    assert set(expected) == {case.id for case in cases}
    assert {case.id: only_decision(desk_store, case.id) for case in cases} == expected


def test_a_decision_is_taken_back_with_one_key(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    first, _ = add_cases(2)
    page = sit()
    press(page, "v", "Enter")
    expect(page.locator("#bar")).to_be_visible()
    expect(page.locator("#bar .count-down")).to_have_text(re.compile(r"^(10|[1-9])$"))
    assert desk_store.cases.case(first.id).state is CaseState.CONFIRMED
    expect(page.locator("#decide")).not_to_have_attribute("data-case", first.id)
    press(page, "z")
    expect(page.locator("#decide")).to_have_attribute("data-case", first.id)
    wait_until(page, lambda: desk_store.cases.case(first.id).state is CaseState.OPEN)
    expect(page.locator("#decide")).to_have_attribute("data-version", "2")
    press(page, "n", "Enter")
    expect(page.locator("#decide")).not_to_have_attribute("data-case", first.id)
    stands = {d.choice: d.undone_at_ms is None for d in desk_store.cases.decisions(first.id)}
    assert stands == {Choice.VIOLATES: False, Choice.LAWFUL: True}


def test_keys_are_left_to_the_field_that_has_the_focus(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    [case] = add_cases(1)
    page = sit()
    press(page, "v", "t")
    page.keyboard.type("vnue jk 123 /?[]x")
    expect(page.locator('[name="note"]')).to_have_value("vnue jk 123 /?[]x")
    expect(page.locator('[data-choice="violates"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#help")).to_be_hidden()
    press(page, "Escape", "2")
    page.locator("#class-id").select_option("ABS_SUPERLATIVE")
    page.locator('[data-act="submit"]').click()
    wait_for_decisions(page, desk_store, case.id, 1)
    [decision] = desk_store.cases.decisions(case.id)
    assert (decision.reason, decision.class_id, decision.note) == (
        "other_class",
        "ABS_SUPERLATIVE",
        "vnue jk 123 /?[]x",
    )


def test_another_class_asks_which(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    [case] = add_cases(1)
    page = sit()
    press(page, "v", "2", "Enter")
    expect(page.locator("#trouble")).to_contain_text("先选正确的类别")
    expect(page.locator("#class-id")).to_be_focused()
    assert desk_store.cases.decisions(case.id) == ()


def test_a_case_in_other_hands_can_be_read_but_not_decided(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    [case] = add_cases(1)
    first = sit("anna")
    expect(first.locator("#claim")).to_contain_text("我在处理，还剩 1:")
    second = sit("bo", f"/cases/{case.id}")
    expect(second.locator(".claim-line")).to_contain_text("Anna 正在处理")
    expect(second.locator("#card .registered")).to_have_text("双口合计 65 W")
    expect(second.locator('[data-choice="violates"]')).to_be_disabled()
    first.goto("about:blank")
    wait_until(second, lambda: desk_store.cases.case(case.id).claimed_by is None)
    second.reload()
    expect(second.locator("#claim")).to_contain_text("我在处理")


def test_whose_hold_ran_out_loses_to_who_decided_meanwhile(
    sit: Sit, add_cases: AddCases, desk_store: Stores, clock: Clock, people: dict[str, Person]
) -> None:
    case, _ = add_cases(2)
    late = sit("anna", f"/cases/{case.id}")
    expect(late.locator("#claim")).to_contain_text("我在处理")
    clock.wait(LEASE_MS / 1000 + 1)
    quick = sit("bo", f"/cases/{case.id}")
    expect(quick.locator("#claim")).to_contain_text("我在处理")
    press(late, "v", "Enter")
    expect(late.locator("#trouble")).to_contain_text("别人正在处理这个案件；你的决定没有记录")
    press(quick, "n", "Enter")
    wait_for_decisions(quick, desk_store, case.id, 1)
    [decision] = desk_store.cases.decisions(case.id)
    assert (decision.person_id, decision.choice) == (people["bo"].id, Choice.LAWFUL)


def test_the_second_of_two_gets_the_fresh_case_and_a_clear_word(
    sit: Sit, add_cases: AddCases, desk_store: Stores, people: dict[str, Person]
) -> None:
    case, _ = add_cases(2)
    page = sit("anna", f"/cases/{case.id}")
    expect(page.locator("#claim")).to_contain_text("我在处理")
    desk_store.cases.release(case.id, people["anna"])
    other = Submission(
        case_id=case.id, version=case.version, request_id="other", choice=Choice.LAWFUL, reason="true", note="有证"
    )
    desk_store.cases.decide(other, people["bo"])
    press(page, "v", "Enter")
    expect(page.locator("#trouble")).to_contain_text("刚被别人决定或改动")
    expect(page.locator(".claim-line")).to_contain_text("已定合规")
    expect(page.locator(".decisions")).to_contain_text("Bo")
    assert len(desk_store.cases.decisions(case.id)) == 1


def test_a_decision_made_without_network_is_kept_and_sent_once(
    sit: Sit, add_cases: AddCases, desk_store: Stores
) -> None:
    case, _ = add_cases(2)
    page = sit("anna", f"/cases/{case.id}")
    expect(page.locator("#claim")).to_contain_text("我在处理")
    page.context.set_offline(True)
    press(page, "v", "Enter")
    expect(page.locator("#trouble")).to_contain_text("你的决定已保留，正在重试")
    assert desk_store.cases.decisions(case.id) == ()
    page.context.set_offline(False)
    expect(page.locator("#decide")).not_to_have_attribute("data-case", case.id)
    assert only_decision(desk_store, case.id) == (Choice.VIOLATES, "as_found")


class LosesAnswers:
    """Between page and server: the server gets the decisions; the first so many of its answers never reach the page."""

    def __init__(self, times: int) -> None:
        self.answered: list[int] = []
        self._times = times

    def __call__(self, route: Route) -> None:
        answer = route.fetch()
        self.answered.append(answer.status)
        if len(self.answered) <= self._times:
            route.abort()
        else:
            route.fulfill(response=answer)


def test_an_answer_that_was_lost_makes_no_second_decision(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    case, _ = add_cases(2)
    losing = LosesAnswers(2)
    page = sit("anna", f"/cases/{case.id}", {"**/decisions": losing})
    press(page, "n", "5", "Enter")
    expect(page.locator("#decide")).not_to_have_attribute("data-case", case.id)
    assert losing.answered == [201, 201, 201]
    assert only_decision(desk_store, case.id) == (Choice.LAWFUL, "misheard")


def test_a_page_that_is_loaded_again_sends_what_it_kept(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    case, _ = add_cases(2)
    is_cut = True
    page = sit(
        "anna", f"/cases/{case.id}", {"**/decisions": lambda route: route.abort() if is_cut else route.continue_()}
    )
    page.on("dialog", lambda dialog: dialog.accept())
    press(page, "v", "Enter")
    expect(page.locator("#trouble")).to_contain_text("正在重试")
    is_cut = False
    page.reload()
    wait_for_decisions(page, desk_store, case.id, 1)
    assert only_decision(desk_store, case.id) == (Choice.VIOLATES, "as_found")


def test_an_expired_session_keeps_the_decision_for_the_same_person_only(
    sit: Sit, add_cases: AddCases, desk_store: Stores, address: str, people: dict[str, Person]
) -> None:
    case, _ = add_cases(2)
    page = sit("anna", f"/cases/{case.id}")
    expect(page.locator("#claim")).to_contain_text("我在处理")
    page.on("dialog", lambda dialog: dialog.accept())
    [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == "zhenyan"]
    desk_store.people.log_out(str(cookie["value"]))
    press(page, "v", "Enter")
    expect(page.locator("#trouble")).to_contain_text("重新登录后会自动送出")
    log_in(page, address, desk_store, "bo")
    page.goto(f"{address}/")
    expect(page.locator("#trouble")).to_contain_text("没有替他送出")
    assert desk_store.cases.decisions(case.id) == ()
    log_in(page, address, desk_store, "anna")
    page.goto(f"{address}/")
    wait_for_decisions(page, desk_store, case.id, 1)
    [decision] = desk_store.cases.decisions(case.id)
    assert decision.person_id == people["anna"].id


def test_a_double_click_and_a_nervous_enter_are_one_decision(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    cases = add_cases(3)
    page = sit("anna", f"/cases/{cases[0].id}")
    press(page, "v")
    page.locator('[data-act="submit"]').dblclick()
    expect(page.locator("#decide")).not_to_have_attribute("data-case", cases[0].id)
    second = shown_case(page)
    press(page, "n", "Enter", "Enter", "Enter")
    expect(page.locator("#decide")).not_to_have_attribute("data-case", second)
    taken = {case.id: len(desk_store.cases.decisions(case.id)) for case in cases}
    assert sorted(taken.values()) == [0, 1, 1]
    assert taken[cases[0].id] == taken[second] == 1


def test_keys_before_the_next_case_has_come_decide_nothing(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    first, second = add_cases(2)
    held: list[Route] = []
    page = sit("anna", f"/cases/{first.id}", {f"**/cases/{second.id}": lambda route: held.append(route)})
    expect(page.locator("#claim")).to_contain_text("我在处理")
    press(page, "j")
    wait_until(page, lambda: len(held) == 1)
    press(page, "v", "Enter")
    expect(page.locator('[data-choice="violates"]')).to_have_attribute("aria-pressed", "false")
    held[0].continue_()
    expect(page.locator("#decide")).to_have_attribute("data-case", second.id)
    assert desk_store.cases.decisions(first.id) == desk_store.cases.decisions(second.id) == ()


def test_the_back_button_brings_no_decision_back(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    case, _ = add_cases(2)
    page = sit("anna", f"/cases/{case.id}")
    press(page, "v", "Enter")
    expect(page.locator("#decide")).not_to_have_attribute("data-case", case.id)
    page.goto(page.url.replace(shown_case(page), case.id))
    expect(page.locator(".claim-line")).to_contain_text("已定违规")
    page.go_back()
    expect(page.locator("#decide")).not_to_have_attribute("data-case", case.id)
    page.go_forward()
    expect(page.locator(".claim-line")).to_contain_text("已定违规")
    press(page, "n", "Enter")
    expect(page.locator(".choices")).to_have_count(0)
    assert only_decision(desk_store, case.id) == (Choice.VIOLATES, "as_found")


@pytest.mark.parametrize("second_share", [1.0])
def test_the_second_review_is_blind_and_a_senior_sees_both(
    sit: Sit, add_cases: AddCases, desk_store: Stores, people: dict[str, Person]
) -> None:
    [case] = add_cases(1)
    first = sit("anna")
    press(first, "v", "t")
    first.keyboard.type("我看是违规")
    press(first, "Enter")
    wait_for_decisions(first, desk_store, case.id, 1)
    expect(first.locator("#queue .row")).to_have_count(0)
    second = sit("bo")
    expect(second.locator(".claim-line")).to_contain_text("盲审")
    answer: Any = second.request.get(second.url.split("/cases")[0].rstrip("/") + f"/v1/cases/{case.id}").json()
    assert answer["decisions"] == []
    for told in ("Anna", "我看是违规", people["anna"].id):
        # The list of colleagues to give a case to has everybody's name.
        assert told not in second.content().split('<dialog id="aside"')[0]
    press(second, "n", "Enter")
    wait_for_decisions(second, desk_store, case.id, 2)
    assert desk_store.cases.case(case.id).state is CaseState.SENIOR_REVIEW
    senior = sit("chen")
    for told in ("Anna", "我看是违规", "Bo"):
        expect(senior.locator(".decisions")).to_contain_text(told)
    press(senior, "v", "Enter")
    wait_for_decisions(senior, desk_store, case.id, 3)
    assert desk_store.cases.case(case.id).state is CaseState.CONFIRMED


def test_the_same_script_is_offered_and_each_room_confirmed(
    sit: Sit, desk_store: Stores, make_finding: MakeFinding
) -> None:
    long = "姐妹们这款充电器两个口一起用总功率可以做到100W"
    desk_store.stream_writer.add_findings(
        make_finding(finding_id=f"f_{number}", stream_id=f"s{number}", normalised=long, quote=long)
        for number in (2, 3, 4)
    )
    page = sit()
    expect(page.locator(".same input")).to_have_count(2)
    case_id = shown_case(page)
    press(page, "v")
    page.locator(".same input").first.check()
    also = page.locator(".same input").first.get_attribute("value")
    page.locator('[data-act="submit"]').click()
    expect(page.locator("#bar")).to_contain_text("另 1 件")
    assert only_decision(desk_store, case_id) == only_decision(desk_store, str(also)) == (Choice.VIOLATES, "as_found")
    expect(page.locator("#queue .row")).to_have_count(1)
    press(page, "z")
    expect(page.locator("#queue .row")).to_have_count(3)


def test_several_are_previewed_confirmed_and_taken_back(
    sit: Sit, add_cases: AddCases, desk_store: Stores, people: dict[str, Person]
) -> None:
    cases = add_cases(4)
    page = sit("anna", f"/cases/{cases[0].id}")
    desk_store.cases.claim(cases[1].id, people["bo"])
    press(page, "x")
    page.locator('[data-act="pick-all"]').click()
    page.locator("#bulk-choice").select_option("lawful rule_wrong")
    page.locator('[data-act="preview"]').click()
    expect(page.locator(".prospects input")).to_have_count(3)
    expect(page.locator(".prospects.not")).to_contain_text("别人正在处理")
    assert all(desk_store.cases.decisions(case.id) == () for case in cases)
    page.locator(".prospects input").last.uncheck()
    page.locator('[data-act="confirm-bulk"]').click()
    expect(page.locator("#bar")).to_contain_text("已定 2 件")
    expect(page.locator("#queue .row")).to_have_count(2)
    states = [desk_store.cases.case(case.id).state for case in cases]
    assert states.count(CaseState.CLEARED) == 2
    assert states[1] is CaseState.OPEN
    press(page, "z")
    wait_until(page, lambda: all(desk_store.cases.case(case.id).state is CaseState.OPEN for case in cases))
    expect(page.locator("#queue .row")).to_have_count(4)


def test_an_auditor_reads_and_decides_nothing(sit: Sit, add_cases: AddCases, desk_store: Stores) -> None:
    [case] = add_cases(1)
    page = sit("dora")
    expect(page.locator(".claim-line")).to_contain_text("你的角色不作决定")
    expect(page.locator(".choices")).to_have_count(0)
    press(page, "v", "Enter")
    assert desk_store.cases.decisions(case.id) == ()
    assert desk_store.cases.case(case.id).claimed_by is None


def test_an_open_case_is_held_on_by_a_heartbeat(
    sit: Sit, add_cases: AddCases, desk_store: Stores, clock: Clock, people: dict[str, Person]
) -> None:
    [case] = add_cases(1)
    page = sit("dora", "/healthz")
    page.clock.install()
    log_in(page, page.url.partition("/healthz")[0], desk_store, "anna")
    page.goto(page.url.replace("/healthz", f"/cases/{case.id}"))
    page.clock.run_for(1000)
    expect(page.locator("#claim")).to_contain_text("我在处理，还剩 1:")
    until = desk_store.cases.case(case.id).claimed_until_ms
    clock.wait(40)
    page.clock.run_for(40_000)
    wait_until(page, lambda: desk_store.cases.case(case.id).claimed_until_ms == (until or 0) + 40_000)
    assert desk_store.cases.case(case.id).claimed_by == people["anna"].id
