"""A transcript is corrected from the case that is open, by one key, and by programs in the same way."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from claims.law.texts import StatuteTexts
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from review.accounts.types import Person
from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.types import Case, CaseState, Choice
from review.evidence_packs.contents import Dossier, gather
from review.evidence_packs.pack import Maker, contents
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.corrections import Judging
from tests.review.replays.stored import LINES, fill
from tests.review.server.pages.conftest import LAWS_FILE
from tests.review.server.pages.seats import CLASS_NAMES, Sit, known

POWER, AGAIN, TRUE = (LINES[1].replace("一百瓦", said) for said in ("一百瓦", "一百二十瓦", "六十五瓦"))
Find = Callable[[str], Case]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture
def app(desk_store: Stores, data_dir: Path, policy: Policy) -> Any:
    """The app over a broadcast that was screened; claims are judged anew by rules alone."""
    fill(desk_store, data_dir, "live")
    judging = Judging(in_force=policy, by_name=lambda _name: None, reader=None, data_dir=data_dir)
    return create_app(
        desk_store,
        data_dir,
        class_names=CLASS_NAMES,
        laws=StatuteTexts.read(LAWS_FILE),
        access=Access(auth=Auth.LOCAL),
        judging=lambda: judging,
    )


@pytest.fixture
def case_of(app: Any, desk_store: Stores) -> Find:
    def find(words: str) -> Case:
        (case,) = (c for c in desk_store.cases.queue(CaseQuery(states=())).cases if words in c.quote)
        return case

    return find


@pytest.fixture
def anna(address: str, desk_store: Stores, people: dict[str, Person]) -> Iterator[httpx.Client]:
    login = known(desk_store, "anna")
    headers = {"X-CSRF-Token": login.csrf}
    with httpx.Client(base_url=address, timeout=30, cookies={"zhenyan": login.token}, headers=headers) as client:
        yield client


def body(**changes: object) -> dict[str, object]:
    return {"request_id": "c-1", "passage_id": "u1", "original": POWER, "corrected": AGAIN, **changes}


def problem(answer: httpx.Response) -> tuple[int, str | None]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json().get("code")


def test_a_program_corrects_and_reads_both_texts(anna: httpx.Client, case_of: Find, desk_store: Stores) -> None:
    case = case_of("一百瓦")
    made = anna.post(f"/v1/cases/{case.id}/corrections", json=body(why="heard again"))
    assert made.status_code == 201, made.text
    assert (made.json()["heard"], made.json()["corrected"]) == (POWER, AGAIN)
    again = anna.post(f"/v1/cases/{case.id}/corrections", json=body())
    assert again.json() == made.json()
    read = anna.get(f"/v1/cases/{case.id}").json()
    assert read["corrections"] == [made.json()]
    (now,), (before,) = read["findings"], read["superseded"]
    assert (now["supersedes"], before["superseded_by"]) == (before["finding_id"], now["finding_id"])
    assert (before["quote"], now["quote"]) == ("总功率可以做到一百瓦", "总功率可以做到一百二十瓦")
    assert read["case"]["quote"] == now["quote"]


def test_refusals_say_which(anna: httpx.Client, case_of: Find, desk_store: Stores, people: dict[str, Person]) -> None:
    case = case_of("一百瓦")
    url = f"/v1/cases/{case.id}/corrections"
    assert problem(anna.post(url, json=body(original="别的"))) == (409, "text_changed")
    assert problem(anna.post(url, json=body(corrected=POWER))) == (422, "nothing_changed")
    assert problem(anna.post(url, json=body(passage_id="u9"))) == (422, "not_of_case")
    assert problem(anna.post(url, json=body(product_id="none"))) == (422, "unknown_product")
    assert problem(anna.post(url, json=body(why="a\u0000b"))) == (422, "text")
    assert problem(anna.post(url, json=body(corrected=""))) == (422, "invalid")
    assert problem(anna.post(url, json=body(more=1))) == (422, "invalid")
    assert problem(anna.post("/v1/cases/none/corrections", json=body())) == (404, "not_found")
    desk_store.cases.claim(case.id, people["bo"])
    taken = anna.post(url, json=body())
    assert problem(taken) == (409, "taken")
    assert "Bo is working on it" in taken.json()["detail"]
    desk_store.cases.release(case.id, people["bo"])
    given = Submission(case_id=case.id, version=case.version, request_id="d", choice=Choice.VIOLATES, reason="as_found")
    desk_store.cases.decide(given, people["bo"])
    assert problem(anna.post(url, json=body())) == (422, "final")
    assert problem(httpx.post(f"{anna.base_url}{url}", json=body()))[0] == 401
    assert desk_store.corrections.of_case(case.id) == ()


def test_the_pack_holds_what_was_heard_and_what_was_said(
    anna: httpx.Client, case_of: Find, desk_store: Stores, data_dir: Path
) -> None:
    case = case_of("一百瓦")
    anna.post(f"/v1/cases/{case.id}/corrections", json=body(why="heard again"))
    files = _written(gather(desk_store, data_dir, case.id))
    kept = files["corrections.json"]
    assert POWER in kept
    assert AGAIN in kept
    assert "Anna" in kept
    assert f"识别为“{POWER}”，更正为“{AGAIN}”" in files["index.html"]
    (new,) = desk_store.cases.findings(case.id)
    outside = gather(desk_store, data_dir, case.id, only=new.finding.finding_id)
    told = _written(outside)
    assert POWER in told["corrections.json"]
    for place in ("corrections.json", "index.html"):
        assert "Anna" not in told[place]
        assert "heard again" not in told[place]


def _written(dossier: Dossier) -> dict[str, str]:
    """The pack's files that are text, by place."""
    files = contents(dossier, Maker(name="anna", at_ms=0), CLASS_NAMES)
    return {file.place: file.content.decode() for file in files if isinstance(file.content, bytes)}


