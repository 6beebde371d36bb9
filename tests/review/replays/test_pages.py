"""Policies and replays in a browser: handed in, replayed, proposed by one, approved by another, rolled back.

ZHENYAN_SHOTS names a folder into which pages are drawn in both languages.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

import configs
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from cluster.replay.background import ReplayRunner
from cluster.replay.run import ReplayJob
from review.accounts.types import Role
from review.policies.folders import in_force_folder, pack_policy
from review.replays.types import Scope
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.replays.stored import ALL, candidate, fill
from tests.review.server.pages.seats import CLASS_NAMES, known
from tests.review.serving import served

pytestmark = pytest.mark.browser
Sit = Callable[[str, Role], Page]


@pytest.fixture
def runner(stores: Stores, data_dir: Path, database_url: str) -> ReplayRunner:
    def job_of(folder: Path) -> ReplayJob:
        live = in_force_folder(data_dir) or configs.POLICY_DIR
        return ReplayJob(candidate=folder, live=live, database_url=database_url, data_dir=data_dir, semantic="off")

    return ReplayRunner(stores.replays, stores.policies, data_dir, job_of)


@pytest.fixture
def address(stores: Stores, data_dir: Path) -> Iterator[str]:
    with served(create_app(stores, data_dir, class_names=CLASS_NAMES, access=Access(auth=Auth.LOCAL))) as url:
        yield url


@pytest.fixture
def sit(browser: Browser, address: str, stores: Stores) -> Iterator[Sit]:
    """A page in a browser of its own, logged in as this person; no page may complain."""
    contexts, complaints = [], []

    def note(message: ConsoleMessage) -> None:
        told = message.text
        if message.type in {"error", "warning"} and not told.startswith("Failed to load resource"):
            complaints.append(told)

    def take_seat(login: str, role: Role) -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        contexts.append(context)
        token = known(stores, login, role).token
        context.add_cookies([{"name": "zhenyan", "value": token, "url": address}])
        page = context.new_page()
        page.on("console", note)
        return page

    yield take_seat
    for context in contexts:
        context.close()
    # The checker of accessibility itself tries inline styles, which the pages' policy refuses.
    assert [told for told in complaints if "inline style" not in told] == []


def draw(page: Page, name: str) -> None:
    """Axe finds nothing, nothing is wider than the window, and the page is drawn where a folder is named."""
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found] == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    if folder := os.environ.get("ZHENYAN_SHOTS"):
        page.screenshot(path=f"{folder}/replay-{name}.png", full_page=True)


@pytest.mark.service
def test_a_policy_is_handed_in_replayed_and_goes_live_by_two_people(
    sit: Sit, address: str, stores: Stores, data_dir: Path, runner: ReplayRunner, tmp_path: Path
) -> None:
    fill(stores, data_dir, "s-demo")
    folder = candidate(tmp_path / "candidate", ALL)
    digest = Policy(folder).digest
    archive = tmp_path / "candidate.zip"
    archive.write_bytes(pack_policy(folder))

    anna = sit("anna", Role.SENIOR)
    anna.goto(f"{address}/replays")
    anna.get_by_label("上传一套规则").set_input_files(archive)
    anna.get_by_role("button", name="上传并检查").click()
    expect(anna.get_by_role("row").filter(has_text=digest[:12])).to_be_visible()
    anna.get_by_role("button", name="提议上线").first.click()
    expect(anna.get_by_role("alert")).to_have_text("请先回测，看看它会改变什么")

    anna.goto(f"{address}/replays")
    draw(anna, "policies")
    anna.get_by_role("button", name="开始回测").first.click()
    expect(anna.get_by_role("status")).to_contain_text("已回测")
    assert runner.run_once()
    expect(anna.get_by_text("会推翻 0 个已确认的决定")).to_be_visible()
    expect(anna.get_by_role("region", name="新标出")).to_contain_text("家人们晚上好")
    expect(anna.get_by_role("region", name="标法不同")).to_contain_text("消费者权益保护法 20(3)")
    draw(anna, "report-zh")
    cleared = anna.get_by_role("region", name="不再标出").get_by_role("link").first
    assert (cleared.get_attribute("href") or "").startswith("/findings/")
    anna.goto(f"{anna.url}?lang=en")
    expect(anna.get_by_text("Would reverse 0 confirmed decisions")).to_be_visible()
    draw(anna, "report-en")
    anna.goto(f"{address}/replays?lang=zh")
    anna.get_by_role("button", name="提议上线").first.click()
    expect(anna.get_by_text("提议人不能自己批准")).to_be_visible()
    assert anna.get_by_role("button", name="批准上线").count() == 0
    assert stores.policies.in_force() is None

    eve = sit("eve", Role.ADMIN)
    eve.goto(f"{address}/replays")
    draw(eve, "approve")
    eve.get_by_role("button", name="批准上线").click()
    expect(eve.get_by_role("row").filter(has_text=digest[:12])).to_contain_text("现行")
    assert stores.policies.in_force() == digest
    assert in_force_folder(data_dir) == data_dir / "policies" / digest

    eve.get_by_role("button", name="退回上一版").click()
    expect(eve.get_by_role("row").filter(has_text="随软件附带的规则").first).to_contain_text("现行")
    assert in_force_folder(data_dir) is None
    actions = [entry.action for entry in stores.audit.entries(subject=f"policy:{digest}")]
    assert actions == ["policy.live", "policy.proposed", "policy.replayed", "policy.added"]


def test_a_reviewer_sees_replays_and_changes_no_policy(sit: Sit, address: str, stores: Stores) -> None:
    stores.policies.add_version(packaged_policy(), "anna")
    page = sit("rita", Role.REVIEWER)
    page.goto(f"{address}/replays")
    expect(page.get_by_role("heading", name="规则版本")).to_be_visible()
    assert page.get_by_role("button", name="提议上线").count() == 0
    assert page.get_by_label("上传一套规则").count() == 0
    answer = page.request.post(f"{address}/policies/back")
    assert answer.status == 403


def test_a_wrong_archive_is_answered_with_the_file_and_the_reason(sit: Sit, address: str, tmp_path: Path) -> None:
    folder = candidate(tmp_path / "candidate", {"policy.yaml": ("flag_at: 0.6", "flag_att: 0.6")})
    archive = tmp_path / "candidate.zip"
    archive.write_bytes(pack_policy(folder))
    page = sit("anna", Role.SENIOR)
    page.goto(f"{address}/replays")
    page.get_by_label("上传一套规则").set_input_files(archive)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert")).to_contain_text("policy.yaml:2: flag_at: Field required")


def test_a_replay_that_is_stopped_gives_nothing_and_one_that_cannot_run_says_why(
    stores: Stores, data_dir: Path, runner: ReplayRunner, tmp_path: Path
) -> None:
    digest = stores.policies.add_version(Policy(candidate(tmp_path / "c", ALL)), "anna").digest
    stopped = stores.replays.ask(digest, Scope(), "anna")
    stores.replays.cancel(stopped)
    assert not runner.run_once()
    wrong = stores.replays.ask(digest, Scope(stream_ids=("nobody",)), "anna")
    assert runner.run_once()
    replay = stores.replays.replay(wrong)
    assert (replay.state, "nobody" in (replay.error or "")) == ("failed", True)
    assert stores.replays.replay(stopped).state == "cancelled"
