"""Pictures out of placed packets: key frames alone, or every picture of a stretch; upright, at their own moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ingest.decode.packets import Piece
from ingest.media.container import MAX_PIXELS, AnyPacket

_KEY_FRAME_GAP_MS = 500.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture of one piece, not yet converted."""

    piece: Piece
    at_ms: float
    image: VideoFrame


def pixels_of(image: VideoFrame) -> NDArray[np.uint8]:
    """BGR, shape (height, width, 3), turned as the recording says that it is to be shown."""
    pixels = image.to_ndarray(format="bgr24", threads=1).astype(np.uint8, copy=False)
    turns = round(image.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def key_packets(piece: Piece) -> list[AnyPacket]:
    """The key frames' packets, at most two a second, so that all-intra streams cost no more than others."""
    keys: list[AnyPacket] = []
    next_ms = -float("inf")
    for packet in piece.pictures:
        if packet.is_keyframe and piece.at_ms(packet) >= next_ms:
            keys.append(packet)
            next_ms = piece.at_ms(packet) + _KEY_FRAME_GAP_MS
    return keys


def key_pictures(piece: Piece, packets: Sequence[AnyPacket]) -> Iterator[Picture]:
    """Decodes these key packets alone, each to its end: a key frame needs no other, and none is held back."""
    context = _prepared(piece)
    if context is None:
        return
    for packet in packets:
        for image in _alone(context, packet):
            yield Picture(piece, piece.at_ms(packet), image)


def all_pictures(pieces: Sequence[Piece], begin: int, begin_ms: float, end_ms: float) -> Iterator[Picture]:
    """Every picture from the key frame at `begin_ms` of piece `begin` to `end_ms`, in the order of being shown.

    Where an epoch, a missing segment or other codec parameters break the run, decoding starts anew at the next key
    frame.
    """
    decoder: _Run | None = None
    before: Piece | None = None
    for piece in pieces[begin:]:
        packets = [packet for packet in piece.pictures if begin_ms - 0.5 <= piece.at_ms(packet)]
        if decoder is not None and before is not None and not _goes_on(before, piece):
            yield from decoder.rest()
            decoder = None
        for packet in packets:
            if piece.decoded_at_ms(packet) >= end_ms:
                continue
            if decoder is None and packet.is_keyframe and (context := _prepared(piece)) is not None:
                decoder = _Run(context)
            if decoder is not None:
                yield from decoder.feed(piece, packet)
        before = piece
    if decoder is not None:
        yield from decoder.rest()


class _Run:
    """One decoder fed with packets of neighbouring pieces; pictures come late, so their places are remembered."""

    def __init__(self, context: VideoCodecContext) -> None:
        context.skip_frame = "DEFAULT"
        self._context = context
        self._places: dict[int, tuple[Piece, float]] = {}

    def feed(self, piece: Piece, packet: AnyPacket) -> Iterator[Picture]:
        assert packet.pts is not None
        self._places[packet.pts] = piece, piece.at_ms(packet)
        try:
            images = self._context.decode(packet)
        except (av.InvalidDataError, av.ArgumentError):
            images = []
        yield from self._placed(images)

    def rest(self) -> Iterator[Picture]:
        try:
            images = self._context.decode(None)
        except (av.InvalidDataError, av.ArgumentError, EOFError):
            images = []
        yield from self._placed(images)

    def _placed(self, images: Sequence[VideoFrame]) -> Iterator[Picture]:
        for image in images:
            place = None if image.pts is None else self._places.pop(image.pts, None)
            if place is not None:
                yield Picture(*place, image)


def _prepared(piece: Piece) -> VideoCodecContext | None:
    if piece.video is None:
        return None
    context = piece.video.codec_context
    if context.width * context.height > MAX_PIXELS:
        return None
    if not context.is_open:
        context.thread_count = 1
        context.options = {"max_pixels": str(MAX_PIXELS)}
    context.skip_frame = "NONKEY"
    return context


def _alone(context: VideoCodecContext, packet: AnyPacket) -> list[VideoFrame]:
    try:
        return [*context.decode(packet), *context.decode(None)][:1]
    except (av.InvalidDataError, av.ArgumentError):
        return []
    finally:
        context.flush_buffers()


def _goes_on(before: Piece, piece: Piece) -> bool:
    """Whether one decoder serves both; a piece without a key frame tells no parameters."""
    if before.segment.epoch != piece.segment.epoch or before.segment.sequence + 1 != piece.segment.sequence:
        return False
    if before.video is None or piece.video is None:
        return False
    old, new = before.video.codec_context, piece.video.codec_context
    if old.name != new.name or before.container.format.name != piece.container.format.name:
        return False
    return not old.extradata or not new.extradata or old.extradata == new.extradata
