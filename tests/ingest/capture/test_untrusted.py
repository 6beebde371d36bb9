"""What a hostile URL, playlist, server or name tries, and that nobody comes to the address it meant."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ingest.capture.sources import CaptureLimits
from ingest.errors import SourceNotFound
from ingest.recording.manifest import read_manifest
from net.errors import RefusedAddress, SourceError
from net.guard import NetPolicy, resolve
from net.http import HttpLimits
from net.schemes import DEFAULT_PORTS, REFUSED_PORTS
from tests.ingest.doors import Trap, trap
from tests.ingest.support import Origin, playlist, record

LIMITS = CaptureLimits(stall_limit_s=2, http=HttpLimits(connect_s=2, read_s=2, body_s=5))
SCHEMES = sorted(DEFAULT_PORTS)
LOOPBACK_FORMS = (
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::1]",
    "viewer@127.0.0.1",
    "8.8.8.8@127.0.0.1",
    "8.8.8.8:80@127.0.0.1",
    "live.example%40@127.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
)


@pytest.fixture
def watched() -> Iterator[Trap]:
    """A trap that nobody may have visited when the test is over."""
    with trap() as made:
        yield made
    assert made.visitors == []


def refused(source: str, folder: Path, policy: NetPolicy | None = None) -> SourceError:
    """What the capture of this source ends by; nothing may have been recorded."""
    with pytest.raises(SourceError) as caught:
        record(source, folder, policy, limits=LIMITS)
    assert read_manifest(folder) == []
    return caught.value


def says_no(error: SourceError) -> bool:
    """Refused by its address; what is no URL at all is told as that, which shows by its text alone."""
    return (isinstance(error, RefusedAddress) and error.rule == "address") or "not a valid URL" in str(error)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("host", LOOPBACK_FORMS)
def test_no_way_to_write_loopback_is_connected_to(watched: Trap, tmp_path: Path, host: str, scheme: str) -> None:
    assert says_no(refused(f"{scheme}://{host}:{watched.port}/live/show", tmp_path))


@pytest.mark.parametrize("host", LOOPBACK_FORMS)
def test_no_segment_leads_to_loopback(watched: Trap, origin: Origin, tmp_path: Path, host: str) -> None:
    origin.routes["/in.m3u8"] = playlist([f"http://{host}:{watched.port}/x.ts"], ended=True)
    refused(f"{origin.url}/in.m3u8", tmp_path, origin.policy)


Routes = dict[str, bytes | str]
AUDIO = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="{t}"
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"
v.m3u8
"""
PLACES: dict[str, Callable[[str], Routes]] = {
    "redirect of the playlist": lambda t: {"/in.m3u8": t},
    "a chain of redirects": lambda t: {"/in.m3u8": "/b", "/b": "/c", "/c": t},
    "segment": lambda t: {"/in.m3u8": playlist([t], ended=True)},
    "redirect of a segment": lambda t: {"/in.m3u8": playlist(["r.ts"], ended=True), "/r.ts": t},
    "init section": lambda t: {"/in.m3u8": playlist([f'#EXT-X-MAP:URI="{t}"', "s.ts"], ended=True)},
    "key": lambda t: {"/in.m3u8": playlist([f'#EXT-X-KEY:METHOD=AES-128,URI="{t}"', "s.ts"], ended=True)},
    "redirect of a key": lambda t: {
        "/in.m3u8": playlist(['#EXT-X-KEY:METHOD=AES-128,URI="k"', "s.ts"], ended=True),
        "/k": t,
    },
    "rendition": lambda t: {"/in.m3u8": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{t}\n".encode()},
    "sound": lambda t: {"/in.m3u8": AUDIO.format(t=t).encode(), "/v.m3u8": playlist(["s.ts"], ended=True)},
}
TARGETS = ("http://127.0.0.1:{port}/x", "https://localhost:{port}/x", "//127.0.0.1:{port}/x", "http://[::1]:{port}/x")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
def test_every_place_that_holds_a_uri_is_held_to_the_rule(
    watched: Trap, origin: Origin, tmp_path: Path, place: str, target: str
) -> None:
    origin.routes |= PLACES[place](target.format(port=watched.port)) | {"/s.ts": b"G" * 1880}
    assert isinstance(refused(f"{origin.url}/in.m3u8", tmp_path, origin.policy), RefusedAddress)


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1:{port}/x", "rtmp://127.0.0.1:{port}/x", "srt://127.0.0.1:{port}"]
)
@pytest.mark.parametrize("place", PLACES)
def test_no_place_leads_out_of_http(watched: Trap, origin: Origin, tmp_path: Path, place: str, target: str) -> None:
    origin.routes |= PLACES[place](target.format(port=watched.port)) | {"/s.ts": b"G" * 1880}
    error = refused(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert isinstance(error, RefusedAddress)
    assert error.rule == "scheme"


BODIES = {
    "concat script": "ffconcat version 1.0\nfile http://127.0.0.1:{port}/x.ts\n",
    "session description": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation>'
    "<BaseURL>http://127.0.0.1:{port}/x.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "reference movie": "\0\0\0\x40moov\0\0\0\x38rmra\0\0\0\x30rmda\0\0\0\x28rdrf\0\0\0\0url \0\0\0\x18http://127.0.0.1:{port}/",
    "advanced stream redirector": '<asx version="3.0"><entry><ref href="http://127.0.0.1:{port}/x"/></entry></asx>',
    "RTSP text": "RTSPtextRTSP://127.0.0.1:{port}/x\n",
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("where", ["over HTTP", "as a file", "as a segment"])
def test_no_container_format_opens_an_address(
    watched: Trap, origin: Origin, tmp_path: Path, body: str, where: str
) -> None:
    content = BODIES[body].format(port=watched.port).encode("latin-1")
    source = f"{origin.url}/in"
    if where == "over HTTP":
        origin.routes["/in"] = content
    elif where == "as a segment":
        origin.routes |= {"/in": playlist(["s.ts"], ended=True), "/s.ts": content}
    else:
        (tmp_path / "show.mp4").write_bytes(content)
        source = str(tmp_path / "show.mp4")
    refused(source, tmp_path / "out", origin.policy)


@pytest.mark.parametrize(
    "source",
    [
        "file:///etc/passwd",
        "subfile,,start,0,end,64,,:///etc/passwd",
        "subfile://etc/passwd",
        "concat:///etc/passwd",
        "concatf:///etc/passwd",
        "crypto:///etc/passwd",
        "cache:http://127.0.0.1:{port}/x",
        "async:http://127.0.0.1:{port}/x",
        "hls+http://127.0.0.1:{port}/x.m3u8",
        "gopher://127.0.0.1:{port}/1",
        "ftp://127.0.0.1:{port}/x",
        "tcp://127.0.0.1:{port}",
        "udp://127.0.0.1:{port}",
        "rtp://127.0.0.1:{port}",
        "tls://127.0.0.1:{port}",
        "unix:///run/docker.sock",
        "httpproxy://127.0.0.1:{port}/x",
        "ffrtmphttp://127.0.0.1:{port}/x",
        "rtmpt://127.0.0.1:{port}/x",
        "mmsh://127.0.0.1:{port}/x",
        "ipfs://127.0.0.1:{port}",
        "data://text/plain,x",
        "http:///etc/passwd",
        "http://127.0.0.1:{port}\\@live.example/x",
        "http://live.example:0/x",
        "http://live.example:99999/x",
        "http://[::1",
        "rtmp://live.example/a\nb",
    ],
)
def test_other_schemes_are_refused_unopened(watched: Trap, tmp_path: Path, source: str) -> None:
    error = refused(source.format(port=watched.port), tmp_path)
    assert isinstance(error, RefusedAddress)
    assert error.rule == "scheme"


@pytest.mark.parametrize(
    "source",
    [
        "concat:/etc/passwd|/etc/hosts",
        "subfile,,start,0,end,0,,:/etc/passwd",
        "data:text/plain;base64,AAAA",
        "pipe:0",
        "fd:0",
        "file:/etc/passwd",
        "http:127.0.0.1:{port}/x",
    ],
)
def test_what_is_no_url_is_a_file_name_and_no_order(watched: Trap, tmp_path: Path, source: str) -> None:
    assert isinstance(refused(source.format(port=watched.port), tmp_path), SourceNotFound)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("answers", [("8.8.8.8", "127.0.0.1"), ("127.0.0.1", "8.8.8.8"), ("2606:4700::1", "::1"), ()])
def test_a_name_with_one_forbidden_address_is_refused_whole(
    watched: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, answers: tuple[str, ...]
) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    assert isinstance(refused(f"{scheme}://live.example:{watched.port}/a/b", tmp_path), RefusedAddress)
    assert asked == ["live.example"]


def test_one_text_for_whatever_is_behind_a_refused_address(watched: Trap, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        behind = {
            "open": f"127.0.0.1:{watched.port}",
            "closed": f"127.0.0.1:{closed.getsockname()[1]}",
            "filtered": "10.255.255.1:8080",
            "a name that is not known": "nobody.invalid:8080",
            "a port for other things": "8.8.8.8:6379",
        }
        for scheme in SCHEMES:
            texts = {
                str(refused(f"{scheme}://{where}/live/show", tmp_path)).replace(where, "X") for where in behind.values()
            }
            assert len(texts) == 1, scheme


@pytest.mark.parametrize("port", [1, 22, 25, 53, 445, 2375, 3306, 5432, 6379, 9200, 11211])
def test_ports_that_no_media_server_stands_on_are_refused_even_in_public(port: int) -> None:
    assert port in REFUSED_PORTS
    with pytest.raises(RefusedAddress):
        resolve("8.8.8.8", port, NetPolicy())
    assert resolve("127.0.0.1", port, NetPolicy.parse([f"127.0.0.1:{port}"])) == ("127.0.0.1",)


def test_the_ports_of_the_schemes_are_not_among_them() -> None:
    assert not REFUSED_PORTS & {*DEFAULT_PORTS.values(), 8080, 8443, 8554, 10080}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_allowing_one_port_allows_no_other(watched: Trap, tmp_path: Path, scheme: str) -> None:
    policy = NetPolicy.parse([f"127.0.0.1:{watched.port + 1}", "localhost:80"])
    assert isinstance(refused(f"{scheme}://127.0.0.1:{watched.port}/a/b", tmp_path, policy), RefusedAddress)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_message_tells_credentials(tmp_path: Path, scheme: str) -> None:
    url = f"{scheme}://viewer:pass-w0rd@127.0.0.1:9/live/show?token=t0ken&passphrase=pass-phr4se"
    for policy in (NetPolicy(), NetPolicy.parse(["127.0.0.1"])):
        text = str(refused(url, tmp_path, policy))
        assert not any(secret in text for secret in ("viewer", "pass-w0rd", "t0ken", "pass-phr4se"))


# --- RTSP servers that lead elsewhere

SDP = (
    "v=0\r\no=- 0 0 IN IP4 {host}\r\ns=x\r\nc=IN IP4 {host}\r\nt=0 0\r\na=control:{control}\r\n"
    "m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{control}/track\r\n"
)


@contextmanager
def rtsp_that(answer: Callable[[str, str], str]) -> Iterator[tuple[int, list[str]]]:
    """An RTSP server that answers each request as it is told (method, address); its port, and what it was asked."""
    asked: list[str] = []
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            waiting = b""
            while data := connection.recv(4096):
                waiting += data
                while b"\r\n\r\n" in waiting:
                    request, _, waiting = waiting.partition(b"\r\n\r\n")
                    lines = request.decode().split("\r\n")
                    asked.append(lines[0])
                    number = next(line for line in lines if line.lower().startswith("cseq"))
                    method, address, _ = lines[0].split(" ")
                    head, _, body = answer(method, address).partition("\r\n\r\n")
                    length = f"\r\nContent-Length: {len(body)}" if body else ""
                    connection.sendall(f"{head}\r\n{number}{length}\r\n\r\n{body}".encode())

    def accept(listener: socket.socket) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                serve(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=accept, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1], asked
        finally:
            over.set()
            thread.join()


def hostile(kind: str, port: int) -> Callable[[str, str], str]:
    """The answers of a server that wants its client to go to this port of loopback."""
    there = f"rtsp://127.0.0.1:{port}/x"
    base = there if kind == "content base" else ""
    control = there if kind == "control address" else "track"
    transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
    if kind == "transport":
        transport = f"RTP/AVP;unicast;source=127.0.0.1;server_port={port}-{port}"

    def answer(method: str, address: str) -> str:
        if kind == f"redirect of {method}":
            return f"RTSP/1.0 302 Found\r\nLocation: {there}"
        if method == "OPTIONS":
            return "RTSP/1.0 200 OK\r\nPublic: DESCRIBE, SETUP, PLAY"
        if method == "DESCRIBE":
            body = SDP.format(host="127.0.0.1", port=port, control=control)
            return f"RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Base: {base or address}/\r\n\r\n{body}"
        if method == "SETUP":
            return f"RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: {transport}"
        return "RTSP/1.0 200 OK\r\nSession: 1"

    return answer


KINDS = (
    *("redirect of OPTIONS", "redirect of DESCRIBE", "redirect of SETUP", "redirect of PLAY"),
    *("content base", "control address", "transport"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_an_rtsp_server_cannot_send_its_client_elsewhere(watched: Trap, tmp_path: Path, kind: str) -> None:
    with rtsp_that(hostile(kind, watched.port)) as (port, asked):
        refused(f"rtsp://127.0.0.1:{port}/show", tmp_path, NetPolicy.parse([f"127.0.0.1:{port}"]))
    assert asked


@pytest.mark.parametrize("query", ["udp", "tcp&udp", "multicast", "http", "https", "filter_src", "UDP", "a=1&udp"])
def test_an_rtsp_query_is_no_order_to_the_library(watched: Trap, tmp_path: Path, query: str) -> None:
    with rtsp_that(hostile("transport", watched.port)) as (port, asked):
        refused(f"rtsp://127.0.0.1:{port}/show?{query}", tmp_path, NetPolicy.parse([f"127.0.0.1:{port}"]))
    assert asked
    assert not any("udp" in line.lower() for line in asked)


def test_an_rtsp_redirect_to_an_allowed_server_is_followed(tmp_path: Path) -> None:
    with rtsp_that(lambda method, _: "RTSP/1.0 404 Not Found") as (last, asked_last):
        first_answer = f"RTSP/1.0 301 Moved\r\nLocation: rtsp://127.0.0.1:{last}/there"
        with rtsp_that(lambda method, _: first_answer) as (first, _):
            policy = NetPolicy.parse([f"127.0.0.1:{first}", f"127.0.0.1:{last}"])
            refused(f"rtsp://127.0.0.1:{first}/show", tmp_path, policy)
    assert asked_last[0].startswith(f"OPTIONS rtsp://127.0.0.1:{last}/there")


def test_an_rtsp_redirect_loop_ends(tmp_path: Path) -> None:
    ports: list[int] = []
    with rtsp_that(lambda *_: f"RTSP/1.0 302 Found\r\nLocation: rtsp://127.0.0.1:{ports[0]}/show") as (port, asked):
        ports.append(port)
        error = refused(f"rtsp://127.0.0.1:{port}/show", tmp_path, NetPolicy.parse([f"127.0.0.1:{port}"]))
    assert isinstance(error, RefusedAddress)
    assert error.rule == "redirects"
    assert len(asked) == LIMITS.http.redirects + 1
