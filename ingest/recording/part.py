"""A received piece of the broadcast that has no place on the stream clock yet."""

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import Buffer

from ingest.errors import BrokenMedia, DiskFull
from ingest.media.container import measure
from ingest.recording.disk import is_full, new_sm3
from ingest.recording.manifest import CONTAINERS
from ingest.recording.rejoin import RecentPackets
from ingest.types import GapKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A closed file, still named `.part`; `suffix` is the one it shall have. Times are the container's own.

    `program_ms`: what the origin says it was at its start (Unix time), None where it does not say.
    """

    path: Path
    suffix: str
    sha256: str
    sm3: str
    byte_count: int
    received_at_ms: int
    source_start_ms: int
    source_end_ms: int
    discontinuity: bool
    wraps: bool
    live: bool
    container: str
    program_ms: int | None = None


def _ignore_note(kind: GapKind | None, why: str) -> None:
    """For producers whose troubles nobody asks about."""


def _no_room(byte_count: int) -> bool:
    """For folders where nothing may be given up."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every producer of parts is given: where to write, what time it is, whether to go on.

    `note` is told why media stays out, when it does; kind None: silence, whose cause what comes next will show.
    `make_room` gives up old segments for so many bytes; false: nothing is left. `recent`: the last packets written,
    by which a reopened source is joined to them.
    """

    folder: Path
    now_ms: Callable[[], int]
    stop: Callable[[], bool]
    note: Callable[[GapKind | None, str], None] = _ignore_note
    make_room: Callable[[int], bool] = _no_room
    recent: RecentPackets = field(default_factory=RecentPackets)


class PartFile(io.RawIOBase):
    """A file that hashes what is written; it cannot seek, so the hash is that of the closed file.

    Every write reaches the system at once: a killed process loses the packet in hand and no more. On a full disk room
    is made first; DiskFull where there is none to make, and the file is gone then.
    """

    def __init__(self, path: Path, make_room: Callable[[int], bool] = _no_room) -> None:
        super().__init__()
        self.path = path
        self._make_room = make_room
        self._sha256 = hashlib.sha256()
        self._sm3 = new_sm3()
        self._byte_count = 0
        self._discarded = False
        self._file = self._insist(lambda: path.open("wb", buffering=0), 4096)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Appends and hashes; once discarded, does nothing."""
        content = bytes(data)
        if self._discarded:
            return len(content)
        left = memoryview(content)
        while left:
            left = left[self._insist(lambda rest=left: self._file.write(rest), len(left)) or 0 :]  # type: ignore[misc]
        self._sha256.update(content)
        self._sm3.update(content)
        self._byte_count += len(content)
        return len(content)

    def close(self) -> None:
        """Closes the file on disk; further calls do nothing."""
        self._file.close()
        super().close()

    def discard(self) -> None:
        """Removes it; what its muxer still writes is ignored."""
        self._discarded = True
        self._file.close()
        self.path.unlink(missing_ok=True)

    def finish(self, *, source: str, suffix: str, received_at_ms: int, discontinuity: bool, live: bool) -> Part:
        """The closed part, durable and measured; BrokenMedia if it cannot be read back, and the file is gone then."""
        self._insist(lambda: os.fsync(self._file.fileno()), 4096)
        self.close()
        try:
            return measured_part(
                self.path,
                source=source,
                suffix=suffix,
                hashes=(self._sha256.hexdigest(), self._sm3.hexdigest()),
                byte_count=self._byte_count,
                received_at_ms=received_at_ms,
                discontinuity=discontinuity,
                live=live,
            )
        except BrokenMedia:
            self.path.unlink()
            raise

    def _insist(self, attempt: Callable[[], Any], byte_count: int) -> Any:
        while True:
            try:
                return attempt()
            except OSError as error:
                if not is_full(error):
                    raise
                if not self._make_room(byte_count):
                    if hasattr(self, "_file"):
                        self.discard()
                    raise DiskFull(self.path) from error


def measured_part(
    path: Path,
    *,
    source: str,
    suffix: str,
    hashes: tuple[str, str],
    byte_count: int,
    received_at_ms: int,
    discontinuity: bool,
    live: bool,
) -> Part:
    """A closed file as a part, with times read from its packets; `hashes`: SHA-256 and SM3. BrokenMedia: no packets."""
    facts = measure(path, source)
    return Part(
        path=path,
        suffix=suffix,
        sha256=hashes[0],
        sm3=hashes[1],
        byte_count=byte_count,
        received_at_ms=received_at_ms,
        source_start_ms=round(facts.start_ms),
        source_end_ms=round(facts.end_ms),
        discontinuity=discontinuity,
        wraps=facts.wraps,
        live=live,
        container=CONTAINERS.get(suffix, ""),
    )
