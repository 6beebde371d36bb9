"""Decoded sound and key frames stand where the recording has them."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.decode import SegmentDecoder
from ingest.errors import BrokenMedia
from ingest.ffmpeg import find_ffmpeg
from ingest.types import SAMPLE_RATE_HZ, DecodedSegment, Segment
from tests.ingest.support import record, run_ffmpeg


def decode_all(segments: Sequence[Segment]) -> list[DecodedSegment]:
    decoder = SegmentDecoder()
    return [decoder.decode(segment) for segment in segments]


def sound_of(decoded: Sequence[DecodedSegment]) -> NDArray[np.float32]:
    return np.concatenate([span.samples for part in decoded for span in part.audio])


def reference(path: Path) -> NDArray[np.float32]:
    command = [str(find_ffmpeg()), "-v", "error", "-i", str(path), "-ac", "1", "-ar", "16000", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32)


def lag_and_likeness(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[int, float]:
    """By how many samples ours is late, and how alike they are then (1 = the same)."""
    size = 1 << (len(ours) + len(theirs)).bit_length()
    product = np.fft.irfft(np.fft.rfft(ours, size) * np.conj(np.fft.rfft(theirs, size)))
    lag = int(np.argmax(product))
    lag = lag - size if lag > size // 2 else lag
    a = ours[max(0, lag) :]
    b = theirs[max(0, -lag) :]
    length = min(len(a), len(b))
    likeness = float(np.dot(a[:length], b[:length]) / np.sqrt(np.sum(a[:length] ** 2) * np.sum(b[:length] ** 2)))
    return lag, likeness


@pytest.mark.parametrize("name", ["talk.flv", "talk.webm"])
def test_sound_over_all_segments_equals_the_whole_file(media: Path, tmp_path: Path, name: str) -> None:
    decoded = decode_all(record(media / name, tmp_path))
    _, likeness = lag_and_likeness(sound_of(decoded), reference(media / name))
    assert likeness > 0.9999


def test_sound_of_transport_segments_is_placed_within_a_sample(media: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", media / "talk.mp4", "-c", "copy", tmp_path / "talk.ts")
    decoded = decode_all(record(tmp_path / "talk.ts", tmp_path / "out"))
    lag, likeness = lag_and_likeness(sound_of(decoded), reference(tmp_path / "talk.ts"))
    assert abs(lag) <= 1
    assert likeness > 0.9999


def test_spans_are_contiguous_over_segment_borders(media: Path, tmp_path: Path) -> None:
    decoded = decode_all(record(media / "talk.mp4", tmp_path))
    spans = [span for part in decoded for span in part.audio]
    assert len(spans) == 6
    end_ms = 0.0
    for span in spans:
        assert span.samples.dtype == np.float32
        assert abs(span.start_ms - end_ms) <= 1
        end_ms = span.start_ms + len(span.samples) * 1000 / SAMPLE_RATE_HZ


def test_key_frames_show_what_was_on_screen_at_their_time(tmp_path: Path) -> None:
    # Brightness counts the frames: luma 16 + n.
    run_ffmpeg(
        *("-f", "lavfi", "-i", "nullsrc=size=64x64:rate=25:duration=8,geq=lum='16+N':cb=128:cr=128"),
        *("-f", "lavfi", "-i", "sine=frequency=440:duration=8", "-c:v", "libx264", "-qp", "1", "-bf", "2"),
        *("-x264-params", "scenecut=0", "-g", "40", "-c:a", "aac", tmp_path / "ramp.flv"),
    )
    segments = record(tmp_path / "ramp.flv", tmp_path / "out")
    frames = [frame for part in decode_all(segments) for frame in part.frames]
    first_ms = frames[0].at_ms
    assert len(frames) == 5
    for frame in frames:
        number = frame.image.mean() * 219 / 255
        assert abs((frame.at_ms - first_ms) - number * 40) <= 60
        assert (frame.at_ms - first_ms) % 1600 in (0, 1, 1599)
        assert frame.image.shape == (64, 64, 3)
        assert frame.image.dtype == np.uint8


def test_a_hole_in_the_sound_is_kept(media: Path, tmp_path: Path) -> None:
    segments = record(media / "talk.mp4", tmp_path)
    decoder = SegmentDecoder()
    before, after = decoder.decode(segments[0]), decoder.decode(segments[3])
    assert abs(before.audio[0].start_ms + len(before.audio[0].samples) / 16 - 1950) < 5
    assert abs(after.audio[0].start_ms - segments[3].start_ms) <= 1


def test_timestamps_that_jump_in_a_segment_split_the_sound(media: Path, tmp_path: Path) -> None:
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-vn", "-af", "aselect='not(between(t,0.5,1.0))'", "-c:a", "pcm_s16le"),
        tmp_path / "hole.mkv",
    )
    spans = [s for part in decode_all(record(tmp_path / "hole.mkv", tmp_path / "out")) for s in part.audio]
    assert abs((spans[1].start_ms - spans[0].start_ms - len(spans[0].samples) / 16) - 500) < 60


def test_a_file_without_sound_says_so(media: Path, tmp_path: Path) -> None:
    decoder = SegmentDecoder()
    decoded = [decoder.decode(segment) for segment in record(media / "mute.mp4", tmp_path)]
    assert (decoder.has_audio, decoder.has_video) == (False, True)
    assert all(part.audio == () for part in decoded)
    assert sum(len(part.frames) for part in decoded) == 6


def test_sound_without_picture_says_so(media: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", media / "talk.mp4", "-vn", tmp_path / "talk.mp3")
    decoder = SegmentDecoder()
    for segment in record(tmp_path / "talk.mp3", tmp_path / "out"):
        assert decoder.decode(segment).frames == ()
    assert (decoder.has_audio, decoder.has_video) == (True, False)


@pytest.mark.parametrize("content", [b"", b"no media at all" * 1000, None], ids=["empty", "words", "no file"])
def test_a_broken_segment_is_named_and_the_next_goes_on(media: Path, tmp_path: Path, content: bytes | None) -> None:
    segments = record(media / "talk.mp4", tmp_path)
    if content is None:
        segments[1].path.unlink()
    else:
        segments[1].path.write_bytes(content)
    decoder = SegmentDecoder()
    decoder.decode(segments[0])
    with pytest.raises(BrokenMedia, match="segment 1: ") as caught:
        decoder.decode(segments[1])
    assert caught.value.sequence == 1
    assert decoder.decode(segments[2]).audio


def test_flipped_bytes_never_raise_anything_else(media: Path, tmp_path: Path) -> None:
    segment = record(media / "talk.mp4", tmp_path)[0]
    content = segment.path.read_bytes()
    random = np.random.default_rng(7)
    for round_ in range(20):
        damaged = bytearray(content)
        for position in random.integers(0, len(damaged), size=10 * (round_ + 1)):
            damaged[position] ^= 0xFF
        path = tmp_path / "damaged.ts"
        path.write_bytes(bytes(damaged))
        with suppress(BrokenMedia):
            SegmentDecoder().decode(replace(segment, path=path))


def test_a_picture_of_monstrous_size_is_not_decoded(tmp_path: Path) -> None:
    run_ffmpeg(
        *("-f", "lavfi", "-i", "color=size=8192x4096:rate=1:duration=2", "-f", "lavfi", "-i", "sine=duration=2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", tmp_path / "huge.mp4"),
    )
    decoded = decode_all(record(tmp_path / "huge.mp4", tmp_path / "out"))
    assert all(part.frames == () for part in decoded)
    assert any(part.audio for part in decoded)
