"""HLS segments encrypted with AES-128, from an origin whose keys come, change, are wrong, or vanish."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from ingest.capture.hls.decryption import decrypt
from ingest.capture.hls.playlist import SegmentKey
from ingest.errors import BrokenMedia
from ingest.types import EndReason
from net.errors import RefusedAddress, UnreachableSource
from net.guard import NetPolicy
from tests.ingest.servers import hls_packager, nginx, picture
from tests.ingest.support import Origin, playlist, record

KEY = bytes(range(16))
OTHER = bytes(range(1, 17))
NUMBERED = SegmentKey(method="AES-128", uri="k", iv=None, form="identity")


def encrypt(content: bytes, key: bytes, vector: bytes) -> bytes:
    padder = PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def number(sequence: int) -> bytes:
    return sequence.to_bytes(16, "big")


def test_the_media_sequence_number_is_the_vector_unless_one_is_given() -> None:
    assert decrypt(encrypt(b"media", KEY, number(7)), KEY, NUMBERED, 7, "u") == b"media"
    given = SegmentKey(method="AES-128", uri="k", iv=OTHER, form="identity")
    assert decrypt(encrypt(b"media", KEY, OTHER), KEY, given, 7, "u") == b"media"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        pytest.param(encrypt(b"media" * 9, KEY, number(7)), OTHER, id="another key"),
        pytest.param(encrypt(b"media" * 9, KEY, number(7))[:-3], KEY, id="cut short"),
        pytest.param(b"", KEY, id="empty"),
        pytest.param(encrypt(b"media", KEY, number(7)), b"<html>", id="a page for a key"),
    ],
)
def test_what_does_not_decrypt_is_broken_media(content: bytes, key: bytes) -> None:
    with pytest.raises(BrokenMedia, match="key"):
        decrypt(content, key, NUMBERED, 7, "u")


def serve(origin: Origin, hls: Path, keys: list[bytes]) -> list[bytes]:
    """Six encrypted segments, each with the key at its place in the list, their vectors from their numbers."""
    clear = [(hls / f"s{n}.ts").read_bytes() for n in range(6)]
    for n, body in enumerate(clear):
        origin.routes[f"/s{n}.ts"] = encrypt(body, keys[n], number(n + 40))
    return clear


def listed(key_tags: dict[int, str]) -> bytes:
    names: list[str] = []
    for n in range(6):
        names += [f"#EXT-X-KEY:{key_tags[n]}"] if n in key_tags else []
        names.append(f"s{n}.ts")
    return playlist(names, first=40, ended=True)


def test_encrypted_segments_are_recorded_in_the_clear_and_a_key_is_fetched_once(
    origin: Origin, hls: Path, tmp_path: Path
) -> None:
    clear = serve(origin, hls, [KEY] * 3 + [OTHER] * 3)
    origin.routes |= {"/k1?t=secret": KEY, "/k2": OTHER}
    origin.routes["/in.m3u8"] = listed(
        {0: 'METHOD=AES-128,URI="k1?t=secret"', 3: 'METHOD=AES-128,URI="k2",KEYFORMAT="identity"'}
    )
    segments = record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert [s.path.read_bytes() for s in segments] == clear
    assert (origin.requests.count("/k1?t=secret"), origin.requests.count("/k2")) == (1, 1)
    assert {s.epoch for s in segments} == {0}


def test_the_open_part_of_a_broadcast_needs_no_key(origin: Origin, hls: Path, tmp_path: Path) -> None:
    clear = serve(origin, hls, [KEY] * 6)
    origin.routes |= {"/k": KEY, "/s2.ts": clear[2], "/s3.ts": clear[3]}
    origin.routes["/in.m3u8"] = listed({0: 'METHOD=AES-128,URI="k"', 2: "METHOD=NONE", 4: 'METHOD=AES-128,URI="k"'})
    segments = record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert [s.path.read_bytes() for s in segments] == clear


def test_a_wrong_key_from_the_start_is_broken_media(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve(origin, hls, [KEY] * 6)
    origin.routes |= {"/k": OTHER, "/in.m3u8": listed({0: 'METHOD=AES-128,URI="k"'})}
    with pytest.raises(BrokenMedia):
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)


@pytest.mark.parametrize("second", [404, OTHER, b"<html>no</html>"], ids=["vanished", "wrong", "a page"])
def test_segments_whose_key_is_lost_leave_a_gap(origin: Origin, hls: Path, tmp_path: Path, second: int | bytes) -> None:
    serve(origin, hls, [KEY] * 6)
    origin.routes |= {"/k1": KEY, "/k2": second, "/k3": KEY}
    tags = {n: f'METHOD=AES-128,URI="k{k}"' for n, k in ((0, 1), (2, 2), (4, 3))}
    origin.routes["/in.m3u8"] = listed(tags)
    ends: list[EndReason] = []
    segments = record(f"{origin.url}/in.m3u8", tmp_path, origin.policy, on_end=ends.append)
    assert len(segments) == 4
    assert abs(sum(s.gap_before_ms for s in segments) - 4000) < 100
    assert ends == [EndReason.COMPLETE]


def test_a_key_that_never_comes_is_told_without_its_token(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve(origin, hls, [KEY] * 6)
    origin.routes["/in.m3u8"] = listed({0: 'METHOD=AES-128,URI="k?t=secret"'})
    with pytest.raises(UnreachableSource) as caught:
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)
    assert "secret" not in str(caught.value)


def test_a_key_at_a_forbidden_address_is_refused(origin: Origin, hls: Path, tmp_path: Path) -> None:
    serve(origin, hls, [KEY] * 6)
    origin.routes["/in.m3u8"] = listed({0: 'METHOD=AES-128,URI="http://10.255.0.1/k"'})
    with pytest.raises(RefusedAddress):
        record(f"{origin.url}/in.m3u8", tmp_path, origin.policy)


def test_what_ffmpeg_encrypts_live_is_recorded_in_the_clear(tmp_path: Path) -> None:
    with nginx(tmp_path / "nginx") as server:
        folder = server.root / "enc"
        folder.mkdir()
        (folder / "key").write_bytes(KEY)
        info = tmp_path / "info"
        info.write_text(f"key\n{folder / 'key'}\n")
        with hls_packager(folder, picture(), "-hls_key_info_file", str(info)):
            url = server.file("enc/live.m3u8")
            segments = record(url, tmp_path / "out", NetPolicy.parse([f"127.0.0.1:{server.http_port}"]), max_ms=3000)
    assert len(segments) >= 3
    assert all(s.path.read_bytes()[:1] == b"\x47" for s in segments)
    assert {s.epoch for s in segments} == {0}
