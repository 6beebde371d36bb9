"""A full disk costs clips, checkpoints and what can't be recorded; of what is recorded it costs nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.chaos.support import ROOT, apart_from
from tests.cluster.live.support import shortened

pytestmark = [pytest.mark.service, pytest.mark.slow]


def carried(part: Path, tmp_path: Path, what: str) -> dict[str, Any]:
    """What became of the broadcast on a disk of its own; see `on_full_disk`."""
    disk, beside = tmp_path / f"disk-{what}", tmp_path / "beside"
    disk.mkdir()
    beside.mkdir(exist_ok=True)
    mounted = f'mount -t tmpfs -o size=24m tmpfs "{disk}" && exec "$@"'
    script = [sys.executable, "-m", "tests.cluster.chaos.on_full_disk", str(part), str(disk), str(beside), what]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh", *script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_the_disk_is_full_once_all_is_recorded(tmp_path: Path) -> None:
    part = shortened(tmp_path / "part.mp4", start_s=80, seconds=30)
    undisturbed = carried(part, tmp_path, "free")
    full = carried(part, tmp_path, "full")
    assert (full["state"], full["error"], full["lost_ms"]) == ("ended", None, 0)
    assert full["findings"].keys() == undisturbed["findings"].keys() != set()


def test_the_disk_is_full_while_a_broadcast_is_recorded(tmp_path: Path) -> None:
    """What finds no room is lost and told of; in the rest the same is found in the same places.

    Behind a hole sound is cut some milliseconds apart, so that another character of the same sound may be heard.
    """
    part = shortened(tmp_path / "part.mp4", start_s=56, seconds=48)
    undisturbed = carried(part, tmp_path, "free meanwhile")
    full = carried(part, tmp_path, "full meanwhile")
    assert (undisturbed["state"], undisturbed["lost_ms"]) == ("ended", 0)
    assert (full["state"], full["error"], full["waiting_ms"]) == ("ended", None, 0)
    assert full["span_ms"] == undisturbed["span_ms"]
    assert {(kind, why) for kind, why, _, _ in full["gaps"]} <= {
        ("shed", "disk full"),
        ("shed", "given up before it was analysed"),
    }
    assert "disk full" in {why for _, why, _, _ in full["gaps"]}
    assert full["span_ms"] // 2 < full["span_ms"] - full["lost_ms"] < full["span_ms"]
    holes = [(start_ms, end_ms) for _, _, start_ms, end_ms in full["gaps"]]
    there = apart_from(holes, undisturbed["findings"])
    assert len(there) >= 2
    assert without_counterpart(holes, undisturbed, full) == []
    assert without_counterpart(holes, full, undisturbed) == []


def without_counterpart(holes: list[tuple[int, int]], of: dict[str, Any], among: dict[str, Any]) -> list[str]:
    """The findings apart from the holes for which the other has none of the same class in the same place."""
    return [
        finding_id
        for finding_id in sorted(apart_from(holes, of["findings"]))
        if not any(
            start_ms < other_end_ms and other_start_ms < end_ms
            for other_id, witnesses in among["findings"].items()
            if among["classes"][other_id] == of["classes"][finding_id]
            for other_start_ms, other_end_ms in witnesses
            for start_ms, end_ms in of["findings"][finding_id]
        )
    ]
