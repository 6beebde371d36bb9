"""One day of two reviewers, seniors and an administrator in real browsers: each step by its page, each page whole.

Each page of the day is looked at as it stands: nothing over another, nothing sideways, nothing for axe.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import configs
from claims.policy.policy import Policy
from claims.types import Finding
from cluster.replay.background import ReplayRunner
from cluster.replay.run import ReplayJob
from review.cases.types import CaseState
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import AppealState, MeasureKind, MeasureState
from review.policies.folders import pack_policy
from review.presentation.catalogues import Language
from review.presentation.language import Words
from review.stores import Stores
from tests.review.enforcement.drawing import Sit
from tests.review.enforcement.people import Clock
from tests.review.replays.stored import ALL, candidate
from tests.review.server.pages.seats import wait_until
from tests.review.server.pages.seen import check_seen

pytestmark = pytest.mark.browser
MakeFinding = Callable[..., Finding]
Size = tuple[int, int]
LAPTOP: Size = (1366, 768)
OTHERS: tuple[Size, ...] = ((1024, 768), (1180, 820), (1920, 1080), (390, 844))
# Pairwise: each size in both languages and both schemes, though not in each pair of them.
PAIRS = [(size, *pair) for size in OTHERS for pair in (("zh", "dark"), ("en", "light"))]
_CASES = 4
# What the administrator looks at beside what is done on this day.
_PAGES = (
    *("/live", "/live/s1", "/trends", "/dashboards", "/quality", "/teaching", "/learning"),
    *("/replays", "/reanalyses", "/words", "/passports", "/batches"),
    *("/tenants", "/webhooks", "/settings", "/audit", "/decisions"),
)
_SETTLED = {CaseState.CONFIRMED, CaseState.CLEARED}


class Day:
    """Who sits where, at which size, in which language and scheme."""

    def __init__(self, sit: Sit, stores: Stores, office: str, clock: Clock, look: tuple[Size, Language, str]) -> None:
        self.stores, self.office, self.clock = stores, office, clock
        self.size, self.language, self.scheme = look
        self.words = Words(self.language)
        self._sit = sit
        self._seats: dict[str, Page] = {}

    def seat(self, login: str | None, path: str) -> Page:
        """This person's page at this path; it is looked at."""
        name = login or ""
        if name not in self._seats:
            page = self._seats[name] = self._sit(login)
            page.set_viewport_size({"width": self.size[0], "height": self.size[1]})
            page.emulate_media(color_scheme=self.scheme)  # type: ignore[arg-type]
        page = self._seats[name]
        url = path if path.startswith("http") else f"{self.office}{path}"
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={self.language}")
        self.look(page, f"{name} {path}")
        return page

    def look(self, page: Page, what: str) -> None:
        """Fails with what is not whole."""
        check_seen(page, f"{what} {self.size} {self.language} {self.scheme}")

    def press(self, page: Page, key: str) -> None:
        """Presses the button that says this."""
        page.get_by_role("button", name=self.words(key), exact=True).first.click()


def reviewers_decide(day: Day, case_ids: list[str]) -> None:
    """Two reviewers take what the desk leads them to; three cases violate, one is lawful."""
    done: list[str] = []
    for login in ("anna", "bo", "anna", "bo"):
        page = day.seat(login, "/")
        if day.size[0] <= 900:
            row = page.locator("#queue .row:not(.held)").first
            chosen = row.get_attribute("data-id")
            row.click()
            page.wait_for_url(f"**/cases/{chosen}*")
            expect(page.locator(f'#decide[data-case="{chosen}"]')).to_be_visible()
        expect(page.locator("#claim")).to_contain_text("1:")
        case_id = page.locator("#decide").get_attribute("data-case") or ""
        assert case_id not in done
        page.keyboard.press("n" if len(done) == 3 else "v")
        expect(page.locator("#armed")).to_be_visible()
        day.look(page, f"armed {login}")
        page.keyboard.press("Enter")
        done.append(case_id)
        wait_until(page, lambda now=case_id: day.stores.cases.case(now).state in _SETTLED)
    assert set(done) == set(case_ids)


