"""The dashboards are Grafana's to read, and every query of theirs finds something in a real Prometheus."""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import CollectorRegistry, generate_latest

from bench.ports import free_port
from claims.types import Disposition, VerdictKind
from ingest.types import GapKind
from review.events.types import Event
from review.scheduling.latencies import LATENCIES, Latency
from review.scheduling.overview import LiveView, WatchedStream
from review.scheduling.types import Worker
from review.scheduling.worker_figures import FIGURES
from review.second_reader.types import Figures
from review.server.latency import Latencies
from review.server.metrics import ServiceFigures
from review.streams.types import StreamState, Tally, Wanted
from tests.system import lacking

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "configs" / "grafana").glob("*.json"))
BOARDS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS}
QUERIES = [
    pytest.param(target["expr"], id=f"{name}-{panel['id']}{target['refId']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    for target in panel["targets"]
]


def test_there_are_dashboards_of_the_live_service_and_of_serving() -> None:
    assert list(BOARDS) == ["live", "serving"]


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_says_nothing_that_grafana_s_schema_does_not_know(name: str) -> None:
    """Read into the types that Grafana makes from its schema, and written again: an unknown field would be gone."""
    read = Dashboard.from_json(BOARDS[name])
    assert json.loads(JSONEncoder().encode(read)) == BOARDS[name]
    ids = [panel["id"] for panel in BOARDS[name]["panels"]]
    assert len(ids) == len(set(ids))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARDS[name]["panels"]]
    assert len(places) == len(set(places)), "a panel lies on another"


@pytest.mark.parametrize("expr", QUERIES)
def test_a_query_can_be_parsed(expr: str) -> None:
    promql_parser.parse(expr)


def figures(turn: int) -> bytes:
    """What /metrics tells of a service at work; with each `turn` there is more of what grows."""
    stream = WatchedStream(
        stream_id="s1", tenant_id="local", host_name="", title="", state=StreamState.LIVE, wanted=Wanted.RUN,
        priority=1, worker_id="w1", why="", restarts=0, recorded_ms=2000, analysed_ms=1000, beat_at_ms=1,
        coverage=1.0, error=None, lag_ms=1000, interrupted_ms=0,
    )  # fmt: skip
    stages: dict[str, object] = {}
    for stage in ("decode", "asr", "ocr", "judge", "segment"):
        latency = Latency()
        for _ in range(turn + 1):
            latency.note(0.3)
        stages[stage] = latency.to_json()
    told: dict[str, object] = {figure.key: turn + 1 for figure in FIGURES}
    worker = Worker(worker_id="w1", node="n1", capacity=2, figures=told | {LATENCIES: stages})
    view = LiveView(
        at_ms=2, streams=(stream,), workers=(worker,), silent_workers=0, states=dict.fromkeys(StreamState, 1),
        gaps_ms=dict.fromkeys(GapKind, 1000 * (turn + 1)),
    )  # fmt: skip
    tally = Tally(by_verdict=dict.fromkeys(VerdictKind, turn), by_disposition=dict.fromkeys(Disposition, turn))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceFigures(lambda: view, lambda: tally, Figures))
    latencies = Latencies()
    event = Event(
        tenant_id="local", sequence=1, id="local-1", at_ms=0, kind="finding.created", subject="f", host_id="h",
        stream_id="s1",
    )  # fmt: skip
    for _ in range(turn + 1):
        latencies.note_request("GET", "/v1/events", 200, 0.02)
        latencies.note_webhook(event, 0.1, 400, is_taken=True)
    return generate_latest(registry) + generate_latest(latencies.registry)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A real Prometheus that has scraped such figures a few times."""
    program = shutil.which("prometheus")
    if program is None:
        lacking("prometheus is not here")
    folder = tmp_path_factory.mktemp("prometheus")
    turns = iter(range(1_000_000))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = figures(next(turns))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Stays quiet."""

    target = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    port = free_port()
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s}}\nrule_files: [{ROOT}/configs/prometheus/alerts.yaml]\n"
        "scrape_configs:\n  - job_name: zhenyan\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{target.server_port}']}}]\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                str(program), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            deadline = time.monotonic() + 120
            while not scraped(client):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.5)
            yield client
    finally:
        process.kill()
        process.wait()
        target.shutdown()
        target.server_close()


def scraped(client: httpx.Client) -> bool:
    """Whether it has scraped at least four times."""
    try:
        answer = client.get("/api/v1/query", params={"query": 'count_over_time(up{job="zhenyan"}[5m])'})
    except httpx.TransportError:
        return False
    found = answer.json().get("data", {}).get("result", []) if answer.status_code == 200 else []
    return bool(found) and int(found[0]["value"][1]) >= 4


@pytest.mark.service
@pytest.mark.parametrize("expr", QUERIES)
def test_a_query_finds_figures_in_a_real_prometheus(expr: str, prometheus: httpx.Client) -> None:
    answer = prometheus.get("/api/v1/query", params={"query": expr}).json()
    assert answer["status"] == "success", answer
    values = [float(row["value"][1]) for row in answer["data"]["result"]]
    assert values, "nothing was found"
    assert all(value == value for value in values), "it is no number"


@pytest.mark.service
def test_the_example_alerts_are_loaded_as_they_are(prometheus: httpx.Client) -> None:
    groups = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    text = (ROOT / "configs" / "prometheus" / "alerts.yaml").read_text(encoding="utf-8")
    assert {rule["name"] for rule in rules} == set(re.findall(r"alert: (\w+)", text))
    assert {rule["lastError"] for rule in rules if "lastError" in rule} <= {""}
