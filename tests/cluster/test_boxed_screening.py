"""A whole screening in one process: its children meet the hostile bytes, and the good seconds are all analysed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.recording.manifest import read_manifest
from ingest.types import Segment
from tests.cli.support import AT, DEMO_PASSPORTS
from tests.ingest.malformed import make_sources, malformed
from tests.ingest.processes import is_gone, wait_until
from tests.ingest.support import Origin, playlist

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
# What opens media; the speech library imports `av` for its own use and is given samples only.
PARSERS = {
    "ingest.media.container",
    "ingest.decode.decoder",
    "ingest.clips.clip",
    "ingest.capture.cutter",
    "ingest.capture.remux",
    "ingest.capture.capture",
}
PROGRAM = """
import json, os, sys
from datetime import datetime
from pathlib import Path
from cluster.local import screen_locally
from cluster.types import Ended, ScreenJob, Understood, Warned
source, allow, folder, passports, at, box = sys.argv[1:]
job = ScreenJob(
    stream_id="s1", source=source, recording_dir=Path(folder) / "r", passports_file=Path(passports),
    at=datetime.fromisoformat(at), data_dir=Path(folder), allow_net=(allow,), clips_dir=Path(folder) / "clips",
    sandbox=box,
)
told = {"warned": [], "heard": [], "ended": "", "children": []}
for event in screen_locally(job):
    told["children"] += [int(pid) for task in Path("/proc/self/task").iterdir()
                         for pid in (task / "children").read_text().split()]
    if isinstance(event, Warned):
        told["warned"].append(event.text)
    elif isinstance(event, Understood):
        told["heard"].append(event.passage.text)
    elif isinstance(event, Ended):
        told["ended"] = event.reason
told["modules"] = sorted(sys.modules)
print(json.dumps(told))
"""


@pytest.mark.parametrize("sandbox", ["bubblewrap", pytest.param("rlimits", marks=pytest.mark.slow)])
def test_good_segments_between_hostile_ones_are_all_analysed(
    origin: Origin, hls: Path, tmp_path: Path, sandbox: str
) -> None:
    good = [(hls / f"s{n}.ts").read_bytes() for n in range(6)]
    (tmp_path / "sources").mkdir()
    hostile = [i for i in malformed(make_sources(tmp_path / "sources"), count=240, seed=6) if i.suffix == ".ts"][::4]
    names: list[str] = []
    for number, body in enumerate(good):
        for index, one in enumerate(hostile[number::6][:2]):
            name = f"h{number}-{index}.ts"
            origin.routes[f"/{name}"] = one.content
            names.append(name)
        origin.routes[f"/s{number}.ts"] = body
        names.append(f"s{number}.ts")
    origin.routes["/live.m3u8"] = playlist(names, ended=True)
    allow = f"127.0.0.1:{origin.port}"
    command = [sys.executable, "-c", PROGRAM, f"{origin.url}/live.m3u8", allow, tmp_path, DEMO_PASSPORTS, AT, sandbox]
    environment = os.environ | {"ZHENYAN_DATABASE_URL": "postgresql://hunter2"}
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    recorded = read_manifest(tmp_path / "r")
    assert told["ended"] == "complete"
    assert [s.path.read_bytes() for s in recorded if s.path.read_bytes() in good] == good
    assert not [s for s in recorded if s.path.read_bytes() in good and _was_left_out(s, told["warned"])]
    assert told["heard"]
    assert PARSERS.isdisjoint(told["modules"])
    assert not list(tmp_path.rglob("*.part"))
    assert not list((tmp_path / "clips").glob(".cut-*"))
    assert told["children"]
    wait_until(lambda: all(is_gone(pid) for pid in told["children"]))


def _was_left_out(segment: Segment, warnings: list[str]) -> bool:
    return any(f"segment {segment.sequence}:" in text for text in warnings)
