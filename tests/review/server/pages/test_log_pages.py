"""The audit trail and the log of decisions: found by who, what, case and day, paged, and as CSV."""

import csv
import io
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import expect

from review.accounts.types import Person
from review.cases.decisions import Submission
from review.cases.types import Case, Choice
from review.stores import Stores
from tests.review.server.pages.seats import Clock, MakeFinding, Sit, known
from tests.review.server.pages.seen import check_office
from tests.review.server.pages.test_case_page import AddCases


@pytest.fixture
def decided(desk_store: Stores, add_cases: AddCases, people: dict[str, Person], clock: Clock) -> list[Case]:
    """Three cases: Anna confirmed one, Bo cleared one a day later and Anna took back what she decided on the third."""
    cases = add_cases(3)
    decide(desk_store, cases[0], people["anna"], Choice.VIOLATES, "as_found", note="=cmd()")
    decide(desk_store, cases[2], people["anna"], Choice.LAWFUL, "true")
    desk_store.cases.undo(cases[2].id, people["anna"])
    clock.wait(86_400)
    decide(desk_store, cases[1], people["bo"], Choice.LAWFUL, "true")
    return [desk_store.cases.case(case.id) for case in cases]


def decide(stores: Stores, case: Case, person: Person, choice: Choice, reason: str, note: str = "") -> None:
    version = stores.cases.case(case.id).version
    given = Submission(case_id=case.id, version=version, request_id=case.id, choice=choice, reason=reason, note=note)
    stores.cases.decide(given, person)


def get(address: str, stores: Stores, path: str, login: str = "dora", **asked: str) -> httpx.Response:
    return httpx.get(f"{address}{path}", params=asked, cookies={"zhenyan": known(stores, login).token}, timeout=30)


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 3),
        ({"who": "Anna"}, 2),
        ({"who": "anna"}, 2),
        ({"who": "nobody"}, 0),
        ({"what": "lawful"}, 2),
        ({"what": "nothing"}, 3),
        ({"class": "SPEC_PARAM"}, 3),
        ({"class": "ORIGIN"}, 0),
        ({"first": "2026-11-25"}, 1),
        ({"last": "2026-11-24"}, 2),
        ({"first": "2026-11-24", "last": "2026-11-24", "who": "anna", "what": "violates"}, 1),
        ({"case": "no number"}, 0),
        ({"first": "2026-02-31"}, 3),
    ],
)
def test_decisions_are_found(
    address: str, desk_store: Stores, decided: list[Case], asked: dict[str, str], expected: int
) -> None:
    assert len(rows(get(address, desk_store, "/decisions.csv", **asked))) == expected
    assert get(address, desk_store, "/decisions", **asked).text.count('<th scope="row"') == expected


def test_a_decision_is_found_by_the_number_of_its_case(address: str, desk_store: Stores, decided: list[Case]) -> None:
    case = decided[0]
    for named in (case.shown_number, str(case.number), f"#{case.number}"):
        [row] = rows(get(address, desk_store, "/decisions.csv", case=named))
        assert (row["case"], row["person"], row["choice"]) == (case.shown_number, "Anna", "违规")
    assert row["note"] == "'=cmd()", "no cell is a formula"


def test_what_was_taken_back_is_told(address: str, desk_store: Stores, decided: list[Case]) -> None:
    found = rows(get(address, desk_store, "/decisions.csv", who="Anna"))
    assert sorted(bool(row["taken_back"]) for row in found) == [False, True]
    assert "已撤销" in get(address, desk_store, "/decisions").text


def test_the_log_keeps_to_the_customers_of_who_looks(
    address: str, desk_store: Stores, decided: list[Case], make_finding: MakeFinding, people: dict[str, Person]
) -> None:
    desk_store.keys.add_tenant("bolt", "Bolt", "test")
    host = replace(desk_store.streams.stream("s2").host, id="bolt/h1", name="别家主播")
    desk_store.stream_writer.put_stream(
        replace(desk_store.streams.stream("s2"), stream_id="b1", host=host, tenant_id="bolt")
    )
    desk_store.stream_writer.add_findings([make_finding(finding_id="b", stream_id="b1")])
    case_id = desk_store.cases.case_of("b")
    assert case_id is not None
    decide(desk_store, desk_store.cases.case(case_id), people["bo"], Choice.VIOLATES, "as_found")
    desk_store.people.change("chen", actor="test", tenants={"bolt"})
    assert [row["host"] for row in rows(get(address, desk_store, "/decisions.csv", "chen"))] == ["别家主播"]
    assert "ZY-" in get(address, desk_store, "/decisions", "chen").text
    assert get(address, desk_store, "/audit", "chen").status_code == 403
    assert get(address, desk_store, "/audit.csv", "chen").status_code == 403


