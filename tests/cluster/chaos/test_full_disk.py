"""A disk that is full costs clips and checkpoints, and no finding and no second of what was recorded."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.service.support import shortened

ROOT = Path(__file__).parents[3]


def carried(part: Path, tmp_path: Path, what: str) -> dict[str, Any]:
    """What became of the broadcast on a disk of its own, `full` or not."""
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


@pytest.mark.slow
def test_the_disk_is_full_once_all_is_recorded(tmp_path: Path) -> None:
    part = shortened(tmp_path / "part.mp4", start_s=80, seconds=30)
    undisturbed = carried(part, tmp_path, "free")
    full = carried(part, tmp_path, "full")
    assert (full["state"], full["error"], full["lost_ms"]) == ("ended", None, 0)
    assert full["findings"] == undisturbed["findings"] != []
