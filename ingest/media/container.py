"""Opens untrusted bytes as media: allowed container formats only, pixels bounded, no nested files."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ingest.errors import BrokenMedia
from ingest.types import MAX_PACKET_MS, MAX_PACKETS
from ingest.types import MAX_PIXELS as MAX_PIXELS
from net.errors import UnsupportedSource

# hls, concat, dash and image sequences are absent: each can open further files and addresses by itself.
_FORMATS = "mpegts,mpeg,flv,live_flv,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,wav,mp3,aac,flac,ogg"
_MAX_STREAMS = 32
_TS_PACKET_BYTES = 188

# What broadcasts are made of, as the library names its decoders. Hundreds of rarely tested others stay shut.
_CODECS = frozenset(
    {
        *("h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "flv", "mjpeg"),
        *("aac", "aac_latm", "mp3", "mp3float", "mp2", "mp2float", "ac3", "eac3", "opus", "libopus", "vorbis"),
        *("libvorbis", "flac", "alac", "speex", "libspeex", "nellymoser", "pcm_s16le", "pcm_s16be", "pcm_s24le"),
        *("pcm_s24be", "pcm_s32le", "pcm_u8", "pcm_f32le", "pcm_alaw", "pcm_mulaw", "pcm_bluray"),
    }
)

# Damaged media make the library seek outside the file, too.
DAMAGE = (av.FFmpegError, OSError, ValueError)

AnyPacket: TypeAlias = "Packet[Stream]"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What a recorded file holds; times are the container's own, in milliseconds."""

    has_audio: bool
    has_video: bool
    start_ms: float
    end_ms: float
    wraps: bool


def open_media(
    file: BinaryIO | io.RawIOBase, source: str, options: dict[str, str] | None = None, *, look: bool = True
) -> InputContainer:
    """The opened container; BrokenMedia if the bytes are none of the allowed formats.

    To learn the pixel format, the library decodes the first seven pictures of a transport stream; without `look` it
    does not, which makes opening five times cheaper.
    """
    limits = {
        "format_whitelist": _FORMATS,
        "codec_whitelist": ",".join(sorted(_CODECS)),
        "max_streams": str(_MAX_STREAMS),
        "max_pixels": str(MAX_PIXELS),
    }
    limits |= options or {}
    form = "mpegts" if isinstance(file, io.BytesIO) and _is_transport(file) else None
    try:
        return av.open(file, "r", form, options=limits) if look else _open_blind(file, form, limits)
    except DAMAGE as error:
        raise BrokenMedia(source, reason(error)) from error


def _is_transport(file: io.BytesIO) -> bool:
    """Whether the bytes are an MPEG transport stream; of a short one the library makes something else."""
    content = file.getbuffer()
    return len(content) % _TS_PACKET_BYTES == 0 and set(content[: 8 * _TS_PACKET_BYTES : _TS_PACKET_BYTES]) == {0x47}


def _open_blind(file: BinaryIO | io.RawIOBase, form: str | None, options: dict[str, str]) -> InputContainer:
    """Where the header does not tell the streams, the library takes no options for them, and has to look."""
    blind: Any = [{"skip_frame": "all"}] * _MAX_STREAMS
    try:
        return av.open(file, "r", form, options=options, stream_options=blind)
    except ValueError:
        file.seek(0)
        return av.open(file, "r", form, options=options)


def best_streams(container: InputContainer, source: str) -> tuple[VideoStream | None, AudioStream | None]:
    """The picture and the sound to keep; cover art is no picture. UnsupportedSource if there is neither."""
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic and _known(s)]
    audios = [s for s in container.streams.audio if _known(s)]
    video = max(videos, key=lambda s: (s.width or 0) * (s.height or 0), default=None)
    audio = next((s for s in audios if s.disposition & Disposition.default), audios[0] if audios else None)
    if video is None and audio is None:
        others = sorted({name for s in container.streams if (name := _codec(s)) is not None} - _CODECS)
        if others:
            raise UnsupportedSource(source, f"its codecs are not read ({', '.join(others)}); give H.264 and AAC")
        raise UnsupportedSource(source, "it holds neither sound nor picture; give a broadcast or a recording")
    return video, audio


def reason(error: Exception) -> str:
    """The library's own words for a failure."""
    return getattr(error, "strerror", None) or "damaged"


def _known(stream: Stream) -> bool:
    return _codec(stream) in _CODECS


def _codec(stream: Stream) -> str | None:
    context: Any = stream.codec_context
    return None if context is None else str(context.name)


def add_copy(output: OutputContainer, stream: Stream) -> Stream:
    """A track of the output for the stream's own packets.

    For a track that copies, the library looks for an encoder by the decoder's name; AV1's decoder has none.
    """
    opaque = True if stream.codec_context.name == "libdav1d" else None
    return output.add_stream_from_template(stream, opaque=opaque)


def chosen(video: VideoStream | None, audio: AudioStream | None) -> list[Stream]:
    """The streams that are there, picture first."""
    return [stream for stream in (video, audio) if stream is not None]


def demux_chosen(container: InputContainer, streams: Sequence[Stream]) -> Iterator[AnyPacket]:
    """The packets of these streams; one of a stream that shows up later is passed over, where the library stops."""
    packets = container.demux(*streams)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except IndexError:
            packets = container.demux(*streams)


def read_packets(container: InputContainer, streams: Sequence[Stream], source: str) -> list[AnyPacket]:
    """All packets with a time, in stored order; what follows damage is lost, and no packet at all is BrokenMedia."""
    packets: list[AnyPacket] = []
    try:
        for packet in demux_chosen(container, streams):
            if packet.size and packet.pts is not None:
                packets.append(packet)
            if len(packets) == MAX_PACKETS:
                break
    except DAMAGE as error:
        if not packets:
            raise BrokenMedia(source, reason(error)) from error
    if not packets:
        raise BrokenMedia(source, "no packets")
    return packets


def packet_ms(packet: AnyPacket) -> float:
    """The packet's presentation time in milliseconds."""
    assert packet.pts is not None
    return _in_ms(packet.pts, packet.time_base)


def ahead_ms(packet: AnyPacket) -> float:
    """How long before it is shown the packet is decoded, in milliseconds."""
    assert packet.pts is not None
    return 0.0 if packet.dts is None else _in_ms(packet.pts - packet.dts, packet.time_base)


def _in_ms(ticks: int, time_base: Fraction) -> float:
    # Whole numbers: what fractions give, ten times as fast, and it is asked of each packet several times.
    return ticks * 1000 * time_base.numerator / time_base.denominator


def measure(path: Path, source: str) -> MediaFacts:
    """What a closed segment file holds and from when to when."""
    with open_media(io.BytesIO(path.read_bytes()), source, look=False) as container:
        video, audio = best_streams(container, source)
        packets = read_packets(container, chosen(video, audio), source)
        kinds = {packet.stream.type for packet in packets}
        return MediaFacts(
            has_audio="audio" in kinds,
            has_video="video" in kinds,
            start_ms=min(packet_ms(packet) for packet in packets),
            end_ms=max(_end_ms(packet) for packet in packets),
            wraps=container.format.name == "mpegts",
        )


def _end_ms(packet: AnyPacket) -> float:
    length_ms = float((packet.duration or 0) * packet.time_base * 1000)
    return packet_ms(packet) + min(max(0.0, length_ms), MAX_PACKET_MS)
