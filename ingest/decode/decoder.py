"""Recorded segments become speech-rate audio and pictures, placed on the stream clock by their own timestamps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.decode.audio import SoundMark, Voice, voice_key
from ingest.decode.packets import Piece, begin_at, read_piece, readable_pieces
from ingest.decode.pictures import Picture, all_pictures, key_packets, key_pictures, pixels_of
from ingest.decode.shedding import Effort, Thinning
from ingest.errors import BrokenMedia
from ingest.media.container import DAMAGE, reason
from ingest.types import AudioSpan, DecodedSegment, Frame, Segment, Shed
from net.errors import UnsupportedSource

# A key frame further back than so many segments is not looked for; a decoding child holds eight files open.
_MOST_PRIMERS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """Asks for one picture every `every_ms` in `[start_ms, end_ms)`, not only key frames; `end_ms` None: no end."""

    every_ms: int
    start_ms: int = 0
    end_ms: int | None = None

    def wants(self, at_ms: float) -> bool:
        """Whether the moment lies in the stretch."""
        return self.start_ms <= at_ms and (self.end_ms is None or at_ms < self.end_ms)

    def touches(self, segment: Segment) -> bool:
        """Whether any of the segment lies in the stretch."""
        return self.start_ms < segment.end_ms and (self.end_ms is None or segment.start_ms < self.end_ms)


class SegmentDecoder:
    """Decodes one stream's segments in order; any order is right, but a jump costs the first 20 ms of sound.

    One audio decoder serves a whole epoch, because a fresh one gets its first block wrong. After a crash `resume` sets
    a new decoder on with the segment that was decoded last. AAC fills bands with noise by a random number that runs on
    from packet to packet: there each segment gets a decoder that was set on with the one before, crash or not.
    """

    def __init__(self) -> None:
        self._voice: Voice | None = None
        self._primed = False
        self._last_sound: Piece | None = None
        self._before: Segment | None = None
        self._since_key: list[Segment] = []
        self._thinning = Thinning()
        self._cells = _Cells()
        self._has_audio = False
        self._has_video = False

    @property
    def has_audio(self) -> bool:
        """Whether any segment so far carried sound."""
        return self._has_audio

    @property
    def has_video(self) -> bool:
        """Whether any segment so far carried a picture."""
        return self._has_video

    @property
    def mark(self) -> SoundMark | None:
        """Where the sound stands after the last segment, for `resume`; None before any sound."""
        return self._voice.mark(self._before.sequence) if self._voice and self._before else None

    def resume(self, before: Segment, mark: SoundMark | None = None) -> None:
        """Goes on after `before`, which was decoded by a decoder that is gone; its sound is heard, not given again.

        With that decoder's last `mark`, the next samples are bit for bit those that it would have given; without,
        they may lie less than one sample elsewhere. A segment that cannot be read any more is passed over.
        """
        self._before, self._since_key = before, [before]
        self._prime(before, None, mark)

    def _prime(self, before: Segment, piece: Piece | None, mark: SoundMark | None) -> None:
        """A new decoder of sound, set on with this segment; `piece` is the same one, not decoded with, if at hand."""
        self._voice, self._primed = None, True
        try:
            piece = piece or read_piece(before)
            if piece.audio is not None and piece.sounds:
                self._voice = Voice(piece, piece.audio)
                self._voice.prime(piece, mark)
        except (BrokenMedia, *DAMAGE):
            self._voice = None

    def decode(
        self,
        segment: Segment,
        *,
        effort: Effort = Effort.EVERY_KEY_FRAME,
        every_ms: int = 0,
        dense: Dense | None = None,
    ) -> DecodedSegment:
        """The segment's sound and key frames; BrokenMedia if nothing in it can be decoded.

        `effort` leaves key frames out under overload and says which seconds that cost; sound is never left out.
        `every_ms`: how far apart the pictures are at the least.
        `dense` asks for more pictures than key frames.
        """
        if not self._follows(segment):
            self._voice = None
            self._since_key = []
        elif self._voice is not None and self._voice.runs_on and not self._primed and self._before is not None:
            self._prime(self._before, self._last_sound, self.mark)
        self._before, self._primed = segment, False
        try:
            return self._decode(segment, effort, every_ms, dense)
        except (BrokenMedia, UnsupportedSource, *DAMAGE) as error:
            self._voice = None
            self._since_key = []
            if isinstance(error, BrokenMedia):
                raise
            raise BrokenMedia(str(segment.path), reason(error), sequence=segment.sequence) from error

    def _follows(self, segment: Segment) -> bool:
        before = self._before
        return (
            before is not None
            and before.stream_id == segment.stream_id
            and before.epoch == segment.epoch
            and before.sequence + 1 == segment.sequence
        )

    def _decode(self, segment: Segment, effort: Effort, every_ms: int, dense: Dense | None) -> DecodedSegment:
        piece = read_piece(segment)
        pictures, sounds = piece.pictures, piece.sounds
        self._has_audio = self._has_audio or bool(sounds)
        self._has_video = self._has_video or bool(pictures)
        spans: tuple[AudioSpan, ...] = ()
        if piece.audio is not None and sounds:
            if self._voice is None or self._voice.key != voice_key(piece.audio):
                self._voice = Voice(piece, piece.audio)
                self._last_sound = None
            else:
                self._last_sound = replace(piece, packets=sounds)
            spans = self._voice.spans(piece)
        else:
            self._last_sound = None
        keys = key_packets(piece)
        keys_ms = [round(piece.at_ms(packet)) for packet in keys]
        kept = self._thinning.keep(effort, keys_ms, every_ms)
        wanted = [packet for packet, keep in zip(keys, kept, strict=True) if keep]
        if dense is not None and dense.touches(segment):
            times_ms = {piece.at_ms(packet) for packet in wanted}
            frames = self._dense_frames(piece, dense, times_ms)
        else:
            frames = tuple(_frame(picture) for picture in key_pictures(piece, wanted))
        if not spans and not frames and (sounds or wanted):
            raise BrokenMedia(str(segment.path), "nothing in it decodes", sequence=segment.sequence)
        shed: tuple[Shed, ...] = ()
        if pictures:
            shed = self._thinning.shed(segment, effort, keys_ms, kept)
        if any(packet.is_keyframe for packet in pictures):
            self._since_key = []
        self._since_key = [*self._since_key, segment][-_MOST_PRIMERS:]
        return DecodedSegment(segment=segment, audio=spans, frames=frames, shed=shed)

    def _dense_frames(self, piece: Piece, dense: Dense, keys_ms: set[float]) -> tuple[Frame, ...]:
        """The pictures of the piece; if it does not open with a key frame, those before it back to one are decoded."""
        opens = piece.pictures and piece.pictures[0].is_keyframe
        pieces = [*([] if opens else readable_pieces(self._since_key)), piece]
        begin = begin_at(pieces, piece.segment.start_ms - 1.0)
        if begin is None:
            return ()
        frames: list[Frame] = []
        for picture in all_pictures(pieces, *begin, float("inf")):
            if picture.piece is not piece:
                continue
            inside = dense.wants(picture.at_ms)
            if (inside and self._cells.opens(picture.at_ms, dense.start_ms, dense.every_ms)) or (
                not inside and picture.at_ms in keys_ms
            ):
                frames.append(_frame(picture))
        return tuple(frames)


def frames_between(segments: Sequence[Segment], *, start_ms: int, end_ms: int, every_ms: int) -> tuple[Frame, ...]:
    """The first picture in every `every_ms` of `[start_ms, end_ms)`, and the one shown at its start.

    Give the segments from one key-frame interval before. Segments that cannot be read are left out; empty if nothing
    in the stretch can be decoded.
    """
    pieces = readable_pieces([segment for segment in segments if segment.start_ms < end_ms])
    begin = begin_at(pieces, start_ms)
    if begin is None:
        return ()
    cells = _Cells()
    frames: list[Frame] = []
    standing: Picture | None = None
    for picture in all_pictures(pieces, *begin, end_ms):
        if picture.at_ms < start_ms - 0.5:
            standing = picture
            continue
        if picture.at_ms >= end_ms:
            continue
        if standing is not None and picture.at_ms >= start_ms + 0.5:
            frames.append(_frame(standing))
        standing = None
        if cells.opens(picture.at_ms, start_ms, every_ms):
            frames.append(_frame(picture))
    if standing is not None:
        frames.append(_frame(standing))
    return tuple(frames)


class _Cells:
    """Time in stretches of equal length; each lets one picture through."""

    def __init__(self) -> None:
        self._last: tuple[int, int, int] | None = None

    def opens(self, at_ms: float, start_ms: int, every_ms: int) -> bool:
        cell = start_ms, every_ms, int((at_ms - start_ms + 0.5) // every_ms)
        is_new = cell != self._last
        self._last = cell
        return is_new


def _frame(picture: Picture) -> Frame:
    return Frame(stream_id=picture.piece.segment.stream_id, at_ms=round(picture.at_ms), image=pixels_of(picture.image))
