"""Live protocols against real servers: each gives segments, and publishers that come, go or restart show."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.ports import free_port
from ingest.capture.sources import CaptureLimits
from ingest.decode.decoder import SegmentDecoder
from ingest.recording.chain import verify_chain
from ingest.types import EndPolicy, EndReason, Segment
from net.errors import UnreachableSource, UnsupportedSource
from net.guard import NetPolicy
from net.http import HttpLimits
from tests.ingest.doors import tls_front
from tests.ingest.servers import (
    flv_server,
    from_file,
    nginx,
    picture,
    publisher,
    rtsp_server,
    srt_listener,
    wait_until,
)
from tests.ingest.support import record, run_ffmpeg

LIMITS = CaptureLimits(stall_limit_s=4, http=HttpLimits(connect_s=5, read_s=4, body_s=10))
LOOPBACK = NetPolicy.parse(["127.0.0.1", "localhost"])
AT_ONCE = EndPolicy(start_s=0, away_s=0)


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of H.264 and AAC."""
    path = tmp_path_factory.mktemp("show") / "show.mp4"
    run_ffmpeg(*(word for word in picture(seconds=20) if word != "-re"), path)
    return path


def follow(url: str, folder: Path, **options: object) -> list[Segment]:
    chosen: dict[str, object] = {"policy": LOOPBACK, "limits": LIMITS, "max_ms": 2200}
    return record(url, folder, **(chosen | {"end": EndPolicy(start_s=8, away_s=3)} | options))  # type: ignore[arg-type]


def pictures(segments: list[Segment]) -> list[tuple[int, set[tuple[int, ...]], bool]]:
    """For each segment its epoch, the sizes of its pictures, and whether it has sound."""
    decoder = SegmentDecoder()
    decoded = [decoder.decode(segment) for segment in segments]
    return [(d.segment.epoch, {frame.image.shape for frame in d.frames}, bool(d.audio)) for d in decoded]


@contextmanager
def served(kind: str, folder: Path, show: Path) -> Iterator[tuple[str, NetPolicy]]:
    """A live broadcast over one protocol: its URL, and the policy under which it may be had."""
    policy = LOOPBACK
    with ExitStack() as stack:
        if kind.startswith("rtmp"):
            server = stack.enter_context(nginx(folder / "nginx"))
            stack.enter_context(publisher(server.rtmp(), from_file(show, loop=True)))
            url = server.rtmp()
        elif kind == "hls":
            server = stack.enter_context(nginx(folder / "nginx"))
            stack.enter_context(publisher(server.rtmp(), from_file(show, loop=True)))
            url = server.hls()
            wait_until((server.root / "hls" / "show.m3u8").exists, "the first playlist")
        elif kind == "flv":
            flv = stack.enter_context(flv_server())
            stack.enter_context(flv.publishing(from_file(show, loop=True)))
            url = flv.url
        elif kind.startswith("srt"):
            secret = "&passphrase=long-enough-secret" if kind == "srt encrypted" else ""
            url, _ = stack.enter_context(srt_listener(from_file(show, loop=True), options=secret))
            url += f"?{secret[1:]}" if secret else ""
        else:
            account = "viewer:se-cret" if kind == "rtsp with digest" else ""
            url, _ = stack.enter_context(rtsp_server(show, account=account))
            url = url.replace("//", f"//{account}@") if account else url
        if kind in ("rtmps", "rtsps"):
            front = stack.enter_context(tls_front(int(url.split("/")[2].partition(":")[2]), folder))
            url = f"{kind}://localhost:{front.port}/{url.split('/', 3)[3]}"
            policy = replace(policy, trust=front.authority)
        yield url, policy


def later(*kinds: str) -> list[object]:
    """Kinds that only the nightly run tries."""
    return [pytest.param(kind, marks=pytest.mark.slow) for kind in kinds]