def a_reviewer_proposes(day: Day) -> str:
    """Anna proposes what the table reaches for; gives the measure's id."""
    day.seat("anna", "/hosts/h1")
    page = day.seat("anna", "/hosts/h1/propose")
    page.locator('[name="kind"][value="limits"]').check()
    expect(page.locator('[name="fields_of"]')).to_have_value("limits")
    page.locator('[name="remarks_zh"]').fill("三次提醒后仍在宣传。")
    day.look(page, "proposing")
    day.press(page, "propose.send")
    expect(page.locator(".measure-proposed").first).to_be_visible()
    day.look(page, "proposed")
    [measure] = day.stores.enforcement.waiting().measures
    return measure.id


def a_senior_approves(day: Day, measure_id: str) -> str:
    """Chen approves it and hands the link on."""
    day.seat("chen", "/measures")
    page = day.seat("chen", f"/measures/{measure_id}")
    day.press(page, "measure.approve")
    expect(page.locator(".measure-in_force").first).to_be_visible()
    day.press(page, "link.make")
    link = page.locator("code.link").inner_text()
    day.look(page, "link")
    return link


def the_host_appeals(day: Day, link: str) -> str:
    page = day.seat(None, link)
    page.locator("[name=statement]").fill("有一句是客服说的，不是我说的。")
    day.press(page, "page.send_appeal")
    expect(page.locator(".appeal-filed")).to_be_visible()
    day.look(page, "appealed")
    [appeal] = day.stores.enforcement.open_appeals()
    return appeal.id


def another_senior_decides(day: Day, appeal_id: str) -> None:
    """Dai lets one case fall; a milder measure is left, and the page shows it before it is sent."""
    day.seat("dai", "/appeals")
    page = day.seat("dai", f"/appeals/{appeal_id}")
    rulings = page.locator("fieldset.ruling")
    count = rulings.count()
    for number in range(count):
        ruling = rulings.nth(number)
        ruling.locator('[value="stands"]' if number else '[value="falls"]').check()
        ruling.locator("textarea").first.fill("录像清楚" if number else "是客服说的")
    rulings.first.locator("select").select_option("misheard")
    page.locator('[name="measure"][value="warning"]').check()
    page.locator('[name="term_days"]').fill("5")
    day.press(page, "appeal.preview")
    expect(page.locator(".outcome .amended")).to_be_visible()
    day.look(page, "preview")
    day.press(page, "appeal.send")
    expect(page.locator(".appeal-varied").first).to_be_visible()
    day.look(page, "decided")


def a_policy_goes_live(day: Day, runner: ReplayRunner, folder: Path) -> None:
    """Chen hands a policy in, has it replayed and proposes it; Fang approves it, and it is in force."""
    digest = Policy(candidate(folder / "candidate", ALL)).digest
    archive = folder / "candidate.zip"
    archive.write_bytes(pack_policy(folder / "candidate"))
    page = day.seat("chen", "/replays")
    page.locator('[name="archive"]').set_input_files(archive)
    day.press(page, "policy.send")
    version = page.get_by_role("row").filter(has_text=digest[:12])
    expect(version).to_be_visible()
    version.get_by_role("button", name=day.words("replay.start")).click()
    page.wait_for_url("**/replays/*")
    assert runner.run_once()
    # The page loads itself anew until the replay is over.
    expect(page.locator('meta[http-equiv="refresh"]')).to_have_count(0, timeout=30_000)
    day.look(page, "replayed")
    page = day.seat("chen", "/replays")
    version.locator('[name="why"]').fill("绝对化用语的说法更全")
    version.get_by_role("button", name=day.words("policy.propose")).click()
    expect(page.get_by_text(day.words("policy.needs_other"))).to_be_visible()
    expect(page.get_by_role("button", name=day.words("policy.approve"), exact=True)).to_have_count(0)
    day.look(page, "policy proposed")
    assert day.stores.policies.in_force() is None
    page = day.seat("fang", "/replays")
    day.press(page, "policy.approve")
    approved = page.get_by_role("row").filter(has_text=digest[:12])
    expect(approved).to_contain_text(day.words("policy.in_force"))
    day.look(page, "policy approved")
    assert day.stores.policies.in_force() == digest


