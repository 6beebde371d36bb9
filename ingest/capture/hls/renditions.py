"""HLS whose sound has a playlist of its own: each picture segment is stored together with the sound of its time."""

import io
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.stream import Stream

from ingest.capture.cutter import fits_transport, time_us
from ingest.capture.hls.feed import HlsFeed, Received
from ingest.errors import BrokenMedia, DiskFull
from ingest.media.container import DAMAGE, AnyPacket, add_copy, best_streams, demux_chosen, open_media, reason
from ingest.recording.part import Part, PartFile, Surroundings
from ingest.types import GapKind
from net.backoff import pause

_LOOK_S = 0.25
_NEVER_US = 1 << 62
# Sound that is older than the picture by more was meant for a picture that nobody gave.
_EARLIEST_US = 1_000_000
_TS_CLOCK_HZ = 90_000
_ID3_OWNER = b"com.apple.streaming.transportStreamTimestamp\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """The packets of one kind in one segment; the container is kept, because packets refer to it."""

    container: InputContainer
    stream: Stream
    packets: tuple[AnyPacket, ...]
    epoch: int

    @property
    def start_us(self) -> int:
        return min(time_us(packet) for packet in self.packets)

    @property
    def end_us(self) -> int:
        return max(time_us(p) + int((p.duration or 0) * p.time_base * 1_000_000) for p in self.packets)


class PairedParts:
    """Follows the sound while the picture is followed. Sound that stays away is noted, and holds up nothing."""

    def __init__(self, sound: HlsFeed, around: Surroundings, *, patience_s: float) -> None:
        self._feed = sound
        self._around = around
        self._patience_s = patience_s
        self._heard: deque[_Piece] = deque()
        self._sound_epoch = 0
        self._picture_epoch = 0
        self._written = 0

    def part(self, received: Received, discontinuity: bool, *, last: bool) -> Part:
        """The picture segment with its sound; BrokenMedia if the picture cannot be read. `last` takes what is left."""
        if received.discontinuity:
            self._picture_epoch += 1
        picture = _piece(received, "video", self._picture_epoch)
        end_us = _NEVER_US if last else picture.end_us
        self._listen_until(end_us)
        sound = list(self._take(picture.start_us, end_us))
        if not sound:
            self._around.note(GapKind.NETWORK, "the sound of a segment was not had")
        return self._write(picture, sound, received, discontinuity)

    def _listen_until(self, end_us: int) -> None:
        deadline_s = time.monotonic() + self._patience_s
        while not self._reaches(end_us) and not self._feed.is_over:
            for received in self._feed.poll():
                if received.discontinuity:
                    self._sound_epoch += 1
                try:
                    self._heard.append(_piece(received, "audio", self._sound_epoch))
                except BrokenMedia:
                    self._around.note(GapKind.UNREADABLE, "a segment of the sound is not readable as media")
            if self._reaches(end_us) or time.monotonic() > deadline_s or pause(_LOOK_S, self._around.stop):
                return

    def _reaches(self, end_us: int) -> bool:
        current = [piece for piece in self._heard if piece.epoch >= self._picture_epoch]
        return any(piece.epoch > self._picture_epoch or piece.end_us >= end_us for piece in current)

    def _take(self, start_us: int, end_us: int) -> Iterator[tuple[AnyPacket, Stream]]:
        """The sound up to `end_us`, removed from what was heard; what is much too early is dropped."""
        left: deque[_Piece] = deque()
        for piece in self._heard:
            if piece.epoch > self._picture_epoch:
                left.append(piece)
            elif piece.epoch == self._picture_epoch:
                for packet in piece.packets:
                    if start_us - _EARLIEST_US <= time_us(packet) < end_us:
                        yield packet, piece.stream
                later = tuple(packet for packet in piece.packets if time_us(packet) >= end_us)
                if later:
                    left.append(
                        _Piece(container=piece.container, stream=piece.stream, packets=later, epoch=piece.epoch)
                    )
        self._heard = left

    def _write(
        self, picture: _Piece, sound: list[tuple[AnyPacket, Stream]], received: Received, discontinuity: bool
    ) -> Part:
        source = received.listed.uri
        file = PartFile(self._around.folder / f"incoming-paired-{self._written}.part", self._around.make_room)
        self._written += 1
        streams = [picture.stream, *(stream for _, stream in sound[:1])]
        transport = fits_transport(streams)
        packets = sorted([*picture.packets, *(packet for packet, _ in sound)], key=time_us)
        options = {"avoid_negative_ts": "disabled", "flush_packets": "1", "fflags": "+bitexact"}
        form = "mpegts" if transport else "matroska"
        try:
            with av.open(file, "w", format=form, options=options) as out:
                copies = {stream.type: add_copy(out, stream) for stream in streams}
                for packet in packets:
                    packet.stream = copies[packet.stream.type]
                    out.mux(packet)
        except DiskFull:
            file.discard()
            raise
        except DAMAGE as error:
            file.discard()
            raise BrokenMedia(source, reason(error)) from error
        return file.finish(
            source=source,
            suffix=".ts" if transport else ".mkv",
            received_at_ms=self._around.now_ms(),
            discontinuity=discontinuity,
            live=self._feed.live,
        )


def _piece(received: Received, kind: str, epoch: int) -> _Piece:
    source = received.listed.uri
    shift_us = _packed_start_us(received.content)
    container = open_media(io.BytesIO(received.content), source)
    stream = next((s for s in best_streams(container, source) if s is not None and s.type == kind), None)
    if stream is None:
        raise BrokenMedia(source, f"it holds no {kind}")
    packets = [packet for packet in _packets(container, stream) if packet.size and packet.pts is not None]
    if not packets:
        raise BrokenMedia(source, "no packets")
    for packet in packets:
        packet.dts = packet.pts if packet.dts is None else packet.dts
        if shift_us is not None:
            ticks = round(Fraction(shift_us, 1_000_000) / packet.time_base)
            packet.pts, packet.dts = (packet.pts or 0) + ticks, (packet.dts or 0) + ticks
    return _Piece(container=container, stream=stream, packets=tuple(packets), epoch=epoch)


def _packets(container: InputContainer, stream: Stream) -> Iterator[AnyPacket]:
    """All packets; what follows damage is lost."""
    packets = demux_chosen(container, [stream])
    while True:
        try:
            packet = next(packets, None)
        except DAMAGE:
            return
        if packet is None:
            return
        yield packet


def _packed_start_us(content: bytes) -> int | None:
    """Where sound without a container starts, as its ID3 tag says (RFC 8216, 3.4); None: the container says it."""
    if not content.startswith(b"ID3"):
        return None
    place = content.find(_ID3_OWNER, 0, 4096)
    if place < 0:
        return None
    first = place + len(_ID3_OWNER)
    ticks = int.from_bytes(content[first : first + 8], "big")
    return round((ticks & ((1 << 33) - 1)) * 1_000_000 / _TS_CLOCK_HZ)
