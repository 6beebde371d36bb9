"""`zhenyan serve` and the processes that judge for it: none of them outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.support import ROOT
from tests.review.judge_pool.support import is_running, until

_JUDGES = 2


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A running `zhenyan serve` and its address."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "ZHENYAN_DATA_DIR": str(tmp_path / "data"),
        "ZHENYAN_SEMANTIC": "off",
        "ZHENYAN_JUDGING_PROCESSES": str(_JUDGES),
    }
    script = Path(sys.executable).with_name("zhenyan")
    command = [script, "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


def started_by(pid: int) -> set[int]:
    """Every process that this one started, or one of those."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(fields[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


@pytest.mark.service
@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGTERM, marks=pytest.mark.slow, id="stopped"), pytest.param(signal.SIGKILL, id="killed")],
)
def test_no_process_outlives_the_server(server: tuple["subprocess.Popen[str]", str], number: signal.Signals) -> None:
    process, url = server
    token = httpx.get(f"{url}before", timeout=120).text.split('name="csrf" value="')[1].split('"')[0]
    answer = httpx.post(f"{url}v1/check", json={"text": "全网最好"}, headers={"X-CSRF-Token": token}, timeout=120)
    assert answer.status_code == 200, answer.text
    until(lambda: len(started_by(process.pid)) > _JUDGES, "the processes start")
    children = started_by(process.pid)
    process.send_signal(number)
    process.wait(60)
    until(lambda: not any(map(is_running, children)), "everything ends with the server")
