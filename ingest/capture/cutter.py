"""Packets in, closed parts of about two seconds out; a jump of the timestamps starts anew."""

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

import av
from av.stream import Stream

from ingest.capture.decode_times import DecodeTimeFiller
from ingest.errors import BrokenMedia, DiskFull
from ingest.media.container import AnyPacket, add_copy, reason
from ingest.recording.clock import MPEGTS_WRAP_MS
from ingest.recording.part import Part, PartFile, Surroundings
from ingest.recording.rejoin import Rejoin
from ingest.types import GapKind

_TS_CODECS = frozenset({"h264", "hevc", "mpeg2video", "mpeg1video", "aac", "mp3", "mp3float", "mp2", "ac3", "eac3"})
_KEY_CUT_US = 1_500_000
_LATEST_CUT_US = 2_500_000
_AUDIO_CUT_US = 2_000_000
_BACK_US = 1_000
_AHEAD_US = 1_000_000
# Screen recordings without sound can hold a picture for seconds.
_AHEAD_PICTURE_ONLY_US = 10_000_000
_HOLD_US = 1_000_000
_HOLD_PACKETS = 500
# How much of the broadcast passes before a full disk is tried again.
_FULL_US = 500_000
_TS_TICK = Fraction(1, 90_000)


def time_us(packet: AnyPacket) -> int:
    """The packet's decoding time in microseconds."""
    assert packet.dts is not None
    return int(packet.dts * packet.time_base * 1_000_000)


def fits_transport(streams: list[Stream]) -> bool:
    """Whether an MPEG transport stream can hold these; Matroska takes what it cannot."""
    return all(stream.codec_context.name in _TS_CODECS for stream in streams)


class _OpenPart:
    """One part that is being written."""

    def __init__(
        self, file: PartFile, source: str, streams: list[Stream], extradata: dict[int, bytes], start_us: int
    ) -> None:
        self.file = file
        self._source = source
        self.start_us = start_us
        transport = fits_transport(streams)
        self.suffix = ".ts" if transport else ".mkv"
        options = {"avoid_negative_ts": "disabled", "flush_packets": "1", "fflags": "+bitexact"}
        if not transport:
            options["live"] = "1"
        self._container = av.open(file, "w", format="mpegts" if transport else "matroska", options=options)
        self._streams: dict[int, Stream] = {}
        self._last_dts: dict[int, int] = {}
        for stream in streams:
            copy = add_copy(self._container, stream)
            if stream.index in extradata:
                copy.codec_context.extradata = extradata[stream.index]
            self._streams[stream.index] = copy

    def write(self, packet: AnyPacket, shift_us: int) -> None:
        """Muxes the packet as it is; equal decoding times are moved apart by one tick, which muxers demand."""
        assert packet.dts is not None
        index = packet.stream.index
        shift = round(shift_us / (packet.time_base * 1_000_000))
        tick = max(1, math.ceil(_TS_TICK / packet.time_base))
        dts = packet.dts + shift
        pts = dts if packet.pts is None else packet.pts + shift
        dts = max(dts, self._last_dts.get(index, dts - tick) + tick)
        self._last_dts[index] = dts
        packet.dts = dts
        packet.pts = max(pts, dts)
        packet.stream = self._streams[index]
        try:
            self._container.mux(packet)
        except av.FFmpegError as error:
            raise BrokenMedia(self._source, reason(error)) from error

    def close(self) -> PartFile:
        """Writes the trailer."""
        try:
            self._container.close()
        except av.FFmpegError as error:
            raise BrokenMedia(self._source, reason(error)) from error
        return self.file

    def discard(self) -> None:
        """Removes the part; its muxer may still complain of the write that failed."""
        self.file.discard()
        with suppress(av.FFmpegError):
            self._container.close()


