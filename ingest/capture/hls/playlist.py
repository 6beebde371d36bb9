"""What an HLS playlist says (RFC 8216), as types; pure: text in, no network."""

from dataclasses import dataclass
from urllib.parse import urljoin

import m3u8

from ingest.errors import BrokenMedia

_MAX_SHORT_SIDE_PX = 1080


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """First and last byte, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentKey:
    """How a segment is encrypted. `iv` None: its media sequence number stands for it (RFC 8216, 5.2)."""

    method: str
    uri: str | None
    iv: bytes | None
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSegment:
    """A media segment as listed; `init_uri` None: it needs no initialisation section.

    `program_ms`: what the origin says it was at that moment (Unix time), None if it does not say.
    """

    uri: str
    media_sequence: int
    duration_ms: int
    discontinuity: bool
    byte_range: ByteRange | None
    init_uri: str | None
    init_range: ByteRange | None
    key: SegmentKey | None
    program_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlaylist:
    """The segments on offer, oldest first; `ended`: no more will come."""

    segments: tuple[ListedSegment, ...]
    target_ms: int
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One rendition of a master playlist; `sound_uri`: where its sound has a playlist of its own, else None."""

    uri: str
    bandwidth: int
    short_side_px: int | None
    sound_uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterPlaylist:
    """The renditions on offer."""

    variants: tuple[Variant, ...]


def is_playlist(head: bytes) -> bool:
    """Whether content that starts like this is an HLS playlist."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"#EXTM3U")


def parse_playlist(content: bytes, url: str) -> MasterPlaylist | MediaPlaylist:
    """The playlist with every URI made absolute; BrokenMedia if it is none."""
    if not is_playlist(content):
        raise BrokenMedia(url, "the playlist does not start with #EXTM3U")
    try:
        parsed = m3u8.loads(content.decode("utf-8-sig"))
        return _master(parsed, url) if parsed.is_variant else _media(parsed, url)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, m3u8.ParseError) as error:
        raise BrokenMedia(url, "the playlist breaks the HLS rules") from error


def choose_variant(master: MasterPlaylist) -> Variant:
    """The richest rendition up to 1080p (short side), the smallest if all are larger; such with sound inside first."""
    whole = [variant for variant in master.variants if variant.sound_uri is None] or list(master.variants)
    fitting = [v for v in whole if v.short_side_px is None or v.short_side_px <= _MAX_SHORT_SIDE_PX]
    return max(fitting, key=lambda v: v.bandwidth) if fitting else min(whole, key=lambda v: v.bandwidth)


def _master(parsed: m3u8.M3U8, url: str) -> MasterPlaylist:
    sounds: dict[str, tuple[int, str]] = {}
    for media in parsed.media:
        if media.type == "AUDIO" and media.uri:
            rank = 2 * (media.default == "YES") + (media.autoselect == "YES")
            if media.group_id not in sounds or rank > sounds[media.group_id][0]:
                sounds[media.group_id] = rank, urljoin(url, media.uri)
    variants = tuple(
        Variant(
            uri=urljoin(url, entry.uri),
            bandwidth=entry.stream_info.bandwidth or 0,
            short_side_px=min(entry.stream_info.resolution) if entry.stream_info.resolution else None,
            sound_uri=sounds[entry.stream_info.audio][1] if entry.stream_info.audio in sounds else None,
        )
        for entry in parsed.playlists
    )
    if not variants:
        raise BrokenMedia(url, "the master playlist lists no rendition")
    return MasterPlaylist(variants=variants)


def _media(parsed: m3u8.M3U8, url: str) -> MediaPlaylist:
    first = parsed.media_sequence or 0
    segments: list[ListedSegment] = []
    range_end = 0
    for index, entry in enumerate(parsed.segments):
        if entry.uri is None or entry.gap_tag:
            continue
        byte_range = _byte_range(entry.byterange, range_end)
        range_end = byte_range.last + 1 if byte_range else 0
        init = entry.init_section
        moment = entry.current_program_date_time
        segments.append(
            ListedSegment(
                uri=urljoin(url, entry.uri),
                media_sequence=first + index,
                duration_ms=round((entry.duration or 0) * 1000),
                discontinuity=bool(entry.discontinuity),
                byte_range=byte_range,
                init_uri=urljoin(url, init.uri) if init else None,
                init_range=_byte_range(init.byterange, 0) if init else None,
                key=_key(entry.key, url),
                program_ms=round(moment.timestamp() * 1000) if moment and moment.tzinfo else None,
            )
        )
    target_ms = round((parsed.target_duration or 2) * 1000)
    return MediaPlaylist(segments=tuple(segments), target_ms=target_ms, ended=bool(parsed.is_endlist))


def _key(key: m3u8.Key | None, url: str) -> SegmentKey | None:
    if key is None or not key.method or key.method == "NONE":
        return None
    iv = bytes.fromhex(key.iv.lower().removeprefix("0x").zfill(32)) if key.iv else None
    return SegmentKey(
        method=key.method, uri=urljoin(url, key.uri) if key.uri else None, iv=iv, form=key.keyformat or "identity"
    )


def _byte_range(text: str | None, default_first: int) -> ByteRange | None:
    if not text:
        return None
    length, _, offset = text.partition("@")
    first = int(offset) if offset else default_first
    if int(length) <= 0 or first < 0:
        raise ValueError(text)
    return ByteRange(first=first, last=first + int(length) - 1)


def starting_at(playlist: MediaPlaylist, backlog_ms: int) -> tuple[ListedSegment, ...]:
    """What to take of a live playlist that is seen for the first time: at most so much of the past."""
    if playlist.ended:
        return playlist.segments
    total_ms = 0
    for index in range(len(playlist.segments) - 1, -1, -1):
        total_ms += playlist.segments[index].duration_ms
        if total_ms > backlog_ms:
            return playlist.segments[index + 1 :] or playlist.segments[-1:]
    return playlist.segments
