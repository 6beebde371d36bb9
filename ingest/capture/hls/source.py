"""HLS, live and finished: the origin's own segments, byte for byte."""

import time
from collections.abc import Generator
from dataclasses import dataclass, replace

from ingest.capture.hls.feed import MAX_PLAYLIST_BYTES, HlsClient, HlsFeed, Received
from ingest.capture.hls.playlist import MasterPlaylist, MediaPlaylist, choose_variant, parse_playlist
from ingest.capture.hls.renditions import PairedParts
from ingest.errors import BrokenMedia, DiskFull
from ingest.recording.part import Part, PartFile, Surroundings
from ingest.types import EndReason, GapKind
from net.backoff import pause
from net.errors import UnreachableSource, UnsupportedSource
from net.http import Body, HttpClient, HttpLimits

__all__ = ["MAX_PLAYLIST_BYTES", "HlsSource"]
_UNREADABLE_LIMIT = 5


@dataclass(slots=True, kw_only=True)
class HlsSource:
    """One HLS broadcast being followed; `first` is the playlist by which it was known to be one."""

    client: HttpClient
    first: Body
    limits: HttpLimits
    stall_limit_s: float
    backlog_ms: int
    around: Surroundings
    _written: int = 0

    def parts(self) -> Generator[Part, None, EndReason]:
        """The broadcast's segments until its end, or until nothing new was listed for the limit."""
        http = HlsClient(client=self.client, limits=self.limits, around=self.around)
        url, playlist, sound_url = self._choose(http)
        feed = HlsFeed(http, url, playlist, self.backlog_ms)
        paired = self._paired(http, sound_url) if sound_url else None
        unreadable = 0
        seen = broken = False
        last_part_s = time.monotonic()
        while True:
            for received in feed.poll():
                broken = broken or received.discontinuity
                try:
                    if paired is None:
                        part = self._write(received, broken, feed.live)
                    else:
                        part = paired.part(received, broken, last=feed.is_over)
                except DiskFull:
                    self.around.note(GapKind.SHED, "disk full")
                    continue
                except (BrokenMedia, UnsupportedSource):
                    self.around.note(GapKind.UNREADABLE, "a segment is not readable as media")
                    unreadable += 1
                    if not seen and unreadable >= min(_UNREADABLE_LIMIT, len(feed.playlist.segments)):
                        raise
                    continue
                broken = False
                seen = True
                last_part_s = time.monotonic()
                yield replace(part, program_ms=received.listed.program_ms)
            if self.around.stop():
                return EndReason.STOPPED
            if feed.is_over or time.monotonic() - last_part_s > self.stall_limit_s:
                break
            if pause(feed.wait_s, self.around.stop):
                return EndReason.STOPPED
        if not seen:
            raise UnreachableSource(url, "the playlist gave no media that could be had")
        return EndReason.COMPLETE if feed.is_over else EndReason.VANISHED

    def _choose(self, http: HlsClient) -> tuple[str, MediaPlaylist, str | None]:
        """The media playlist to follow and its URL, and where its sound is if that is elsewhere."""
        parsed = parse_playlist(self.first.content, self.first.url)
        if isinstance(parsed, MediaPlaylist):
            return self.first.url, parsed, None
        variant = choose_variant(parsed)
        return variant.uri, _media_playlist(http, variant.uri), variant.sound_uri

    def _paired(self, http: HlsClient, url: str) -> PairedParts:
        sound = HlsFeed(http, url, _media_playlist(http, url), self.backlog_ms)
        return PairedParts(sound, self.around, patience_s=self.limits.read_s)

    def _write(self, received: Received, discontinuity: bool, live: bool) -> Part:
        file = PartFile(self.around.folder / f"incoming-{self._written}.part", self.around.make_room)
        self._written += 1
        try:
            file.write(received.content)
        except DiskFull:
            file.discard()
            raise
        return file.finish(
            source=received.listed.uri,
            suffix=_suffix(received.content[:16]),
            received_at_ms=self.around.now_ms(),
            discontinuity=discontinuity,
            live=live,
        )


def _media_playlist(http: HlsClient, url: str) -> MediaPlaylist:
    body = http.insist(url, MAX_PLAYLIST_BYTES)
    parsed = parse_playlist(body.content, body.url)
    if isinstance(parsed, MasterPlaylist):
        raise UnsupportedSource(url, "a master playlist that leads to another; give a rendition's URL")
    return parsed


def _suffix(head: bytes) -> str:
    if head[:1] == b"\x47":
        return ".ts"
    if head[4:8] in (b"ftyp", b"styp", b"moof", b"moov", b"sidx"):
        return ".mp4"
    return ".bin"
