"""The recorded chain notices every change."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import BrokenChain
from ingest.recording.chain import GENESIS, chain_sha256, chain_sm3, verify_chain
from ingest.recording.disk import new_sm3
from ingest.recording.manifest import MANIFEST, read_gaps, read_manifest
from ingest.types import GapKind
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
        row["sha256"] = hashlib.sha256(b"other media").hexdigest()
        row["sm3"] = hashlib.new("sm3", b"other media").hexdigest()
        rows[2] = json.dumps(row)
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(BrokenChain, match=why):
        verify_chain(recording)


def test_a_row_cut_off_by_a_crash_is_left_out(recording: Path) -> None:
    path = recording / MANIFEST
    whole = len(read_manifest(recording))
    path.write_bytes(path.read_bytes().rpartition(b'{"record":"end"')[0][:-20])
    assert len(read_manifest(recording)) == whole - 1


def test_a_garbled_row_is_an_error(recording: Path) -> None:
    path = recording / MANIFEST
    path.write_text("{}\n" + path.read_text())
    with pytest.raises(BrokenChain, match="not readable"):
        read_manifest(recording)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("sm3", "0" * 64, "segment 1: its bytes do not give the recorded SM3 hash"),
        ("chain_sm3", "0" * 64, "segment 1: its SM3 link"),
        ("sm3", "", "segment 1: its SM3 hash is missing"),
    ],
)
def test_the_sm3_chain_is_held_as_well(recording: Path, field: str, value: str, why: str) -> None:
    _edit(recording, 1, lambda row: row | {field: value})
    with pytest.raises(BrokenChain, match=why):
        verify_chain(recording)


def test_sm3_is_the_standard_one(recording: Path) -> None:
    """GB/T 32905-2016, example 1; and the chain is made of it."""
    digest = new_sm3()
    digest.update(b"abc")
    assert digest.hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    first, second = read_manifest(recording)[:2]
    assert first.chain_sm3 == chain_sm3(GENESIS, first.sm3)
    assert second.chain_sm3 == chain_sm3(first.chain_sm3, second.sm3)


def _edit(folder: Path, number: int, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    path = folder / MANIFEST
    rows = path.read_text().splitlines()
    rows[number] = json.dumps(change(json.loads(rows[number])))
    path.write_text("\n".join(rows) + "\n")


_NEW_KEYS = {"record", "sm3", "chain_sm3", "container", "drift_ms"}


def as_before(folder: Path) -> None:
    """Makes the recording one of the time before SM3, containers and causes of gaps were kept."""
    path = folder / MANIFEST
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    old = [{k: v for k, v in row.items() if k not in _NEW_KEYS} for row in rows if row["record"] == "segment"]
    path.write_text("".join(json.dumps(row) + "\n" for row in old))


def test_a_recording_of_before_is_read_verified_and_continued(media: Path, tmp_path: Path) -> None:
    record(media / "talk.mp4", tmp_path, max_ms=5000)
    as_before(tmp_path)
    _edit(tmp_path, 2, lambda row: row | {"gap_before_ms": 700})
    segments = read_manifest(tmp_path)
    assert {(s.sm3, s.container) for s in segments} == {("", "mpegts")}
    [gap] = read_gaps(tmp_path)
    assert (gap.kind, gap.start_ms, gap.end_ms) == (GapKind.NETWORK, segments[2].start_ms - 700, segments[2].start_ms)
    verify_chain(tmp_path)
    more = record(media / "talk.mp4", tmp_path)
    assert [s.sequence for s in more] == [3, 4, 5]
    assert more[0].chain_sm3 == chain_sm3(GENESIS, more[0].sm3)
    verify_chain(tmp_path)


def test_an_empty_folder_has_no_segments(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == []
    assert verify_chain(tmp_path) == GENESIS
