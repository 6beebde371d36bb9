"""What the pages of measures and appeals list: page by page, and of the customers whom a person reaches alone."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import insert, select

from review.db.engine import open_engine
from review.db.tables.enforcement import MeasureRow
from review.db.upsert import table_of
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import MeasureKind
from review.stores import Stores
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, wanted

As = Callable[[str], httpx.Client]


@pytest.fixture
def measure_id(desk: Stores, confirmed: str, clock: Clock) -> str:
    """A measure in force."""
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    return desk.enforcement.approve(measure.id, SENIOR).id


def copy_measures(url: str, measure_id: str, count: int) -> None:
    """So many more of the same measure; every second one ends, and lapses, with the one before."""
    table = table_of(MeasureRow)
    engine = open_engine(url)
    with engine.begin() as connection:
        known = dict(connection.execute(select(*table.c).where(table.c.measure_id == measure_id)).one()._mapping)
        rows = [
            known
            | {"measure_id": f"copy-{number:03}"}
            | {name: known[name] + number // 2 for name in ("ends_at_ms", "lapses_at_ms")}
            for number in range(count)
        ]
        connection.execute(insert(table), rows)
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_measures_in_force_are_paged_and_each_stands_once(desk: Stores, database_url: str, measure_id: str) -> None:
    copy_measures(database_url, measure_id, 6)
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = desk.enforcement.in_force(after=after, limit=3)
        assert (page.count, len(page.measures) <= 3) == (7, True)
        seen += [measure.id for measure in page.measures]
        after = page.next_after
    assert after is None
    assert len(seen) == 7
    assert set(seen) == {measure_id, *(f"copy-{number:03}" for number in range(6))}
    assert [each for each in seen if each != measure_id] == [f"copy-{number:03}" for number in range(6)]
    assert len(desk.enforcement.in_force(limit=7).measures) == 7
    assert desk.enforcement.in_force(limit=7).next_after is None


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_what_is_anothers_is_neither_listed_nor_counted(
    desk: Stores, confirmed: str, measure_id: str, clock: Clock
) -> None:
    token = desk.enforcement.issue_token(measure_id, "r1")
    appeal = desk.enforcement.appeal(token, "检测报告证明功率属实", [])
    warning = wanted([confirmed], clock.ms, kind=MeasureKind.WARNING)
    waiting = desk.enforcement.propose(warning, REVIEWER)
    lists = desk.enforcement
    for tenants in (None, frozenset({"local"}), frozenset({"acme", "local"})):
        assert [one.id for one in lists.in_force(tenants).measures] == [measure_id]
        assert [one.id for one in lists.waiting(tenants).measures] == [waiting.id]
        assert [one.id for one in lists.open_appeals(tenants)] == [appeal.id]
    for tenants in (frozenset({"acme"}), frozenset[str]()):
        assert (lists.in_force(tenants).measures, lists.in_force(tenants).count) == ((), 0)
        assert (lists.waiting(tenants).measures, lists.open_appeals(tenants)) == ((), ())


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_proposals_are_paged_too(desk: Stores, database_url: str, confirmed: str, clock: Clock) -> None:
    known = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    copy_measures(database_url, known.id, 3)
    first = desk.enforcement.waiting(limit=3)
    second = desk.enforcement.waiting(after=first.next_after, limit=3)
    assert (first.count, second.count, second.next_after) == (4, 4, None)
    listed = [one.id for page in (first, second) for one in page.measures]
    assert (len(listed), set(listed)) == (4, {known.id, "copy-000", "copy-001", "copy-002"})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_leads_to_the_next(as_person: As, desk: Stores, database_url: str, measure_id: str) -> None:
    copy_measures(database_url, measure_id, 120)
    client = as_person("dora")
    first = client.get("/measures?lang=en").text
    assert ("Approved: 121" in first, first.count("/measures/copy-")) == (True, 99)
    assert "Waiting for a second person" in first
    link = first.split('href="/measures?in_force_after=')[1].split('"')[0]
    second = client.get(f"/measures?in_force_after={link}").text
    assert (second.count("/measures/copy-"), "Next page" in second) == (21, False)
    assert "Waiting for a second person" not in second
    assert client.get("/measures?in_force_after=none").status_code == 422
