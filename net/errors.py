"""The root of all errors, and what can go wrong on the way to a source.

ZhenyanError
└── SourceError             (ingest.errors adds what can be wrong with media)
    ├── RefusedAddress      the operator: the address policy says no
    ├── UnreachableSource   the network or the origin: no answer, or one that is no stream
    └── UnsupportedSource   the caller: a kind of source, playlist or codec that is not captured
"""

from urllib.parse import urlsplit


class ZhenyanError(Exception):
    """Root of every error that this project raises on purpose; its text is fit to show.

    `exit_code` is what a command that ends by it exits with: 2 the call was wrong, 1 the work failed.
    """

    exit_code = 2


class SourceError(ZhenyanError):
    """Root of what keeps a source from being had: its address, its answer, and (IngestError) its media."""


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


class RefusedAddress(SourceError):
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


class UnreachableSource(SourceError):
    """The source gave no media. `transient`: trying again may help. `answered`: the origin spoke, and had none."""

    exit_code = 1

    def __init__(self, url: str, why: str, *, transient: bool = True, answered: bool = False) -> None:
        advice = "check that the broadcast is on and try again" if transient else "check the URL"
        super().__init__(f"{shown(url)}: {why}; {advice}")
        self.url = url
        self.why = why
        self.transient = transient
        self.answered = answered


class UnsupportedSource(SourceError):
    """The source exists, but is of a kind that is not captured."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{shown(source)}: {why}")
        self.source = source
