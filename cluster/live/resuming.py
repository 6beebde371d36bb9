"""A broadcast whose recording lies on another machine goes on here: the same clock, the same numbers, the same chain.

What was recorded there is not here; its rows are, as those of segments that were given up.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.recording.disk import append_line
from ingest.recording.manifest import MANIFEST, Manifest, read_end, read_manifest
from ingest.recording.ring import TRIMS
from ingest.types import Segment

_WHY = "recorded on another machine"


_CONTEXT_MS = 60_000
_OVER = frozenset({"complete", "vanished", "limit"})


def is_complete(recording_dir: Path) -> bool:
    """Whether the broadcast was recorded to its end, so that there is nothing more to capture."""
    return read_end(recording_dir) in _OVER


def start_after(recording_dir: Path, cursor: int | None, replay_ms: int) -> int:
    """The segment after which to begin: the recording's first that is still there, or, where that would take longer
    than `replay_ms` of it, some context before the last one that was analysed."""
    kept = [segment for segment in read_manifest(recording_dir) if segment.path.is_file()]
    if not kept:
        return -1 if cursor is None else cursor
    done = [segment for segment in kept if cursor is not None and segment.sequence <= cursor]
    if cursor is None:
        return -1
    if not done or done[-1].end_ms - kept[0].start_ms <= replay_ms:
        # What went before it was analysed has to be told of; what went after it need not be looked for.
        return min(kept[0].sequence - 1, cursor)
    near = [segment for segment in done if segment.start_ms >= done[-1].end_ms - _CONTEXT_MS]
    return near[0].sequence - 1


def resume_on_this_machine(recording_dir: Path, recorded: Sequence[Segment]) -> bool:
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
