"""What can go wrong while capturing, and who can act.

ZhenyanError
└── IngestError
    ├── SourceNotFound      the caller: no such file
    ├── RefusedAddress      the operator: the address policy says no
    ├── UnreachableSource   the network or the origin: no answer, or one that is no stream
    ├── UnsupportedSource   the caller: a kind of source, playlist or codec that is not captured
    ├── BrokenMedia         the origin: bytes that are no media; the other segments go on
    ├── BrokenChain         the operator: recorded files no longer fit their manifest
    ├── ParserDied          the origin: its bytes end the process that reads them; the other segments go on
    ├── ChildReported       whom the text names: an error of capture as its child process told it
    └── SandboxUnavailable  the operator: bubblewrap is demanded and does not work
"""

from pathlib import Path
from urllib.parse import urlsplit


class ZhenyanError(Exception):
    """Root of every error that this project raises on purpose; its text is fit to show.

    `exit_code` is what a command that ends by it exits with: 2 the call was wrong, 1 the work failed.
    """

    exit_code = 2


class IngestError(ZhenyanError):
    """Root of what capture, decoding and clips raise."""


def shown(source: str) -> str:
    """A source fit for messages and logs: a URL loses user, query and fragment, where tokens stand."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return f"{source.partition('://')[0]}://…"
    if not parts.scheme or not parts.netloc:
        return source
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


class SourceNotFound(IngestError):
    """The source is a local path, and no file is there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no such file; give a media file or a stream URL")
        self.path = path


class UnreachableSource(IngestError):
    """The source gave no media. `transient`: trying again may help. `answered`: the origin spoke, and had none."""

    exit_code = 1

    def __init__(self, url: str, why: str, *, transient: bool = True, answered: bool = False) -> None:
        advice = "check that the broadcast is on and try again" if transient else "check the URL"
        super().__init__(f"{shown(url)}: {why}; {advice}")
        self.url = url
        self.why = why
        self.transient = transient
        self.answered = answered


class RefusedAddress(IngestError):
    """The address policy refuses this URL. `rule`: `scheme`, `address` or `redirects`.

    One text for every refused address, so that answers cannot be used to map a private network.
    """

    _TEXTS = {  # noqa: RUF012 - a constant table, never changed
        "scheme": "only http and https URLs are captured, and as a source also rtmp, rtmps, rtsp, rtsps and srt; "
        "use such a URL",
        "address": "only public internet addresses and media ports are allowed; check the URL, or let an operator "
        "allow it with --allow-net HOST[:PORT]",
        "redirects": "too many redirects; use the final URL",
    }

    def __init__(self, url: str, rule: str) -> None:
        super().__init__(f"{shown(url)}: refused ({rule} rule): {self._TEXTS[rule]}")
        self.url = url
        self.rule = rule


class UnsupportedSource(IngestError):
    """The source exists, but is of a kind that is not captured."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{shown(source)}: {why}")
        self.source = source


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