def _open(sit: Sit, case: Case, login: str = "anna") -> Page:
    page = sit(login, f"/cases/{case.id}")
    expect(page.locator("#claim")).to_contain_text("0") if login != "dora" else None
    return page


@pytest.mark.browser
def test_one_key_corrects_and_the_case_comes_back(sit: Sit, case_of: Find, desk_store: Stores) -> None:
    case = case_of("一百瓦")
    page = _open(sit, case)
    page.keyboard.press("c")
    editor = page.locator("#correct-text")
    expect(editor).to_be_focused()
    expect(editor).to_have_value(POWER)
    expect(page.locator("#correct .heard")).to_contain_text(POWER)
    editor.fill(AGAIN)
    page.locator('#correct [name="why"]').fill("慢放听了两遍")
    editor.press("Control+Enter")
    expect(page.locator("#bar")).to_contain_text("已更正并重新判断")
    expect(page.locator("#correct")).to_have_count(0)
    expect(page.locator("#card q").first).to_have_text("总功率可以做到一百二十瓦")
    corrections = page.locator("#card .corrections")
    expect(corrections.locator("del")).to_have_text(POWER)
    expect(corrections.locator("ins")).to_have_text(AGAIN)
    expect(corrections).to_contain_text("Anna")
    expect(corrections).to_contain_text("慢放听了两遍")
    expect(page.locator("#context .was del")).to_have_text(POWER)
    expect(page.locator(".hit-tab")).to_have_count(2)
    page.locator(".hit-tab", has_text="已更正").click()
    expect(page.locator("#card .superseded")).to_contain_text("不再有效")
    expect(page.locator("#card q").first).to_have_text("总功率可以做到一百瓦")
    assert [c.corrected for c in desk_store.corrections.of_case(case.id)] == [AGAIN]
    assert desk_store.cases.decisions(case.id) == ()


@pytest.mark.browser
def test_without_a_claim_left_the_case_closes_and_says_why(sit: Sit, case_of: Find, desk_store: Stores) -> None:
    case = case_of("一百瓦")
    page = _open(sit, case)
    page.keyboard.press("c")
    page.locator("#correct-text").fill(TRUE)
    page.get_by_role("button", name="更正并重新判断").click()
    expect(page.locator("#bar")).to_contain_text("不再有可判的说法")
    expect(page.locator("#decide .decisions")).to_contain_text("转写已更正，不再有可判的说法")
    assert desk_store.cases.case(case.id).state is CaseState.CLEARED


@pytest.mark.browser
def test_what_is_refused_says_why_and_keeps_what_was_typed(sit: Sit, case_of: Find, anna: httpx.Client) -> None:
    case = case_of("一百瓦")
    page = _open(sit, case)
    page.keyboard.press("c")
    page.locator("#correct-text").fill(TRUE)
    assert anna.post(f"/v1/cases/{case.id}/corrections", json=body()).status_code == 201
    page.locator("#correct-text").press("Control+Enter")
    expect(page.locator("#correct .trouble")).to_contain_text("刚被别人更正过")
    expect(page.locator("#correct-text")).to_have_value(TRUE)
    page.keyboard.press("Escape")
    expect(page.locator("#correct")).to_have_count(0)


@pytest.mark.browser
def test_keys_typed_in_the_editor_decide_nothing_and_escape_puts_it_down(
    sit: Sit, case_of: Find, desk_store: Stores
) -> None:
    case = case_of("一百瓦")
    page = _open(sit, case)
    page.keyboard.press("c")
    expect(page.locator("#correct-text")).to_be_focused()
    page.keyboard.type("vnuejkc")
    expect(page.locator("#correct-text")).to_have_value(POWER + "vnuejkc")
    page.keyboard.press("Escape")
    expect(page.locator("#correct")).to_have_count(0)
    expect(page.locator("#armed")).to_be_hidden()
    assert desk_store.corrections.of_case(case.id) == ()


@pytest.mark.browser
def test_a_decided_case_says_who_decided_it(
    sit: Sit, case_of: Find, desk_store: Stores, people: dict[str, Person]
) -> None:
    case = case_of("一百瓦")
    given = Submission(case_id=case.id, version=case.version, request_id="d", choice=Choice.VIOLATES, reason="as_found")
    desk_store.cases.decide(given, people["bo"])
    page = sit("anna", f"/cases/{case.id}")
    page.keyboard.press("c")
    expect(page.locator("#correct .trouble")).to_contain_text("已有结论")
    expect(page.locator("#correct .trouble")).to_contain_text("Bo")
    expect(page.locator("#correct-text")).to_have_count(0)


@pytest.mark.browser
def test_an_auditor_corrects_nothing_and_help_names_the_key(sit: Sit, case_of: Find) -> None:
    case = case_of("一百瓦")
    page = sit("dora", f"/cases/{case.id}")
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#correct")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("更正转写和商品")
    page.goto(f"{page.url}?lang=en")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("correct the transcript and the product")
