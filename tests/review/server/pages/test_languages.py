"""A page asked for in a language is remembered in it: whoever chose once reads on in the same."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from review.accounts.types import Person
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.server.api.conftest import ENFORCEMENT_DIR
from tests.review.server.pages.seats import known

_PAGES = (
    *("/", "/findings", "/live", "/live/s1", "/queues", "/cases/CASE", "/hosts/h1"),
    *(
        "/measures",
        "/appeals",
        "/standard",
        "/dashboards",
        "/trends",
        "/trends/cases?what=opened&first=2026-11-24&last=2026-11-24",
    ),
    *("/quality", "/quality/me", "/quality/people", "/teaching", "/learning", "/replays", "/reanalyses", "/words"),
    *("/passports", "/batches", "/tenants", "/webhooks", "/settings", "/audit", "/decisions", "/people"),
    *("/notifications", "/password"),
)


@pytest.fixture
def desk_store(database_url: str, stream: StreamRecord, clock: Callable[[], Any], tmp_path: Path) -> Iterator[Stores]:
    """A store with one room, in which measures are set up."""
    due = EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR), retention=read_retention(ENFORCEMENT_DIR), data_dir=tmp_path / "data"
    )
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0, enforcement=due)
    stores.stream_writer.put_stream(stream)
    yield stores
    stores.close()


@pytest.mark.parametrize("path", _PAGES)
def test_every_page_remembers_the_language_that_was_chosen(
    path: str, address: str, desk_store: Stores, people: dict[str, Person], make_finding: Any
) -> None:
    desk_store.stream_writer.add_findings([make_finding()])
    case_id = desk_store.cases.case_of("f_power")
    url = f"{address}{path.replace('CASE', str(case_id))}"
    login = known(desk_store, "eve").token
    with httpx.Client(cookies={"zhenyan": login}, timeout=30) as client:
        answer = client.get(f"{url}{'&' if '?' in url else '?'}lang=en")
        assert answer.status_code == 200, answer.text[:500]
        assert client.cookies.get("lang") == "en"
        assert '<html lang="en"' in client.get(url).text
