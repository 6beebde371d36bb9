"""What was cut of a recording, as the process that cuts tells it to the one that asked, which opens no media."""

from dataclasses import dataclass
from pathlib import Path

from ingest.types import ClipInfo, ClipSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was written of a stretch: where it really starts and ends on the stream clock, and whence it comes.

    `copied`: no packet was encoded anew. `hit_ms`: where in it the moment that matters is; None: none was named.
    """

    start_ms: int
    end_ms: int
    offset_ms: int
    copied: bool
    sources: tuple[ClipSource, ...]
    hit_ms: int | None


def clip_info(cut: Cut, path: Path, *, sha256: str, poster: Path | None, peaks: Path | None) -> ClipInfo:
    """What is known of a clip that lies at `path`."""
    return ClipInfo(
        path=path,
        start_ms=cut.start_ms,
        end_ms=cut.end_ms,
        offset_ms=cut.offset_ms,
        copied=cut.copied,
        sha256=sha256,
        sources=cut.sources,
        poster=poster,
        peaks=peaks,
    )
