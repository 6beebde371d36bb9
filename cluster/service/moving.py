"""A broadcast whose recording lies on another machine goes on here: the same clock, the same numbers, the same chain.

What was recorded there is not here; its rows are, as those of segments that were given up.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.disk import append_line
from ingest.manifest import MANIFEST, Manifest
from ingest.ring import TRIMS
from ingest.types import Segment

_WHY = "recorded on another machine"


def go_on_here(recording_dir: Path, recorded: Sequence[Segment]) -> bool:
    """Writes the rows of what was recorded elsewhere, if nothing is recorded here yet; whether it did."""
    if not recorded or (recording_dir / MANIFEST).is_file():
        return False
    recording_dir.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(recording_dir)
    for segment in recorded:
        trim = {"sequence": segment.sequence, "at_ms": segment.received_at_ms, "why": _WHY}
        append_line(recording_dir / TRIMS, json.dumps(trim, ensure_ascii=False, separators=(",", ":")))
        manifest.add_segment(replace(segment, path=recording_dir / segment.path.name))
    return True