def the_administrator_keeps_house(day: Day) -> None:
    """Fang adds an account, makes a queue, sets notifications, and looks at what is told of rules and customers."""
    page = day.seat("fang", "/people")
    sheet = page.locator(".sheet")
    sheet.locator('[name="login"]').fill("gao")
    sheet.locator('[name="name"]').fill("高")
    sheet.locator('[name="password"]').fill("一句很长的口令 correct horse")
    day.press(page, "people.add")
    expect(page.locator("table.figures")).to_contain_text("gao")
    day.look(page, "account added")
    page = day.seat("fang", "/queues")
    page.locator('[name="name"]').fill("参数")
    day.press(page, "queues.keep")
    expect(page.locator(".figures")).to_contain_text("参数")
    page = day.seat("fang", "/notifications")
    page.locator('[name="email"]').fill("fang@example.com")
    page.locator('[name="every"]').select_option("day")
    day.press(page, "notify.keep")
    expect(page.locator(".sheet [role=status]")).to_have_text(day.words("notify.kept"))
    for path in _PAGES:
        day.seat("fang", path)


def a_day(day: Day, make_finding: MakeFinding, runner: ReplayRunner, folder: Path) -> None:
    day.stores.stream_writer.add_findings(
        make_finding(finding_id=f"f_{number}", claimed=f"{number}00 W", quote=f"总功率可以做到{number}百瓦")
        for number in range(1, _CASES + 1)
    )
    found = [day.stores.cases.case_of(f"f_{number}") for number in range(1, _CASES + 1)]
    case_ids = [case_id for case_id in found if case_id is not None]
    reviewers_decide(day, case_ids)
    measure_id = a_reviewer_proposes(day)
    day.clock.wait(3 * DAY_MS + 3_600_000)
    link = a_senior_approves(day, measure_id)
    appeal_id = the_host_appeals(day, link)
    another_senior_decides(day, appeal_id)
    a_policy_goes_live(day, runner, folder)
    the_administrator_keeps_house(day)
    measure = day.stores.enforcement.measure(measure_id, "a1")
    assert (measure.kind, measure.state) == (MeasureKind.WARNING, MeasureState.IN_FORCE)
    assert len(measure.notice.facts) == 2
    assert day.stores.enforcement.appeal_file(appeal_id, "a1")[0].state is AppealState.VARIED
    states = sorted(day.stores.cases.case(case_id).state.value for case_id in case_ids)
    assert states == ["cleared", "cleared", "confirmed", "confirmed"]
    assert day.stores.audit.verify() is None


@pytest.fixture
def runner(desk: Stores, enforcement_setup: EnforcementSetup, database_url: str) -> ReplayRunner:
    """What replays candidates, over the packaged policy."""
    data_dir = enforcement_setup.data_dir

    def job_of(folder: Path) -> ReplayJob:
        live = configs.POLICY_DIR
        return ReplayJob(candidate=folder, live=live, database_url=database_url, data_dir=data_dir, semantic="off")

    return ReplayRunner(desk.replays, desk.policies, data_dir, job_of)


@pytest.fixture
def spend(
    sit: Sit, desk: Stores, office: str, clock: Clock, make_finding: MakeFinding, runner: ReplayRunner, tmp_path: Path
) -> Callable[[Size, Language, str], None]:
    """Spends a day at this size, in this language and scheme."""

    def spend_day(size: Size, language: Language, scheme: str) -> None:
        a_day(Day(sit, desk, office, clock, (size, language, scheme)), make_finding, runner, tmp_path)

    return spend_day


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_day_on_a_laptop(spend: Callable[[Size, Language, str], None], language: Language) -> None:
    spend(LAPTOP, language, "light")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "language", "scheme"), PAIRS, ids=[f"{width}x{height}-{look[0]}" for (width, height), *look in PAIRS]
)
def test_a_day_on_other_screens(
    spend: Callable[[Size, Language, str], None], size: Size, language: Language, scheme: str
) -> None:
    spend(size, language, scheme)
