"""What belongs into a case's pack, read from the store and from the recordings in the data folder."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from claims.types import Passage, PlatformFact
from ingest.errors import BrokenChain
from ingest.recording.capture_log import read_capture_log
from ingest.recording.chain import GENESIS
from ingest.recording.ledger import Coverage
from ingest.recording.manifest import read_manifest
from ingest.recording.ring import read_trims
from ingest.types import Segment
from review.accounts.store import PeopleStore
from review.cases.store import CaseStore
from review.cases.types import Case, Decision
from review.corrections.store import CorrectionStore
from review.evidence.basis import passport_text, read_kept_facts
from review.evidence.clips import CUTS, clip_of
from review.evidence.files import KeptEvidence
from review.evidence_packs.chain import Run, runs_around
from review.evidence_packs.errors import PackError
from review.stream_store.queries import StreamQueries
from review.stream_store.writer import StreamWriter
from review.streams.corrections import Correction, Superseded
from review.streams.types import StoredFinding, StreamRecord

AROUND_MS = 30_000
_SCREENED = "clips.jsonl"


class PackSources(Protocol):
    """The stores that a pack is gathered from."""

    @property
    def cases(self) -> CaseStore:
        """The case, its findings and its decisions."""

    @property
    def streams(self) -> StreamQueries:
        """The broadcasts, what was said in them, and what of them was analysed."""

    @property
    def stream_writer(self) -> StreamWriter:
        """Where a clip is named that is cut for the pack."""

    @property
    def evidence(self) -> KeptEvidence:
        """The files that are kept elsewhere."""

    @property
    def corrections(self) -> CorrectionStore:
        """What people corrected, and the findings that no longer stand."""

    @property
    def people(self) -> PeopleStore:
        """The names of those who decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedClip:
    """A finding's clip. `row`: what was noted when it was cut, None where no note was kept."""

    finding_id: str
    path: Path
    poster: Path | None
    start_ms: int
    row: dict[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedStream:
    """A broadcast of the case: how it was captured, what of it was analysed, and where the clips lie in its chain."""

    stream: StreamRecord
    log: tuple[dict[str, object], ...]
    coverage: Coverage
    passages: tuple[Passage, ...]
    facts: tuple[PlatformFact, ...]
    segments: tuple[Segment, ...]
    runs: tuple[Run, ...]
    kept: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that a pack is made from. `decisions` empty in a pack for somebody outside.

    `corrections`: of the passages of its findings; `superseded`: the findings that no longer stand, as they did.
    """

    case: Case
    findings: tuple[StoredFinding, ...]
    decisions: tuple[Decision, ...]
    names: dict[str, str] = field(default_factory=dict)
    streams: tuple[PackedStream, ...] = ()
    clips: tuple[PackedClip, ...] = ()
    passports: tuple[tuple[str, str], ...] = ()
    inside: bool = True
    corrections: tuple[Correction, ...] = ()
    superseded: tuple[Superseded, ...] = ()


def gather(sources: PackSources, data_dir: Path, case_id: str, *, only: str | None = None) -> Dossier:
    """The case's dossier; UnknownCaseError for a case that is not there. A clip that is missing is cut if it can be.

    `only`: for somebody outside, this finding alone, without the decisions and the names of those who decided.
    """
    case, inside = sources.cases.case(case_id), only is None
    findings = tuple(stored for stored in sources.cases.findings(case_id) if only in {None, stored.finding.finding_id})
    streams = sources.streams.by_ids(stored.finding.stream_id for stored in findings)
    for stream_id in streams:
        sources.evidence.restore_recording(stream_id)
    clips = tuple(clip for stored in findings if (clip := _clip(sources, data_dir, stored)) is not None)
    kept = {stored.finding.finding_id for stored in findings}
    superseded = tuple(one for one in sources.corrections.superseded(case_id) if inside or one.by in kept)
    texts: dict[str, str] = {}
    for stored in findings:
        version = stored.finding.passport_version
        text = version and passport_text(_recording(data_dir, stored.finding.stream_id), version)
        if version and text:
            texts[version] = text
    return Dossier(
        case=case,
        findings=findings,
        decisions=sources.cases.decisions(case_id) if inside else (),
        names=sources.people.names() if inside else {},
        streams=tuple(_stream(sources.streams, data_dir, streams[name], findings, clips) for name in sorted(streams)),
        clips=clips,
        passports=tuple(sorted(texts.items())),
        inside=inside,
        corrections=_corrections(sources.corrections, findings, superseded),
        superseded=superseded,
    )


def _corrections(
    corrections: CorrectionStore, findings: Sequence[StoredFinding], superseded: Sequence[Superseded]
) -> tuple[Correction, ...]:
    """Every correction of a passage that the findings were made from, or those before them."""
    passages: dict[str, set[str]] = {}
    for finding in (*(stored.finding for stored in findings), *(one.finding for one in superseded)):
        passages.setdefault(finding.stream_id, set()).update(finding.passage_ids)
    return tuple(
        one for stream_id in sorted(passages) for one in corrections.of_passages(stream_id, passages[stream_id])
    )


def _recording(data_dir: Path, stream_id: str) -> Path:
    return data_dir / "recordings" / stream_id


def _clip(sources: PackSources, data_dir: Path, stored: StoredFinding) -> PackedClip | None:
    found = clip_of(sources.evidence, sources.stream_writer, data_dir, stored)
    if found is None:
        return None
    noted = _noted(_recording(data_dir, stored.finding.stream_id), stored.finding.finding_id)
    poster = found.path.with_suffix(".jpg")
    return PackedClip(
        finding_id=stored.finding.finding_id,
        path=found.path,
        poster=poster if poster.is_file() else None,
        start_ms=found.start_ms,
        row=noted,
    )


def _noted(recording: Path, finding_id: str) -> dict[str, object] | None:
    """The last note on the finding's clip, of the screening or of a later cut, with the link before it."""
    found = None
    for path in (recording / _SCREENED, recording / CUTS):
        before = GENESIS
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            row = json.loads(line)
            if row["finding_id"] == finding_id:
                found = row | {"before_sha256": before}
            before = row["chain_sha256"]
    return found


def _stream(
    queries: StreamQueries,
    data_dir: Path,
    stream: StreamRecord,
    findings: Sequence[StoredFinding],
    clips: Sequence[PackedClip],
) -> PackedStream:
    recording = _recording(data_dir, stream.stream_id)
    own = [stored.finding for stored in findings if stored.finding.stream_id == stream.stream_id]
    ids = {finding.finding_id for finding in own}
    try:
        segments = tuple(read_manifest(recording))
    except BrokenChain as error:
        raise PackError(
            f"pack: segment {error.sequence} of the recording no longer fits its manifest; the recording was changed"
        ) from error
    rows = [clip.row for clip in clips if clip.finding_id in ids and clip.row is not None]
    wanted = {int(part["sequence"]) for row in rows for part in _parts(row)}
    wanted |= {
        segment.sequence
        for finding in own
        for segment in segments
        if segment.start_ms < finding.end_ms and finding.start_ms < segment.end_ms
    }
    trimmed = read_trims(recording)
    spans = [(max(0, finding.start_ms - AROUND_MS), finding.end_ms + AROUND_MS) for finding in own]
    passages = {
        passage.id: passage
        for start_ms, end_ms in spans
        for passage in queries.passages(stream.stream_id, from_ms=start_ms, to_ms=end_ms)
    }
    return PackedStream(
        stream=stream,
        log=tuple(read_capture_log(recording)),
        coverage=queries.coverage(stream.stream_id),
        passages=tuple(sorted(passages.values(), key=lambda passage: (passage.start_ms, passage.id))),
        facts=tuple(read_kept_facts(recording)),
        segments=segments,
        runs=runs_around(segments, wanted),
        kept=tuple(
            segment
            for segment in segments
            if segment.sequence in wanted and segment.sequence not in trimmed and segment.path.is_file()
        ),
    )


def _parts(row: dict[str, object]) -> list[dict[str, int]]:
    parts = row["segments"]
    assert isinstance(parts, list)
    return parts


def coverage_record(coverage: Coverage) -> dict[str, object]:
    """How much was analysed, and every gap with its cause."""
    return {
        "span_ms": coverage.span_ms,
        "analysed_ms": coverage.analysed_ms,
        "per_mille": coverage.per_mille,
        "gaps": [asdict(gap) | {"kind": gap.kind.value} for gap in coverage.gaps],
    }
