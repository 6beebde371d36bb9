"""Whatever the way in, every picture stands at its own moment, and clips and sound are those of the source."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.context import Flags2
from numpy.typing import NDArray

from ingest.clips.clip import cut_clip
from ingest.decode.decoder import SegmentDecoder, frames_between
from ingest.types import SAMPLE_RATE_HZ, AudioSpan, Segment
from net.guard import NetPolicy
from tests.ingest.barcode import draw, make_broadcast, numbers_in, read, sound
from tests.ingest.servers import (
    flv_server,
    from_file,
    hls_packager,
    nginx,
    publisher,
    srt_listener,
)
from tests.ingest.support import Origin, record, run_ffmpeg

RATE = 30
SECONDS = 4
_SOUND_S = 6


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bars.mp4`, and its packets in other containers."""
    folder = tmp_path_factory.mktemp("bars")
    made = make_broadcast(folder / "bars.mp4", seconds=SECONDS, rate=RATE, gop=RATE)
    for suffix in (".mkv", ".flv", ".ts"):
        run_ffmpeg("-i", made, "-c", "copy", made.with_suffix(suffix))
    return made


@pytest.mark.parametrize("size", [(320, 180), (1280, 720), (150, 322)])
def test_the_bars_tell_every_number(size: tuple[int, int]) -> None:
    assert [read(draw(number, *size)) for number in (0, 1, 4242, 16383)] == [0, 1, 4242, 16383]
    assert read(np.full((180, 320, 3), 128, np.uint8)) is None
    assert read(draw(7)[:, ::-1]) is None


def errors_ms(segments: Sequence[Segment], last_ms: int = 0) -> tuple[float, NDArray[np.float64]]:
    """The constant by which pictures are late, and how far each is from it; `last_ms` may be missing."""
    end_ms = max(segment.end_ms for segment in segments) + 1000
    frames = frames_between(segments, start_ms=-1000, end_ms=end_ms, every_ms=1)
    numbers = [read(frame.image) for frame in frames]
    assert None not in numbers
    first, last = numbers[0] or 0, (numbers[-1] or 0) - round(last_ms * RATE / 1000)
    assert [number for number in numbers if (number or 0) <= last] == list(range(first, last + 1))
    late = np.array([frame.at_ms - (number or 0) * 1000 / RATE for frame, number in zip(frames, numbers, strict=True)])
    middle = float(late.max() + late.min()) / 2
    return middle, late - middle


def heard(segments: Sequence[Segment]) -> list[AudioSpan]:
    decoder = SegmentDecoder()
    return [span for segment in segments for span in decoder.decode(segment).audio]


