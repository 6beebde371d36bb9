"""Dashboards, CSV and proposals, against a real server."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from claims.types import Disposition, Finding
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.accounts.types import Person, Role
from review.analytics.store import ProposalRefused
from review.analytics.types import ProposalKind
from review.cases.decisions import Submission
from review.cases.tally import Dimension, said_at
from review.cases.types import Choice
from review.db.engine import open_engine
from review.errors import NotFoundError
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord
from tests.review.accounts.support import Clock
from tests.review.postgres import fresh_database

MakeFinding = Callable[..., Finding]
LAN = Person(id="p-lan", name="小兰", role=Role.REVIEWER)
MEI = Person(id="p-mei", name="小梅", role=Role.REVIEWER)
SENIOR = Person(id="p-senior", name="老周", role=Role.SENIOR)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(
    request: pytest.FixtureRequest, tmp_path: Path, stream: StreamRecord, make_finding: MakeFinding, clock: Clock
) -> Iterator[Stores]:
    """Two hosts, four findings in three cases, one note."""
    opened = Stores.over(open_engine(fresh_database(request, tmp_path)), now=clock, second_share=0)
    charger = ProductRef(product_id="p1", name="充电器", category="electronics/charger")
    opened.stream_writer.put_stream(replace(stream, products=(charger,)))
    opened.stream_writer.put_stream(
        replace(stream, stream_id="s2", host=Host(id="h2", name='=HYPERLINK("x")', platform="demo"))
    )
    opened.stream_writer.add_findings(
        [
            make_finding(),
            make_finding(finding_id="f2", start_ms=3_600_000 + 26_000),
            make_finding(finding_id="f3", claimed="200 W"),
            make_finding(finding_id="f4", stream_id="s2", class_id="ORIGIN", product_id=None),
            make_finding(finding_id="f5", disposition=Disposition.NOTE, claimed="300 W"),
        ]
    )
    yield opened
    opened.close()


def case_of(stores: Stores, finding_id: str) -> str:
    case_id = stores.cases.case_of(finding_id)
    assert case_id is not None
    return case_id


def decide(stores: Stores, finding_id: str, choice: Choice) -> None:
    case_id = case_of(stores, finding_id)
    reason = "as_found" if choice is Choice.VIOLATES else "true"
    stores.cases.decide(
        Submission(
            case_id=case_id,
            version=stores.cases.case(case_id).version,
            request_id=f"r-{finding_id}",
            choice=choice,
            reason=reason,
        ),
        LAN,
    )


def table(client: httpx.Client, name: str, days: int = 30) -> list[list[str]]:
    answer = client.get(f"/dashboards/{name}.csv", params={"days": days})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]


def test_findings_are_counted_by_class_category_host_and_hour(stores: Stores, client: httpx.Client) -> None:
    assert [row[:2] for row in table(client, "class")] == [["规格/参数/净含量", "3"], ["ORIGIN", "1"]]
    assert [row[:2] for row in table(client, "category")] == [["数码电子 › 充电器", "3"], ["未登记", "1"]]
    assert table(client, "host") == [["小岚 (h1)", "3", "0.75"], ['\'=HYPERLINK("x") (h2)', "1", "0.25"]]
    hours = {row[0]: row[1] for row in table(client, "hour")}
    assert (len(hours), hours["20"], hours["21"], hours["00"]) == (24, "3", "1", "0")


def test_a_finding_that_is_stored_again_or_changes_is_counted_once(stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding(), make_finding(finding_id="f2", disposition=Disposition.NOTE)])
    assert stores.analytics.tallies(Dimension.CLASS, 30) == [("SPEC_PARAM", 3), ("ORIGIN", 1)]


def test_the_period_ends_at_its_first_day(stores: Stores, clock: Clock) -> None:
    clock.wait(6 * 86_400_000)
    assert stores.analytics.tallies(Dimension.HOST, 7) == [("h1", 3), ("h2", 1)]
    clock.wait(86_400_000)
    assert stores.analytics.tallies(Dimension.HOST, 7) == []


def test_the_hour_is_the_hosts_own() -> None:
    assert said_at("2026-11-24T23:50:00+08:00", 20 * 60_000, 0).isoformat() == "2026-11-25T00:10:00+08:00"
    assert said_at(None, 5, 0) == datetime.fromisoformat("1970-01-01T08:00:00+08:00")


def test_precision_and_reversals_are_told_by_rule_and_class(stores: Stores, client: httpx.Client, clock: Clock) -> None:
    decide(stores, "f_power", Choice.VIOLATES)
    decide(stores, "f3", Choice.LAWFUL)
    [row] = table(client, "precision")
    assert row == ["SPEC_PARAM.quantity", "2", "1", "1", "0.5", "0.0945", "0.9055"]
    assert table(client, "class-precision")[0][0] == "规格/参数/净含量"
    assert table(client, "reversals") == []
    stores.cases.undo(case_of(stores, "f3"), LAN)
    [reversal] = table(client, "reversals")
    assert reversal == ["SPEC_PARAM.quantity", "1", "1", "0", "0", "0"]
    page = client.get("/teaching").text
    assert "SPEC_PARAM.quantity" in page
    assert "100.0 %" in page


def test_ages_and_coverage_are_told(stores: Stores, client: httpx.Client, clock: Clock) -> None:
    lost = Gap(kind=GapKind.NETWORK, start_ms=0, end_ms=60_000, why="silence")
    stores.stream_writer.put_coverage(
        "s1", Coverage(span_ms=600_000, analysed_ms=480_000, waiting_ms=60_000, gaps=(lost,))
    )
    assert [row[:2] for row in table(client, "coverage")] == [["已分析", "8.0"], ["等待分析", "1.0"], ["网络", "1.0"]]
    assert [row[1] for row in table(client, "age")] == ["3", "0", "0", "0"]
    clock.wait(5 * 3_600_000)
    assert [row[1] for row in table(client, "age")] == ["0", "0", "3", "0"]


def test_dashboards_speak_both_languages_and_mark_what_is_drawn(stores: Stores, client: httpx.Client) -> None:
    page = client.get("/dashboards", params={"lang": "en"}).text
    assert "By hour of the day" in page
    assert 'data-chart="columns"' in page
    assert 'data-value="3"' in page
    assert "<script>" not in page
    assert " style=" not in page
    empty = client.get("/dashboards", params={"days": 7, "lang": "zh"}).text
    assert "各规则的准确率" in empty


@pytest.mark.parametrize(
    ("path", "status"), [("/dashboards/nope.csv", 404), ("/dashboards?days=8", 422), ("/teaching?days=x", 422)]
)
def test_what_there_is_not_is_refused(client: httpx.Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.fixture
def token(client: httpx.Client) -> str:
    return client.get("/teaching").text.split('data-csrf="')[1].split('"')[0]


def test_words_are_proposed_from_a_case_with_one_call(stores: Stores, client: httpx.Client, token: str) -> None:
    url = f"/cases/{case_of(stores, 'f_power')}/proposals"
    sent = client.post(url, data={"words": "  百瓦  快充 ", "reason": " 换了说法 "}, headers={"X-CSRF-Token": token})
    assert (sent.status_code, sent.json()["words"]) == (201, "百瓦 快充")
    again = client.post(
        url, data={"words": "百瓦 快充", "reason": "再次", "csrf": token}, headers={"Accept": "text/html"}
    )
    assert again.headers["location"] == f"/cases/{case_of(stores, 'f_power')}"
    [proposal] = stores.analytics.proposals()
    assert (proposal.class_id, proposal.rule, proposal.kind) == ("SPEC_PARAM", "SPEC_PARAM.quantity", "word")
    assert proposal.reason == "换了说法"
    page = client.get("/teaching").text
    assert "百瓦 快充" in page
    assert "换了说法" in page
    gone = client.post(f"/proposals/{proposal.id}/withdraw", data={"csrf": token})
    assert gone.status_code == 303
    assert stores.analytics.proposals() == ()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"words": "x" * 31, "reason": "暗语"}, 422),
        ({"words": "   ", "reason": "暗语"}, 422),
        ({"words": "{superlative}", "reason": "暗语"}, 422),
        ({"words": "最好", "class": "NOPE", "reason": "暗语"}, 422),
        ({"words": "最好", "kind": "rule", "reason": "暗语"}, 422),
        ({"words": "最好", "reason": "  "}, 422),
        ({"words": "最好"}, 422),
        ({}, 422),
    ],
)
def test_words_that_cannot_be_proposed_are_refused(
    stores: Stores, client: httpx.Client, token: str, fields: dict[str, str], status: int
) -> None:
    url = f"/cases/{case_of(stores, 'f_power')}/proposals"
    assert client.post(url, data=fields, headers={"X-CSRF-Token": token}).status_code == status
    assert stores.analytics.proposals() == ()


def test_a_case_that_is_none_gets_no_proposal(client: httpx.Client, token: str) -> None:
    sent = client.post(
        "/cases/none/proposals", data={"words": "最好", "reason": "暗语"}, headers={"X-CSRF-Token": token}
    )
    assert sent.status_code == 404


def test_only_the_author_and_seniors_withdraw(stores: Stores) -> None:
    proposal = stores.analytics.propose(
        case_of(stores, "f_power"), LAN, "百瓦", None, ProposalKind.NEAR_MISS, "常见规格"
    )
    with pytest.raises(ProposalRefused, match="colleague"):
        stores.analytics.withdraw(proposal.id, MEI)
    stores.analytics.withdraw(proposal.id, SENIOR)
    with pytest.raises(NotFoundError):
        stores.analytics.withdraw(proposal.id, SENIOR)
