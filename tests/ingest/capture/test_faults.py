"""Everything that networks, publishers and disks do: the ledger sums, no closed segment is lost, nothing is doubled."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ingest.clips.clip import cut_clip
from ingest.decode.decoder import SegmentDecoder
from ingest.recording.manifest import read_end, read_gaps, read_manifest
from ingest.types import EndPolicy, GapKind, Segment
from tests.ingest.faults import assert_sound, capturing, contents, ledger_of, lost, packets, shifted, stored
from tests.ingest.flv import tags_of
from tests.ingest.servers import flv_server, nginx, picture, publisher, wait_until
from tests.ingest.support import Answer, Origin, playlist, record, run_ffmpeg

ROOT = Path(__file__).parents[3]


def sizes(segments: list[Segment]) -> dict[int, set[tuple[int, ...]]]:
    """The picture sizes of each epoch."""
    decoder = SegmentDecoder()
    found: dict[int, set[tuple[int, ...]]] = {}
    for segment in segments:
        found.setdefault(segment.epoch, set()).update(f.image.shape for f in decoder.decode(segment).frames)
    return found


def test_a_publisher_is_killed_and_another_comes_with_other_parameters(tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx") as server, capturing(server.rtmp(), tmp_path / "rec") as running:
        with publisher(server.rtmp(), picture(gop=25)) as first:
            running.wait(1)
            first.kill()
        gone_s = time.monotonic()
        with publisher(server.rtmp(), picture(size="160x90", rate=20, gop=20)):
            running.wait(1, epoch=1)
            away_s = time.monotonic() - gone_s
            running.wait(2, epoch=1)
    assert sizes(running.segments) == {0: {(180, 320, 3)}, max(s.epoch for s in running.segments): {(90, 160, 3)}}
    assert set(lost(tmp_path / "rec")) <= {GapKind.PUBLISHER, GapKind.NETWORK}
    assert ledger_of(tmp_path / "rec").gap_ms <= away_s * 1000


def test_a_capture_that_is_killed_goes_on_with_what_it_had_open(tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    with flv_server() as server, server.publishing(picture(gop=25)):
        with capture_process(server.url, folder) as child:
            wait_until(lambda: len(read_manifest(folder)) >= 1 and open_bytes(folder) > 20_000, "an open part")
            closed = read_manifest(folder)
            child.kill()
            child.wait()
        left_open = open_bytes(folder)
        closed = read_manifest(folder)[: len(closed)]
        assert read_end(folder) is None
        with capturing(server.url, folder) as running:
            running.wait(3)
    segments = read_manifest(folder)
    assert segments[: len(closed)] == closed
    assert running.segments[0].sequence == len(segments) - len(running.segments)
    assert running.segments[0].byte_count == left_open
    assert running.segments[0].gap_before_ms == 0
    # A server that gives its last group of pictures again may leave nothing lost at all.
    assert set(lost(folder)) <= {GapKind.CRASH}
    coverage = ledger_of(folder)
    assert coverage.waiting_ms + coverage.analysed_ms + coverage.gap_ms == coverage.span_ms


def open_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("live-*.part"))


@contextmanager
def capture_process(source: str, folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A capture in a process of its own."""
    script = (
        "import sys, time; from pathlib import Path; from ingest.capture.capture import capture;"
        "from net.guard import NetPolicy\n"
        "for _ in capture(sys.argv[1], stream_id='s1', folder=Path(sys.argv[2]), stop=lambda: False,"
        " policy=NetPolicy.parse(['127.0.0.1']), now_ms=lambda: time.time_ns() // 1_000_000): pass"
    )
    child = subprocess.Popen([sys.executable, "-c", script, source, str(folder)], cwd=ROOT)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


class Window:
    """A live HLS origin whose playlist moves on by one segment at every request, so that no clock is needed."""

    def __init__(self, origin: Origin, folder: Path, *, window: int) -> None:
        self.loads = 0
        self._window = window
        self._count = len(list(folder.glob("s*.ts")))
        self.out: range = range(0)
        for index in range(self._count):
            origin.routes[f"/s{index}.ts"] = (folder / f"s{index}.ts").read_bytes()
        origin.routes["/live.m3u8"] = self.answer

    def answer(self) -> Answer:
        self.loads += 1
        if self.loads in self.out:
            return 404
        last = min(self.loads, self._count)
        first = max(0, last - self._window)
        return playlist([f"s{i}.ts" for i in range(first, last)], first=first, ended=last == self._count)


