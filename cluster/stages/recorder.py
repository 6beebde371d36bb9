"""Stores what a stream gave, segment by segment, and cuts a clip for each finding once its end was received."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from claims.classifier.encoding_cache import Directions
from claims.types import Finding, Passage
from cluster.stages.state import freeze, thaw
from cluster.types import Prepared, ScreenJob
from ingest.clips.sandboxed import cut_sandboxed_clip
from ingest.errors import BrokenMedia, ParserDied
from ingest.recording.chain import GENESIS, chain_sha256
from ingest.recording.disk import append_line, is_full
from ingest.recording.ledger import NOTHING, Ledger
from ingest.recording.manifest import ManifestTail
from ingest.recording.ring import Ring, Room, pin, trim_ended
from ingest.types import ClipInfo, Gap, GapKind, RetentionLimits, Segment
from review.evidence.basis import keep_directions, keep_step
from review.stores import Stores
from review.stream_store.writer import StreamWriter
from review.streams.types import StreamState
from vision.products.timeline import Evidence

CLIPS = "clips.jsonl"
_BEFORE_MS, _AFTER_MS = 4_000, 2_500
_KEY_FRAME_REACH_MS = 6_000
# A finding is told at most so long after it began; its clip is cut from segments that are no older.
_CLIP_REACH_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    segments: list[Segment]
    unclipped: dict[str, Finding]
    clips: dict[str, str]
    pinned: set[str]
    to_pin: list[Finding]
    ledger: Ledger
    tail: ManifestTail


class Recorder:
    """The only writer of one stream's rows, pins and clips, and the keeper of its ledger."""

    def __init__(self, job: ScreenJob, *, writer: StreamWriter | None = None, token: int | None = None) -> None:
        """`writer` None: that of the job's own database, if it names one, which is closed at the end.

        `token`: the lease without which nothing may be stored; LeaseLost is raised where it is gone.
        """
        self._job = job
        self._own = Stores.open(job.database_url) if writer is None and job.database_url else None
        self._writer = self._own.stream_writer if self._own else writer
        self._token = token
        self._segments: list[Segment] = []
        self._unclipped: dict[str, Finding] = {}
        self._clips: dict[str, str] = {}
        self._pinned: set[str] = set()
        self._to_pin: list[Finding] = []
        self._tail = ManifestTail(job.recording_dir)
        job.recording_dir.mkdir(parents=True, exist_ok=True)
        trim_ended(job.recording_dir.parent, job.retention, _wall_ms)
        ring = Ring(job.recording_dir, RetentionLimits(), _wall_ms)
        self._room = Room(ring, job.recording_dir, job.retention, _wall_ms)
        self._ledger = Ledger(self._writer.ledger(job.stream_id) if self._writer else NOTHING)
        self.coverage = self._ledger.coverage()
        self._last_link, self._vouched = _vouched(job.recording_dir / CLIPS)

    def record(
        self,
        prepared: Prepared,
        passages: Sequence[Passage],
        findings: Sequence[Finding],
        evidence: Sequence[Evidence] = (),
    ) -> list[Finding]:
        """Stores the segment's results in one transaction; gives the findings whose clips are now cut.

        A segment that could not be read counts as received and not as analysed. `evidence`: what was seen of products.
        """
        segment = prepared.segment
        findings = self._worded(passages, findings)
        self._remember(segment)
        self._account(prepared)
        self._pin(findings)
        self._room.keep_free()
        keep_step(self._job.recording_dir, segment.sequence, segment.end_ms, passages, evidence)
        if self._writer is not None:
            self._writer.commit_segment(
                self._job.stream_id,
                segment.sequence,
                findings=findings,
                passages=passages,
                coverage=self.coverage,
                analysed=prepared.error is None,
                signal=prepared.signal,
                terms=self._job.stretches,
                token=self._token,
                segment=segment,
            )
        self._want_clips(findings)
        return self._cut(until_ms=segment.end_ms)

    def keep(self, directions: Directions | None) -> None:
        """Keeps what the semantic layer read beside the recording, for who judges the broadcast again."""
        if directions is not None:
            keep_directions(self._job.recording_dir, directions)

    def finish(
        self, passages: Sequence[Passage], findings: Sequence[Finding], state: StreamState | None, error: str | None
    ) -> list[Finding]:
        """Stores the stream's last results and its state; cuts the clips that are left. `state` None: it stays."""
        findings = self._worded(passages, findings)
        recorded_ms, gaps = self._tail.read()
        self._ledger.know(gaps)
        self.coverage = self._ledger.close(recorded_ms)
        self._pin(findings)
        keep_step(self._job.recording_dir, None, recorded_ms, passages)
        if self._writer is not None:
            self._writer.commit_end(
                self._job.stream_id,
                findings=findings,
                passages=passages,
                coverage=self.coverage,
                token=self._token,
            )
        self._want_clips(findings)
        clipped = self._cut(until_ms=None)
        if self._writer is not None and state is not None:
            self._writer.set_state(self._job.stream_id, state, error, token=self._token)
        if self._own is not None:
            self._own.close()
        return clipped

    def save(self, stream_id: str) -> bytes:
        """What waits for a pin or a clip, what has them, and the ledger of the stream, which is the only one."""
        memory = _Memory(
            segments=self._segments,
            unclipped=self._unclipped,
            clips=self._clips,
            pinned=self._pinned,
            to_pin=self._to_pin,
            ledger=self._ledger,
            tail=self._tail,
        )
        return freeze(memory, {})

    def load(self, stream_id: str, state: bytes) -> None:
        """Goes on from what was saved; what is stored of the ledger meanwhile stands."""
        memory: _Memory = thaw(state, {})
        self._segments, self._unclipped, self._clips = memory.segments, memory.unclipped, memory.clips
        self._pinned, self._to_pin = memory.pinned, memory.to_pin
        if memory.ledger.settled_ms >= self._ledger.settled_ms:
            self._ledger, self._tail = memory.ledger, memory.tail
        self.coverage = self._ledger.coverage()

    def _worded(self, passages: Sequence[Passage], findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings as the customer's own word list has them, which may have changed since the last segment."""
        if self._writer is None or not (passages or findings):
            return findings
        return self._writer.worded(self._job.stream_id, passages, findings)

    def _remember(self, segment: Segment) -> None:
        """Keeps the segment for clips, once, and lets go of those that are too old for one."""
        if not self._segments or segment.sequence > self._segments[-1].sequence:
            self._segments.append(segment)
        while self._segments[0].end_ms < segment.end_ms - _CLIP_REACH_MS:
            del self._segments[0]

    def _account(self, prepared: Prepared) -> None:
        """Enters the segment into the ledger, after what the recording tells of the time before it."""
        recorded_ms, gaps = self._tail.read()
        self._ledger.know(gaps)
        segment = prepared.segment
        if prepared.error is None:
            cause = GapKind.ORDERED if prepared.is_ordered else GapKind.SHED
            shed = [Gap(kind=cause, start_ms=s.start_ms, end_ms=s.end_ms, why=s.why) for s in prepared.shed]
            self._ledger.analysed(segment.start_ms, segment.end_ms, shed)
        else:
            kind, why = _loss(prepared)
            self._ledger.lost(Gap(kind=kind, start_ms=segment.start_ms, end_ms=segment.end_ms, why=why))
        self.coverage = self._ledger.coverage(recorded_ms)

    def _pin(self, findings: Sequence[Finding]) -> None:
        """Keeps the seconds of each finding from the ring, with what a clip of it needs; a full disk delays it."""
        self._to_pin += [f for f in findings if f.finding_id not in self._pinned]
        self._pinned.update(f.finding_id for f in findings)
        while self._to_pin:
            finding = self._to_pin[0]
            start_ms = max(0, finding.start_ms - _BEFORE_MS - _KEY_FRAME_REACH_MS)
            try:
                pin(self._job.recording_dir, start_ms, finding.end_ms + _AFTER_MS, f"finding {finding.finding_id}")
            except OSError as error:
                if is_full(error):
                    return
                raise
            self._to_pin.pop(0)

    def _want_clips(self, findings: Sequence[Finding]) -> None:
        if self._job.clips_dir is None:
            return
        for finding in findings:
            if finding.finding_id not in self._clips:
                self._unclipped[finding.finding_id] = finding

    def _cut(self, *, until_ms: int | None) -> list[Finding]:
        ready = [f for f in self._unclipped.values() if until_ms is None or f.end_ms + _AFTER_MS <= until_ms]
        clipped: list[Finding] = []
        for finding in ready:
            del self._unclipped[finding.finding_id]
            clip = self._cut_one(finding)
            if clip is not None:
                clipped.append(replace(finding, clip=clip))
        return clipped

    def _cut_one(self, finding: Finding) -> str | None:
        assert self._job.clips_dir is not None
        start_ms, end_ms = max(0, finding.start_ms - _BEFORE_MS), finding.end_ms + _AFTER_MS
        near = [s for s in self._segments if s.end_ms > start_ms - _KEY_FRAME_REACH_MS and s.start_ms < end_ms]
        target = self._job.clips_dir / f"{finding.finding_id}.mp4"
        if finding.finding_id in self._vouched and target.is_file():
            return self._handed_on(finding, target, self._vouched[finding.finding_id])
        try:
            info = cut_sandboxed_clip(
                near,
                start_ms=start_ms,
                end_ms=end_ms,
                hit_ms=finding.start_ms,
                target=target,
                sandbox=self._job.sandbox,
            )
        except (BrokenMedia, ParserDied):
            return None
        self._vouch(finding, info)
        return self._handed_on(finding, target, info.start_ms)

    def _handed_on(self, finding: Finding, clip: Path, start_ms: int) -> str:
        """Names the clip to the store; gives its place as findings show it."""
        if self._writer is not None:
            self._writer.set_clip(finding.finding_id, self._kept(clip), start_ms)
        self._clips[finding.finding_id] = shown = _within(clip, self._job.data_dir) or str(clip)
        return shown

    def _kept(self, clip: Path) -> str:
        """The clip's place in the data folder, from where pages show it; one cut elsewhere is copied there."""
        within = _within(clip, self._job.data_dir)
        if within is not None:
            return within
        copy = self._job.data_dir / "clips" / clip.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        for beside in (clip, clip.with_suffix(".jpg"), clip.with_name(clip.name + ".peaks.json")):
            if beside.is_file():
                shutil.copyfile(beside, copy.with_name(beside.name))
        return str(copy.relative_to(self._job.data_dir))

    def _vouch(self, finding: Finding, info: ClipInfo) -> None:
        """Notes the clip's hash beside the recording, linked to the one before, with the segments it was cut from."""
        self._last_link = chain_sha256(self._last_link, info.sha256)
        row = {
            "finding_id": finding.finding_id,
            "clip": info.path.name,
            "start_ms": info.start_ms,
            "end_ms": info.end_ms,
            "copied": info.copied,
            "sha256": info.sha256,
            "chain_sha256": self._last_link,
            "segments": [{"sequence": s.sequence, "sha256": s.sha256} for s in info.sources],
        }
        try:
            append_line(self._job.recording_dir / CLIPS, json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        except OSError as error:
            if not is_full(error):
                raise


def _vouched(path: Path) -> tuple[str, dict[str, int]]:
    """The link of the clip noted last, GENESIS if none was; and the moment at which each finding's clip starts."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    starts = {str(row["finding_id"]): int(row["start_ms"]) for row in rows}
    return (str(rows[-1]["chain_sha256"]) if rows else GENESIS), starts


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _loss(prepared: Prepared) -> tuple[GapKind, str]:
    if prepared.crashed:
        return GapKind.CRASH, "the process that read it died"
    if not prepared.segment.path.exists():
        return GapKind.SHED, "given up before it was analysed"
    return GapKind.UNREADABLE, "not readable as media"


def _within(path: Path, folder: Path) -> str | None:
    """The path as seen from the folder; None if it lies elsewhere."""
    full, root = path.resolve(), folder.resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else None
