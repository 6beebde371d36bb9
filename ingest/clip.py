"""A playable MP4 of a stretch of the recording: the received packets in a new container."""

import io
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.stream import Stream

from ingest.errors import BrokenMedia, UnsupportedSource
from ingest.ffmpeg import find_ffmpeg
from ingest.media import DAMAGE, AnyPacket, best_streams, chosen, open_media, packet_ms, read_packets
from ingest.types import Segment

# What an MP4 can hold and a browser can mostly play; other codecs are encoded anew.
_COPIED = frozenset({"h264", "hevc", "vp9", "av1", "libdav1d", "aac", "mp3", "mp3float", "opus", "flac"})
_ENCODE_LIMIT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInfo:
    """Where the clip really starts and ends: it begins at the key frame before the wanted moment.

    `offset_ms` is where in the clip the wanted start is. `copied`: no packet was encoded anew.
    """

    path: Path
    start_ms: int
    end_ms: int
    offset_ms: int
    copied: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """One segment's packets; the streams' container lives as long as they do."""

    segment: Segment
    streams: list[Stream]
    packets: list[AnyPacket]
    parameters: tuple[tuple[str, bytes | None], ...]

    def at_ms(self, packet: AnyPacket) -> float:
        return self.segment.start_ms + packet_ms(packet) - self.segment.source_start_ms

    def decoded_at_ms(self, packet: AnyPacket) -> float:
        """By decoding order a picture is never cut off from those that it refers to."""
        assert packet.pts is not None
        ahead = packet.pts - (packet.pts if packet.dts is None else packet.dts)
        return self.at_ms(packet) - float(ahead * packet.time_base * 1000)


def cut_clip(segments: Sequence[Segment], *, start_ms: int, end_ms: int, target: Path) -> ClipInfo:
    """Writes `[start_ms, end_ms)` to `target` as MP4; give the segments from one key-frame interval before.

    Unreadable segments are left out. A change of the broadcast's codec parameters ends the clip. BrokenMedia if none
    of the segments holds anything of the wanted stretch.
    """
    wanted = [segment for segment in segments if segment.start_ms < end_ms]
    pieces = [piece for segment in wanted if (piece := _read(segment)) is not None]
    begin = _begin(pieces, start_ms)
    if begin is None:
        raise BrokenMedia(str(target), f"no recorded media from {start_ms} to {end_ms} ms")
    first, begin_ms = begin
    run = _same_parameters(pieces, first)
    chosen_packets = [
        (piece, packet)
        for piece, packet in _packets(run)
        if begin_ms <= piece.at_ms(packet) and piece.decoded_at_ms(packet) < end_ms
    ]
    partial = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    raw = target.with_name(target.name + ".raw.part")
    copied = all(name in _COPIED for name, _ in run[0].parameters)
    try:
        if copied:
            with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as output:
                last_ms = _copy(output, run[0].streams, chosen_packets, begin_ms)
        else:
            with av.open(str(raw), "w", format="matroska") as output:
                last_ms = _copy(output, run[0].streams, chosen_packets, begin_ms)
            _encode(raw, partial)
        partial.replace(target)
    except av.FFmpegError as error:
        raise BrokenMedia(str(target), error.strerror or "the clip cannot be written") from error
    finally:
        partial.unlink(missing_ok=True)
        raw.unlink(missing_ok=True)
    return ClipInfo(
        path=target,
        start_ms=round(begin_ms),
        end_ms=round(last_ms),
        offset_ms=max(0, start_ms - round(begin_ms)),
        copied=copied,
    )


def _encode(raw: Path, target: Path) -> None:
    """The recording in codecs that browsers play."""
    command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", "-protocol_whitelist", "file", "-i", f"file:{raw}"]
    codecs = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    try:
        subprocess.run(
            [*command, *codecs, "-movflags", "+faststart", "-f", "mp4", f"file:{target}"],
            check=True,
            capture_output=True,
            timeout=_ENCODE_LIMIT_S,
        )
    except subprocess.SubprocessError as error:
        raise BrokenMedia(str(raw), "ffmpeg could not encode it") from error


def _read(segment: Segment) -> _Piece | None:
    source = str(segment.path)
    try:
        container = open_media(io.BytesIO(segment.path.read_bytes()), source)
        streams = chosen(*best_streams(container, source))
        packets = read_packets(container, streams, source)
    except (BrokenMedia, UnsupportedSource, *DAMAGE):
        return None
    parameters = tuple((s.codec_context.name, s.codec_context.extradata) for s in streams)
    return _Piece(segment, streams, packets, parameters)


def _begin(pieces: Sequence[_Piece], start_ms: int) -> tuple[int, float] | None:
    """The piece and moment of the last key frame up to the start, else of the first one after it."""
    later: tuple[int, float] | None = None
    best: tuple[int, float] | None = None
    for index, piece in enumerate(pieces):
        has_video = piece.streams[0].type == "video"
        for packet in piece.packets:
            if has_video and not (packet.stream.type == "video" and packet.is_keyframe):
                continue
            at_ms = piece.at_ms(packet)
            if at_ms <= start_ms + 0.5:
                best = index, at_ms
            elif later is None:
                later = index, at_ms
    return best or later


def _same_parameters(pieces: Sequence[_Piece], first: int) -> list[_Piece]:
    """The pieces from `first` on that one MP4 track can hold; a piece without a key frame tells no parameters."""
    wanted = pieces[first].parameters
    run: list[_Piece] = []
    for piece in pieces[first:]:
        same = len(piece.parameters) == len(wanted) and all(
            name == other and (data == expected or not data)
            for (name, data), (other, expected) in zip(piece.parameters, wanted, strict=True)
        )
        if not same:
            break
        run.append(piece)
    return run


def _packets(pieces: Sequence[_Piece]) -> Iterator[tuple[_Piece, AnyPacket]]:
    for piece in pieces:
        for packet in piece.packets:
            yield piece, packet


def _copy(
    output: OutputContainer, templates: Sequence[Stream], packets: Sequence[tuple[_Piece, AnyPacket]], begin_ms: float
) -> float:
    """Muxes the packets with times from the clip's start; gives the moment of the last one's end."""
    tracks = [output.add_stream_from_template(template) for template in templates]
    by_kind = dict(zip([template.type for template in templates], tracks, strict=True))
    last_dts: dict[str, int] = {}
    last_ms = begin_ms
    for piece, packet in packets:
        assert packet.pts is not None
        kind = packet.stream.type
        base_ms = Fraction(piece.segment.source_start_ms - piece.segment.start_ms) + Fraction(begin_ms)
        shift = round(base_ms / 1000 / packet.time_base)
        last_ms = max(last_ms, piece.at_ms(packet) + float((packet.duration or 0) * packet.time_base * 1000))
        dts = (packet.pts if packet.dts is None else packet.dts) - shift
        packet.pts -= shift
        packet.dts = max(dts, last_dts.get(kind, dts - 1) + 1)
        packet.pts = max(packet.pts, packet.dts)
        last_dts[kind] = packet.dts
        packet.stream = by_kind[kind]
        output.mux(packet)
    return last_ms
