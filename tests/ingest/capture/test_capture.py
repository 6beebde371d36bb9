"""Files and plain HTTP media become chained segments."""

import shutil
import threading
from pathlib import Path

import pytest

from ingest.capture.capture import capture
from ingest.decode.decoder import SegmentDecoder
from ingest.errors import BrokenMedia, SourceNotFound
from ingest.media.container import measure
from ingest.recording.chain import verify_chain
from ingest.recording.disk import only_writer
from ingest.recording.manifest import read_manifest
from ingest.types import EndReason, Segment
from net.errors import RefusedAddress, UnreachableSource, UnsupportedSource
from net.guard import NetPolicy
from tests.ingest.support import Origin, playlist, record, run_ffmpeg, wall_ms


@pytest.mark.parametrize(
    ("name", "suffix"), [("talk.mp4", ".ts"), ("talk.flv", ".ts"), ("talk.webm", ".mkv"), ("mute.mp4", ".ts")]
)
def test_a_file_becomes_contiguous_segments_of_two_seconds(media: Path, tmp_path: Path, name: str, suffix: str) -> None:
    ends: list[EndReason] = []
    segments = record(media / name, tmp_path, on_end=ends.append)
    assert len(segments) == (3 if name == "talk.webm" else 6)
    assert {s.path.suffix for s in segments} == {suffix}
    assert all(1900 <= s.end_ms - s.start_ms <= 2600 for s in segments)
    assert {s.epoch for s in segments} == {0}
    assert {s.gap_before_ms for s in segments} == {0}
    assert ends == [EndReason.COMPLETE]
    assert not list(tmp_path.glob("*.part"))
    verify_chain(tmp_path)


def test_no_packet_is_lost_or_doubled(media: Path, tmp_path: Path) -> None:
    import av

    def sizes(path: Path) -> list[int]:
        with av.open(str(path)) as container:
            return [p.size for p in container.demux(audio=0) if p.size]

    segments = record(media / "talk.flv", tmp_path)
    # A transport stream puts seven bytes of ADTS header before each AAC packet.
    stored = [size - 7 for s in segments for size in sizes(s.path)]
    assert stored == sizes(media / "talk.flv")


