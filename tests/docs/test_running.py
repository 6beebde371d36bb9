"""What the program is run by: the image, the service files, the alerts, each checked by its own tool."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from claims.types import Disposition, VerdictKind
from ingest.types import GapKind
from review.scheduling.overview import LiveView, WatchedStream
from review.scheduling.types import Worker
from review.scheduling.worker_figures import FIGURES
from review.second_reader.types import Figures
from review.server.metrics import ServiceFigures
from review.streams.types import StreamState, Tally, Wanted

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "configs" / "prometheus" / "alerts.yaml"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]


def told_figures() -> set[str]:
    """The names of everything that /metrics tells of a broadcast, a worker and findings."""
    stream = WatchedStream(
        stream_id="s1",
        tenant_id="local",
        host_name="",
        title="",
        state=StreamState.LIVE,
        wanted=Wanted.RUN,
        priority=1,
        worker_id="w1",
        why="",
        restarts=0,
        recorded_ms=2000,
        analysed_ms=1000,
        beat_at_ms=1,
        coverage=1.0,
        error=None,
        lag_ms=1000,
        interrupted_ms=0,
    )
    worker = Worker(worker_id="w1", node="n1", capacity=2, figures={figure.key: 1 for figure in FIGURES})
    view = LiveView(
        at_ms=2,
        streams=(stream,),
        workers=(worker,),
        silent_workers=0,
        states={StreamState.LIVE: 1},
        gaps_ms=dict.fromkeys(GapKind, 1),
    )
    tally = Tally(by_verdict=dict.fromkeys(VerdictKind, 1), by_disposition=dict.fromkeys(Disposition, 1))
    families = ServiceFigures(lambda: view, lambda: tally, Figures).collect()
    return {sample.name for family in families for sample in family.samples}


def test_the_image_passes_its_linter() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--no-color", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_image_takes_every_package_of_the_program() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = re.search(r"^packages = \[(.*)\]$", project, re.MULTILINE)
    assert packages is not None
    dockerfile, ignore = ((ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", ".dockerignore"))
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package} {package}\n" in dockerfile
        assert f"!{package}\n" in ignore


@pytest.mark.parametrize("half", ["serve", "worker"])
def test_a_service_file_is_understood(half: str, tmp_path: Path) -> None:
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("systemd is not here")
    unit = tmp_path / f"zhenyan-{half}.service"
    text = (ROOT / "configs" / "systemd" / unit.name).read_text(encoding="utf-8")
    assert f"ExecStart=/opt/zhenyan/bin/zhenyan {half} " in text
    unit.write_text(text.replace("/opt/zhenyan/bin/zhenyan", "/bin/true"), encoding="utf-8")
    checked = subprocess.run([checker, "verify", unit], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert checked.stderr == ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_reads_figures_that_are_told_and_says_what_to_do(rule: dict[str, Any]) -> None:
    promql_parser.parse(rule["expr"])
    named = set(re.findall(r"zhenyan_\w+", rule["expr"]))
    assert named <= told_figures(), named - told_figures()
    assert named or "up{" in rule["expr"]
    assert rule["annotations"]["summary"]
    assert f"`{rule['alert']}`" in OPERATIONS


def test_every_figure_is_explained() -> None:
    unexplained = {name for name in told_figures() if f"`{name}" not in OPERATIONS}
    assert not unexplained