def sound_late_ms(spans: Sequence[AudioSpan]) -> float:
    """By how much the sound stands later than it was made, by correlation."""
    ours = np.concatenate([span.samples for span in spans])
    made = sound(SECONDS)
    moments = np.arange(round(SECONDS * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    theirs = np.interp(moments, np.arange(len(made)) / 44_100, made)
    size = 1 << (len(ours) + len(theirs)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(ours, size) * np.conj(np.fft.rfft(theirs, size)))
    lag = int(np.argmax(likeness))
    return spans[0].start_ms + (lag - size if lag > size // 2 else lag) * 1000 / SAMPLE_RATE_HZ


def assert_on_time(segments: Sequence[Segment], *, at_least: int, last_ms: int = 0) -> None:
    middle_ms, errors = errors_ms(segments, last_ms)
    assert len(errors) >= at_least
    assert np.abs(errors).max() <= 1.0
    spans = heard(segments)
    for before, after in pairwise(spans):
        assert abs(before.start_ms + len(before.samples) * 1000 / SAMPLE_RATE_HZ - after.start_ms) <= 1.0
    assert abs(sound_late_ms(spans) - middle_ms) <= 1.0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".flv", ".ts"])
def test_files_keep_time(source: Path, tmp_path: Path, suffix: str) -> None:
    assert_on_time(record(source.with_suffix(suffix), tmp_path), at_least=SECONDS * RATE)


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_hls_keeps_time(source: Path, tmp_path: Path, origin: Origin, kind: str) -> None:
    with hls_packager(tmp_path / "www", from_file(source), "-hls_segment_type", kind, window=20) as listed:

        def serve() -> bytes:
            for path in listed.parent.iterdir():
                if path.suffix in (".ts", ".m4s", ".mp4"):
                    origin.routes[f"/{path.name}"] = path.read_bytes()
            return listed.read_bytes()

        origin.routes["/live.m3u8"] = serve
        segments = record(f"{origin.url}/live.m3u8", tmp_path / "out", origin.policy)
    assert_on_time(segments, at_least=SECONDS * RATE)


@contextmanager
def rtmp_broadcast(source: Path, folder: Path) -> Iterator[tuple[str, int]]:
    with nginx(folder) as server, publisher(server.rtmp(), from_file(source)):
        yield server.rtmp(), server.rtmp_port


@contextmanager
def flv_broadcast(source: Path, folder: Path) -> Iterator[tuple[str, int]]:
    with flv_server() as server, server.publishing(from_file(source)):
        yield server.url, server.port


@contextmanager
def srt_broadcast(source: Path, folder: Path) -> Iterator[tuple[str, int]]:
    with srt_listener(from_file(source)) as (url, _):
        yield url, int(url.rpartition(":")[2])


@pytest.mark.parametrize("broadcast", [rtmp_broadcast, flv_broadcast, srt_broadcast], ids=["rtmp", "http-flv", "srt"])
def test_live_streams_keep_time(source: Path, tmp_path: Path, broadcast: object) -> None:
    with ExitStack() as stack:
        url, port = stack.enter_context(broadcast(source, tmp_path))  # type: ignore[operator]
        segments = record(url, tmp_path / "out", NetPolicy.parse([f"127.0.0.1:{port}"]))
    # What an SRT sender has sent within its latency (120 ms) before it ends does not all arrive.
    assert_on_time(segments, at_least=(SECONDS - 3) * RATE, last_ms=200 if broadcast is srt_broadcast else 0)


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


def reference(path: Path) -> NDArray[np.float32]:
    """The sound of a whole file, decoded in one go."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    blocks: list[NDArray[np.float32]] = []
    with av.open(str(path)) as container:
        audio = container.streams.audio[0]
        audio.codec_context.flags2 |= Flags2.skip_manual
        for frame in container.decode(audio):
            frame.pts = None
            blocks += [part.to_ndarray().reshape(-1) for part in resampler.resample(frame)]
    return np.concatenate(blocks)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [
        ("aac.ts", "aac", 44_100),
        ("aac.flv", "aac", 44_100),
        ("aac.mp4", "aac", 48_000),
        ("mp3.flv", "libmp3lame", 44_100),
        ("mp3.ts", "libmp3lame", 48_000),
        ("opus.mkv", "libopus", 48_000),
        ("fmp4", "aac", 44_100),
    ],
)
def test_sound_is_that_of_the_whole_sample_for_sample_and_can_be_resumed_anywhere(
    tmp_path: Path, origin: Origin, name: str, codec: str, rate_hz: int
) -> None:
    path = tmp_path / (name if "." in name else "whole.mp4")
    make_broadcast(path, seconds=_SOUND_S, size=(64, 36), sound_codec=codec, sound_rate_hz=rate_hz)
    if name == "fmp4":
        split = ("-c", "copy", "-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_list_size", "0")
        run_ffmpeg("-i", path, *split, "-hls_fmp4_init_filename", "init.mp4", tmp_path / "all.m3u8")
        parts = [tmp_path / "init.mp4", *tmp_path.glob("*.m4s"), tmp_path / "all.m3u8"]
        origin.routes |= {f"/{part.name}": part.read_bytes() for part in parts}
        segments = record(f"{origin.url}/all.m3u8", tmp_path / "out", origin.policy)
    else:
        segments = record(path, tmp_path / "out")
    whole = SegmentDecoder()
    spans, marks = [], []
    for segment in segments:
        spans.append(whole.decode(segment).audio)
        marks.append(whole.mark)
    ours = np.concatenate([span.samples for part in spans for span in part])
    theirs = reference(path)[: len(ours)]
    assert len(ours) >= (_SOUND_S - 0.1) * SAMPLE_RATE_HZ
    assert np.array_equal(ours, theirs)
    for border in range(1, len(segments)):
        fresh = SegmentDecoder()
        fresh.resume(segments[border - 1], marks[border - 1])
        for segment, expected in zip(segments[border:], spans[border:], strict=True):
            (got,), (wanted,) = fresh.decode(segment).audio, expected
            assert got.start_ms == wanted.start_ms
            assert np.array_equal(got.samples, wanted.samples)


@pytest.mark.parametrize(("start_ms", "end_ms"), [(2500, 3700), (0, 1000), (1000, 4000)])
def test_a_clip_shows_the_very_pictures_and_the_right_moment(
    source: Path, tmp_path: Path, start_ms: int, end_ms: int
) -> None:
    segments = record(source.with_suffix(".flv"), tmp_path / "out")
    late_ms, _ = errors_ms(segments)
    clip = cut_clip(segments, start_ms=start_ms, end_ms=end_ms, target=tmp_path / "c.mp4", hit_ms=start_ms + 500)
    numbers = numbers_in(clip.path)
    first = numbers[0]
    assert first is not None
    whole = pictures(source)
    assert pictures(clip.path) == whole[first : first + len(numbers)]
    with av.open(str(clip.path)) as container:
        shown = {round(f.time * 1000): read(f.to_ndarray(format="rgb24")) for f in container.decode(video=0)}
    at_offset = max((at, number) for at, number in shown.items() if at <= clip.offset_ms + 1)[1]
    assert at_offset == int((max(start_ms, clip.start_ms) - late_ms + 1.5) * RATE / 1000)
    assert clip.poster is not None
    with av.open(str(clip.poster)) as still:
        number = read(next(still.decode(video=0)).to_ndarray(format="rgb24"))
    assert number == int((start_ms + 500 - late_ms + 1.5) * RATE / 1000)


def test_frames_between_are_those_of_the_moment(source: Path, tmp_path: Path) -> None:
    segments = record(source, tmp_path)
    late_ms, _ = errors_ms(segments)
    frames = frames_between(segments[1:], start_ms=2_210, end_ms=3_210, every_ms=100)
    assert 10 <= len(frames) <= 11
    assert all(read(frame.image) == round((frame.at_ms - late_ms) * RATE / 1000) for frame in frames)
    assert frames[0].at_ms <= 2_210 + 34
    assert np.diff([frame.at_ms for frame in frames[1:]]).max() <= 134
