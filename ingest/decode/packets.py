"""Recorded segments opened again: their packets, each at its moment on the stream clock."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from ingest.errors import BrokenMedia
from ingest.media.container import (
    DAMAGE,
    AnyPacket,
    ahead_ms,
    best_streams,
    chosen,
    open_media,
    packet_ms,
    read_packets,
    reason,
)
from ingest.types import Segment
from net.errors import UnsupportedSource


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment's packets in stored order. The container must live as long as its streams are used."""

    segment: Segment
    container: InputContainer
    video: VideoStream | None
    audio: AudioStream | None
    packets: Sequence[AnyPacket]

    @property
    def streams(self) -> list[Stream]:
        """The streams that are there, picture first."""
        return chosen(self.video, self.audio)

    @property
    def pictures(self) -> list[AnyPacket]:
        """The packets of the picture."""
        return [packet for packet in self.packets if packet.stream.type == "video"]

    @property
    def sounds(self) -> list[AnyPacket]:
        """The packets of the sound."""
        return [packet for packet in self.packets if packet.stream.type == "audio"]

    def place_ms(self, source_ms: float) -> float:
        """A moment of the segment's container on the stream clock."""
        return self.segment.start_ms + source_ms - self.segment.source_start_ms

    def at_ms(self, packet: AnyPacket) -> float:
        """When the packet is shown or heard."""
        return self.place_ms(packet_ms(packet))

    def decoded_at_ms(self, packet: AnyPacket) -> float:
        """By decoding order a picture is never cut off from those that it refers to."""
        return self.at_ms(packet) - ahead_ms(packet)


def read_piece(segment: Segment, *, look: bool = False) -> Piece:
    """The segment's packets; BrokenMedia names the segment. `look`: the pixel format, too."""
    source = str(segment.path)
    try:
        content = segment.path.read_bytes()
    except OSError as error:
        raise BrokenMedia(source, error.strerror or "unreadable", sequence=segment.sequence) from error
    try:
        container = open_media(io.BytesIO(content), source, look=look)
        video, audio = best_streams(container, source)
        packets = read_packets(container, chosen(video, audio), source)
    except (BrokenMedia, UnsupportedSource, *DAMAGE) as error:
        raise BrokenMedia(source, reason(error), sequence=segment.sequence) from error
    return Piece(segment, container, video, audio, packets)


def readable_pieces(segments: Sequence[Segment], *, look: bool = False) -> list[Piece]:
    """The segments that can be read; the others are left out."""
    pieces: list[Piece] = []
    for segment in segments:
        try:
            pieces.append(read_piece(segment, look=look))
        except BrokenMedia:
            continue
    return pieces


def begin_at(pieces: Sequence[Piece], start_ms: float) -> tuple[int, float] | None:
    """Index and moment of the last key frame up to the start, else of the first one after it.

    Where a segment has no picture, its sound will do.
    """
    later: tuple[int, float] | None = None
    best: tuple[int, float] | None = None
    for index, piece in enumerate(pieces):
        starts = [packet for packet in piece.pictures if packet.is_keyframe] if piece.pictures else piece.sounds
        for packet in starts:
            at_ms = piece.at_ms(packet)
            if at_ms <= start_ms + 0.5:
                best = index, at_ms
            elif later is None:
                later = index, at_ms
    return best or later
