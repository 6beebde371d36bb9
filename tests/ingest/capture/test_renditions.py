"""HLS whose sound stands in a playlist of its own: both are recorded, each at its time."""

from pathlib import Path

import av
import pytest

from ingest.decode.decoder import SegmentDecoder
from ingest.recording.chain import verify_chain
from net.errors import RefusedAddress
from tests.ingest.support import Origin, playlist, record, run_ffmpeg


@pytest.fixture(scope="module", params=["mpegts", "fmp4"])
def split(request: pytest.FixtureRequest, media: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of talk.mp4 as a master playlist with picture and sound apart."""
    folder = tmp_path_factory.mktemp("split")
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "hls", "-hls_time", "2"),
        *("-hls_list_size", "0", "-hls_segment_type", request.param, "-master_pl_name", "master.m3u8"),
        *("-var_stream_map", "a:0,agroup:au,default:yes v:0,agroup:au", folder / "v%v.m3u8"),
    )
    return {f"/{path.name}": path.read_bytes() for path in folder.iterdir()}


def packets_of(path: Path, kind: str) -> list[tuple[float, int]]:
    """Time in milliseconds and size of each packet, without the header that transport streams put before AAC."""
    with av.open(str(path)) as container:
        stream = container.streams.get(**{kind: 0})[0]
        extra = 7 if container.format.name == "mpegts" and kind == "audio" else 0
        return [(float(p.pts * p.time_base * 1000), p.size - extra) for p in container.demux(stream) if p.size]


def test_picture_and_sound_are_recorded_together(
    origin: Origin, media: Path, split: dict[str, bytes], tmp_path: Path
) -> None:
    origin.routes |= split
    segments = record(f"{origin.url}/master.m3u8", tmp_path, origin.policy)
    assert len(segments) == 6
    assert {s.epoch for s in segments} == {0}
    assert abs(segments[-1].end_ms - 12_000) < 100
    stored = [packet for s in segments for packet in packets_of(s.path, "audio")]
    source = packets_of(media / "talk.mp4", "audio")
    assert [size for _, size in stored] == [size for _, size in source]
    offsets = {got - want for (got, _), (want, _) in zip(stored, source, strict=True)}
    assert max(offsets) - min(offsets) <= 1
    pictures = sorted(packet for s in segments for packet in packets_of(s.path, "video"))
    shown = sorted(packets_of(media / "talk.mp4", "video"))
    drift = {got - want for (got, _), (want, _) in zip(pictures, shown, strict=True)} | offsets
    assert max(drift) - min(drift) <= 1
    verify_chain(tmp_path)


def test_every_segment_has_frames_and_sound(origin: Origin, split: dict[str, bytes], tmp_path: Path) -> None:
    origin.routes |= split
    decoder = SegmentDecoder()
    decoded = [decoder.decode(s) for s in record(f"{origin.url}/master.m3u8", tmp_path, origin.policy)]
    assert all(d.frames and d.audio for d in decoded)


def test_sound_that_is_gone_leaves_the_picture(origin: Origin, split: dict[str, bytes], tmp_path: Path) -> None:
    sound = "/v0.m3u8"
    origin.routes |= split | {sound: playlist(["gone.ts"], ended=True)}
    segments = record(f"{origin.url}/master.m3u8", tmp_path, origin.policy)
    assert len(segments) == 6


def test_the_sounds_playlist_is_held_to_the_same_rule(origin: Origin, split: dict[str, bytes], tmp_path: Path) -> None:
    master = split["/master.m3u8"].replace(b'URI="v0.m3u8"', b'URI="http://10.255.0.1/v0.m3u8"')
    assert b"10.255" in master
    origin.routes |= split | {"/master.m3u8": master}
    with pytest.raises(RefusedAddress):
        record(f"{origin.url}/master.m3u8", tmp_path, origin.policy)


def test_packed_audio_stands_where_its_tag_says(origin: Origin, media: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    run_ffmpeg("-i", media / "talk.mp4", "-map", "0:v", "-c", "copy", "-f", "mpegts", made / "v.ts")
    run_ffmpeg("-i", media / "talk.mp4", "-map", "0:a", "-c", "copy", "-f", "adts", "-write_id3v2", "0", made / "a.aac")
    picture_start = packets_of(made / "v.ts", "video")[0][0]
    owner = b"com.apple.streaming.transportStreamTimestamp\x00"
    body = owner + round(picture_start * 90).to_bytes(8, "big")
    frame = b"PRIV" + len(body).to_bytes(4, "big") + b"\x00\x00" + body
    tag = b"ID3\x04\x00\x00" + bytes((0, 0, len(frame) >> 7, len(frame) & 0x7F)) + frame
    origin.routes |= {
        "/master.m3u8": b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="a.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv.m3u8\n',
        "/v.m3u8": playlist(["v.ts"], ended=True),
        "/a.m3u8": playlist(["a.aac"], ended=True),
        "/v.ts": (made / "v.ts").read_bytes(),
        "/a.aac": tag + (made / "a.aac").read_bytes(),
    }
    (segment,) = record(f"{origin.url}/master.m3u8", tmp_path / "out", origin.policy)
    assert abs(packets_of(segment.path, "audio")[0][0] - picture_start) <= 1
