"""Peaks of real clips."""

from pathlib import Path

import pytest

from ingest.clips.peaks import write_peaks
from review.errors import PeaksError
from review.evidence.peaks import PEAKS_PER_SECOND, load_peaks, peaks_path
from tests.ingest.support import run_ffmpeg


def test_peaks_show_where_a_clip_is_loud(data_dir: Path) -> None:
    clip = data_dir / "clips" / "f_power.mp4"
    found = load_peaks(clip)
    half = 4 * PEAKS_PER_SECOND
    assert abs(found.duration_ms - 8000) < 100
    assert max(found.peaks[: half - 5]) < 0.01
    assert min(found.peaks[half + 5 : 2 * half - 5]) > 0.05


def test_peaks_are_kept_beside_the_clip(data_dir: Path) -> None:
    clip = data_dir / "clips" / "f_power.mp4"
    written = write_peaks(clip)
    peaks_path(clip).write_text('{"duration_ms": 7, "peaks": [0.5]}', encoding="utf-8")
    assert load_peaks(clip).duration_ms == 7
    assert written.duration_ms > 7


def test_a_clip_without_sound_has_no_peaks(tmp_path: Path) -> None:
    clip = tmp_path / "mute.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:duration=1", "-pix_fmt", "yuv420p", clip)
    assert write_peaks(clip).peaks == ()


def test_a_file_that_is_no_clip_is_named(tmp_path: Path) -> None:
    clip = tmp_path / "broken.mp4"
    clip.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n" * 10)
    with pytest.raises(PeaksError, match=r"broken\.mp4"):
        load_peaks(clip)
    assert not peaks_path(clip).exists()
