"""The live service as Prometheus and the terminal see it: in its units, from the database, and not for everybody."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from cli.commands.top import command, shown
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.scheduling.applying import unseen
from review.scheduling.decisions import Grant, Reach
from review.scheduling.types import Worker
from review.server.app import create_app
from review.server.metrics import metrics_router
from review.server.problems import install_problem_handlers
from review.stores import Stores
from tests.review.scheduling.conftest import Clock, Order
from tests.review.serving import served

SHED = Gap(kind=GapKind.SHED, start_ms=50_000, end_ms=58_000, why="pictures left out")
Sample = tuple[str, tuple[tuple[str, str], ...]]


@pytest.fixture
def running(live: Stores, order: Order, clock: Clock) -> Stores:
    """Three broadcasts: one is worked on, 42 s behind; two wait. The worker told of itself 3 s ago."""
    for stream_id in ("s1", "s2", "s3"):
        order(stream_id)
    figures = {"hearing_wait_s": 1.5, "worst_lag_ms": 12_000, "stages_lost": 2, "unknown": 7}
    live.leases.beat(Worker(worker_id="w1", node="n1", capacity=4, figures=figures, started_at_ms=1))
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])
    [(_, lease)] = live.leases.assigned("w1")
    live.leases.renew("w1", {"s1": Reach(token=lease.token, recorded_ms=100_000, analysed_ms=58_000)})
    live.stream_writer.put_coverage(
        "s1", Coverage(span_ms=100_000, analysed_ms=50_000, waiting_ms=42_000, gaps=(SHED,))
    )
    clock.pass_ms(3_000)
    return live


@pytest.fixture
def client(running: Stores, tmp_path: Path) -> Iterator[httpx.Client]:
    with served(create_app(running, tmp_path)) as url, httpx.Client(base_url=url, timeout=30) as opened:
        yield opened


def scraped(client: httpx.Client) -> dict[Sample, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_lag_coverage_and_workers_are_told_in_seconds_and_shares(client: httpx.Client) -> None:
    found = scraped(client)
    stream, worker = (("stream_id", "s1"),), (("node", "n1"), ("worker_id", "w1"))
    assert found["zhenyan_stream_lag_seconds", stream] == 42
    assert found["zhenyan_stream_coverage_ratio", stream] == 0.5
    assert found["zhenyan_stream_beat_age_seconds", stream] == 3
    assert found["zhenyan_streams_unplaced", ()] == 2
    assert found["zhenyan_gap_seconds_total", (("kind", "shed"),)] == 8
    assert found["zhenyan_worker_capacity_streams", worker] == 4
    assert found["zhenyan_worker_carried_streams", worker] == 1
    assert found["zhenyan_worker_beat_age_seconds", worker] == 3
    assert found["zhenyan_worker_hearing_wait_seconds", worker] == 1.5
    assert found["zhenyan_worker_worst_lag_seconds", worker] == 12
    assert found["zhenyan_worker_stages_lost_total", worker] == 2
    assert not [name for name, _ in found if "unknown" in name]


@pytest.fixture
def elsewhere(live: Stores) -> TestClient:
    """Asks from an address that is not this machine's, where the token is `t0ken`."""
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(metrics_router(live.overview.view, live.streams.tally, live.second_reader.figures, "t0ken"))
    return TestClient(app, client=("203.0.113.9", 1234), raise_server_exceptions=False)


def test_another_machine_needs_the_token(elsewhere: TestClient) -> None:
    assert elsewhere.get("/metrics").status_code != 200
    assert elsewhere.get("/metrics", headers={"Authorization": "Bearer other"}).status_code != 200
    assert elsewhere.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


def test_top_shows_who_waits_and_who_is_late(running: Stores) -> None:
    out = io.StringIO()
    Console(file=out, width=200).print(shown(running.overview.view()))
    text = out.getvalue()
    assert "3 broadcasts, 2 wait" in text
    assert "42.0 s" in text
    assert "50.0%" in text
    assert "w1" in text


def test_top_as_json_is_the_whole_view(running: Stores, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENYAN_DATABASE_URL", database_url)
    today = Stores.open(database_url)
    today.leases.beat(Worker(worker_id="w2", node="n2", capacity=4))
    today.close()
    answer = CliRunner().invoke(command, ["--json"])
    assert answer.exit_code == 0, answer.output
    view = json.loads(answer.output)
    assert [s["stream_id"] for s in view["streams"]] == ["s1", "s2", "s3"]
    assert [worker["worker_id"] for worker in view["workers"]] == ["w2"], "w1 told nothing for days"
    assert view["silent_workers"] == 1
    assert "https://live.example" not in answer.output
