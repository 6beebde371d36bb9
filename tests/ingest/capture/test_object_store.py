"""Recordings in an object store: a small S3 server on loopback, reached by the operator's own settings."""

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.capture.supervisor import CAPTURE_LIMITS, CaptureJob, CaptureSupervisor
from ingest.errors import BrokenMedia
from ingest.sandbox.process import SandboxChoice, SandboxView, start_sandbox
from net.errors import UnreachableSource, UnsupportedSource
from net.schemes import is_object
from tests.ingest.doors import trap
from tests.ingest.support import playlist, record

EMPTY = b'<?xml version="1.0"?><ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>'


@dataclass
class Store:
    """What the store holds by path, and what it was asked: method, path and range."""

    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    denies: bool = False


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:  # noqa: C901 - the methods of the handler are counted with it
    made = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path, _, query = self.path.partition("?")
            span = self.headers.get("Range", "")
            made.asked.append((self.command, path, span))
            assert "Credential=OPERATOR/" in self.headers["Authorization"]
            if made.denies:
                return self._send(403, b"")
            if "list-type" in query:
                return self._send(200, EMPTY)
            if path not in made.objects:
                return self._send(404, b"")
            body = made.objects[path]
            if not span:
                return self._send(200, body)
            first, _, last = span.removeprefix("bytes=").partition("-")
            part = body[int(first) : int(last) + 1]
            return self._send(206, part, f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")

        def _send(self, status: int, body: bytes, span: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"e"')
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            if span:
                self.send_header("Content-Range", span)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
        "AWS_ACCESS_KEY_ID": "OPERATOR",
        "AWS_SECRET_ACCESS_KEY": "operators-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["talk.mp4", "talk.flv", "talk.webm"])
def test_a_stored_recording_equals_the_file(store: Store, media: Path, tmp_path: Path, name: str) -> None:
    store.objects[f"/archive/2026/{name}"] = (media / name).read_bytes()
    segments = record(f"s3://archive/2026/{name}", tmp_path / "s3")
    assert [s.sha256 for s in segments] == [s.sha256 for s in record(media / name, tmp_path / "file")]
    assert all(span for method, _, span in store.asked if method == "GET")


@pytest.mark.parametrize("sandbox", ["rlimits", "auto"])
def test_a_boxed_child_may_sign_and_others_may_not(
    store: Store, media: Path, tmp_path: Path, sandbox: SandboxChoice
) -> None:
    """The operator's credentials go into the box of a child that reads a store, and into no other."""
    store.objects["/archive/talk.mp4"] = (media / "talk.mp4").read_bytes()
    folder = tmp_path / "boxed"
    folder.mkdir()
    job = CaptureJob(source="s3://archive/talk.mp4", stream_id="s1", folder=folder)
    segments = list(CaptureSupervisor(job, sandbox=sandbox).segments(lambda: False))
    assert [s.sha256 for s in segments] == [s.sha256 for s in record(media / "talk.mp4", tmp_path / "file")]
    box = start_sandbox(
        "tests.ingest.tell_environment",
        sandbox="rlimits",
        limits=CAPTURE_LIMITS,
        view=SandboxView(writable=folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert box.process.stdout is not None
    said = box.process.stdout.read().decode()
    box.end(5)
    assert "PYTHONPATH" in said
    assert "AWS_" not in said


def test_a_missing_object_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnreachableSource, match=r"s3://archive/none\.mp4: the store has no such object"):
        record("s3://archive/none.mp4", tmp_path)


def test_a_store_that_denies_tells_no_credentials(store: Store, tmp_path: Path) -> None:
    store.denies = True
    with pytest.raises(UnreachableSource, match="did not give") as caught:
        record("s3://archive/show.mp4", tmp_path)
    assert "OPERATOR" not in str(caught.value)


def test_an_object_that_is_no_media_is_named(store: Store, tmp_path: Path) -> None:
    store.objects["/archive/page.mp4"] = b"<html>" * 1000
    with pytest.raises(BrokenMedia, match=r"page\.mp4"):
        record("s3://archive/page.mp4", tmp_path)


@pytest.mark.parametrize("name", ["in.m3u8", "in.mp4"])
def test_a_stored_playlist_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    with trap() as watched:
        content = playlist([f"http://127.0.0.1:{watched.port}/x.ts"], ended=True)
        store.objects[f"/archive/{name}"] = content
        with pytest.raises(UnsupportedSource, match="stored"):
            record(f"s3://archive/{name}", tmp_path)
    assert watched.visitors == []


def test_a_chained_url_opens_no_address(store: Store, tmp_path: Path) -> None:
    with trap() as watched, pytest.raises(UnreachableSource):
        record(f"s3://archive/x.mp4::http://127.0.0.1:{watched.port}/x.mp4", tmp_path)
    assert watched.visitors == []


def test_credentials_in_the_url_are_refused_and_not_told(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSource, match="settings") as caught:
        record("s3://KEY:s3cret@archive/show.mp4", tmp_path)
    assert "s3cret" not in str(caught.value)


def test_a_store_whose_package_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSource, match="gcsfs"):
        record("gs://archive/show.mp4", tmp_path)


@pytest.mark.parametrize(
    "source", ["http://a/b", "file:///a", "github://a/b", "simplecache::s3://a/b", "s3", "memory://a"]
)
def test_only_stores_are_stores(source: str) -> None:
    assert not is_object(source)
