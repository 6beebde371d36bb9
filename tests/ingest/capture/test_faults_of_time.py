"""Faults of time: timestamps that wrap and jump lose nothing, double nothing and leave no false gap."""

from itertools import pairwise
from pathlib import Path

import pytest

from ingest.decode.decoder import SegmentDecoder
from ingest.types import EndPolicy
from tests.ingest.faults import assert_sound, contents, shifted, stored
from tests.ingest.support import Origin, record, run_ffmpeg

_WRAP_S = (1 << 33) / 90_000


@pytest.mark.parametrize("live", [False, True], ids=["file", "live"])
@pytest.mark.parametrize("before_s", [3, 61], ids=["near the wrap", "a minute before"])
def test_timestamps_wrap(origin: Origin, media: Path, tmp_path: Path, before_s: int, live: bool) -> None:
    body = shifted(media, tmp_path / "wrap.ts", _WRAP_S - before_s)
    origin.routes["/live.ts"] = [body]
    source = f"{origin.url}/live.ts" if live else str(tmp_path / "wrap.ts")
    segments = record(source, tmp_path / "rec", origin.policy, end=EndPolicy(away_s=0))
    assert {s.epoch for s in segments} == {0}
    coverage = assert_sound(tmp_path / "rec")
    assert coverage.gap_ms == 0
    assert abs(coverage.span_ms - 12_000) < 200
    assert abs(segments[0].source_start_ms % (_WRAP_S * 1000) - (_WRAP_S - before_s) * 1000) < 1500
    frames = [f.at_ms for s in segments for f in SegmentDecoder().decode(s).frames]
    assert all(abs(later - earlier - 2000) <= 1 for earlier, later in pairwise(frames))


@pytest.mark.parametrize("live", [False, True], ids=["file", "live"])
def test_flv_timestamps_wrap(origin: Origin, media: Path, tmp_path: Path, live: bool) -> None:
    """Thirty-two bits of milliseconds: after 49.7 days. A new epoch may start there; nothing is lost by it."""
    path = tmp_path / "wrap.flv"
    run_ffmpeg("-i", media / "talk.mp4", "-c", "copy", "-output_ts_offset", str((1 << 32) / 1000 - 5), path)
    origin.routes["/live.flv"] = [path.read_bytes()]
    source = f"{origin.url}/live.flv" if live else str(path)
    segments = record(source, tmp_path / "rec", origin.policy, end=EndPolicy(away_s=0))
    coverage = assert_sound(tmp_path / "rec")
    assert coverage.gap_ms == 0
    assert abs(coverage.span_ms - 12_000) < 200
    assert len(contents(segments)) == len(stored(path))


def test_hls_timestamps_wrap(origin: Origin, media: Path, tmp_path: Path) -> None:
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-c", "copy", "-output_ts_offset", str(_WRAP_S - 5), "-f", "hls"),
        *("-hls_time", "2", "-hls_list_size", "0", "-hls_segment_filename", tmp_path / "w%d.ts", tmp_path / "w.m3u8"),
    )
    for path in tmp_path.glob("w*"):
        origin.routes[f"/{path.name}"] = path.read_bytes()
    segments = record(f"{origin.url}/w.m3u8", tmp_path / "rec", origin.policy)
    coverage = assert_sound(tmp_path / "rec")
    assert (len(segments), {s.epoch for s in segments}, coverage.gap_ms) == (6, {0}, 0)
    assert abs(coverage.span_ms - 12_000) < 200


@pytest.mark.parametrize("offset_s", [0, 500], ids=["back", "ahead"])
def test_timestamps_jump_on_the_same_connection(origin: Origin, media: Path, tmp_path: Path, offset_s: float) -> None:
    first = shifted(media, tmp_path / "first.ts", 100, "-t", "6")
    second = shifted(media, tmp_path / "second.ts", offset_s, "-ss", "6")
    origin.routes["/live.ts"] = [first, second]
    segments = record(f"{origin.url}/live.ts", tmp_path / "rec", origin.policy, end=EndPolicy(away_s=0))
    assert {s.epoch for s in segments} == {0, 1}
    coverage = assert_sound(tmp_path / "rec")
    assert coverage.gap_ms < 1000
    assert abs(coverage.span_ms - 12_000) < 1000
    assert contents(segments) == stored(tmp_path / "first.ts", tmp_path / "second.ts")
