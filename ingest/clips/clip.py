"""A playable MP4 of a stretch of the recording: the received packets in a new container."""

import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.stream import Stream

from ingest.clips.peaks import peaks_path, write_peaks
from ingest.clips.poster import write_poster
from ingest.decode.packets import Piece, begin_at, readable_pieces
from ingest.errors import BrokenMedia
from ingest.media.container import AnyPacket, add_copy
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import ClipInfo, ClipSource, Segment

# What an MP4 can hold and a browser can mostly play; other codecs are encoded anew.
_COPIED = frozenset({"h264", "hevc", "vp9", "av1", "libdav1d", "aac", "mp3", "mp3float", "opus", "flac"})
_PLAYED_PIXELS = frozenset({"yuv420p", "yuvj420p", "yuv420p10le"})
_ENCODE_LIMIT_S = 300

Parameters = tuple[str, str | None, bytes | None]


def cut_clip(
    segments: Sequence[Segment], *, start_ms: int, end_ms: int, target: Path, hit_ms: int | None = None
) -> ClipInfo:
    """Writes `[start_ms, end_ms)` to `target` as MP4; give the segments from one key-frame interval before.

    With `hit_ms`, the moment that matters, a JPEG of it and the waveform's peaks are written beside the clip.
    Unreadable segments are left out. A clip holds one set of codec parameters: that of the hit, else of the start.
    BrokenMedia if none of the segments holds anything of the wanted stretch.
    """
    pieces = readable_pieces([segment for segment in segments if segment.start_ms < end_ms], look=True)
    run = _run_of(pieces, start_ms if hit_ms is None else hit_ms)
    begin = begin_at(run, start_ms)
    if begin is None:
        raise BrokenMedia(str(target), f"no recorded media from {start_ms} to {end_ms} ms")
    first, begin_ms = begin
    chosen = _between(run[first:], begin_ms, end_ms)
    templates = _templates(run[first:])
    copied = all(_is_played(stream) for stream in templates.values())
    target.parent.mkdir(parents=True, exist_ok=True)
    last_ms = _write(target, templates, chosen, begin_ms, copied=copied)
    offset_ms = max(0, start_ms - round(begin_ms))
    return ClipInfo(
        path=target,
        start_ms=round(begin_ms),
        end_ms=round(last_ms),
        offset_ms=offset_ms,
        copied=copied,
        sha256=hashlib.sha256(target.read_bytes()).hexdigest(),
        sources=_sources(piece.segment for piece, _ in chosen),
        poster=None if hit_ms is None else _poster(target, hit_ms - round(begin_ms)),
        peaks=None if hit_ms is None else _peaks(target),
    )


def _poster(clip: Path, at_ms: int) -> Path | None:
    target = clip.with_suffix(".jpg")
    try:
        return target if write_poster(clip, at_ms=at_ms, target=target) else None
    except BrokenMedia:
        return None


def _peaks(clip: Path) -> Path | None:
    try:
        write_peaks(clip)
    except BrokenMedia:
        return None
    return peaks_path(clip)


def _between(pieces: Sequence[Piece], begin_ms: float, end_ms: int) -> list[tuple[Piece, AnyPacket]]:
    """The packets of the stretch, and the few pictures after it that are shown before one that is in it."""
    chosen: list[tuple[Piece, AnyPacket]] = []
    latest_ms = -float("inf")
    for piece in pieces:
        for packet in piece.packets:
            at_ms = piece.at_ms(packet)
            is_picture = packet.stream.type == "video"
            if at_ms < begin_ms or (piece.decoded_at_ms(packet) >= end_ms and not (is_picture and at_ms < latest_ms)):
                continue
            if is_picture:
                latest_ms = max(latest_ms, at_ms)
            chosen.append((piece, packet))
    return chosen


def _write(
    target: Path,
    templates: dict[str, Stream],
    packets: Sequence[tuple[Piece, AnyPacket]],
    begin_ms: float,
    *,
    copied: bool,
) -> float:
    """Writes the clip whole or not at all; gives the moment of its end."""
    partial = target.with_name(target.name + ".part")
    raw = target.with_name(target.name + ".raw.part")
    try:
        if copied:
            with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as output:
                last_ms = _copy(output, templates, packets, begin_ms)
        else:
            with av.open(str(raw), "w", format="matroska") as output:
                last_ms = _copy(output, templates, packets, begin_ms)
            _encode(raw, partial)
        partial.replace(target)
    except av.FFmpegError as error:
        raise BrokenMedia(str(target), error.strerror or "the clip cannot be written") from error
    finally:
        partial.unlink(missing_ok=True)
        raw.unlink(missing_ok=True)
    return last_ms