@pytest.mark.parametrize(("window", "missing"), [(2, [2, 3]), (6, [])], ids=["missed", "caught up"])
def test_a_playlist_is_404_for_a_while(
    origin: Origin, hls: Path, tmp_path: Path, window: int, missing: list[int]
) -> None:
    live = Window(origin, hls, window=window)
    live.out = range(3, 6)
    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, end=EndPolicy(away_s=10))
    bodies = [s.path.read_bytes() for s in segments]
    assert bodies == [(hls / f"s{i}.ts").read_bytes() for i in range(6) if i not in missing]
    coverage = assert_sound(tmp_path)
    assert abs(coverage.gap_ms - 2000 * len(missing)) < 100
    assert set(coverage.by_kind) == ({GapKind.NETWORK} if missing else set())
    assert all("404" in gap.why for gap in coverage.gaps)


def test_a_source_that_is_opened_again_doubles_nothing(origin: Origin, hls: Path, tmp_path: Path) -> None:
    """The playlist stays away until the source is given up and opened anew; its tail is listed again."""
    live = Window(origin, hls, window=6)
    live.out = range(4, 5)
    answer = live.answer

    def flaky() -> Answer:
        given = answer()
        if live.loads == 4:
            origin.routes["/live.m3u8"] = 503
            threading.Timer(2.5, lambda: origin.routes.update({"/live.m3u8": flaky})).start()
        return given

    origin.routes["/live.m3u8"] = flaky
    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, end=EndPolicy(away_s=10))
    assert [s.path.read_bytes() for s in segments] == [(hls / f"s{i}.ts").read_bytes() for i in range(6)]
    assert assert_sound(tmp_path).gap_ms == 0


def test_a_cache_that_sends_its_last_seconds_again_doubles_nothing(origin: Origin, media: Path, tmp_path: Path) -> None:
    setup, tags = tags_of((media / "talk.flv").read_bytes())
    keys = [index for index, tag in enumerate(tags) if tag.is_key]
    cut = keys[3] + 10
    answers: list[Answer] = [
        [setup, *(tag.content for tag in tags[:cut])],
        [setup, *(tag.content for tag in tags[keys[3] :])],
    ]
    origin.routes["/live.flv"] = lambda: answers.pop(0) if answers else 404
    segments = record(f"{origin.url}/live.flv", tmp_path, origin.policy)
    assert {s.epoch for s in segments} == {0, 1}
    told = contents(segments)
    assert len(told) == len(set(told)) == sum(tag.is_video for tag in tags)
    assert assert_sound(tmp_path).gap_ms <= 10


def test_a_trickle_is_a_stall(media: Path, tmp_path: Path) -> None:
    """Bytes go on coming, one at a time, and no packet is ever whole."""
    whole = (media / "talk.flv").read_bytes()
    cut = len(whole) // 2
    run_ffmpeg("-i", media / "talk.mp4", "-c", "copy", "-output_ts_offset", "500", tmp_path / "later.flv")
    later = (tmp_path / "later.flv").read_bytes()
    with dripping([(whole[:cut], whole[cut:]), (later, b"")]) as url, capturing(url, tmp_path / "rec") as running:
        running.wait(1, epoch=1)
    [gap] = read_gaps(tmp_path / "rec")
    assert gap.kind is GapKind.NETWORK
    assert "no timestamp moved on for 2 s" in gap.why


