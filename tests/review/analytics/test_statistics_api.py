"""Statistics over HTTP: each customer's own, the same in JSON, CSV and Parquet, and the use of keys counted exactly."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import httpx
import pytest
from pyarrow import parquet

from claims.types import CHINA_TIME, Disposition, Finding
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from review.tenants.types import Scope
from tests.review.enforcement.people import Clock
from tests.review.webhooks.conftest import address, as_person, as_tenant, clock, enforcement_setup, told

__all__ = ["address", "as_person", "as_tenant", "clock", "enforcement_setup", "told"]

As = Callable[..., httpx.Client]
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
FINDINGS, COVERAGE, USAGE = (f"/v1/statistics/{name}" for name in ("findings", "coverage", "usage"))
DAYS = {"from": "2026-11-20", "to": "2026-11-24"}


@pytest.fixture
def counted(told: Stores, stream: StreamRecord, make_finding: Callable[..., Finding]) -> Stores:
    """Two broadcasts of acme's on two days, by two hosts, and one of bolt's."""
    made = (
        ("a2", "acme", "acme/h1", 23, ("f1", "SPEC_PARAM", "P1", "flag"), ("f2", "SPEC_PARAM", "P1", "note")),
        ("a3", "acme", "acme/=h2", 24, ("f3", "RANK_FIRST", "P2", "flag")),
        ("b2", "bolt", "bolt/h1", 24, ("f4", "RANK_FIRST", None, "flag")),
    )
    gap = Gap(kind=GapKind.CRASH, start_ms=0, end_ms=60_000, why="killed")
    for stream_id, tenant_id, host_id, day, *found in made:
        begun = datetime(2026, 11, day, 23, 30, tzinfo=CHINA_TIME)
        host = Host(id=str(host_id), name="阿强", platform="demo")
        told.stream_writer.put_stream(
            replace(stream, stream_id=str(stream_id), tenant_id=str(tenant_id), host=host, started_at=begun)
        )
        coverage = Coverage(span_ms=600_000, analysed_ms=540_000, waiting_ms=0, gaps=(gap,))
        told.stream_writer.put_coverage(str(stream_id), coverage)
        for finding_id, class_id, product_id, disposition in found:
            told.stream_writer.add_findings(
                [
                    make_finding(
                        finding_id=finding_id,
                        stream_id=stream_id,
                        class_id=class_id,
                        product_id=product_id,
                        disposition=Disposition(disposition),
                    )
                ]
            )
    return told


@BOTH
def test_findings_are_counted_by_what_is_asked(counted: Stores, as_tenant: As) -> None:
    acme = as_tenant("acme")
    by_class = acme.get(FINDINGS, params=DAYS | {"by": ["day", "class"]}).json()
    assert by_class["columns"] == ["day", "class", "flags", "notes", "broadcasts"]
    assert by_class["rows"] == [["2026-11-23", "SPEC_PARAM", 1, 1, 1], ["2026-11-24", "RANK_FIRST", 1, 0, 1]]
    assert (by_class["first"], by_class["last"]) == (DAYS["from"], DAYS["to"])
    by_host = acme.get(FINDINGS, params=DAYS | {"by": "host"}).json()["rows"]
    assert sorted(by_host) == [["=h2", 1, 0, 1], ["h1", 1, 1, 1]]
    assert acme.get(FINDINGS, params=DAYS | {"by": "product", "host_id": "h1"}).json()["rows"] == [["P1", 1, 1, 1]]
    assert acme.get(FINDINGS, params=DAYS).json()["rows"] == [[2, 1, 2]]
    assert acme.get(FINDINGS, params=DAYS | {"to": "2026-11-23"}).json()["rows"] == [[1, 1, 1]]
    assert as_tenant("bolt").get(FINDINGS, params=DAYS).json()["rows"] == [[1, 0, 1]]


@BOTH
def test_a_broadcast_without_a_beginning_counts_on_the_day_of_its_order(
    counted: Stores, as_tenant: As, stream: StreamRecord, clock: Clock
) -> None:
    host = Host(id="acme/h3", name="阿强", platform="demo")
    counted.stream_writer.put_stream(replace(stream, stream_id="a4", tenant_id="acme", host=host, started_at=None))
    asked = DAYS | {"by": ["day", "host"], "host_id": "h3"}
    assert as_tenant("acme").get(COVERAGE, params=asked).json()["rows"][0][:3] == ["2026-11-24", "h3", 1]
    assert as_tenant("acme").get(COVERAGE, params=asked | {"to": "2026-11-23"}).json()["rows"] == []


@BOTH
def test_coverage_adds_up(counted: Stores, as_tenant: As) -> None:
    table = as_tenant("acme").get(COVERAGE, params=DAYS | {"by": "day"}).json()
    assert table["columns"] == ["day", "broadcasts", "span_minutes", "analysed_minutes", "missed_minutes"]
    assert table["rows"] == [["2026-11-23", 1, 10.0, 9.0, 1.0], ["2026-11-24", 2, 10.0, 9.0, 1.0]], "a1 has none yet"


def test_files_have_the_rows_of_the_table_and_no_formula(counted: Stores, as_tenant: As) -> None:
    acme = as_tenant("acme")
    asked = DAYS | {"by": ["host", "class"]}
    rows = acme.get(FINDINGS, params=asked).json()["rows"]
    sheet = acme.get(FINDINGS, params=asked | {"format": "csv"})
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert "zhenyan-findings-2026-11-20-2026-11-24.csv" in sheet.headers["content-disposition"]
    read = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [[str(c) for c in row] for row in rows]
    assert any(row[0] == "'=h2" for row in read), "a spreadsheet would take it for a formula"
    table = parquet.read_table(io.BytesIO(acme.get(FINDINGS, params=asked | {"format": "parquet"}).content))
    assert [list(row.values()) for row in table.to_pylist()] == rows
    assert [str(field.type) for field in table.schema] == ["string", "string", "int64", "int64", "int64"]
    nothing = acme.get(FINDINGS, params={"from": "2020-01-01", "to": "2020-01-02", "by": "day", "format": "parquet"})
    assert parquet.read_table(io.BytesIO(nothing.content)).num_rows == 0


@BOTH
def test_the_use_of_keys_is_counted_exactly(counted: Stores, as_tenant: As) -> None:
    acme, bolt = as_tenant("acme"), as_tenant("bolt")
    for _ in range(3):
        acme.get("/v1/streams")
    acme.get("/v1/streams/none")
    bolt.get("/v1/streams")
    told = acme.get(USAGE, params=DAYS).json()
    assert told["columns"] == ["day", "key_id", "name", "tenant", "requests", "refused", "failed"]
    assert [row[3:] for row in told["rows"]] == [["acme", 4, 1, 0]]
    again = acme.get(USAGE, params=DAYS).json()["rows"]
    assert [row[3:] for row in again] == [["acme", 5, 1, 0]], "what was written adds up with what came since"


def test_seniors_see_the_use_of_every_key(counted: Stores, as_tenant: As, as_person: As) -> None:
    as_tenant("acme").get("/v1/streams")
    as_tenant("bolt").get("/v1/streams")
    assert {row[3] for row in as_person("chen").get(USAGE, params=DAYS).json()["rows"]} == {"acme", "bolt"}


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"from": "2026-11-25", "to": "2026-11-24"}, "from"),
        ({"from": "2020-01-01", "to": "2026-11-24"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"by": "colour"}, "by"),
        ({"format": "xlsx"}, "format"),
        ({"from": "yesterday"}, "from"),
    ],
)
def test_what_can_not_be_counted_is_named(counted: Stores, as_tenant: As, params: dict[str, str], named: str) -> None:
    answer = as_tenant("acme").get(FINDINGS, params=params)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_the_scope_is_needed(counted: Stores, as_tenant: As) -> None:
    reader = as_tenant("acme", (Scope.FINDINGS_READ,))
    assert [reader.get(path).status_code for path in (FINDINGS, COVERAGE, USAGE)] == [403, 403, 403]


def test_without_days_the_last_thirty_count(counted: Stores, as_tenant: As) -> None:
    told = as_tenant("acme").get(FINDINGS).json()
    assert told["last"] == "2026-11-24"
    assert (date.fromisoformat(told["last"]) - date.fromisoformat(told["first"])).days == 29
