"""What is still kept of a recorded stretch of a broadcast."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.types import Finding
from ingest.recording.manifest import read_manifest
from ingest.types import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStretch:
    """The segments of `[start_ms, end_ms)` whose files are there, and how much of the recorded stretch is gone."""

    start_ms: int
    end_ms: int
    segments: tuple[Segment, ...]
    missing_ms: int

    @property
    def span_ms(self) -> int:
        """How long the stretch is."""
        return max(0, self.end_ms - self.start_ms)

    def holds(self, finding: Finding) -> bool:
        """Whether the words of the finding lie in segments that are kept, so that they can be heard again."""
        covered_ms = sum(
            max(0, min(segment.end_ms, finding.end_ms) - max(segment.start_ms, finding.start_ms))
            for segment in self.segments
        )
        # A segment ends where its last frame does, some milliseconds before the next one begins.
        return covered_ms >= 0.9 * (finding.end_ms - finding.start_ms)


def is_recorded(recording: Path) -> bool:
    """Whether this machine has the recording's folder, whatever of it is kept."""
    return recording.is_dir()


def kept_stretch(recording: Path, start_ms: int, end_ms: int | None) -> KeptStretch:
    """What is kept of this stretch of the recording; `end_ms` None: up to its end."""
    recorded = read_manifest(recording)
    last_ms = recorded[-1].end_ms if recorded else 0
    until_ms = last_ms if end_ms is None else min(end_ms, last_ms)
    asked = [segment for segment in recorded if segment.end_ms > start_ms and segment.start_ms < until_ms]
    kept = tuple(segment for segment in asked if segment.path.is_file())
    missing_ms = _length_ms(asked, start_ms, until_ms) - _length_ms(kept, start_ms, until_ms)
    return KeptStretch(start_ms=start_ms, end_ms=max(start_ms, until_ms), segments=kept, missing_ms=missing_ms)


def _length_ms(segments: Sequence[Segment], start_ms: int, end_ms: int) -> int:
    return sum(min(segment.end_ms, end_ms) - max(segment.start_ms, start_ms) for segment in segments)
