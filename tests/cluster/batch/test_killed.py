"""A batch is killed in the middle and called again: the same findings, and at most half a minute done twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.batch.conftest import DEMO_PASSPORTS

pytestmark = pytest.mark.service

AT = "2026-11-24T20:00:00+08:00"
DEADLINE_S = 600


def batch(archive: Path, out: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from cli.main import main; main()", "batch", str(archive)]
    command += ["--passports", str(DEMO_PASSPORTS), "--out", str(out), "--at", AT, "--workers", "1"]
    command += ["--policy", str(archive.parent / "policy")]
    environment = os.environ | {"ZHENYAN_DATA_DIR": str(out.parent / "data"), "ZHENYAN_SEMANTIC": "off"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out + err


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def analysed(out: Path) -> list[int]:
    """The numbers of the segments that are kept, in the order in which they were analysed."""
    files = list(out.glob(".work/*/segments.jsonl"))
    return [json.loads(line)["n"] for line in files[0].read_text().splitlines() if line] if files else []


def checkpoint(out: Path) -> int:
    """The segment after which the file would go on."""
    files = list(out.glob(".work/*/recording.checkpoint"))
    return int(json.loads(files[0].read_bytes().partition(b"\n")[0])["sequence"]) if files else -1


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_of(pid: int) -> list[int]:
    """The processes of the pool; another child only tracks what they share."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def undisturbed(longer_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    status, told = ended(batch(longer_archive, out))
    assert status == 0, told
    return out


def test_everything_is_found_and_nothing_of_the_work_is_left(undisturbed: Path) -> None:
    findings = read(undisturbed / "findings.jsonl")
    assert {f["class"] for f in findings if f["disposition"] == "flag"} == {
        "SPEC_PARAM",
        "ABS_SUPERLATIVE",
        "PRICE_ORIGINAL",
    }
    assert len(read(undisturbed / "passages.jsonl")) > 5
    [file] = read(undisturbed / "files.jsonl")
    assert (file["state"], file["host_id"], file["coverage_per_mille"]) == ("done", "xiaolan", 1000)
    assert list(undisturbed.glob(".work/*/recording*")) == []


def test_killed_in_the_middle_it_goes_on_with_the_same_findings(
    longer_archive: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = batch(longer_archive, out)
    wait_until(lambda: checkpoint(out) >= 2)
    workers = workers_of(first.pid)
    assert workers
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=DEADLINE_S)
    wait_until(lambda: not any(is_alive(pid) for pid in workers))
    kept, last = analysed(out), checkpoint(out)
    assert 0 <= len(kept) - 1 - last <= 16, "at most half a minute is done twice"
    assert not (out / "findings.jsonl").exists()

    status, told = ended(batch(longer_archive, out))
    assert status == 0, told
    numbers = analysed(out)
    assert numbers == [*range(len(numbers) - 1), -1], "each segment once, in order"
    for name in ("findings.jsonl", "passages.jsonl"):
        assert read(out / name) == read(undisturbed / name)


def test_a_worker_that_is_killed_costs_nothing(longer_archive: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = batch(longer_archive, out)
    wait_until(lambda: checkpoint(out) >= 2)
    [worker] = workers_of(process.pid)
    os.kill(worker, signal.SIGKILL)
    status, told = ended(process)
    assert status == 0, told
    assert read(out / "findings.jsonl") == read(undisturbed / "findings.jsonl")


def test_called_again_it_screens_nothing_twice(longer_archive: Path, undisturbed: Path) -> None:
    [segments] = undisturbed.glob(".work/*/segments.jsonl")
    before = segments.stat().st_mtime_ns
    status, told = ended(batch(longer_archive, undisturbed))
    assert (status, "1 of 1 files screened" in told) == (0, True), told
    assert segments.stat().st_mtime_ns == before
