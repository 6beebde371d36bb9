"""The recorded chain notices every change."""

import json
from pathlib import Path

import pytest

from ingest.chain import GENESIS, MANIFEST, chain_sha256, read_manifest, verify_chain
from ingest.errors import BrokenChain
from tests.ingest.support import record


@pytest.fixture
def recording(media: Path, tmp_path: Path) -> Path:
    record(media / "talk.mp4", tmp_path)
    return tmp_path


def test_an_untouched_recording_verifies(recording: Path) -> None:
    assert verify_chain(recording) == read_manifest(recording)[-1].chain_sha256


def test_the_first_link_follows_genesis(recording: Path) -> None:
    first = read_manifest(recording)[0]
    assert first.chain_sha256 == chain_sha256(GENESIS, first.sha256)


def test_a_moved_folder_still_verifies(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    moved = tmp_path_factory.mktemp("elsewhere") / "copy"
    recording.rename(moved)
    verify_chain(moved)


def test_a_changed_byte_is_named(recording: Path) -> None:
    path = read_manifest(recording)[2].path
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenChain, match="segment 2: its bytes"):
        verify_chain(recording)


def test_a_missing_file_is_named(recording: Path) -> None:
    read_manifest(recording)[1].path.unlink()
    with pytest.raises(BrokenChain, match="segment 1: its file is missing"):
        verify_chain(recording)


@pytest.mark.parametrize(
    ("change", "why"),
    [("drop", "segment 1: it is missing"), ("swap", "segment 1: "), ("rehash", "segment 2: its link")],
)
def test_an_edited_manifest_is_named(recording: Path, change: str, why: str) -> None:
    path = recording / MANIFEST
    rows = path.read_text().splitlines()
    if change == "drop":
        del rows[1]
    elif change == "swap":
        rows[1], rows[2] = rows[2], rows[1]
    else:
        row = json.loads(rows[2])
        victim = recording / row["path"]
        victim.write_bytes(b"other media")
        import hashlib

        row["sha256"] = hashlib.sha256(b"other media").hexdigest()
        rows[2] = json.dumps(row)
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(BrokenChain, match=why):
        verify_chain(recording)


def test_a_row_cut_off_by_a_crash_is_left_out(recording: Path) -> None:
    path = recording / MANIFEST
    whole = len(read_manifest(recording))
    path.write_bytes(path.read_bytes()[:-20])
    assert len(read_manifest(recording)) == whole - 1


def test_a_garbled_row_is_an_error(recording: Path) -> None:
    path = recording / MANIFEST
    path.write_text("{}\n" + path.read_text())
    with pytest.raises(BrokenChain, match="not readable"):
        read_manifest(recording)


def test_an_empty_folder_has_no_segments(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == []
    assert verify_chain(tmp_path) == GENESIS
