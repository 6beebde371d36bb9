"""HLS, live and finished: the origin's own segments are downloaded byte for byte."""

import time
from collections.abc import Generator
from dataclasses import dataclass, field

import httpx

from ingest.backoff import backoff_s, pause
from ingest.errors import BrokenMedia, UnreachableSource, UnsupportedSource
from ingest.http import Body, HttpLimits, fetch
from ingest.part import EndReason, Part, PartFile, Surroundings
from ingest.playlist import (
    ByteRange,
    ListedSegment,
    MasterPlaylist,
    MediaPlaylist,
    choose_variant,
    parse_playlist,
    starting_at,
)
from ingest.sequence import SequenceTracker

MAX_PLAYLIST_BYTES = 4 << 20
_MAX_SEGMENT_BYTES = 64 << 20
_ATTEMPTS = 3
_UNREADABLE_LIMIT = 5


@dataclass(slots=True, kw_only=True)
class HlsSource:
    """One HLS broadcast being followed; `first` is the playlist by which it was known to be one."""

    client: httpx.Client
    first: Body
    limits: HttpLimits
    stall_limit_s: float
    backlog_ms: int
    around: Surroundings
    url: str = field(init=False)
    _inits: dict[tuple[str, ByteRange | None], bytes] = field(default_factory=dict)
    _written: int = 0

    def parts(self) -> Generator[Part, None, EndReason]:
        """The broadcast's segments until its end, or until nothing new was listed for the limit."""
        self.url = self.first.url
        playlist = self._first_playlist()
        live = not playlist.ended
        tracker = SequenceTracker()
        wanted = tracker.fresh(playlist, starting_at(playlist, self.backlog_ms))
        unreadable = 0
        seen = False
        failures = 0
        last_part_s = time.monotonic()
        broken = False
        while True:
            for listed, restarted in wanted:
                if self.around.stop():
                    return EndReason.STOPPED
                broken = broken or listed.discontinuity or restarted
                try:
                    part = self._receive(listed, discontinuity=broken, live=live)
                except UnreachableSource:
                    continue
                except BrokenMedia:
                    unreadable += 1
                    if not seen and unreadable >= min(_UNREADABLE_LIMIT, len(wanted)):
                        raise
                    continue
                broken = False
                seen = True
                last_part_s = time.monotonic()
                yield part
            if playlist.ended:
                break
            if time.monotonic() - last_part_s > self.stall_limit_s:
                break
            wait_s = max(0.25, min(playlist.target_ms, 6000) / 2000) if not failures else backoff_s(failures - 1)
            if pause(wait_s, self.around.stop):
                return EndReason.STOPPED
            try:
                playlist = self._load()
                failures = 0
                wanted = tracker.fresh(playlist, playlist.segments)
            except (UnreachableSource, BrokenMedia):
                failures += 1
                wanted = []
        if not seen:
            raise UnreachableSource(self.url, "the playlist gave no media that could be had")
        return EndReason.COMPLETE if playlist.ended else EndReason.VANISHED

    def _first_playlist(self) -> MediaPlaylist:
        body = self.first
        parsed = parse_playlist(body.content, body.url)
        if isinstance(parsed, MasterPlaylist):
            self.url = choose_variant(parsed, body.url).uri
            body = self._insist(self.url, MAX_PLAYLIST_BYTES)
            parsed = parse_playlist(body.content, body.url)
        if isinstance(parsed, MasterPlaylist):
            raise UnsupportedSource(self.url, "a master playlist that leads to another; give a rendition's URL")
        return parsed

    def _load(self) -> MediaPlaylist:
        body = fetch(self.client, self.url, max_bytes=MAX_PLAYLIST_BYTES, limits=self.limits)
        parsed = parse_playlist(body.content, body.url)
        if isinstance(parsed, MasterPlaylist):
            raise BrokenMedia(self.url, "the playlist turned into a master playlist")
        return parsed

    def _receive(self, listed: ListedSegment, *, discontinuity: bool, live: bool) -> Part:
        if listed.encryption is not None:
            raise UnsupportedSource(self.url, f"its segments are encrypted ({listed.encryption}); give an open stream")
        head = self._init(listed)
        body = self._insist(listed.uri, _MAX_SEGMENT_BYTES, listed.byte_range)
        file = PartFile(self.around.folder / f"incoming-{self._written}.part")
        self._written += 1
        file.write(head)
        file.write(body.content)
        return file.finish(
            source=listed.uri,
            suffix=_suffix(head + body.content[:16]),
            received_at_ms=self.around.now_ms(),
            discontinuity=discontinuity,
            live=live,
        )

    def _init(self, listed: ListedSegment) -> bytes:
        if listed.init_uri is None:
            return b""
        key = (listed.init_uri, listed.init_range)
        if key not in self._inits:
            self._inits.clear()
            self._inits[key] = self._insist(listed.init_uri, _MAX_SEGMENT_BYTES, listed.init_range).content
        return self._inits[key]

    def _insist(self, url: str, max_bytes: int, byte_range: ByteRange | None = None) -> Body:
        span = None if byte_range is None else (byte_range.first, byte_range.last)
        for attempt in range(_ATTEMPTS):
            try:
                return fetch(self.client, url, max_bytes=max_bytes, limits=self.limits, byte_range=span)
            except UnreachableSource as error:
                if not error.transient or attempt == _ATTEMPTS - 1 or pause(backoff_s(attempt), self.around.stop):
                    raise
        raise UnreachableSource(url, "not reached")


def _suffix(head: bytes) -> str:
    if head[:1] == b"\x47":
        return ".ts"
    if head[4:8] in (b"ftyp", b"styp", b"moof", b"moov", b"sidx"):
        return ".mp4"
    return ".bin"
