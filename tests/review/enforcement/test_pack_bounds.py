"""Packs that were made to take memory, disk or time: each is refused, and what is too much in it is named."""

import json
import os
import re
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from review.audit.keys import KeyRing
from review.evidence_packs.errors import PackBroken
from review.evidence_packs.layout import MOST_FILES, zip_pack
from review.evidence_packs.pack import Maker, PackFile, write_pack
from review.evidence_packs.verification import verify_pack

MAKER = Maker(name="甲", at_ms=1_795_500_100_000)
HUGE = 3 << 30
LONG = 192 << 20
# What the check takes beside Python and its libraries; the file that is checked is larger than that.
MOST_KIB = 120 << 10
_CHILD = """
import sys
from pathlib import Path
from review.evidence_packs.verification import verify_pack
try:
    said = f"whole {verify_pack(Path(sys.argv[1])).file_count}"
except Exception as error:
    said = f"{type(error).__name__} {error}"
print(said)
print(Path("/proc/self/status").read_text())
"""


def sparse(path: Path, byte_count: int) -> Path:
    """A file of zeros that takes no place on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(byte_count)
    return path


def make(folder: Path, more: dict[str, bytes | Path]) -> Path:
    """A signed pack of no clips, with these files."""
    files = {"clips.json": b"[]\n"} | more
    written = iter([PackFile(place=place, content=content) for place, content in files.items()])
    return write_pack(written, folder, KeyRing(folder.parent / "keys"), MAKER, "c1")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return make(tmp_path / "pack", {"streams/00/chain.json": b'{"runs": []}', "index.html": b"<p>"})


def checked(path: Path) -> tuple[str, int]:
    """What a process of its own says of the pack, and the most memory that it ever took, in KiB."""
    done = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True)
    peak = re.search(r"^VmHWM:\s+(\d+) kB", done.stdout, re.MULTILINE)
    assert peak is not None
    return done.stdout.partition("\n")[0], int(peak[1])


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_long_file_is_hashed_as_a_stream(tmp_path: Path, form: str) -> None:
    made = make(tmp_path / "pack", {"streams/00/segments/0.ts": sparse(tmp_path / "0.ts", LONG)})
    path = made if form == "folder" else zip_pack(made, tmp_path / "pack.zip")
    said, peak = checked(path)
    assert said == "whole 2"
    assert peak < MOST_KIB


@pytest.mark.parametrize(
    "place",
    [
        *("signature.json", "tagmanifest-sha256.txt", "manifest-sha256.txt", "sm3sums.txt", "bag-info.txt"),
        *("bagit.txt", "data/clips.json", "data/streams/00/chain.json", "data/extra.bin", "extra.bin"),
    ],
)
def test_three_gigabytes_of_zeros_are_named_and_never_read_whole(pack: Path, place: str) -> None:
    sparse(pack / place, HUGE)
    said, peak = checked(pack)
    assert said.startswith(f"PackBroken pack broken: {place}: {'added' if 'extra' in place else 'oversize'}: ")
    assert peak < MOST_KIB


def test_a_zip_whose_list_of_entries_is_long_is_not_read_whole(tmp_path: Path) -> None:
    path = sparse(tmp_path / "pack.zip", HUGE)
    with path.open("ab") as file:
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, HUGE, 0, 0))
    said, peak = checked(path)
    assert said.startswith("PackBroken pack broken: pack.zip: oversize: its list of entries")
    assert peak < MOST_KIB


def _entry(name: str, *, kind: int = stat.S_IFREG, compress: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o644) << 16
    entry.compress_type = compress
    return entry


def _compressed(archive: zipfile.ZipFile) -> None:
    with archive.open(_entry("data/zeros.bin", compress=zipfile.ZIP_DEFLATED), "w") as written:
        for _ in range(64):
            written.write(b"\0" * (1 << 20))


def _many(archive: zipfile.ZipFile) -> None:
    for number in range(MOST_FILES + 1):
        archive.writestr(_entry(f"data/{number:06}"), b"")


def _named(name: str) -> Callable[[zipfile.ZipFile], None]:
    return lambda archive: archive.writestr(_entry(name), b"x")


def _link(archive: zipfile.ZipFile) -> None:
    archive.writestr(_entry("data/link", kind=stat.S_IFLNK), "/etc/passwd")


def _overlapping(archive: zipfile.ZipFile) -> None:
    """Entries that all show the same bytes: small on the disk, endless to whoever adds them up."""
    archive.writestr(_entry("data/a"), b"\0" * 100_000)
    for number in range(50):
        again = _entry(f"data/b{number:02}")
        again.header_offset, again.CRC = 0, archive.infolist()[0].CRC
        again.file_size = again.compress_size = 100_000
        archive.filelist.append(again)


def _lying(archive: zipfile.ZipFile) -> None:
    archive.writestr(_entry("data/a"), b"abc")
    archive.infolist()[0].file_size = 1 << 40


@pytest.mark.parametrize(
    ("fill", "what", "why"),
    [
        (_compressed, "data/zeros.bin", "it is compressed"),
        (_many, f"data/{MOST_FILES:06}", "20000 files at most"),
        (_link, "data/link", "it is a link"),
        (_overlapping, "data/b0", "more bytes than the zip has"),
        (_lying, "data/a", "another size than it takes"),
        (_named("../up"), "../up", "no file of a pack lies there"),
        (_named("/etc/passwd"), "/etc/passwd", "no file of a pack lies there"),
        (_named("data/.."), "data/..", "no file of a pack lies there"),
        (_named("data\\up"), "data\\up", "no file of a pack lies there"),
        (_named("data/" + "a/" * 20 + "x"), "data/a/a", "no file of a pack lies there"),
        (_named("data/" + "a" * 400), "data/aaa", "no file of a pack lies there"),
        (_named("data/\x1b[2Jx"), "data/\\x1b[2Jx", "no file of a pack lies there"),
        (_named("data/folder/"), "data/folder/", "no file of a pack lies there"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_a_zip_that_is_made_to_harm_is_refused_and_its_entry_named(
    tmp_path: Path, fill: Callable[[zipfile.ZipFile], None], what: str, why: str
) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        fill(archive)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(PackBroken) as broken:
        verify_pack(path)
    assert broken.value.what.startswith(what)
    assert why in broken.value.why
    assert set(tmp_path.rglob("*")) == before, "nothing is unpacked"


def test_a_compressed_copy_of_a_whole_pack_is_told_as_such(pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in pack.rglob("*") if file.is_file()):
            archive.write(file, file.relative_to(pack).as_posix())
    with pytest.raises(PackBroken, match="it is compressed"):
        verify_pack(path)


@pytest.mark.parametrize("place", ["data/pipe", "pipe"])
def test_what_is_no_file_is_never_opened(pack: Path, place: str) -> None:
    os.mkfifo(pack / place)
    with pytest.raises(PackBroken) as broken:
        verify_pack(pack)
    assert (broken.value.kind, broken.value.what) == ("added", place)


def test_folders_without_end_are_refused(pack: Path) -> None:
    (pack / "data" / "/".join("a" * 60)).mkdir(parents=True)
    with pytest.raises(PackBroken, match="no file of a pack lies there"):
        verify_pack(pack)


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("clips.json", b'[{"file": "nothing", "noted": {}}]'),
        ("clips.json", b"[1]"),
        ("clips.json", b"{"),
        ("clips.json", b"[" * 100_000),
        ("streams/00/chain.json", b'{"runs": [{"before": 1}]}'),
        ("streams/00/chain.json", b'{"runs": [{"before": {"chain_sha256": "x", "chain_sm3": "y"}, "segments": [{}]}]}'),
        ("streams/00/chain.json", b"[]"),
    ],
)
def test_a_signed_record_of_another_form_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, content: bytes
) -> None:
    monkeypatch.setattr("review.evidence_packs.pack.check_content", lambda pack, found: 0)
    made = make(tmp_path / "pack", {place: content})
    with pytest.raises(PackBroken) as broken:
        verify_pack(made)
    assert broken.value.what == f"data/{place}"


def test_what_could_not_be_checked_again_is_not_signed(tmp_path: Path) -> None:
    rows = json.dumps([{"file": "x", "noted": None}] * 300_000).encode()
    assert len(rows) > 8 << 20
    with pytest.raises(PackBroken, match=r"data/clips\.json: oversize"):
        make(tmp_path / "pack", {"clips.json": rows})
    assert not (tmp_path / "pack").exists()
