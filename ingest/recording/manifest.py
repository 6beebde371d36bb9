"""The manifest of a recording: a line for each segment, each gap and each end, only ever added to.

Segment rows of recordings made before causes of gaps were kept carry no `record` key; they are read all the same.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.errors import BrokenChain, DiskFull
from ingest.recording.disk import append_line, is_full
from ingest.types import Gap, GapKind, Segment

MANIFEST = "manifest.jsonl"
CONTAINERS = {".ts": "mpegts", ".mkv": "matroska", ".mp4": "mp4"}
_CAUSE_NOT_KEPT = "recorded before causes were kept"


class Manifest:
    """Adds rows; the only writer of a folder's manifest. DiskFull where a row finds no room."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MANIFEST
        self._folder = folder

    def add_segment(self, segment: Segment) -> None:
        """Adds a segment; its path is written relative to the folder, so that a folder can be moved."""
        self._add("segment", asdict(segment) | {"path": segment.path.relative_to(self._folder).as_posix()})

    def add_gap(self, gap: Gap) -> None:
        """Adds a gap that lies between two segments."""
        self._add("gap", asdict(gap))

    def add_end(self, reason: str, away: Gap | None) -> None:
        """Notes that the capture ended in an orderly way; `away`: the outage it ended in. A later row supersedes it."""
        self._add("end", {"reason": reason, "away": None if away is None else asdict(away)})

    def _add(self, record: str, fields: dict[str, Any]) -> None:
        line = json.dumps({"record": record} | fields, ensure_ascii=False, separators=(",", ":"))
        try:
            append_line(self._path, line)
        except OSError as error:
            if is_full(error):
                raise DiskFull(self._path) from error
            raise


def read_manifest(folder: Path) -> list[Segment]:
    """The recorded segments in order; empty if nothing was recorded. A last row cut off by a crash is left out.

    Segments that the ring has given up are among them: their rows and hashes stay.
    """
    segments: list[Segment] = []
    for record, row in _rows(folder):
        if record == "segment":
            try:
                segments.append(_segment(folder, row))
            except (ValueError, TypeError, KeyError) as error:
                raise BrokenChain(folder, len(segments), "its manifest row is not readable") from error
    return segments


def read_gaps(folder: Path) -> list[Gap]:
    """The recorded gaps in order, the outage in which the capture ended among them."""
    return ManifestTail(folder).read()[1]


def read_end(folder: Path) -> str | None:
    """Why the last capture into the folder ended; None: it was killed, is still running, or never ran."""
    last = deque(_rows(folder), maxlen=1)
    return str(last[0][1]["reason"]) if last and last[0][0] == "end" else None


class ManifestTail:
    """Follows a manifest that another process writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offset = 0
        self._recorded_ms = 0

    def read(self) -> tuple[int, list[Gap]]:
        """Where the recording ends by now, and the gaps that were added since the last call."""
        gaps: list[Gap] = []
        away: Gap | None = None
        path = self._folder / MANIFEST
        if not path.is_file():
            return 0, []
        with path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        whole = content.rfind(b"\n") + 1
        self._offset += whole
        for line in content[:whole].splitlines():
            row = json.loads(line)
            record = row.pop("record", "segment")
            away = None
            if record == "segment":
                gap = _unexplained(row) if "container" not in row else None
                gaps += [gap] if gap is not None else []
                self._recorded_ms = max(self._recorded_ms, row["end_ms"])
            elif record == "gap":
                gaps.append(_gap(row))
            elif row["away"] is not None:
                away = _gap(row["away"])
        return self._recorded_ms, [*gaps, away] if away is not None else gaps


def _rows(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    path = folder / MANIFEST
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1]):
        try:
            row: dict[str, Any] = json.loads(line)
            record = str(row.pop("record", "segment"))
        except (ValueError, AttributeError) as error:
            raise BrokenChain(folder, number, "its manifest row is not readable") from error
        yield record, row


def _segment(folder: Path, row: dict[str, Any]) -> Segment:
    path = folder / row["path"]
    return Segment(**({"container": CONTAINERS.get(path.suffix, "")} | row | {"path": path}))


def _gap(row: dict[str, Any]) -> Gap:
    return Gap(kind=GapKind(row["kind"]), start_ms=row["start_ms"], end_ms=row["end_ms"], why=row["why"])


def _unexplained(row: dict[str, Any]) -> Gap | None:
    if not row["gap_before_ms"]:
        return None
    start_ms = row["start_ms"] - row["gap_before_ms"]
    return Gap(kind=GapKind.NETWORK, start_ms=start_ms, end_ms=row["start_ms"], why=_CAUSE_NOT_KEPT)
