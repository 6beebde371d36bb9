"""A received piece of the broadcast that has no place on the stream clock yet."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from typing_extensions import Buffer

from ingest.media import measure


class EndReason(StrEnum):
    """Why a capture came to its end."""

    COMPLETE = "complete"
    VANISHED = "vanished"
    STOPPED = "stopped"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A closed file, still named `.part`; `suffix` is the one it shall have. Times are the container's own."""

    path: Path
    suffix: str
    sha256: str
    byte_count: int
    received_at_ms: int
    source_start_ms: int
    source_end_ms: int
    discontinuity: bool
    wraps: bool
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every producer of parts is given: where to write, what time it is, whether to go on."""

    folder: Path
    now_ms: Callable[[], int]
    stop: Callable[[], bool]


class PartFile(io.RawIOBase):
    """A file that hashes what is written; it cannot seek, so the hash is that of the closed file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._file = path.open("wb")
        self._sha256 = hashlib.sha256()
        self._byte_count = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Appends and hashes."""
        content = bytes(data)
        self._sha256.update(content)
        self._byte_count += len(content)
        self._file.write(content)
        return len(content)

    def close(self) -> None:
        """Closes the file on disk; further calls do nothing."""
        self._file.close()
        super().close()

    def finish(self, *, source: str, suffix: str, received_at_ms: int, discontinuity: bool, live: bool) -> Part:
        """The closed part, measured; BrokenMedia if it cannot be read back."""
        self.close()
        facts = measure(self.path, source)
        return Part(
            path=self.path,
            suffix=suffix,
            sha256=self._sha256.hexdigest(),
            byte_count=self._byte_count,
            received_at_ms=received_at_ms,
            source_start_ms=round(facts.start_ms),
            source_end_ms=round(facts.end_ms),
            discontinuity=discontinuity,
            wraps=facts.wraps,
            live=live,
        )