@pytest.mark.parametrize("name", ["talk.mp4", "mute.mp4"])
def test_a_long_key_frame_interval_is_cut_on_time(media: Path, tmp_path: Path, name: str) -> None:
    run_ffmpeg(
        *("-i", media / name, "-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "scenecut=0"),
        *("-g", "250", "-c:a", "copy", tmp_path / "long.mp4"),
    )
    segments = record(tmp_path / "long.mp4", tmp_path / "out")
    assert len(segments) == 5
    assert all(s.end_ms - s.start_ms <= 2800 for s in segments)
    decoder = SegmentDecoder()
    frames = [frame for segment in segments for frame in decoder.decode(segment).frames]
    assert len(frames) == 2


def test_sound_alone_is_cut_on_time(media: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", media / "talk.mp4", "-vn", "-c:a", "pcm_s16le", tmp_path / "talk.wav")
    segments = record(tmp_path / "talk.wav", tmp_path / "out")
    assert len(segments) == 6
    assert not measure(segments[0].path, "x").has_video


def test_a_recording_of_a_restart_gets_a_new_epoch(media: Path, tmp_path: Path) -> None:
    for start in ("3", "0"):
        run_ffmpeg("-ss", start, "-t", "5", "-i", media / "talk.mp4", "-c", "copy", "-copyts", tmp_path / f"{start}.ts")
    both = tmp_path / "both.ts"
    both.write_bytes((tmp_path / "3.ts").read_bytes() + (tmp_path / "0.ts").read_bytes())
    segments = record(both, tmp_path / "out")
    assert [s.epoch for s in segments] == sorted(s.epoch for s in segments)
    assert {s.epoch for s in segments} == {0, 1}
    assert sum(s.gap_before_ms for s in segments) == 0
    assert abs(segments[-1].end_ms - 11_000) < 1500


def test_max_ms_bounds_the_recording(media: Path, tmp_path: Path) -> None:
    ends: list[EndReason] = []
    assert len(record(media / "talk.mp4", tmp_path, max_ms=3000, on_end=ends.append)) == 2
    assert ends == [EndReason.LIMIT]


def test_a_file_capture_resumes_where_it_was_left(media: Path, tmp_path: Path) -> None:
    whole = record(media / "talk.mp4", tmp_path / "whole")
    parts = capture(
        str(media / "talk.mp4"),
        stream_id="s1",
        folder=tmp_path / "resumed",
        policy=NetPolicy(),
        stop=lambda: False,
        now_ms=wall_ms,
    )
    next(parts), next(parts)
    parts.close()  # type: ignore[attr-defined]
    assert [s.sequence for s in record(media / "talk.mp4", tmp_path / "resumed")] == [2, 3, 4, 5]
    again = read_manifest(tmp_path / "resumed")
    assert [(s.sha256, s.start_ms, s.epoch) for s in again] == [(s.sha256, s.start_ms, s.epoch) for s in whole]
    assert record(media / "talk.mp4", tmp_path / "resumed") == []
    verify_chain(tmp_path / "resumed")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"none\.mp4: no such file"):
        record(tmp_path / "none.mp4", tmp_path / "out")


@pytest.mark.parametrize("name", ["note.txt", "clip.mp4", "list.ffconcat", "page.html"])
def test_a_file_that_is_no_media_is_named(tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    path = tmp_path / name
    path.write_text(f"ffconcat version 1.0\nfile {secret}\n" if name.endswith("concat") else "just words\n" * 500)
    with pytest.raises(BrokenMedia, match=name):
        record(path, tmp_path / "out")


def test_an_empty_file_is_broken_media(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(BrokenMedia):
        record(tmp_path / "empty.mp4", tmp_path / "out")


@pytest.mark.parametrize("name", ["x.m3u8", "x.mp4"])
def test_a_local_playlist_is_refused_under_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(playlist(["file:///etc/passwd"], ended=True))
    with pytest.raises(UnsupportedSource, match="local playlist"):
        record(tmp_path / name, tmp_path / "out")


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
@pytest.mark.parametrize("name", ["talk.flv", "talk.mp4"])
def test_media_over_http_equals_the_file(origin: Origin, media: Path, tmp_path: Path, name: str, ranges: bool) -> None:
    origin.ranges = ranges
    path = media / name
    if not ranges and name.endswith("mp4"):
        path = tmp_path / "fast.mp4"
        run_ffmpeg("-i", media / name, "-c", "copy", "-movflags", "+faststart", path)
    origin.routes["/show"] = path.read_bytes()
    over_http = record(f"{origin.url}/show", tmp_path / "http", origin.policy)
    assert [s.sha256 for s in over_http] == [s.sha256 for s in record(path, tmp_path / "file")]


def test_a_redirect_to_a_forbidden_address_is_refused(origin: Origin, tmp_path: Path) -> None:
    origin.routes["/show.flv"] = "http://192.168.0.1/show.flv"
    with pytest.raises(RefusedAddress):
        record(f"{origin.url}/show.flv", tmp_path, origin.policy)


def test_a_page_instead_of_media_is_broken_media(origin: Origin, tmp_path: Path) -> None:
    origin.routes["/room"] = b"<html>" * 200
    with pytest.raises(BrokenMedia):
        record(f"{origin.url}/room", tmp_path, origin.policy)


def test_nobody_listening_is_unreachable(tmp_path: Path, origin: Origin) -> None:
    policy = NetPolicy.parse(["127.0.0.1"])
    with pytest.raises(UnreachableSource, match="connection failed"):
        record("http://127.0.0.1:1/live.flv", tmp_path, policy)


@pytest.mark.parametrize("source", ["file:///etc/hosts", "gopher://live.example/a", "concat://a"])
def test_other_schemes_are_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(RefusedAddress, match="scheme rule"):
        record(source, tmp_path)


def test_what_a_crash_left_open_is_removed(media: Path, tmp_path: Path) -> None:
    (tmp_path / "incoming-0.part").write_bytes(b"half")
    shutil.copy(media / "talk.mp4", tmp_path / "talk.mp4")
    record(tmp_path / "talk.mp4", tmp_path)
    assert not list(tmp_path.glob("*.part"))


def test_a_capture_waits_for_the_one_that_writes_there(media: Path, tmp_path: Path) -> None:
    """One whose worker died goes on for a moment; two writers would break the chain."""
    folder, stop = tmp_path / "rec", threading.Event()
    got: list[Segment] = []
    ends: list[EndReason] = []

    def work() -> None:
        source = str(media / "talk.mp4")
        got.extend(
            capture(
                source,
                stream_id="s1",
                folder=folder,
                policy=NetPolicy(),
                stop=stop.is_set,
                now_ms=lambda: 0,
                on_end=ends.append,
            )
        )

    with only_writer(folder, lambda: False) as alone:
        assert alone
        with only_writer(folder, lambda: True) as second:
            assert not second
        waiting = threading.Thread(target=work)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        assert list(folder.iterdir()) == []
    waiting.join(30)
    assert [s.sequence for s in got] == list(range(6))
    assert ends == [EndReason.COMPLETE]