@contextmanager
def dripping(answers: list[tuple[bytes, bytes]]) -> Iterator[str]:
    """An HTTP server that sends the first part of each answer at once and the second byte by byte."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        for at_once, drop_by_drop in answers:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + at_once)
                for place in range(len(drop_by_drop)):
                    if over.wait(0.1):
                        break
                    connection.sendall(drop_by_drop[place : place + 1])
                else:
                    over.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/live.flv"
        over.set()
        thread.join()


def test_sound_vanishes_and_comes_back(origin: Origin, media: Path, tmp_path: Path) -> None:
    pieces = [
        shifted(media, tmp_path / "a.ts", 10, "-t", "4"),
        shifted(media, tmp_path / "b.ts", 10, "-ss", "4", "-t", "4", "-an"),
        shifted(media, tmp_path / "c.ts", 10, "-ss", "8"),
    ]
    origin.routes["/live.ts"] = pieces
    segments = record(f"{origin.url}/live.ts", tmp_path / "rec", origin.policy, end=EndPolicy(away_s=0))
    coverage = assert_sound(tmp_path / "rec")
    assert abs(coverage.span_ms - 12_000) < 1500
    decoder = SegmentDecoder()
    heard = [bool(decoder.decode(segment).audio) for segment in segments]
    assert heard[0]
    assert not all(heard)
    assert contents(segments) == stored(*(tmp_path / f"{name}.ts" for name in "abc"))


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("vp9.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]),
        ("av1.mkv", ["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-c:a", "flac"]),
        ("hevc.mp4", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-c:a", "aac"]),
        ("pcm.mkv", ["-c:v", "copy", "-c:a", "pcm_s16le"]),
    ],
)
def test_what_a_transport_stream_cannot_hold_goes_into_matroska(
    media: Path, tmp_path: Path, name: str, codecs: list[str]
) -> None:
    run_ffmpeg("-t", "5", "-i", media / "talk.mp4", "-g", "50", *codecs, tmp_path / name)
    segments = record(tmp_path / name, tmp_path / "rec")
    wanted = ("mpegts", ".ts") if name == "hevc.mp4" else ("matroska", ".mkv")
    assert {(s.container, s.path.suffix) for s in segments} == {wanted}
    assert assert_sound(tmp_path / "rec").gap_ms == 0
    decoder = SegmentDecoder()
    decoded = [decoder.decode(segment) for segment in segments]
    assert len(packets(segments)) == len(stored(tmp_path / name))
    assert all(d.audio for d in decoded)
    assert sum(bool(d.frames) for d in decoded) >= 2
    if name == "av1.mkv":
        assert cut_clip(segments, start_ms=1000, end_ms=3000, target=tmp_path / "clip.mp4").copied


def test_a_full_disk_takes_the_oldest_and_the_capture_goes_on(media: Path, tmp_path: Path) -> None:
    told = on_small_disk(media / "talk.mp4", tmp_path, "oldest", size="400k")
    assert told["segments"] == 6
    assert told["trims"]
    assert told["trims"] == sorted(told["trims"])
    assert told["kept"] == [n for n in range(6) if n not in told["trims"]]
    assert told["gaps"] == {}


def test_a_disk_that_stays_full_costs_seconds_and_never_the_capture(media: Path, tmp_path: Path) -> None:
    told = on_small_disk(media / "talk.mp4", tmp_path, "ballast", size="1400k")
    assert told["trims"] == []
    assert list(told["gaps"]) == ["shed"]
    assert told["why"] == ["disk full"]
    assert told["gaps"]["shed"] > 1000
    assert abs(told["span_ms"] - 12_000) < 200
    assert told["kept"][0] == 0
    assert told["last_end_ms"] == told["span_ms"]


def on_small_disk(source: Path, tmp_path: Path, what: str, *, size: str) -> dict[str, Any]:
    """What a capture onto a disk of this size, mounted for it alone, left there."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size={size} tmpfs "{disk}" && exec "$@"'
    script = [sys.executable, str(Path(__file__).parents[1] / "small_disk.py"), str(source), str(disk), what]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh", *script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.slow
def test_a_server_is_frozen_and_thaws(tmp_path: Path) -> None:
    with (
        nginx(tmp_path / "nginx") as server,
        publisher(server.rtmp(), picture(gop=25)),
        capturing(server.rtmp(), tmp_path / "rec") as running,
    ):
        running.wait(2)
        server.process.send_signal(signal.SIGSTOP)
        before = len(running.segments)
        running.over.wait(6)
        server.process.send_signal(signal.SIGCONT)
        running.wait(before + 3)
    assert set(lost(tmp_path / "rec")) <= {GapKind.NETWORK, GapKind.PUBLISHER}


@pytest.mark.slow
@pytest.mark.parametrize("sound", [True, False], ids=["sound", "video only"])
def test_a_five_second_key_frame_interval_live(tmp_path: Path, sound: bool) -> None:
    with (
        flv_server() as server,
        server.publishing(picture(gop=125, sound=sound)),
        capturing(server.url, tmp_path) as running,
    ):
        running.wait(4)
    assert ledger_of(tmp_path).gap_ms == 0
    assert all(s.end_ms - s.start_ms <= 2800 for s in running.segments)


@pytest.mark.slow
def test_a_broadcast_of_short_lives(tmp_path: Path) -> None:
    """Six publishers one after the other, each killed; and viewers that are dropped in between."""
    with flv_server() as server, capturing(server.url, tmp_path) as running:
        for life in range(6):
            with server.publishing(picture(size=f"{160 + 32 * life}x96")) as process:
                running.wait(1, epoch=running.segments[-1].epoch + 1 if running.segments else 0)
                if life % 2:
                    server.drop_viewers()
                    running.wait(1, epoch=running.segments[-1].epoch + 1)
                process.kill()
    widths = {shape[1] for shapes in sizes(running.segments).values() for shape in shapes}
    assert widths == {160 + 32 * life for life in range(6)}
