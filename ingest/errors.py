"""What can go wrong while capturing, and who can act.

SourceError                     (net.errors: what keeps a source from being had)
└── IngestError
    ├── SourceNotFound      the caller: no such file
    ├── BrokenMedia         the origin: bytes that are no media; the other segments go on
    ├── BrokenChain         the operator: recorded files no longer fit their manifest
    ├── ParserDied          the origin: its bytes end the process that reads them; the other segments go on
    ├── ChildReported       whom the text names: an error of capture as its child process told it
    └── SandboxUnavailable  the operator: bubblewrap is demanded and does not work
"""

from pathlib import Path

from net.errors import SourceError, shown


class IngestError(SourceError):
    """Root of what capture, decoding and clips raise."""


class SourceNotFound(IngestError):
    """The source is a local path, and no file is there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no such file; give a media file or a stream URL")
        self.path = path


class BrokenMedia(IngestError):
    """Bytes that cannot be read as media. `sequence` None: the source as a whole, not one segment of it."""

    exit_code = 1

    def __init__(self, source: str, why: str, *, sequence: int | None = None) -> None:
        which = "" if sequence is None else f"segment {sequence}: "
        super().__init__(f"{shown(source)}: {which}not readable as media ({why}); check the source")
        self.source = source
        self.why = why
        self.sequence = sequence


class BrokenChain(IngestError):
    """The first recorded segment that no longer fits its manifest row or the link before."""

    exit_code = 1

    def __init__(self, folder: Path, sequence: int, why: str) -> None:
        super().__init__(f"{folder}: segment {sequence}: {why}; the recording was changed after capture")
        self.folder = folder
        self.sequence = sequence


class ParserDied(IngestError):
    """The process that read these bytes died or did not answer. `sequence` None: the source as a whole."""

    exit_code = 1

    def __init__(self, source: str, why: str, *, sequence: int | None = None) -> None:
        which = "" if sequence is None else f"segment {sequence}: "
        super().__init__(f"{shown(source)}: {which}the process that reads it died ({why}); check the source")
        self.source = source
        self.sequence = sequence


class ChildReported(IngestError):
    """An error that ended a child's work, in the child's words."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class SandboxUnavailable(IngestError):
    """Bubblewrap is demanded and cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(f"setting sandbox=bubblewrap: {why}; install it, or set sandbox to auto")


class DiskFull(IngestError):
    """The disk is full, and no recorded segment could be given up for this file."""

    exit_code = 1

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: the disk is full; free some space or lower the retention limits")
        self.path = path


class MissingDigest(IngestError):
    """The hash is not in the OpenSSL that this Python was built with."""

    exit_code = 1

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: this Python's OpenSSL lacks it; use a Python with OpenSSL 1.1.1 or later")
        self.name = name
