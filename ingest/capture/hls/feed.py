"""One HLS media playlist being followed: every listed segment's bytes once, in order."""

import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.capture.hls.decryption import KEY_BYTES, decrypt, require_supported
from ingest.capture.hls.playlist import (
    ByteRange,
    ListedSegment,
    MasterPlaylist,
    MediaPlaylist,
    SegmentKey,
    parse_playlist,
    starting_at,
)
from ingest.capture.hls.sequence import SequenceTracker
from ingest.errors import BrokenMedia
from ingest.recording.part import Surroundings
from ingest.types import GapKind
from net.backoff import backoff_s, pause
from net.errors import RefusedAddress, UnreachableSource, UnsupportedSource
from net.http import Body, HttpClient, HttpLimits, fetch

MAX_PLAYLIST_BYTES = 4 << 20
_MAX_SEGMENT_BYTES = 64 << 20
_MAX_KEY_BYTES = 64 << 10
_ATTEMPTS = 3
_KEYS_KEPT = 8
# So long a segment that cannot be had for the moment is waited for; the ones after it wait behind it.
_PATIENCE_S = 12.0
# After so many target durations without a new segment the publisher is late.
_LATE_TARGETS = 2
# A live segment that takes longer than so many times its length will never be caught up with.
_SLOW_TARGETS = 4
_BOXES = (b"ftyp", b"styp", b"moof", b"moov", b"sidx", b"emsg", b"prft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A segment's bytes, decrypted, its initialisation section before them."""

    listed: ListedSegment
    content: bytes
    discontinuity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsClient:
    """What every request of one HLS capture shares."""

    client: HttpClient
    limits: HttpLimits
    around: Surroundings

    def insist(self, url: str, max_bytes: int, byte_range: ByteRange | None = None) -> Body:
        """The body, asked for again where that may help, until patience ends: a trickle must not hold up the rest."""
        span = None if byte_range is None else (byte_range.first, byte_range.last)
        deadline_s = time.monotonic() + _PATIENCE_S
        for attempt in range(_ATTEMPTS):
            try:
                return fetch(self.client, url, max_bytes=max_bytes, limits=self.limits, byte_range=span)
            except UnreachableSource as error:
                last = attempt == _ATTEMPTS - 1 or time.monotonic() > deadline_s
                if not error.transient or last or pause(backoff_s(attempt), self.around.stop):
                    raise
        raise UnreachableSource(url, "not reached")

    def playlist(self, url: str) -> MasterPlaylist | MediaPlaylist:
        """The playlist at this URL now."""
        body = fetch(self.client, url, max_bytes=MAX_PLAYLIST_BYTES, limits=self.limits)
        return parse_playlist(body.content, body.url)


class HlsFeed:
    """Gives what is new at each `poll`. A segment that cannot be had leaves a gap that is noted, never a silent one."""

    def __init__(self, http: HlsClient, url: str, playlist: MediaPlaylist, backlog_ms: int) -> None:
        self.live = not playlist.ended
        self.playlist = playlist
        self._http = http if playlist.ended else replace(http, limits=_of_live(http.limits, playlist.target_ms))
        self._around = http.around
        self._url = url
        self._tracker = SequenceTracker()
        self._waiting = deque(self._tracker.fresh(playlist, starting_at(playlist, backlog_ms)))
        self._loaded = True
        self._failures = 0
        self._started = False
        self._broken = False
        self._trouble_since_s: float | None = None
        self._last_new_s = time.monotonic()
        self._inits: dict[tuple[str, ByteRange | None], bytes] = {}
        self._keys: OrderedDict[str, bytes] = OrderedDict()

    @property
    def is_over(self) -> bool:
        """True once the playlist has ended and everything of it was given."""
        return self.playlist.ended and not self._waiting

    @property
    def wait_s(self) -> float:
        """How long to wait before the next poll."""
        if self._failures:
            return backoff_s(self._failures - 1)
        return max(0.25, min(self.playlist.target_ms, 6000) / 2000)

    def poll(self) -> Iterator[Received]:
        """The segments that are new. Raises what refused the first of all; later such a one is passed over."""
        if not self._loaded and not self.playlist.ended:
            self._reload()
        self._loaded = False
        while self._waiting and not self._around.stop():
            listed, restarted = self._waiting[0]
            self._broken = self._broken or listed.discontinuity or restarted
            try:
                content = self._content(listed)
            except UnreachableSource as error:
                if error.transient and self._has_patience():
                    return
                self._pass_over(GapKind.NETWORK, f"a segment was not had: {error.why}")
                continue
            except (RefusedAddress, UnsupportedSource, BrokenMedia):
                if not self._started:
                    raise
                self._pass_over(GapKind.UNREADABLE, "a segment is refused, protected or does not fit its key")
                continue
            self._waiting.popleft()
            self._started = True
            self._trouble_since_s = None
            discontinuity, self._broken = self._broken, False
            yield Received(listed=listed, content=content, discontinuity=discontinuity)

    def _has_patience(self) -> bool:
        now_s = time.monotonic()
        self._trouble_since_s = self._trouble_since_s or now_s
        return now_s - self._trouble_since_s < _PATIENCE_S

    def _pass_over(self, kind: GapKind, why: str) -> None:
        self._waiting.popleft()
        self._trouble_since_s = None
        self._around.note(kind, why)

    def _reload(self) -> None:
        try:
            loaded = self._http.playlist(self._url)
            if isinstance(loaded, MasterPlaylist):
                raise BrokenMedia(self._url, "the playlist turned into a master playlist")
        except (UnreachableSource, RefusedAddress) as error:
            why = error.why if isinstance(error, UnreachableSource) else "its address is refused"
            self._around.note(GapKind.NETWORK, f"the playlist was not had: {why}")
            self._failures += 1
            return
        except (BrokenMedia, UnsupportedSource):
            self._around.note(GapKind.PUBLISHER, "what the origin gave is no media playlist")
            self._failures += 1
            return
        self._failures = 0
        self.playlist = loaded
        new = self._tracker.fresh(loaded, loaded.segments)
        self._waiting.extend(new)
        now_s = time.monotonic()
        if new:
            self._last_new_s = now_s
        elif now_s - self._last_new_s > _LATE_TARGETS * loaded.target_ms / 1000:
            self._around.note(GapKind.PUBLISHER, "the playlist lists nothing new")

    def _content(self, listed: ListedSegment) -> bytes:
        if listed.key is not None:
            require_supported(listed.key, listed.uri)
        head = self._init(listed)
        body = self._http.insist(listed.uri, _MAX_SEGMENT_BYTES, listed.byte_range).content
        return head + (body if listed.key is None else self._decrypted(body, listed, listed.key, listed.uri))

    def _init(self, listed: ListedSegment) -> bytes:
        if listed.init_uri is None:
            return b""
        place = (listed.init_uri, listed.init_range)
        if place not in self._inits:
            content = self._http.insist(listed.init_uri, _MAX_SEGMENT_BYTES, listed.init_range).content
            # Encoders disagree whether a key covers the section too; what starts with a box is in the clear.
            if listed.key is not None and content[4:8] not in _BOXES:
                content = self._decrypted(content, listed, listed.key, listed.init_uri)
            self._inits.clear()
            self._inits[place] = content
        return self._inits[place]

    def _decrypted(self, content: bytes, listed: ListedSegment, key: SegmentKey, url: str) -> bytes:
        uri = require_supported(key, url)
        if uri not in self._keys:
            fetched = self._http.insist(uri, _MAX_KEY_BYTES).content
            if len(fetched) == KEY_BYTES:
                self._keys[uri] = fetched
            if len(self._keys) > _KEYS_KEPT:
                self._keys.popitem(last=False)
        else:
            fetched = self._keys[uri]
        return decrypt(content, fetched, key, listed.media_sequence, url)


def _of_live(limits: HttpLimits, target_ms: int) -> HttpLimits:
    return replace(limits, body_s=min(limits.body_s, max(10.0, _SLOW_TARGETS * target_ms / 1000)))
