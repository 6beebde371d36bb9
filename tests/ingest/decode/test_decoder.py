"""Decoded sound and key frames stand where the recording has them."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.decode.decoder import Dense, SegmentDecoder, frames_between
from ingest.decode.shedding import Effort
from ingest.errors import BrokenMedia
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import SAMPLE_RATE_HZ, DecodedSegment, Frame, Segment
from tests.ingest.barcode import make_broadcast, read
from tests.ingest.support import Origin, record, run_ffmpeg


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


_X264 = {"preset": "ultrafast", "x264-params": "scenecut=0"}
_X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=30:scenecut=0"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        pytest.param("a.mp4", {"pixels": "yuv422p"}, id="4:2:2"),
        pytest.param("a.mp4", {"pixels": "yuv444p"}, id="4:4:4"),
        pytest.param("a.mp4", {"pixels": "yuvj420p"}, id="full range"),
        pytest.param("a.mp4", {"pixels": "yuv420p10le"}, id="10 bits"),
        pytest.param("a.mkv", {"pixels": "yuv444p", "size": (321, 181)}, id="odd size"),
        pytest.param("a.ts", {"options": {"x264-params": "scenecut=0:interlaced=1"}}, id="interlaced"),
        pytest.param("a.mp4", {"codec": "libx265", "options": _X265}, id="HEVC"),
        pytest.param("a.ts", {"codec": "libx265", "options": _X265, "pixels": "yuv420p10le"}, id="HEVC, 10 bits"),
        pytest.param("a.ts", {"codec": "mpeg2video", "sound_codec": "mp2"}, id="MPEG-2"),
        pytest.param(
            "a.webm",
            {
                "codec": "libvpx-vp9",
                "options": {"deadline": "realtime", "cpu-used": "8"},
                "sound_codec": "libopus",
                "sound_rate_hz": 48_000,
            },
            id="VP9",
        ),
    ],
)
def test_pictures_of_every_kind_are_read(tmp_path: Path, name: str, form: dict[str, Any]) -> None:
    segments = record(make_broadcast(tmp_path / name, seconds=3, **form), tmp_path / "out")
    keys = [frame for part in decode_all(segments) for frame in part.frames]
    assert [read(frame.image) for frame in keys] == [0, 30, 60]
    every = frames_between(segments, start_ms=0, end_ms=segments[-1].end_ms, every_ms=1)
    assert [read(frame.image) for frame in every] == list(range(90))
    width, height = form.get("size", (320, 180))
    assert {frame.image.shape for frame in every} == {(height, width, 3)}


def test_a_picture_filmed_on_its_side_is_turned_upright(tmp_path: Path, origin: Origin) -> None:
    made = make_broadcast(tmp_path / "plain.mp4", seconds=3, size=(180, 320))
    run_ffmpeg("-display_rotation", "90", "-i", made, "-c", "copy", tmp_path / "turned.mp4")
    split = ("-c", "copy", "-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_list_size", "0")
    run_ffmpeg("-i", tmp_path / "turned.mp4", *split, tmp_path / "all.m3u8")
    parts = [path for path in tmp_path.iterdir() if path.suffix in (".m4s", ".m3u8", ".mp4")]
    origin.routes |= {f"/{path.name}": path.read_bytes() for path in parts}
    segments = record(f"{origin.url}/all.m3u8", tmp_path / "out", origin.policy)
    frames = [frame for part in decode_all(segments) for frame in part.frames]
    assert {frame.image.shape for frame in frames} == {(180, 320, 3)}
    assert [read(np.rot90(frame.image, -1)) for frame in frames] == [0, 30, 60]


def test_pictures_that_change_their_size_go_on(tmp_path: Path) -> None:
    parts = []
    for number, size in enumerate([(320, 180), (180, 320), (640, 360)]):
        part = make_broadcast(tmp_path / f"{number}.ts", seconds=2, size=size, options={"bf": "0"})
        shift = ("-output_ts_offset", str(2 * number), "-muxdelay", "0", "-muxpreload", "0")
        run_ffmpeg("-i", part, "-c", "copy", *shift, tmp_path / f"{number}s.ts")
        parts.append((tmp_path / f"{number}s.ts").read_bytes())
    (tmp_path / "all.ts").write_bytes(b"".join(parts))
    segments = record(tmp_path / "all.ts", tmp_path / "out")
    shapes = [frame.image.shape[:2] for part in decode_all(segments) for frame in part.frames]
    assert shapes == [(180, 320)] * 2 + [(320, 180)] * 2 + [(360, 640)] * 2
    every = frames_between(segments, start_ms=0, end_ms=segments[-1].end_ms, every_ms=1)
    by_shape = {frame.image.shape: frames_number(frame) for frame in every}
    # Where two transport streams meet, the last picture of the first may be lost.
    assert list(by_shape.values())[:2] == [pytest.approx(59, abs=1)] * 2
    assert len(every) >= 178


@pytest.fixture(scope="module")
def slow_keys(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    """Ten seconds with a key frame every five, so that some segments open without one."""
    folder = tmp_path_factory.mktemp("slow")
    return record(make_broadcast(folder / "bars.flv", seconds=10, gop=150), folder / "out")


def test_denser_pictures_on_demand_show_their_moments(slow_keys: list[Segment]) -> None:
    decoder = SegmentDecoder()
    dense = Dense(every_ms=200, start_ms=2_500, end_ms=7_500)
    frames = [frame for segment in slow_keys for frame in decoder.decode(segment, dense=dense).frames]
    late_ms = frames[0].at_ms
    assert read(frames[0].image) == 0
    assert all(read(frame.image) == round((frame.at_ms - late_ms) * 30 / 1000) for frame in frames)
    inside = [frame.at_ms for frame in frames if 2_500 <= frame.at_ms < 7_500]
    assert len(frames) - len(inside) == 1
    assert len(inside) == 25
    assert np.diff(inside).max() <= 234


def test_denser_pictures_after_the_fact_are_the_same(slow_keys: list[Segment]) -> None:
    frames = frames_between(slow_keys, start_ms=7_000, end_ms=8_000, every_ms=1)
    assert [read(frame.image) for frame in frames] == list(
        range(frames_number(frames[0]), frames_number(frames[0]) + len(frames))
    )
    assert 30 <= len(frames) <= 31
    one = frames_between(slow_keys, start_ms=7_015, end_ms=7_020, every_ms=1_000)
    assert len(one) == 1
    assert one[0].at_ms <= 7_015


def frames_number(frame: Frame) -> int:
    number = read(frame.image)
    assert number is not None
    return number


def test_denser_pictures_of_nothing_are_none(slow_keys: list[Segment], tmp_path: Path) -> None:
    assert frames_between([], start_ms=0, end_ms=1, every_ms=1) == ()
    assert frames_between(slow_keys, start_ms=99_000, end_ms=99_900, every_ms=1) == ()
    lost = [replace(segment, path=tmp_path / "gone.ts") for segment in slow_keys]
    assert frames_between(lost, start_ms=0, end_ms=9_000, every_ms=100) == ()


@pytest.mark.parametrize("effort", list(Effort))
def test_less_effort_costs_pictures_never_sound(media: Path, tmp_path: Path, effort: Effort) -> None:
    segments = record(media / "talk.mp4", tmp_path)
    decoder = SegmentDecoder()
    decoded = [decoder.decode(segment, effort=effort) for segment in segments]
    assert np.array_equal(sound_of(decoded), sound_of(decode_all(segments)))
    frames = [frame for part in decoded for frame in part.frames]
    assert len(frames) == (6 // effort if effort else 0)
    shed_ms = sum(shed.end_ms - shed.start_ms for part in decoded for shed in part.shed)
    share = 1 - 1 / effort if effort else 1
    assert abs(shed_ms - share * 12_000) <= (2_200 if effort == 4 else 250)


def test_a_last_segment_of_a_few_bytes_is_heard(slow_keys: list[Segment]) -> None:
    last = slow_keys[-1]
    assert last.byte_count < 2_000
    assert sum(len(span.samples) for span in SegmentDecoder().decode(last).audio) > 300


def test_sound_alone_sheds_nothing(media: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", media / "talk.mp4", "-vn", "-c:a", "copy", tmp_path / "talk.ts")
    decoder = SegmentDecoder()
    for segment in record(tmp_path / "talk.ts", tmp_path / "out"):
        assert decoder.decode(segment, effort=Effort.SOUND_ONLY).shed == ()


def test_resuming_after_a_segment_that_is_gone_decodes_the_next(media: Path, tmp_path: Path) -> None:
    segments = record(media / "talk.mp4", tmp_path)
    segments[0].path.unlink()
    decoder = SegmentDecoder()
    decoder.resume(segments[0])
    assert decoder.mark is None
    assert decoder.decode(segments[1]).audio
