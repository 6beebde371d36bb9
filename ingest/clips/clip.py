"""A playable MP4 of a stretch of the recording: the received packets in a new container."""

import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.stream import Stream

from ingest.clips.cut import Cut, clip_info
from ingest.clips.peaks import compute_peaks, peaks_json, peaks_path
from ingest.clips.poster import poster_of
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
    target.parent.mkdir(parents=True, exist_ok=True)
    partial, raw = (target.with_name(target.name + ending) for ending in (".part", ".raw.part"))
    try:
        cut = write_cut(segments, start_ms=start_ms, end_ms=end_ms, hit_ms=hit_ms, clip=partial, raw=raw)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
        raw.unlink(missing_ok=True)
    still, loudness = companions(target, cut)
    poster, peaks = target.with_suffix(".jpg"), peaks_path(target)
    return clip_info(
        cut,
        target,
        sha256=hashlib.sha256(target.read_bytes()).hexdigest(),
        poster=poster if _kept(still, poster) else None,
        peaks=peaks if _kept(loudness, peaks) else None,
    )


def write_cut(
    segments: Sequence[Segment],
    *,
    start_ms: int,
    end_ms: int,
    hit_ms: int | None,
    clip: Path,
    raw: Path,
    shared_files: tuple[int, ...] = (),
) -> Cut:
    """Writes the stretch to `clip` as `cut_clip` does, without what belongs beside it; `raw`: for what is encoded anew.

    `shared_files`: open files that an encoder wants, where the paths name such. Raises BrokenMedia.
    """
    pieces = _known_pieces([segment for segment in segments if segment.start_ms < end_ms])
    run = _run_of(pieces, start_ms if hit_ms is None else hit_ms)
    begin = begin_at(run, start_ms)
    if begin is None:
        raise BrokenMedia(str(clip), f"no recorded media from {start_ms} to {end_ms} ms")
    first, begin_ms = begin
    chosen = _between(run[first:], begin_ms, end_ms)
    templates = _templates(run, run[first:])
    copied = all(_is_played(stream) for stream in templates.values())
    try:
        if copied:
            with av.open(str(clip), "w", format="mp4", options={"movflags": "+faststart"}) as output:
                last_ms = _copy(output, templates, chosen, begin_ms)
        else:
            with av.open(str(raw), "w", format="matroska") as output:
                last_ms = _copy(output, templates, chosen, begin_ms)
            _encode(raw, clip, shared_files)
    except av.FFmpegError as error:
        raise BrokenMedia(str(clip), error.strerror or "the clip cannot be written") from error
    return Cut(
        start_ms=round(begin_ms),
        end_ms=round(last_ms),
        offset_ms=max(0, start_ms - round(begin_ms)),
        copied=copied,
        sources=_sources(piece.segment for piece, _ in chosen),
        hit_ms=None if hit_ms is None else hit_ms - round(begin_ms),
    )


def companions(clip: Path, cut: Cut) -> tuple[bytes | None, bytes | None]:
    """The still of the moment that matters, a JPEG, and the loudness, as JSON; None for each that can't be had."""
    if cut.hit_ms is None:
        return None, None
    still = loudness = None
    with suppress(BrokenMedia):
        still = poster_of(clip, at_ms=cut.hit_ms)
    with suppress(BrokenMedia):
        loudness = peaks_json(compute_peaks(clip))
    return still, loudness


def _kept(content: bytes | None, target: Path) -> bool:
    """Writes it whole or not at all; false if there is nothing."""
    if content is None:
        return False
    part = target.with_name(target.name + ".part")
    part.write_bytes(content)
    part.replace(target)
    return True


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


def _encode(raw: Path, target: Path, shared_files: tuple[int, ...]) -> None:
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
            pass_fds=shared_files,
        )
    except subprocess.SubprocessError as error:
        raise BrokenMedia(str(raw), "ffmpeg could not encode it") from error


def _known_pieces(segments: Sequence[Segment]) -> list[Piece]:
    """The segments that can be read. What tells the pixel format costs most: it is looked up once for each header."""
    pieces: list[Piece] = []
    looked: set[bytes] = set()
    for piece in readable_pieces(segments):
        header = b"" if piece.video is None else piece.video.codec_context.extradata or b""
        if piece.video is not None and header not in looked:
            pieces += readable_pieces([piece.segment], look=True)
            # Without a header each segment may be another.
            looked |= {header} - {b""}
        else:
            pieces.append(piece)
    return pieces


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


def _templates(run: Sequence[Piece], used: Sequence[Piece]) -> dict[str, Stream]:
    """For picture and sound, if what is used of the run has it, the first stream of the run that tells the most of
    its parameters."""
    known = [(piece, _parameters(piece)) for piece in run]
    declared = [(stream, own[stream.type]) for piece, own in known for stream in piece.streams if stream.type in own]
    kinds = {kind for piece in used for kind in _parameters(piece)}
    declared.sort(key=lambda one: sum(not part for part in one[1]))
    templates: dict[str, Stream] = {}
    for stream, _ in declared:
        if stream.type in kinds:
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