def _encode(raw: Path, target: Path) -> None:
    """The recording in codecs that browsers play."""
    command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", "-protocol_whitelist", "file", "-i", f"file:{raw}"]
    codecs = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    # An odd width or height is more than this encoder takes.
    even = ["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2"]
    container = ["-movflags", "+faststart", "-f", "mp4"]
    try:
        subprocess.run(
            [*command, *codecs, *even, "-fps_mode", "passthrough", *container, f"file:{target}"],
            check=True,
            capture_output=True,
            timeout=_ENCODE_LIMIT_S,
        )
    except subprocess.SubprocessError as error:
        raise BrokenMedia(str(raw), "ffmpeg could not encode it") from error


def _parameters(piece: Piece) -> dict[str, Parameters]:
    return {
        stream.type: (stream.codec_context.name, _pixels(stream), stream.codec_context.extradata)
        for stream in piece.streams
        if stream.type == "audio" or piece.video is None or piece.video.codec_context.width
    }


def _pixels(stream: Stream) -> str | None:
    return getattr(stream.codec_context, "pix_fmt", None)


def _run_of(pieces: Sequence[Piece], hit_ms: int) -> list[Piece]:
    """The neighbours that one MP4 can hold, among which is the hit; sound or picture may be missing in some.

    A piece without a key frame tells no parameters of its picture.
    """
    runs: list[list[Piece]] = []
    known: dict[str, Parameters] = {}
    for piece in pieces:
        own = _parameters(piece)
        if not runs or any(_differ(known[kind], own[kind]) for kind in known.keys() & own.keys()):
            runs.append([])
            known = {}
        known = own | known
        runs[-1].append(piece)
    reached = [run for run in runs if run[0].segment.start_ms <= hit_ms]
    return reached[-1] if reached else next(iter(runs), [])


def _differ(known: Parameters, own: Parameters) -> bool:
    return any(old and new and old != new for old, new in zip(known, own, strict=True))


def _templates(pieces: Sequence[Piece]) -> dict[str, Stream]:
    """For picture and sound the first stream that tells its parameters."""
    templates: dict[str, Stream] = {}
    for piece in pieces:
        told = _parameters(piece)
        for stream in piece.streams:
            if stream.type in told:
                templates.setdefault(stream.type, stream)
    return templates


def _is_played(stream: Stream) -> bool:
    if stream.codec_context.name not in _COPIED:
        return False
    return stream.type == "audio" or stream.codec_context.name != "h264" or _pixels(stream) in _PLAYED_PIXELS


def _sources(segments: Iterable[Segment]) -> tuple[ClipSource, ...]:
    used = {segment.sequence: segment.sha256 for segment in segments}
    return tuple(ClipSource(sequence=sequence, sha256=sha256) for sequence, sha256 in sorted(used.items()))


def _copy(
    output: OutputContainer,
    templates: dict[str, Stream],
    packets: Sequence[tuple[Piece, AnyPacket]],
    begin_ms: float,
) -> float:
    """Muxes the packets with times from the clip's start; gives the moment of the last one's end."""
    tracks = {kind: add_copy(output, template) for kind, template in templates.items()}
    if "video" in tracks and templates["video"].codec_context.name == "hevc":
        # Apple's players take no other.
        tracks["video"].codec_context.codec_tag = "hvc1"
    last_dts: dict[str, int] = {}
    last_ms = begin_ms
    for piece, packet in packets:
        assert packet.pts is not None
        kind = packet.stream.type
        if kind not in tracks:
            continue
        base_ms = Fraction(piece.segment.source_start_ms - piece.segment.start_ms) + Fraction(begin_ms)
        shift = round(base_ms / 1000 / packet.time_base)
        last_ms = max(last_ms, piece.at_ms(packet) + float((packet.duration or 0) * packet.time_base * 1000))
        dts = (packet.pts if packet.dts is None else packet.dts) - shift
        packet.pts -= shift
        packet.dts = max(dts, last_dts.get(kind, dts - 1) + 1)
        packet.pts = max(packet.pts, packet.dts)
        last_dts[kind] = packet.dts
        packet.stream = tracks[kind]
        output.mux(packet)
    return last_ms
