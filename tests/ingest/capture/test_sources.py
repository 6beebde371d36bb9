"""Which sources are captured, and that local files of every container come out the same way."""

from pathlib import Path

import pytest

from ingest.capture.sources import CaptureLimits, open_parts
from ingest.decode.decoder import SegmentDecoder
from ingest.recording.part import Surroundings
from tests.ingest.support import Origin, playlist, record, run_ffmpeg, wall_ms

MAKE = {
    "show.mkv": ("-c", "copy"),
    "show.ts": ("-c", "copy"),
    "show.mov": ("-c", "copy"),
    "show.flv": ("-c", "copy"),
    "sound.m4a": ("-vn", "-c", "copy"),
    "sound.mp3": ("-vn", "-c:a", "libmp3lame"),
    "sound.flac": ("-vn", "-c:a", "flac"),
    "sound.ogg": ("-vn", "-c:a", "libopus"),
    "sound.mka": ("-vn", "-c", "copy"),
}


@pytest.mark.parametrize("name", MAKE)
def test_a_local_file_of_any_container_is_captured_whole(media: Path, tmp_path: Path, name: str) -> None:
    run_ffmpeg("-i", media / "talk.mp4", *MAKE[name], tmp_path / name)
    segments = record(tmp_path / name, tmp_path / "out")
    assert {s.epoch for s in segments} == {0}
    assert {s.gap_before_ms for s in segments} == {0}
    assert abs(segments[-1].end_ms - 12_000) < 150
    decoder = SegmentDecoder()
    decoded = [decoder.decode(segment) for segment in segments]
    assert all(d.audio for d in decoded)
    assert any(d.frames for d in decoded) is name.startswith("show")


def test_a_part_carries_the_time_that_the_origin_gives(origin: Origin, hls: Path, tmp_path: Path) -> None:
    origin.routes |= {f"/s{n}.ts": (hls / f"s{n}.ts").read_bytes() for n in range(2)}
    dated = ["#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z", "s0.ts", "s1.ts"]
    origin.routes["/in.m3u8"] = playlist(dated, ended=True)
    around = Surroundings(folder=tmp_path, now_ms=wall_ms, stop=lambda: False)
    parts = list(open_parts(f"{origin.url}/in.m3u8", origin.policy, CaptureLimits(), around))
    assert [part.program_ms for part in parts] == [1_767_225_600_000, 1_767_225_602_000]
