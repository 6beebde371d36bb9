"""Real streaming servers and publishers on free loopback ports, each stopped by its own process id.

Every helper is a context manager. A helper returns once its server answers.
"""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.ports import free_port
from ingest.media.ffmpeg import find_ffmpeg
from tests.system import program, rtsp_python

_RTSP_SERVER = Path(__file__).with_name("rtsp_server.py")


def wait_until(condition: Callable[[], bool], what: str, deadline_s: float = 15.0) -> None:
    """Returns once the condition holds; AssertionError names what never came."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"waited {deadline_s:.0f} s for {what}"
        threading.Event().wait(0.02)


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def stop_process(process: "subprocess.Popen[bytes]") -> None:
    """Ends this one process, by force after three seconds."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def running(args: list[str], **options: object) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that is gone afterwards."""
    process = subprocess.Popen(args, stdin=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        stop_process(process)


# --- what is broadcast


def picture(
    *, size: str = "320x180", rate: int = 25, gop: int = 25, seconds: int | None = None, sound: bool = True
) -> list[str]:
    """ffmpeg arguments for a moving test picture with a tone, H.264 and AAC, read as fast as it plays."""
    length = [] if seconds is None else ["-t", str(seconds)]
    tone = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"] if sound else []
    return [
        *("-re", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}", *tone, *length),
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"),
        *("-x264-params", "scenecut=0", "-g", str(gop), "-pix_fmt", "yuv420p"),
        *(("-c:a", "aac", "-b:a", "64k") if sound else ()),
    ]


def from_file(path: Path, *, seconds: float | None = None, loop: bool = False) -> list[str]:
    """ffmpeg arguments that play a file's own packets at their pace."""
    length = [] if seconds is None else ["-t", str(seconds)]
    return ["-re", *(("-stream_loop", "-1") if loop else ()), "-i", str(path), *length, "-c", "copy"]


def _ffmpeg(*args: str) -> list[str]:
    return [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", *args]


@contextmanager
def publisher(url: str, content: list[str], *, form: str = "flv") -> "Iterator[subprocess.Popen[bytes]]":
    """An encoder that publishes to `url`; `.kill()` it and start another to see a restart."""
    with running(_ffmpeg(*content, "-f", form, url), stderr=subprocess.DEVNULL) as process:
        yield process


# --- nginx with the rtmp module


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """A running server: RTMP in and out, HLS made from it, and the static files of `root` over HTTP.

    `plays`: a line for every finished RTMP session, with its command, the address that it named, and the stream.
    """

    rtmp_port: int
    http_port: int
    root: Path
    plays: Path
    process: "subprocess.Popen[bytes]"

    def rtmp(self, name: str = "show") -> str:
        """Where to publish, and where to play."""
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{name}"

    def hls(self, name: str = "show") -> str:
        """The live playlist (transport stream) that nginx makes of what is published."""
        return f"http://127.0.0.1:{self.http_port}/hls/{name}.m3u8"

    def file(self, name: str) -> str:
        """The URL of a file under `root`."""
        return f"http://127.0.0.1:{self.http_port}/{name}"


_NGINX = """
load_module {modules}/ngx_rtmp_module.so;
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
rtmp {{ log_format plays '$command $tcurl $name'; access_log {folder}/plays.log plays;
  server {{ listen 127.0.0.1:{rtmp}; chunk_size 4096;
  application live {{ live on; wait_key on; hls on; hls_path {root}/hls; hls_fragment 1s;
    hls_playlist_length {window}s; hls_cleanup off; }} }} }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; video/mp4 mp4 m4s; }}
  server {{ listen 127.0.0.1:{http}; location / {{ root {root}; add_header Cache-Control no-cache; }} }} }}
"""


@contextmanager
def nginx(folder: Path, *, window_s: int = 30) -> Iterator[Nginx]:
    """nginx with the rtmp module, its files under `folder`."""
    server = program("nginx")
    built = subprocess.run([server, "-V"], capture_output=True, check=True, text=True).stderr
    modules = next(word for word in built.split() if word.startswith("--modules-path=")).partition("=")[2]
    root = folder / "www"
    (root / "hls").mkdir(parents=True)
    rtmp, http = free_port(), free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(modules=modules, folder=folder, root=root, rtmp=rtmp, http=http, window=window_s))
    with running([server, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: answers(rtmp) and answers(http), "nginx")
        yield Nginx(rtmp_port=rtmp, http_port=http, root=root, plays=folder / "plays.log", process=process)


@contextmanager
def hls_packager(folder: Path, content: list[str], *options: str, window: int = 6) -> "Iterator[Path]":
    """A live HLS broadcast that ffmpeg writes into `folder`; gives its playlist once it lists something.

    `options`: e.g. `-hls_segment_type fmp4`, `-hls_key_info_file FILE`, `-hls_flags independent_segments`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    playlist = folder / "live.m3u8"
    hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", str(window), *options, str(playlist)]
    with running(_ffmpeg(*content, *hls), stderr=subprocess.DEVNULL, cwd=folder):
        wait_until(playlist.exists, "the first HLS segment")
        yield playlist


# --- live HTTP-FLV


@dataclass(slots=True)
class FlvServer:
    """Live FLV over HTTP: late viewers get the headers and go on at a key frame; publishers come and go.

    A new publisher's headers and times from zero follow on the same connections, as the usual servers do it.
    """

    port: int
    viewers: int = 0
    frozen: bool = False
    _header: bytes = b""
    _setup: dict[int, bytes] = field(default_factory=dict)
    _queues: list[list[bytes]] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _over: bool = False

    @property
    def url(self) -> str:
        """What viewers open."""
        return f"http://127.0.0.1:{self.port}/live/show.flv"

    @contextmanager
    def publishing(self, content: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
        """An encoder whose FLV goes to every viewer."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with running(_ffmpeg(*content, "-flvflags", "no_duration_filesize", "-f", "flv", "-"), **options) as process:
            thread = threading.Thread(target=self._take, args=(process.stdout,))
            thread.start()
            try:
                yield process
            finally:
                process.kill()
                thread.join()

    def drop_viewers(self) -> None:
        """Ends every connection."""
        with self._news:
            for waiting in self._queues:
                waiting.append(b"")
            self._queues.clear()
            self._news.notify_all()

    def _take(self, stream: object) -> None:
        read = stream.read  # type: ignore[attr-defined]
        with self._news:
            self._header = read(13)
            self._setup.clear()
        while len(head := read(11)) == 11:
            tag = head + read(int.from_bytes(head[1:4], "big") + 4)
            kind, body = head[0], tag[11:13]
            with self._news:
                if kind == 18 or body[1:2] == b"\x00":
                    self._setup[kind] = tag
                if not self.frozen:
                    for waiting in self._queues:
                        waiting.append(tag)
                    self._news.notify_all()

    def _serve(self, connection: socket.socket) -> None:
        waiting: list[bytes] = []
        with connection, suppress(OSError):
            connection.recv(65536)
            with self._news:
                self._news.wait_for(lambda: bool(self._header) or self._over)
                waiting += [self._header, *self._setup.values()]
                self._queues.append(waiting)
                self.viewers += 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n")
            self._send(connection, waiting)
        with self._news:
            self._queues = [queue for queue in self._queues if queue is not waiting]

    def _send(self, connection: socket.socket, waiting: list[bytes]) -> None:
        started = 9 not in self._setup
        while not self._over:
            with self._news:
                self._news.wait_for(lambda: bool(waiting) or self._over)
                batch = waiting[:]
                waiting.clear()
            for tag in batch:
                if not tag:
                    return
                media = tag[0] in (8, 9) and len(tag) > 15 and tag[12] != 0
                started = started or not media or (tag[0] == 9 and tag[11] >> 4 == 1)
                if started or not media:
                    connection.sendall(tag)


@contextmanager
def flv_server() -> Iterator[FlvServer]:
    """A live HTTP-FLV server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        listener.settimeout(0.1)
        server = FlvServer(port=listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not server._over:
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    connection.settimeout(5)
                    threads.append(threading.Thread(target=server._serve, args=(connection,)))
                    threads[-1].start()

        def end() -> None:
            server._over = True
            with server._news:
                server._news.notify_all()
            for thread in threads:
                thread.join()

        accepting = threading.Thread(target=accept)
        accepting.start()
        threads.insert(0, accepting)
        stack.callback(end)
        yield server


# --- SRT and RTSP


@contextmanager
def srt_listener(
    content: list[str], *, port: int | None = None, options: str = ""
) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """An SRT sender that waits for one caller; `options` as in `&passphrase=…`. Gives the caller's URL."""
    port = port or free_port(socket.SOCK_DGRAM)
    target = f"srt://127.0.0.1:{port}?mode=listener{options}"
    with running(_ffmpeg(*content, "-f", "mpegts", target), stderr=subprocess.DEVNULL) as process:
        yield f"srt://127.0.0.1:{port}", process


@contextmanager
def rtsp_server(path: Path, *, account: str = "") -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """gst-rtsp-server playing an MP4 (H.264, AAC) at its pace to every client; gives the URL.

    `account`: USER:PASSWORD, asked for by digest authentication.
    """
    port = free_port()
    args = [rtsp_python(), str(_RTSP_SERVER), str(port), str(path), account]
    with running(args, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: answers(port), "the RTSP server")
        yield f"rtsp://127.0.0.1:{port}/show", process
