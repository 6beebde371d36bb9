"""A broadcast that was really recorded, with a finding in it, for packs and complaints."""

import hashlib
import json
import shlex
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

from claims.types import PlatformFact
from ingest.capture.capture import capture
from net.guard import NetPolicy
from review.evidence.basis import keep_basis
from review.stores import Stores
from tests.ingest.support import run_ffmpeg
from tests.review.sample import FINDING

PASSPORT = json.dumps({"id": "p1", "name": "双口氮化镓充电器"}, ensure_ascii=False, sort_keys=True)
VERSION = f"sha256:{hashlib.sha256(PASSPORT.encode()).hexdigest()}"
_BROADCAST = """
-f lavfi -i testsrc=size={size}:rate=25:duration={seconds} -f lavfi -i
sine=frequency=440:duration={seconds} -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p {more} -c:a aac -threads 2
"""


def make_broadcast(path: Path, *, seconds: int, size: str = "320x180", more: str = "") -> Path:
    """A media file of a test picture with a tone."""
    arguments = shlex.split(_BROADCAST.format(seconds=seconds, size=size, more=more))
    run_ffmpeg(*arguments, path)
    return path


def record(source: Path, data_dir: Path, stream_id: str = "s1") -> None:
    """Records the file as this stream, with what it is judged by."""
    folder = data_dir / "recordings" / stream_id
    for _ in capture(
        str(source),
        stream_id=stream_id,
        folder=folder,
        policy=NetPolicy(),
        stop=lambda: False,
        now_ms=lambda: 1_795_500_000_000,
    ):
        pass
    facts = [PlatformFact(stream_id=stream_id, at_ms=1000, kind="stock", product_id="p1", value=12)]
    keep_basis(folder, {VERSION: PASSPORT}, facts)


@cache
def recorded_once(root: Path, seconds: int) -> Path:
    """A data folder with a recording of so many seconds, made once for each root."""
    record(make_broadcast(root / f"broadcast-{seconds}.mp4", seconds=seconds), root / f"data-{seconds}")
    return root / f"data-{seconds}"


def copy_recorded(root: Path, seconds: int, data_dir: Path) -> Path:
    """The folder of s1's recording, copied into this data folder."""
    target = data_dir / "recordings" / "s1"
    shutil.copytree(recorded_once(root, seconds) / "recordings" / "s1", target)
    return target


def add_recorded_case(stores: Stores, start_ms: int, end_ms: int) -> str:
    """A case whose only finding lies at this place of the recording; its clip is not cut yet."""
    finding = replace(FINDING, finding_id="f_recorded", start_ms=start_ms, end_ms=end_ms, passport_version=VERSION)
    stores.stream_writer.add_findings([finding])
    case_id = stores.cases.case_of(finding.finding_id)
    assert case_id is not None
    return case_id
