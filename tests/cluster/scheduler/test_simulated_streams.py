"""Many simulated broadcasts through the real dispatcher, workers' processes and database."""

import pytest

from bench.stress import breaking, database
from bench.stress_report import Bounds, Report
from bench.stress_run import Load, stress
from review.scheduling.lease_terms import LeaseTerms

pytestmark = pytest.mark.service

# A machine that is busy with other things may be late, but leaves nothing out.
_PATIENT_MS = 600_000
_SHARED = LeaseTerms(urgent_share=0.1)
_MANY = Load(
    streams=200, seconds=60, segment_ms=4_000, urgent=20, kill=True, terms=_SHARED, shed_ms=_PATIENT_MS, patience_s=600
)


def check(report: Report, load: Load) -> None:
    """Every broadcast got its share, and all that was in it is stored: once, in order, accounted for."""
    assert report.wrong == ()
    assert report.segments == load.streams * load.seconds * 1_000 // load.segment_ms
    assert report.findings > 0
    assert report.least_coverage == 1, "a broadcast starved"


def test_a_killed_worker_and_a_killed_dispatcher_lose_nothing_and_double_nothing() -> None:
    load = Load(streams=24, seconds=8, kill=True, shed_ms=_PATIENT_MS, patience_s=600)
    with database("sqlite") as url:
        report = stress(url, load)
    check(report, load)
    assert report.moves >= load.streams // load.shards, "the killed worker had broadcasts"
    assert report.refused == "24 broadcasts are wanted and the 2 running worker(s) have 24 places"


@pytest.mark.slow
def test_a_third_of_the_workers_a_cut_database_and_a_clock_that_jumps_lose_nothing() -> None:
    load = Load(streams=30, seconds=40, shards=3, kill=True, shed_ms=_PATIENT_MS, patience_s=600)
    with database("postgresql", durable=True) as url, breaking(url) as breaks:
        report = stress(url, load, **breaks)
    check(report, load)
    assert report.moves > 0, "the killed worker had broadcasts"


@pytest.mark.parametrize(
    ("kind", "load"),
    [
        ("postgresql", Load(streams=40, seconds=6, urgent=4, terms=_SHARED, shed_ms=_PATIENT_MS, patience_s=600)),
        pytest.param("postgresql", _MANY, marks=pytest.mark.slow),
        pytest.param("sqlite", _MANY, marks=pytest.mark.slow),
    ],
    ids=["40 on PostgreSQL", "200 on PostgreSQL", "200 on SQLite"],
)
def test_no_broadcast_starves_and_one_more_than_there_are_places_is_refused_with_a_reason(
    kind: str, load: Load
) -> None:
    with database(kind) as url:
        report = stress(url, load)
    check(report, load)
    places = load.streams
    assert report.refused == f"{places} broadcasts are wanted and the 2 running worker(s) have {places} places"


def test_limits_that_are_passed_are_named() -> None:
    report = Report(
        streams=1,
        segments=1,
        findings=1,
        p50_ms=10,
        p95_ms=20,
        p99_ms=30,
        dropped=2,
        moves=0,
        least_coverage=1,
        seconds=1,
        refused="",
        wrong=(),
    )
    assert Bounds().passed(report) == []
    assert Bounds(p50_ms=10, p95_ms=20, p99_ms=30, dropped=2).passed(report) == []
    assert Bounds(p95_ms=19, dropped=1).passed(report) == [
        "p95_ms is 20, the limit is 19",
        "dropped is 2, the limit is 1",
    ]
