"""Clips play, start at a key frame, and say where the wanted moment is."""

import hashlib
from pathlib import Path
from typing import Any

import av
import pytest

from ingest.clips.clip import cut_clip
from ingest.clips.peaks import PEAKS_PER_SECOND, read_peaks
from ingest.errors import BrokenMedia
from ingest.media.ffmpeg import find_ffmpeg
from ingest.types import Segment
from tests.ingest.barcode import make_broadcast, numbers_in, read
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
    assert ours == pictures(media / "talk.mp4")[100 : 100 + len(ours)]


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


def test_a_clip_tells_its_hash_and_what_it_was_cut_from(segments: list[Segment], tmp_path: Path) -> None:
    clip = cut_clip(segments, start_ms=4700, end_ms=8300, target=tmp_path / "c.mp4")
    assert clip.sha256 == hashlib.sha256(clip.path.read_bytes()).hexdigest()
    assert [(each.sequence, each.sha256) for each in clip.sources] == [(s.sequence, s.sha256) for s in segments[2:5]]
    assert (clip.poster, clip.peaks) == (None, None)


def test_a_hit_gets_a_poster_and_peaks(segments: list[Segment], tmp_path: Path) -> None:
    clip = cut_clip(segments, start_ms=4700, end_ms=8300, hit_ms=6000, target=tmp_path / "c.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"c.mp4", "c.jpg", "c.mp4.peaks.json"}
    peaks = read_peaks(clip.path)
    assert peaks is not None
    assert abs(peaks.duration_ms - (clip.end_ms - clip.start_ms)) < 60
    assert len(peaks.peaks) == -(-peaks.duration_ms * PEAKS_PER_SECOND // 1000)
    assert 0.1 < max(peaks.peaks) <= 1
    assert clip.poster is not None
    assert clip.poster.read_bytes()[:3] == b"\xff\xd8\xff"


def test_a_poster_is_as_large_as_the_picture_on_which_words_are_placed(tmp_path: Path) -> None:
    recorded = record(make_broadcast(tmp_path / "big.flv", seconds=1, rate=5, size=(1920, 1080)), tmp_path / "out")
    clip = cut_clip(recorded, start_ms=0, end_ms=1000, hit_ms=500, target=tmp_path / "c.mp4")
    assert clip.poster is not None
    with av.open(str(clip.poster)) as still:
        image = next(still.decode(video=0))
    assert (image.width, image.height) == (1920, 1080)


def test_sound_alone_has_peaks_and_no_poster(media: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", media / "talk.mp4", "-vn", "-c:a", "copy", tmp_path / "talk.ts")
    recorded = record(tmp_path / "talk.ts", tmp_path / "out")
    clip = cut_clip(recorded, start_ms=3000, end_ms=6000, hit_ms=4000, target=tmp_path / "c.mp4")
    assert clip.poster is None
    assert clip.peaks is not None
    assert not (tmp_path / "c.jpg").exists()


_X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=30:scenecut=0"}


@pytest.mark.parametrize(
    ("form", "copied", "tag"),
    [
        pytest.param({"codec": "libx265", "options": _X265}, True, "hvc1", id="HEVC, as Apple's players want it"),
        pytest.param({"pixels": "yuv444p"}, False, "avc1", id="4:4:4"),
        pytest.param({"pixels": "yuv422p"}, False, "avc1", id="4:2:2"),
        pytest.param({"codec": "mpeg2video", "sound_codec": "mp2"}, False, "avc1", id="MPEG-2"),
    ],
)
def test_other_codecs_keep_pictures_and_moment(tmp_path: Path, form: dict[str, Any], copied: bool, tag: str) -> None:
    recorded = record(make_broadcast(tmp_path / "a.ts", seconds=3, **form), tmp_path / "out")
    clip = cut_clip(recorded, start_ms=1500, end_ms=2500, target=tmp_path / "c.mp4")
    assert clip.copied is copied
    numbers = numbers_in(clip.path)
    assert numbers[0] == 30
    assert numbers == list(range(30, 30 + len(numbers)))
    with av.open(str(clip.path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == tag
        shown = [(f.time or 0) * 1000 for f in container.decode(video=0)]
    assert max(abs(at_ms - n * 1000 / 30) for n, at_ms in enumerate(shown)) <= 1


def test_the_clip_holds_the_hit_when_the_broadcast_changed_before_it(tmp_path: Path) -> None:
    for number, size in enumerate([(320, 180), (640, 360)]):
        part = make_broadcast(tmp_path / f"{number}.ts", seconds=4, size=size, options={"bf": "0"})
        shift = ("-output_ts_offset", str(4 * number), "-muxdelay", "0", "-muxpreload", "0")
        run_ffmpeg("-i", part, "-c", "copy", *shift, tmp_path / f"{number}s.ts")
    both = tmp_path / "both.ts"
    both.write_bytes((tmp_path / "0s.ts").read_bytes() + (tmp_path / "1s.ts").read_bytes())
    recorded = record(both, tmp_path / "out")
    early = cut_clip(recorded, start_ms=2500, end_ms=6500, target=tmp_path / "early.mp4", hit_ms=3000)
    late = cut_clip(recorded, start_ms=2500, end_ms=6500, target=tmp_path / "late.mp4", hit_ms=5500)
    assert numbers_in(early.path)[:59] == list(range(60, 119))
    assert numbers_in(late.path)[0] == 0
    assert late.start_ms > 3500
    assert late.offset_ms == 0
    assert late.poster is not None
    with av.open(str(late.poster)) as still:
        number = read(next(still.decode(video=0)).to_ndarray(format="rgb24"))
    assert number == (5501 - late.start_ms) * 30 // 1000


def test_a_clip_goes_on_where_the_sound_vanishes(media: Path, tmp_path: Path) -> None:
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-c:v", "copy", "-c:a", "aac", "-af", "atrim=end=5.8", "-muxdelay", "0"),
        tmp_path / "fading.ts",
    )
    clip = cut_clip(
        record(tmp_path / "fading.ts", tmp_path / "out"), start_ms=4000, end_ms=9000, target=tmp_path / "c.mp4"
    )
    frames, sound_s, _ = played(clip.path)
    assert abs(frames / 25 - (clip.end_ms - clip.start_ms) / 1000) < 0.1
    assert sound_s < 5.9 - clip.start_ms / 1000
