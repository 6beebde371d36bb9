"""Clips play, start at a key frame, and say where the wanted moment is."""

from pathlib import Path

import av
import pytest

from ingest.clip import cut_clip
from ingest.errors import BrokenMedia
from ingest.ffmpeg import find_ffmpeg
from ingest.types import Segment
from tests.ingest.support import record, run_ffmpeg


def played(path: Path) -> tuple[int, float, list[str]]:
    """Frames, seconds of sound and codecs, after decoding everything without an error."""
    with av.open(str(path)) as container:
        codecs = [stream.codec_context.name for stream in container.streams]
        frames = 0
        samples = 0.0
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frames += 1
                elif isinstance(frame, av.AudioFrame):
                    samples += frame.samples / frame.sample_rate
    return frames, samples, codecs


@pytest.fixture(scope="module")
def segments(media: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(media / "talk.mp4", tmp_path_factory.mktemp("recording"))


@pytest.mark.parametrize(("start_ms", "end_ms"), [(4700, 8300), (0, 2000), (2023, 4000), (11_000, 60_000)])
def test_a_clip_plays(segments: list[Segment], tmp_path: Path, start_ms: int, end_ms: int) -> None:
    clip = cut_clip(segments, start_ms=start_ms, end_ms=end_ms, target=tmp_path / "c.mp4")
    frames, sound_s, codecs = played(clip.path)
    length_s = (clip.end_ms - clip.start_ms) / 1000
    assert clip.copied
    assert codecs == ["h264", "aac"]
    assert abs(frames / 25 - length_s) < 0.15
    assert abs(sound_s - length_s) < 0.2
    assert clip.start_ms + clip.offset_ms == max(start_ms, clip.start_ms)
    assert clip.offset_ms < 2000
    assert clip.end_ms >= min(end_ms, segments[-1].end_ms) - 40
    assert [path.name for path in tmp_path.iterdir()] == ["c.mp4"]


def test_the_index_stands_in_front_of_the_media(segments: list[Segment], tmp_path: Path) -> None:
    cut_clip(segments, start_ms=2500, end_ms=5000, target=tmp_path / "c.mp4")
    content = (tmp_path / "c.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_the_clip_shows_the_recorded_pictures(segments: list[Segment], media: Path, tmp_path: Path) -> None:
    clip = cut_clip(segments, start_ms=4700, end_ms=8300, target=tmp_path / "c.mp4")

    def pictures(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]

    ours = pictures(clip.path)
    # The very last picture may be one whose neighbour in time was received after the clip's end.
    assert ours[:-1] == pictures(media / "talk.mp4")[100 : 100 + len(ours) - 1]


def test_a_stretch_with_no_key_frame_uses_the_one_before(media: Path, tmp_path: Path) -> None:
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "scenecut=0"),
        *("-g", "250", "-c:a", "copy", tmp_path / "long.ts"),
    )
    recorded = record(tmp_path / "long.ts", tmp_path / "out")
    clip = cut_clip(recorded, start_ms=7000, end_ms=9000, target=tmp_path / "c.mp4")
    assert clip.offset_ms > 6900
    assert played(clip.path)[0] > 220


def test_codecs_that_browsers_lack_are_encoded_anew(media: Path, tmp_path: Path) -> None:
    recorded = record(media / "talk.webm", tmp_path / "out")
    clip = cut_clip(recorded, start_ms=2500, end_ms=5000, target=tmp_path / "c.mp4")
    assert not clip.copied
    assert played(clip.path)[2] == ["h264", "aac"]


def test_sound_alone_makes_a_clip(media: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", media / "talk.mp4", "-vn", "-c:a", "copy", tmp_path / "talk.ts")
    clip = cut_clip(
        record(tmp_path / "talk.ts", tmp_path / "out"), start_ms=3000, end_ms=6000, target=tmp_path / "c.mp4"
    )
    assert abs(played(clip.path)[1] - 3.0) < 0.1
    assert clip.offset_ms < 30


def test_an_unreadable_segment_leaves_the_rest(media: Path, tmp_path: Path) -> None:
    recorded = record(media / "talk.mp4", tmp_path / "out")
    recorded[2].path.write_bytes(b"gone")
    clip = cut_clip(recorded, start_ms=2500, end_ms=8000, target=tmp_path / "c.mp4")
    assert played(clip.path)[0] > 90


def test_a_stretch_that_was_not_recorded_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenMedia, match="no recorded media from 0 to 1000 ms"):
        cut_clip([], start_ms=0, end_ms=1000, target=tmp_path / "c.mp4")
    assert not list(tmp_path.iterdir())


def test_the_program_is_found() -> None:
    assert find_ffmpeg().is_file()