class Cutter:
    """Cuts one opened source at key frames, and at the latest after 2.5 s.

    After a jump packets are held until every stream has shown its new time: a last packet of the old time may come
    after the first of the new. What finds no room on a full disk is left out and noted as shed. `wraps`: the source's
    timestamps come around, as those of MPEG-TS do.
    """

    def __init__(
        self, streams: list[Stream], source: str, live: bool, around: Surroundings, *, wraps: bool = False
    ) -> None:
        self._streams = streams
        self._source = source
        self._live = live
        self._around = around
        self._wraps = wraps and fits_transport(streams)
        self._rejoin = Rejoin(around.recent) if live else None
        self._epochs = 0
        self._discontinuity = False
        self._full_until_us: int | None = None
        self._has_video = any(stream.type == "video" for stream in streams)
        self._ahead_us = _AHEAD_US if any(stream.type == "audio" for stream in streams) else _AHEAD_PICTURE_ONLY_US
        self._extradata: dict[int, bytes] = {}
        self._decode_times = DecodeTimeFiller()
        self._open: _OpenPart | None = None
        self._written = 0
        self._received_at_ms = around.now_ms()
        self._shift_us = 0
        self._heads: dict[int, int] = {}
        self._held: list[AnyPacket] | None = []
        self._held_heads: dict[int, int] = {}

    def push(self, packet: AnyPacket) -> Iterator[Part]:
        """Takes the next packet; gives the part that it closed, if any."""
        if not packet.size or (packet.dts is None and packet.pts is None):
            return
        for dated in self._decode_times.dated(packet):
            yield from self._pass_on(dated)

    def _pass_on(self, packet: AnyPacket) -> Iterator[Part]:
        for passed in [packet] if self._rejoin is None else self._rejoin.pass_on(packet):
            yield from self._take(passed)

    def _take(self, packet: AnyPacket) -> Iterator[Part]:
        if self._held is None and self._jumps(packet, self._heads):
            self._held, self._held_heads = [], {}
        if self._held is None:
            yield from self._write(packet)
            return
        if self._is_straggler(packet) and self._open is not None:
            self._put(packet)
            return
        if self._held and self._jumps(packet, self._held_heads):
            yield from self._begin_epoch()
            self._held, self._held_heads = [], {}
        self._held.append(packet)
        self._held_heads[packet.stream.index] = time_us(packet)
        span_us = time_us(packet) - time_us(self._held[0])
        complete = len(self._held_heads) == len(self._streams)
        if complete or span_us > _HOLD_US or len(self._held) > _HOLD_PACKETS:
            yield from self._begin_epoch()

    def finish(self) -> Iterator[Part]:
        """Closes what is open."""
        for stream in self._streams:
            for packet in self._decode_times.rest(stream.index):
                yield from self._pass_on(packet)
        for passed in [] if self._rejoin is None else self._rejoin.finish():
            yield from self._take(passed)
        if self._held:
            yield from self._begin_epoch()
        yield from self._close()

    def _jumps(self, packet: AnyPacket, heads: dict[int, int]) -> bool:
        if not heads:
            return False
        at_us = time_us(packet)
        last_us = heads.get(packet.stream.index, at_us)
        return at_us < last_us - _BACK_US or at_us > max(heads.values()) + self._ahead_us

    def _is_straggler(self, packet: AnyPacket) -> bool:
        index = packet.stream.index
        if not self._held or index in self._held_heads or index not in self._heads:
            return False
        return 0 <= time_us(packet) - self._heads[index] <= _HOLD_US and self._jumps(packet, self._held_heads)

    def _begin_epoch(self) -> Iterator[Part]:
        held, self._held = self._held or [], None
        yield from self._close()
        self._heads = {}
        if self._epochs and self._live:
            self._around.note(GapKind.PUBLISHER, "the timestamps start anew on the same connection")
        self._epochs += 1
        # Transport streams cannot hold times below zero; a file's first packets, and those before a wrap, have them.
        self._shift_us = max(0, -min(time_us(packet) for packet in held))
        if self._shift_us and self._wraps:
            self._shift_us = round(MPEGTS_WRAP_MS * 1000)
        for packet in held:
            self._learns_parameters(packet)
        self._discontinuity = True
        for packet in held:
            yield from self._write(packet)

    def _write(self, packet: AnyPacket) -> Iterator[Part]:
        if self._open is not None and self._is_due(packet, self._open):
            yield from self._close()
        self._heads[packet.stream.index] = time_us(packet)
        self._received_at_ms = self._around.now_ms()
        if self._open is None:
            self._start(packet)
        self._put(packet)

    def _start(self, packet: AnyPacket) -> None:
        at_us = time_us(packet)
        if self._full_until_us is not None and 0 <= self._full_until_us - at_us <= _FULL_US:
            return
        # A live part that a crash leaves open is taken up by the next run; a file is simply read again.
        name = f"{'live' if self._live else 'incoming'}-{self._written:06d}.part"
        try:
            file = PartFile(self._around.folder / name, self._around.make_room)
        except DiskFull:
            self._shed(at_us)
            return
        self._written += 1
        self._open = _OpenPart(file, self._source, self._streams, self._extradata, at_us)

    def _put(self, packet: AnyPacket) -> None:
        if self._open is None:
            return
        if self._live:
            self._around.recent.add(packet)
        at_us = time_us(packet)
        try:
            self._open.write(packet, self._shift_us)
        except DiskFull:
            self._shed(at_us)

    def _shed(self, at_us: int) -> None:
        """Leaves out the open part, for which the disk has no room."""
        part, self._open = self._open, None
        if part is not None:
            part.discard()
        self._full_until_us = at_us + _FULL_US
        self._around.note(GapKind.SHED, "disk full")

    def _is_due(self, packet: AnyPacket, part: _OpenPart) -> bool:
        if self._learns_parameters(packet):
            return True
        age_us = time_us(packet) - part.start_us
        if not self._has_video:
            return age_us >= _AUDIO_CUT_US
        return age_us >= _LATEST_CUT_US or (
            age_us >= _KEY_CUT_US and packet.stream.type == "video" and packet.is_keyframe
        )

    def _learns_parameters(self, packet: AnyPacket) -> bool:
        """Whether the packet brings new codec parameters, which the next container's header must have."""
        if not packet.has_sidedata("new_extradata"):
            return False
        extradata = bytes(packet.get_sidedata("new_extradata"))
        if self._extradata.get(packet.stream.index) == extradata:
            return False
        self._extradata[packet.stream.index] = extradata
        return True

    def _close(self) -> Iterator[Part]:
        if self._open is None:
            return
        part, self._open = self._open, None
        try:
            closed = part.close().finish(
                source=self._source,
                suffix=part.suffix,
                received_at_ms=self._received_at_ms,
                discontinuity=self._discontinuity,
                live=self._live,
            )
        except DiskFull:
            part.discard()
            self._around.note(GapKind.SHED, "disk full")
            return
        self._discontinuity = False
        self._full_until_us = None
        yield closed
