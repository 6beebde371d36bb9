"""Which kind of source a URL or path is, and how its parts are had."""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ingest.capture.hls.playlist import is_playlist
from ingest.capture.hls.source import MAX_PLAYLIST_BYTES, HlsSource
from ingest.capture.http_file import HttpFile
from ingest.capture.object_store import remux_object
from ingest.capture.remux import remux_file, remux_http, remux_live
from ingest.capture.watchdog import Watchdog
from ingest.recording.part import Part, Surroundings
from ingest.types import EndReason
from net.guard import WEB_SCHEMES, NetPolicy, check_url
from net.http import HttpLimits, build_client
from net.schemes import is_object


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureLimits:
    """How patient a capture is. `backlog_ms`: how far into a live playlist's past it starts."""

    stall_limit_s: float = 20.0
    backlog_ms: int = 60_000
    http: HttpLimits = field(default_factory=HttpLimits)


def open_parts(
    source: str, policy: NetPolicy, limits: CaptureLimits, around: Surroundings
) -> Generator[Part, None, EndReason]:
    """The source's parts in order, each closed; how it ended is the generator's value.

    Raises a SourceError if the source is refused or gave nothing.
    """
    if "://" not in source:
        return (yield from remux_file(Path(source), around))
    if is_object(source):
        return (yield from remux_object(source, around))
    scheme = check_url(source).scheme.lower()
    if scheme in WEB_SCHEMES:
        return (yield from _web_parts(source, policy, limits, around))
    return (yield from _live_parts(source, scheme, policy, limits, around))


def _live_parts(
    source: str, scheme: str, policy: NetPolicy, limits: CaptureLimits, around: Surroundings
) -> Generator[Part, None, EndReason]:
    # A child that captures HLS, as most do, is spared these protocols: 3 MB of it.
    from ingest.capture.rtmp_rtsp import LiveConnector
    from ingest.capture.srt import SRT_SCHEMES

    dialler = LiveConnector(policy=policy, limits=limits.http, around=around)
    opened = partial(dialler.opened_srt if scheme in SRT_SCHEMES else dialler.opened, source)
    return (yield from remux_live(opened, source, watchdog=Watchdog(source, limits.stall_limit_s), around=around))


def _web_parts(
    source: str, policy: NetPolicy, limits: CaptureLimits, around: Surroundings
) -> Generator[Part, None, EndReason]:
    with build_client(policy, limits.http) as client:
        with HttpFile(client, source, around.stop) as file:
            if not is_playlist(file.peek(64)):
                return (yield from remux_http(file, stall_limit_s=limits.stall_limit_s, around=around))
            first = file.rest(MAX_PLAYLIST_BYTES)
        hls = HlsSource(
            client=client,
            first=first,
            limits=limits.http,
            stall_limit_s=limits.stall_limit_s,
            backlog_ms=limits.backlog_ms,
            around=around,
        )
        return (yield from hls.parts())
