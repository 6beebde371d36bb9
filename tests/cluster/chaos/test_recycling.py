"""Processes that grew old or large are replaced while broadcasts are on, and nothing of them is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.chaos.support import Given, assert_the_same, play

pytestmark = [pytest.mark.service, pytest.mark.slow]

KINDS = ("hearing", "reading", "shard", "judge")


def replaced(logs: Path) -> dict[str, list[dict[str, Any]]]:
    """What processes of each kind wrote of their ends."""
    told: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for path in logs.glob("*.jsonl"):
        kind = "judge" if path.stem.endswith("-judge") else path.stem.partition("-")[0]
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        told[kind] += [line for line in lines if " is replaced: it " in line["event"]]
    return told


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"recycle_s": 45, "recycle_least_s": 0}, id="by age"),
        pytest.param({"recycle_bytes": 1, "recycle_least_s": 45}, id="by memory"),
    ],
)
def test_worn_processes_are_replaced(undisturbed: Given, spoken: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    given = play(spoken, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", **changes)
    assert_the_same(given, undisturbed)
    told = replaced(tmp_path / "logs")
    # A judge is as old as its shard, and ends with it at the latest.
    assert all(told[kind] for kind in KINDS if kind != "judge"), told
    calls = [line for kind in KINDS if kind != "shard" for line in told[kind]]
    assert {line["stream_id"] for line in calls} <= {"s0", "s1"}
    assert any("sequence" in line for line in calls)
