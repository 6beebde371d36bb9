"""Trends: what is counted on which day, by what, of whom; and the cases behind each figure are those counted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from claims.types import Finding
from review.accounts.types import Person, Role
from review.analytics.trend_cases import Behind, By, What
from review.analytics.trends import Asked, Step, Sums
from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.types import Choice
from review.db.engine import open_engine
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.accounts.support import Clock
from tests.review.postgres import fresh_database

MakeFinding = Callable[..., Finding]
ANNA = Person(id="anna", name="Anna", role=Role.REVIEWER)
TODAY = date(2026, 11, 24)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_database(request, tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trending(database_url: str, stream: StreamRecord, make_finding: MakeFinding, clock: Clock) -> Iterator[Stores]:
    """Three cases of two classes; two days later one is confirmed and one cleared, and today another is opened."""
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0)
    stores.stream_writer.put_stream(replace(stream, started_at=None))
    clock.now = datetime(2026, 11, 20, 3, tzinfo=UTC)
    stores.stream_writer.add_findings(
        [
            make_finding(finding_id="f1", claimed="1 W"),
            make_finding(finding_id="f2", claimed="2 W"),
            make_finding(finding_id="f3", claimed="3 W", class_id="ORIGIN", rule="ORIGIN.place"),
        ]
    )
    clock.now += timedelta(days=2)
    decide(stores, "f1", Choice.VIOLATES, "as_found")
    decide(stores, "f3", Choice.LAWFUL, "true")
    clock.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    stores.stream_writer.add_findings([make_finding(finding_id="f4", claimed="4 W", policy="zh-CN@2026.12.1")])
    yield stores
    stores.close()


def decide(stores: Stores, finding_id: str, choice: Choice, reason: str) -> None:
    case_id = stores.cases.case_of(finding_id)
    assert case_id is not None
    case = stores.cases.case(case_id)
    given = Submission(case_id=case_id, version=case.version, request_id=finding_id, choice=choice, reason=reason)
    stores.cases.decide(given, ANNA)


def asked(by: By = By.CLASS, step: Step = Step.DAY, days: int = 7, **more: object) -> Asked:
    return Asked(by=by, step=step, days=days, **more)  # type: ignore[arg-type]


def test_each_day_has_what_happened_on_it(trending: Stores) -> None:
    trend = trending.trends.read(asked())
    days = {period.first.day: period.sums for period in trend.periods}
    assert [period.first for period in trend.periods] == [TODAY - timedelta(days=back) for back in range(6, -1, -1)]
    assert (days[20].found, days[20].opened, days[20].waiting) == (3, 3, 3)
    assert (days[22].decided, days[22].confirmed, days[22].waiting) == (2, 1, 1)
    assert days[22].to_decision_ms == 2 * 86_400_000
    assert days[22].precision == 0.5
    assert days[22].interval is not None
    assert days[22].interval[0] < 0.5 < days[22].interval[1]
    assert (days[24].found, days[24].waiting) == (1, 2)
    assert (days[19], days[21].precision, days[21].to_decision_ms) == (Sums(), None, None)
    assert trend.total.decided == 2


def test_weeks_begin_on_mondays_and_have_the_same_sums(trending: Stores) -> None:
    trend = trending.trends.read(asked(step=Step.WEEK))
    assert [period.first.weekday() for period in trend.periods] == [0, 0]
    assert [period.sums.found for period in trend.periods] == [3, 1]
    assert trend.periods[-1].last == TODAY


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.CLASS, {"SPEC_PARAM": (3, 1), "ORIGIN": (1, 1)}),
        (By.RULE, {"SPEC_PARAM.quantity": (3, 1), "ORIGIN.place": (1, 1)}),
        (By.POLICY, {"zh-CN@2026.11.1": (3, 2), "zh-CN@2026.12.1": (1, 0)}),
        (By.GOODS, {"-": (4, 2)}),
    ],
    ids=["class", "rule", "policy", "goods"],
)
def test_by_each_key_found_and_decided(trending: Stores, by: By, expected: dict[str, tuple[int, int]]) -> None:
    trend = trending.trends.read(asked(by))
    assert {key: (sums.found, sums.decided) for key, sums in trend.keys} == expected
    key = trend.keys[0][0]
    one = trending.trends.read(asked(by, key=key))
    assert one.total == trend.keys[0][1]


def test_an_unknown_key_has_nothing(trending: Stores) -> None:
    assert trending.trends.read(asked(key="NOTHING")).total == Sums()


def test_only_the_customers_own(trending: Stores, stream: StreamRecord, make_finding: MakeFinding) -> None:
    host = Host(id="bolt/h1", name="Bolt", platform="demo")
    trending.stream_writer.put_stream(replace(stream, stream_id="b1", host=host, tenant_id="bolt", started_at=None))
    trending.stream_writer.add_findings([make_finding(finding_id="b", stream_id="b1")])
    own = trending.trends.read(asked(owner=frozenset({"bolt"})))
    assert (own.total.found, own.total.opened, own.total.waiting, own.total.decided) == (1, 1, 1, 0)
    assert trending.trends.read(asked(owner=frozenset({"nobody"}))).total == Sums()
    behind = Behind(by=By.CLASS, what=What.WAITING, first=TODAY, last=TODAY, owner=frozenset({"bolt"}))
    assert [case.host_id for case, _ in trending.trends.cases(behind).cases] == ["bolt/h1"]


@pytest.mark.parametrize("by", By)
def test_the_cases_behind_a_figure_are_as_many_as_it_says(trending: Stores, by: By) -> None:
    trend = trending.trends.read(asked(by))
    first, last = trend.periods[0].first, trend.periods[-1].last
    for key, sums in trend.keys:
        expected = {What.OPENED: sums.opened, What.DECIDED: sums.decided, What.CONFIRMED: sums.confirmed}
        expected[What.WAITING] = sums.waiting
        for what, count in expected.items():
            page = trending.trends.cases(Behind(by=by, what=what, first=first, last=last, key=key))
            assert len(page.cases) == count, (key, what)


def test_a_case_that_was_decided_again_stands_once_by_its_last_decision(trending: Stores, clock: Clock) -> None:
    case_id = trending.cases.case_of("f1")
    assert case_id is not None
    senior = Person(id="chen", name="Chen", role=Role.SENIOR)
    trending.cases.reopen(case_id, senior)
    case = trending.cases.case(case_id)
    again = Submission(
        case_id=case_id, version=case.version, request_id="again", choice=Choice.VIOLATES, reason="as_found"
    )
    trending.cases.decide(again, senior)
    behind = Behind(by=By.CLASS, what=What.CONFIRMED, first=date(2026, 11, 20), last=TODAY)
    [(found, at_ms)] = trending.trends.cases(behind).cases
    assert (found.id, at_ms) == (case_id, int(clock.now.timestamp() * 1000))
    assert trending.trends.read(asked()).total.decided == 2


def test_pages_of_cases_hold_each_once(trending: Stores, make_finding: MakeFinding) -> None:
    trending.stream_writer.add_findings([make_finding(finding_id=f"m{n}", claimed=f"{n} Hz") for n in range(7)])
    seen: list[str] = []
    after: tuple[int, str] | None = None
    while True:
        page = trending.trends.cases(
            Behind(by=By.CLASS, what=What.WAITING, first=TODAY, last=TODAY, after=after, limit=2)
        )
        seen += [case.id for case, _ in page.cases]
        if (after := page.after) is None:
            break
    assert sorted(seen) == sorted(case.id for case in trending.cases.queue(CaseQuery(limit=100)).cases)
