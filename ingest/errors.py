"""What can go wrong while capturing, and who can act.

ZhenyanError
└── IngestError
    ├── SourceNotFound      the caller: no such file
    ├── RefusedAddress      the operator: the address policy says no
    ├── UnreachableSource   the network or the origin: no answer, or one that is no stream
    ├── UnsupportedSource   the caller: a kind of source, playlist or codec that is not captured
    ├── BrokenMedia         the origin: bytes that are no media; the other segments go on
    └── BrokenChain         the operator: recorded files no longer fit their manifest
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
    parts = urlsplit(source)
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
    """The source gave no media. `transient`: trying again may help."""

    exit_code = 1

    def __init__(self, url: str, why: str, *, transient: bool = True) -> None:
        advice = "check that the broadcast is on and try again" if transient else "check the URL"
        super().__init__(f"{shown(url)}: {why}; {advice}")
        self.url = url
        self.why = why
        self.transient = transient


class RefusedAddress(IngestError):
    """The address policy refuses this URL. `rule`: `scheme`, `address` or `redirects`.

    One text for every refused address, so that answers cannot be used to map a private network.
    """

    _TEXTS = {  # noqa: RUF012 - a constant table, never changed
        "scheme": "only http and https sources are allowed; use such a URL",
        "address": "only public internet addresses are allowed; an operator can allow this one with "
        "--allow-net HOST[:PORT]",
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
        self.sequence = sequence


class BrokenChain(IngestError):
    """The first recorded segment that no longer fits its manifest row or the link before."""

    exit_code = 1

    def __init__(self, folder: Path, sequence: int, why: str) -> None:
        super().__init__(f"{folder}: segment {sequence}: {why}; the recording was changed after capture")
        self.folder = folder
        self.sequence = sequence