@pytest.mark.parametrize(
    "kind", ["rtmp", "hls", "flv", "srt", "rtsp", *later("rtmps", "rtsps", "srt encrypted", "rtsp with digest")]
)
def test_every_protocol_gives_contiguous_segments(kind: str, show: Path, tmp_path: Path) -> None:
    with served(kind, tmp_path, show) as (url, policy):
        segments = follow(url, tmp_path / "out", policy=policy)
    assert segments[-1].end_ms >= 2200
    assert {s.epoch for s in segments} == {0}
    assert {s.gap_before_ms for s in segments} == {0}
    assert all(shapes == {(180, 320, 3)} and audible for _, shapes, audible in pictures(segments))
    assert {s.path.suffix for s in segments} == {".ts"}
    verify_chain(tmp_path / "out")


@pytest.mark.parametrize("kind", ["rtmps", "rtsps"])
def test_a_certificate_that_nobody_vouches_for_is_no_source(kind: str, show: Path, tmp_path: Path) -> None:
    with served(kind, tmp_path, show) as (url, _), pytest.raises(UnreachableSource, match="certificate"):
        follow(url, tmp_path / "out", end=AT_ONCE)


@pytest.mark.parametrize("kind", ["rtmps", "rtsps"])
def test_a_certificate_for_another_name_is_no_source(kind: str, show: Path, tmp_path: Path) -> None:
    with served(kind, tmp_path, show) as (url, policy), pytest.raises(UnreachableSource, match="certificate"):
        follow(url.replace("localhost", "127.0.0.1"), tmp_path / "out", policy=policy, end=AT_ONCE)


