"""Real media made by ffmpeg, and a real HTTP origin on loopback."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.ingest.support import Origin, handler_for, run_ffmpeg
from tests.material import DEMO_LINES
from tests.system import bubblewrap


@pytest.fixture(autouse=True)
def _sandbox_of_the_case(request: pytest.FixtureRequest) -> None:
    """A case that is to run under bubblewrap wants it to be here."""
    case = getattr(request.node, "callspec", None)
    if case is not None and case.params.get("sandbox") == "bubblewrap":
        bubblewrap()


@pytest.fixture
def origin() -> Iterator[Origin]:
    made = Origin(url="", port=0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(made))
    server.daemon_threads = True
    made.port = server.server_address[1]
    made.url = f"http://127.0.0.1:{made.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `talk.mp4` (12 s, moving picture, speech), and the same in other containers."""
    folder = tmp_path_factory.mktemp("media")
    run_ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=12"),
        *("-i", DEMO_LINES / "d01.flac", "-i", DEMO_LINES / "d02.flac"),
        *("-filter_complex", "[1:a][2:a]concat=n=2:v=0:a=1,apad[a]", "-map", "0:v", "-map", "[a]", "-t", "12"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "scenecut=0", "-g", "50", "-bf", "2"),
        *("-c:a", "aac", "-ar", "44100", "-ac", "2", folder / "talk.mp4"),
    )
    run_ffmpeg("-i", folder / "talk.mp4", "-map", "0:v", "-c", "copy", folder / "mute.mp4")
    run_ffmpeg("-i", folder / "talk.mp4", "-c", "copy", folder / "talk.flv")
    run_ffmpeg(
        *("-i", folder / "talk.mp4", "-t", "6", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"),
        *("-g", "50", "-c:a", "libopus", folder / "talk.webm"),
    )
    return folder


@pytest.fixture(scope="session")
def hls(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two-second transport-stream segments `s0.ts` … `s5.ts` of talk.mp4, and a playlist of all."""
    folder = tmp_path_factory.mktemp("hls")
    run_ffmpeg(
        *("-i", media / "talk.mp4", "-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_list_size", "0"),
        *("-hls_segment_filename", folder / "s%d.ts", folder / "all.m3u8"),
    )
    return folder
