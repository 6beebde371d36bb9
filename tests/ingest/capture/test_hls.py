"""HLS from a real origin: live, finished, restarted, vanished, hostile."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.capture.capture import capture
from ingest.errors import BrokenMedia
from ingest.recording.chain import verify_chain
from ingest.recording.manifest import read_manifest
from ingest.types import EndReason, Segment
from net.errors import RefusedAddress, UnreachableSource, UnsupportedSource
from net.guard import NetPolicy
from tests.ingest.support import QUICK, Origin, playlist, record, run_ffmpeg, wall_ms


def serve_segments(origin: Origin, hls: Path) -> list[bytes]:
    bodies = [(hls / f"s{n}.ts").read_bytes() for n in range(6)]
    origin.routes |= {f"/s{n}.ts": body for n, body in enumerate(bodies)}
    return bodies


def test_a_finished_broadcast_is_downloaded_byte_for_byte(origin: Origin, hls: Path, tmp_path: Path) -> None:
    bodies = serve_segments(origin, hls)
    origin.routes["/all.m3u8"] = playlist([f"s{n}.ts" for n in range(6)], ended=True)
    ends: list[EndReason] = []
    segments = record(f"{origin.url}/all.m3u8", tmp_path, origin.policy, on_end=ends.append)
    assert [s.path.read_bytes() for s in segments] == bodies
    assert [s.sequence for s in segments] == [0, 1, 2, 3, 4, 5]
    assert {s.epoch for s in segments} == {0}
    assert all(s.gap_before_ms == 0 for s in segments)
    assert abs(segments[-1].end_ms - 12_000) < 60
    assert ends == [EndReason.COMPLETE]
    assert read_manifest(tmp_path) == segments
    verify_chain(tmp_path)


class Rolling:
    """A live playlist that moves on with every load, then ends."""

    def __init__(self, names: list[str], *, window: int = 2, ended: bool = True) -> None:
        self.names, self.window, self.ended, self.loads = names, window, ended, 0

    def __call__(self) -> bytes:
        self.loads += 1
        upto = min(len(self.names), self.window + self.loads // 2)
        first = upto - self.window
        return playlist(self.names[first:upto], first=first, ended=self.ended and upto == len(self.names))


def test_a_live_playlist_is_followed_to_its_end(origin: Origin, hls: Path, tmp_path: Path) -> None:
    bodies = serve_segments(origin, hls)
    origin.routes["/live.m3u8"] = Rolling([f"s{n}.ts" for n in range(6)])
    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy)
    assert [s.path.read_bytes() for s in segments] == bodies
    assert len([path for path in origin.requests if path.endswith(".ts")]) == 6


def test_a_segment_is_given_before_the_next_exists(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    known = ["s0.ts"]
    origin.routes["/live.m3u8"] = lambda: playlist(known)
    segments = capture(
        f"{origin.url}/live.m3u8",
        stream_id="s1",
        folder=tmp_path,
        policy=origin.policy,
        stop=lambda: False,
        now_ms=wall_ms,
        limits=QUICK,
    )
    assert next(segments).sequence == 0
    assert verify_chain(tmp_path)
    known.append("s1.ts")
    assert next(segments).sequence == 1
    assert isinstance(segments, Iterator)


def test_a_vanished_source_ends_the_capture(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    loads = iter([playlist(["s0.ts"])])
    origin.routes["/live.m3u8"] = lambda: next(loads, 404)
    ends: list[EndReason] = []
    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, on_end=ends.append)
    assert len(segments) == 1
    assert ends == [EndReason.VANISHED]


def test_a_publisher_restart_is_a_new_epoch_with_its_gap(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    names = ["s4.ts", "s5.ts", "#EXT-X-DISCONTINUITY", "s0.ts", "s1.ts"]
    origin.routes["/live.m3u8"] = Rolling(names, window=len(names))
    clock = iter([10_000, 12_000, 18_000, 20_000])
    received: list[int] = []

    def now_ms() -> int:
        received.append(next(clock))
        return received[-1]

    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, now_ms=now_ms)
    assert [s.epoch for s in segments] == [0, 0, 1, 1]
    assert [s.gap_before_ms for s in segments] == [0, 0, 0, 0]


def test_the_wall_clock_tells_how_much_a_live_restart_lost(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    loads = iter([playlist(["s4.ts"]), playlist(["s4.ts", "#EXT-X-DISCONTINUITY", "s0.ts"], ended=True)])
    origin.routes["/live.m3u8"] = lambda: next(loads)
    clock = iter([10_000, 16_000])
    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, now_ms=lambda: next(clock))
    assert [s.epoch for s in segments] == [0, 1]
    assert abs(segments[1].gap_before_ms - 4000) < 60
    assert segments[1].start_ms == segments[0].end_ms + segments[1].gap_before_ms


def test_segments_that_were_missed_leave_a_gap(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    del origin.routes["/s2.ts"]
    origin.routes["/all.m3u8"] = playlist([f"s{n}.ts" for n in range(6)], ended=True)
    segments = record(f"{origin.url}/all.m3u8", tmp_path, origin.policy)
    assert [s.epoch for s in segments] == [0, 0, 1, 1, 1]
    assert abs(segments[2].gap_before_ms - 1950) < 60
    assert abs(segments[2].end_ms - 8000) < 60


def test_a_damaged_segment_is_left_out(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    origin.routes["/s2.ts"] = b"<html>busy</html>" * 100
    origin.routes["/all.m3u8"] = playlist([f"s{n}.ts" for n in range(6)], ended=True)
    assert len(record(f"{origin.url}/all.m3u8", tmp_path, origin.policy)) == 5


def test_nothing_but_damage_is_broken_media(origin: Origin, tmp_path: Path) -> None:
    origin.routes |= {"/a.ts": b"no media" * 50, "/all.m3u8": playlist(["a.ts"], ended=True)}
    with pytest.raises(BrokenMedia):
        record(f"{origin.url}/all.m3u8", tmp_path, origin.policy)


def test_fragmented_mp4_gets_its_init_section(origin: Origin, media: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_list_size", "0"),
        *("-hls_segment_type", "fmp4", "-hls_segment_filename", made / "f%d.m4s", made / "all.m3u8"),
    )
    origin.routes |= {f"/{path.name}": path.read_bytes() for path in made.iterdir()}
    segments = record(f"{origin.url}/all.m3u8", tmp_path / "out", origin.policy)
    init = (made / "init.mp4").read_bytes()
    assert [s.path.read_bytes() for s in segments] == [init + (made / f"f{n}.m4s").read_bytes() for n in range(6)]
    assert {s.epoch for s in segments} == {0}
    assert {s.path.suffix for s in segments} == {".mp4"}
    assert origin.requests.count("/init.mp4") == 1


def test_a_master_playlist_leads_to_its_best_rendition(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    origin.routes |= {
        "/master.m3u8": b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=320x180\nlow.m3u8\n"
        b"#EXT-X-STREAM-INF:BANDWIDTH=2,RESOLUTION=640x360\nhigh.m3u8\n",
        "/high.m3u8": playlist(["s0.ts"], ended=True),
    }
    assert len(record(f"{origin.url}/master.m3u8", tmp_path, origin.policy)) == 1
    assert "/low.m3u8" not in origin.requests


FORBIDDEN = "http://10.255.0.1/x"


@pytest.mark.parametrize(
    "routes",
    [
        pytest.param({"/in.m3u8": FORBIDDEN}, id="redirect of the playlist"),
        pytest.param({"/in.m3u8": playlist([FORBIDDEN], ended=True)}, id="segment"),
        pytest.param({"/in.m3u8": playlist(["r.ts"], ended=True), "/r.ts": FORBIDDEN}, id="redirect of a segment"),
        pytest.param({"/in.m3u8": playlist([f'#EXT-X-MAP:URI="{FORBIDDEN}"', "s0.ts"], ended=True)}, id="init section"),
        pytest.param({"/in.m3u8": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{FORBIDDEN}\n".encode()}, id="rendition"),
        pytest.param({"/in.m3u8": "http://localhost:{port}/s0.ts"}, id="same server, another name"),
        pytest.param({"/in.m3u8": playlist(["http://127.0.0.1:1/s0.ts"], ended=True)}, id="same host, another port"),
    ],
)
def test_every_uri_is_held_to_the_same_rule(
    origin: Origin, hls: Path, tmp_path: Path, routes: dict[str, bytes | str]
) -> None:
    serve_segments(origin, hls)
    for path, answer in routes.items():
        origin.routes[path] = answer.replace("{port}", str(origin.port)) if isinstance(answer, str) else answer
    with pytest.raises(RefusedAddress, match="public internet") as caught:
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert caught.value.rule == "address"
    assert read_manifest(tmp_path) == []


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "ftp://a.example/b", "data:text/plain,x"])
def test_a_playlist_cannot_leave_http(origin: Origin, tmp_path: Path, uri: str) -> None:
    origin.routes["/in.m3u8"] = playlist([uri], ended=True)
    with pytest.raises(RefusedAddress, match="scheme rule"):
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)


def test_a_redirect_cannot_leave_http(origin: Origin, tmp_path: Path) -> None:
    origin.routes["/in.m3u8"] = "file:///etc/passwd"
    with pytest.raises(RefusedAddress, match="scheme rule"):
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)


def test_a_redirect_loop_ends(origin: Origin, tmp_path: Path) -> None:
    origin.routes["/in.m3u8"] = "/in.m3u8"
    with pytest.raises(RefusedAddress, match="too many redirects"):
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)


def test_loopback_is_refused_without_permission(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(RefusedAddress):
        record(f"{origin.url}/in.m3u8", tmp_path, NetPolicy())
    assert origin.requests == []


def test_a_missing_broadcast_is_unreachable_and_tokens_are_not_told(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(UnreachableSource, match="answered 404") as caught:
        record(f"{origin.url}/none.m3u8?token=secret", tmp_path, origin.policy)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ['METHOD=SAMPLE-AES,URI="k"', 'METHOD=AES-128,URI="k",KEYFORMAT="com.widevine"', "METHOD=AES-128"]
)
def test_other_protection_is_unsupported(origin: Origin, tmp_path: Path, key: str) -> None:
    origin.routes["/in.m3u8"] = playlist([f"#EXT-X-KEY:{key}", "s0.ts"], ended=True)
    with pytest.raises(UnsupportedSource, match="protected"):
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert "/k" not in origin.requests


def test_a_live_capture_resumes_without_recording_twice(origin: Origin, hls: Path, tmp_path: Path) -> None:
    bodies = serve_segments(origin, hls)
    origin.routes["/live.m3u8"] = lambda: playlist(["s0.ts", "s1.ts"])
    taken: list[Segment] = []
    record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, max_ms=3000)
    origin.routes["/live.m3u8"] = playlist(["s1.ts", "s2.ts", "s3.ts"], first=1, ended=True)
    taken = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy)
    assert [s.sequence for s in taken] == [2, 3]
    assert [s.path.read_bytes() for s in read_manifest(tmp_path)] == bodies[:4]
    assert {s.epoch for s in taken} == {0}
    verify_chain(tmp_path)


def test_a_capture_can_be_stopped_while_it_waits(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve_segments(origin, hls)
    origin.routes["/live.m3u8"] = playlist(["s0.ts"], target_s=60)
    stopped = threading.Event()
    ends: list[EndReason] = []
    segments: list[Segment] = []

    def work(on_end: Callable[[EndReason], None]) -> None:
        segments.extend(record(f"{origin.url}/live.m3u8", tmp_path, origin.policy, stop=stopped.is_set, on_end=on_end))

    thread = threading.Thread(target=work, args=(ends.append,))
    thread.start()
    deadline = time.monotonic() + 10
    while not read_manifest(tmp_path) and time.monotonic() < deadline:
        stopped.wait(0.01)
    stopped.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert ends == [EndReason.STOPPED]
    assert len(segments) == 1


def test_a_segment_that_comes_late_is_waited_for(origin: Origin, hls: Path, tmp_path: Path) -> None:
    bodies = serve_segments(origin, hls)
    answers: list[int | bytes] = [503, 503, 503, 503, bodies[2]]
    origin.routes["/s2.ts"] = lambda: answers.pop(0)
    origin.routes["/live.m3u8"] = playlist([f"s{n}.ts" for n in range(6)], ended=True)
    segments = record(f"{origin.url}/live.m3u8", tmp_path, origin.policy)
    assert [s.path.read_bytes() for s in segments] == bodies
    assert {s.epoch for s in segments} == {0}


@pytest.mark.parametrize(
    "hostile", ["http://10.255.0.1/x.ts", "file:///etc/passwd", '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"']
)
def test_what_is_refused_amid_a_broadcast_is_a_gap_and_not_its_end(
    origin: Origin, hls: Path, tmp_path: Path, hostile: str
) -> None:
    serve_segments(origin, hls)
    middle = [hostile, "s2.ts", "#EXT-X-KEY:METHOD=NONE"] if hostile.startswith("#") else [hostile]
    origin.routes["/in.m3u8"] = playlist(["s0.ts", "s1.ts", *middle, "s3.ts"], ended=True)
    segments = record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert len(segments) == 3
    assert abs(segments[2].gap_before_ms - 2000) < 100