def test_an_rtmp_server_sees_the_name_that_the_source_has(show: Path, tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx") as server, publisher(server.rtmp(), from_file(show, loop=True)):
        follow(f"rtmp://user@localhost:{server.rtmp_port}/live/show?vhost=a", tmp_path / "out", max_ms=500)
        played = f"PLAY rtmp://localhost:{server.rtmp_port}/live show"
        wait_until(lambda: played in server.plays.read_text().splitlines(), "the session's line")


@pytest.mark.slow
def test_sound_alone_and_picture_alone_are_captured(tmp_path: Path) -> None:
    sound = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-c:a", "aac"]
    with nginx(tmp_path / "nginx") as server:
        with publisher(server.rtmp("radio"), sound):
            radio = follow(server.rtmp("radio"), tmp_path / "radio")
        with publisher(server.rtmp("mute"), picture(sound=False)):
            mute = follow(server.rtmp("mute"), tmp_path / "mute")
    assert all(not shapes and audible for _, shapes, audible in pictures(radio))
    assert all(shapes and not audible for _, shapes, audible in pictures(mute))


class Following:
    """A capture in the background, so that a test can act on the publisher meanwhile."""

    def __init__(self, url: str, folder: Path, **options: object) -> None:
        self.folder = folder
        self.ends: list[EndReason] = []
        self.segments: list[Segment] = []
        self._stop = threading.Event()
        chosen: dict[str, object] = {"max_ms": None, "stop": self._stop.is_set, "on_end": self.ends.append} | options
        self._thread = threading.Thread(target=lambda: self.segments.extend(follow(url, folder, **chosen)))

    def __enter__(self) -> "Following":
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self.join()

    def until(self, count: int) -> None:
        """Waits for so many closed segments."""
        wait_until(lambda: len(list(self.folder.glob("0*"))) >= count, f"{count} segments", 30)

    def join(self) -> None:
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()


Republish = Callable[[list[str]], object]


@contextmanager
def republishing(kind: str, folder: Path) -> Iterator[tuple[str, Republish]]:
    """A server that outlives its publishers: the URL, and how to publish for a while."""
    if kind == "rtmp":
        with nginx(folder / "nginx") as server:
            yield server.rtmp(), lambda content: publisher(server.rtmp(), content)
    elif kind == "flv":
        with flv_server() as flv:
            yield flv.url, flv.publishing
    else:
        port = free_port(socket.SOCK_DGRAM)
        yield f"srt://127.0.0.1:{port}", lambda content: srt_listener(content, port=port)


@pytest.mark.parametrize("kind", ["rtmp", *later("flv", "srt")])
def test_a_publisher_that_comes_back_with_another_picture_is_a_new_epoch(kind: str, tmp_path: Path) -> None:
    with (
        republishing(kind, tmp_path) as (url, publish),
        publish(picture()) as first,  # type: ignore[attr-defined]
        Following(url, tmp_path / "out", end=EndPolicy(start_s=8, away_s=12)) as following,
    ):
        following.until(1)
        process = first[1] if isinstance(first, tuple) else first
        process.kill()
        process.wait()
        before = len(list((tmp_path / "out").glob("0*")))
        with publish(picture(size="160x90", rate=30)):  # type: ignore[attr-defined]
            following.until(before + 2)
    seen = pictures(following.segments)
    assert {shape for epoch, shapes, _ in seen if epoch == 0 for shape in shapes} == {(180, 320, 3)}
    assert {shape for epoch, shapes, _ in seen if epoch > 0 for shape in shapes} == {(90, 160, 3)}
    assert [s.start_ms for s in following.segments] == sorted(s.start_ms for s in following.segments)
    verify_chain(tmp_path / "out")


@pytest.mark.parametrize("kind", ["rtmp", *later("srt")])
def test_a_publisher_that_is_late_is_waited_for(kind: str, tmp_path: Path) -> None:
    with (
        republishing(kind, tmp_path) as (url, publish),
        Following(url, tmp_path / "out", max_ms=1500, end=EndPolicy(start_s=15, away_s=3)) as following,
        publish(picture()),  # type: ignore[attr-defined]
    ):
        following.join()
    assert following.ends == [EndReason.LIMIT]


def test_a_publisher_that_never_comes_is_unreachable(tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx") as server, pytest.raises(UnreachableSource):
        follow(server.rtmp("nobody"), tmp_path / "out", end=EndPolicy(start_s=1, away_s=1))


def test_a_publisher_that_goes_ends_the_capture(tmp_path: Path) -> None:
    with (
        nginx(tmp_path / "nginx") as server,
        publisher(server.rtmp(), picture()) as encoder,
        Following(server.rtmp(), tmp_path / "out", end=EndPolicy(start_s=8, away_s=1)) as following,
    ):
        following.until(1)
        encoder.kill()
        following.join()
    assert following.ends == [EndReason.VANISHED]


def test_a_capture_that_waits_for_a_silent_server_can_be_stopped(tmp_path: Path) -> None:
    waiting = EndPolicy(start_s=60, away_s=60)
    with nginx(tmp_path / "nginx") as server, Following(server.rtmp("x"), tmp_path / "out", end=waiting) as following:
        pass
    assert following.ends == [EndReason.STOPPED]


def test_a_wrong_password_is_told_without_it(show: Path, tmp_path: Path) -> None:
    with rtsp_server(show, account="viewer:right") as (url, _), pytest.raises(UnreachableSource) as caught:
        follow(url.replace("//", "//viewer:wr0ng@"), tmp_path / "out", end=AT_ONCE)
    assert not caught.value.transient
    assert "wr0ng" not in str(caught.value)


def test_a_wrong_passphrase_is_unreachable_and_not_told(tmp_path: Path) -> None:
    right = "&passphrase=right-secret-1"
    with srt_listener(picture(), options=right) as (url, _), pytest.raises(UnreachableSource) as caught:
        follow(f"{url}?passphrase=wrong-secret-1", tmp_path / "out", end=AT_ONCE)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "mode=listener",
        "mode=rendezvous",
        "transtype=file",
        "localaddr=0.0.0.0",
        "adapter=10.0.0.1",
        "passphrase=short",
        "latency=1e9",
        "timeout=-1",
        "listen_timeout=-1",
        "streamid=a%0Ab",
        "streamid=%00",
        "mode=caller&mode=listener",
        "&&",
        "nonsense",
    ],
)
def test_srt_options_that_are_not_a_callers_are_refused(query: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSource, match="options"):
        follow(f"srt://127.0.0.1:9/?{query}", tmp_path / "out")