def test_many_decisions_are_shown_a_page_at_a_time(
    address: str, desk_store: Stores, add_cases: AddCases, people: dict[str, Person]
) -> None:
    for case in add_cases(105):
        decide(desk_store, case, people["anna"], Choice.VIOLATES, "as_found")
    first = get(address, desk_store, "/decisions", what="violates").text
    assert first.count('<th scope="row"') == 100
    after = first.partition("after=")[2].partition('"')[0].partition("&")[0]
    rest = get(address, desk_store, "/decisions", what="violates", after=after).text
    assert rest.count('<th scope="row"') == 5
    assert len(rows(get(address, desk_store, "/decisions.csv"))) == 105
    assert get(address, desk_store, "/decisions", after="nonsense").status_code == 422


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"what": "thing.done"}, 2),
        ({"what": "thing."}, 3),
        ({"what": "thing"}, 0),
        ({"who": "Anna"}, 1),
        ({"who": "key:1"}, 2),
        ({"case": "case:c1"}, 1),
        ({"case": "c1"}, 1),
        ({"case": "stream:s1"}, 2),
        ({"first": "2026-11-25", "what": "thing."}, 1),
        ({"last": "2026-11-24", "what": "thing."}, 2),
        ({"case": "nothing"}, 0),
    ],
)
def test_the_trail_is_searched(
    address: str, desk_store: Stores, people: dict[str, Person], clock: Clock, asked: dict[str, str], expected: int
) -> None:
    desk_store.audit.note(people["anna"].id, "thing.done", "case:c1")
    desk_store.audit.note("key:1", "thing.undone", "stream:s1")
    clock.wait(86_400)
    desk_store.audit.note("key:1", "thing.done", "stream:s1", count=3)
    found = rows(get(address, desk_store, "/audit.csv", **asked))
    own = [row for row in found if row["action"].startswith("thing.")]
    assert len(own) == expected
    assert [int(row["sequence"]) for row in found] == sorted((int(row["sequence"]) for row in found), reverse=True)
    assert get(address, desk_store, "/audit", **asked).text.count('title="thing.') == expected


def test_the_trail_is_found_by_the_number_of_a_case(address: str, desk_store: Stores, decided: list[Case]) -> None:
    desk_store.audit.note("test", "thing.done", f"case:{decided[0].id}")
    found = rows(get(address, desk_store, "/audit.csv", case=decided[0].shown_number))
    assert {row["subject"] for row in found} == {f"case:{decided[0].id}"}
    assert rows(get(address, desk_store, "/audit.csv", case="ZY-999999")) == []


def test_a_long_trail_goes_on(address: str, desk_store: Stores, people: dict[str, Person]) -> None:
    for number in range(130):
        desk_store.audit.note("test", "thing.done", f"case:c{number}")
    first = get(address, desk_store, "/audit", what="thing.done").text
    assert first.count('title="thing.done') == 100
    after = first.partition("after=")[2].partition('"')[0].partition("&")[0]
    assert get(address, desk_store, "/audit", what="thing.done", after=after).text.count('title="thing.done') == 30
    assert get(address, desk_store, "/audit", after="nonsense").status_code == 422
    assert len(rows(get(address, desk_store, "/audit.csv", what="thing.done"))) == 130
    assert desk_store.audit.verify() is None


@pytest.mark.parametrize("path", ["/audit", "/audit.csv", "/decisions", "/decisions.csv"])
def test_reviewers_read_no_log(address: str, desk_store: Stores, people: dict[str, Person], path: str) -> None:
    assert get(address, desk_store, path, "anna").status_code == 403


@pytest.mark.browser
def test_both_logs_in_a_browser(sit: Sit, desk_store: Stores, decided: list[Case]) -> None:
    desk_store.audit.note("test", "thing.done", f"case:{decided[0].id}")
    page = sit("dora", "/decisions")
    page.get_by_label("判定人").fill("Bo")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    check_office(page, "decisions")
    page.goto(page.url.partition("/decisions")[0] + "/audit?lang=zh")
    page.locator("select[name=what]").select_option("thing.")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    check_office(page, "audit")
    page.locator("tbody a").click()
    page.wait_for_url(f"**/cases/{decided[0].id}")
