"""A finding's clip, cut from the recording where the screening has left none."""

import fcntl
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.clips.sandboxed import cut_sandboxed_clip
from ingest.errors import BrokenChain, BrokenMedia, ParserDied
from ingest.recording.chain import GENESIS, chain_sha256
from ingest.recording.disk import append_line
from ingest.recording.manifest import read_manifest
from ingest.types import ClipInfo
from review.evidence.files import KeptEvidence, beside
from review.streams.types import StoredFinding

CUTS = "cuts.jsonl"
_BEFORE_MS, _AFTER_MS = 4_000, 2_500
_KEY_FRAME_REACH_MS = 6_000
_RUN_UP_MS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CutClip:
    """The clip on disk and the stream time of its first frame."""

    path: Path
    start_ms: int


class ClipNames(Protocol):
    """Where a clip is named once it is cut."""

    def set_clip(self, finding_id: str, clip: str, clip_start_ms: int) -> None:
        """Names the finding's clip, relative to the data folder."""
        ...


def clip_of(kept: KeptEvidence, names: ClipNames, data_dir: Path, stored: StoredFinding) -> CutClip | None:
    """The finding's clip; cut now where there is none and the recording still has the seconds; else None.

    `kept`: the files that are kept elsewhere, brought back where the clip needs them.
    """
    finding, root = stored.finding, data_dir.resolve()
    if finding.clip is not None:
        kept.restore(beside(finding.clip))
        path = (root / finding.clip).resolve()
        if path.is_relative_to(root) and path.is_file():
            start_ms = stored.clip_start_ms
            return CutClip(path=path, start_ms=max(0, finding.start_ms - _RUN_UP_MS) if start_ms is None else start_ms)
    recording = data_dir / "recordings" / finding.stream_id
    kept.restore_recording(finding.stream_id)
    start_ms, end_ms = max(0, finding.start_ms - _BEFORE_MS), finding.end_ms + _AFTER_MS
    try:
        near = [
            segment
            for segment in read_manifest(recording)
            if segment.end_ms > start_ms - _KEY_FRAME_REACH_MS and segment.start_ms < end_ms and segment.path.is_file()
        ]
        if not near:
            return None
        target = data_dir / "clips" / f"{finding.finding_id}.mp4"
        info = cut_sandboxed_clip(near, start_ms=start_ms, end_ms=end_ms, hit_ms=finding.start_ms, target=target)
    except (BrokenMedia, BrokenChain, ParserDied):
        return None
    _vouch(recording, finding.finding_id, info)
    names.set_clip(finding.finding_id, target.resolve().relative_to(root).as_posix(), info.start_ms)
    return CutClip(path=target, start_ms=info.start_ms)


def _vouch(recording: Path, finding_id: str, info: ClipInfo) -> None:
    """Notes the clip beside the recording, linked to the note before; one process at a time.

    The screening keeps notes of its own and may be writing them now, so these are a chain apart.
    """
    path = recording / CUTS
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        before = str(json.loads(lines[-1])["chain_sha256"]) if lines else GENESIS
        row = {
            "finding_id": finding_id,
            "clip": info.path.name,
            "start_ms": info.start_ms,
            "end_ms": info.end_ms,
            "copied": info.copied,
            "sha256": info.sha256,
            "chain_sha256": chain_sha256(before, info.sha256),
            "segments": [{"sequence": source.sequence, "sha256": source.sha256} for source in info.sources],
        }
        append_line(path, json.dumps(row, ensure_ascii=False, separators=(",", ":")))
