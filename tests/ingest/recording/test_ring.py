"""The ring keeps what it must and gives up the oldest first."""

from pathlib import Path

import pytest

from ingest.errors import BrokenChain
from ingest.recording.chain import verify_chain
from ingest.recording.manifest import read_manifest
from ingest.recording.ring import Ring, Room, pin, read_pins, read_trims, trim_ended
from ingest.types import RetentionLimits, Segment
from tests.ingest.support import record, wall_ms


def kept(folder: Path) -> list[int]:
    return [s.sequence for s in read_manifest(folder) if s.path.is_file()]


def test_size_gives_up_the_oldest(media: Path, tmp_path: Path) -> None:
    whole = record(media / "talk.mp4", tmp_path / "whole")
    most = sum(s.byte_count for s in whole[-2:])
    record(media / "talk.mp4", tmp_path / "ring", retention=RetentionLimits(max_bytes=most))
    assert kept(tmp_path / "ring") == [4, 5]
    assert read_trims(tmp_path / "ring") == {0, 1, 2, 3}
    assert verify_chain(tmp_path / "ring") == whole[-1].chain_sha256


def test_age_gives_up_what_was_received_long_ago(media: Path, tmp_path: Path) -> None:
    moments = iter(range(0, 10_000_000, 1000))
    segments = record(media / "talk.mp4", tmp_path, now_ms=lambda: next(moments))
    now_ms = segments[3].received_at_ms + 5000
    Ring(tmp_path, RetentionLimits(max_age_ms=5000), lambda: now_ms).trim()
    assert kept(tmp_path) == [3, 4, 5]
    verify_chain(tmp_path)


def test_what_is_pinned_stays(media: Path, tmp_path: Path) -> None:
    tmp_path.mkdir(exist_ok=True)
    pin(tmp_path, 2500, 4500, "finding f_1")
    record(media / "talk.mp4", tmp_path, retention=RetentionLimits(max_bytes=1))
    assert kept(tmp_path) == [1, 2]
    verify_chain(tmp_path)


def test_a_pin_that_has_run_out_holds_nothing(media: Path, tmp_path: Path) -> None:
    record(media / "talk.mp4", tmp_path)
    pin(tmp_path, 0, 1000, "complaint", until_ms=1000)
    for now_ms, oldest in ((999, 1), (1000, 0)):
        found = Ring(tmp_path, RetentionLimits(), lambda now_ms=now_ms: now_ms).oldest  # type: ignore[misc]
        assert found is not None
        assert found.sequence == oldest
    assert [p.why for p in read_pins(tmp_path)] == ["complaint"]


def test_a_pin_made_while_it_records_is_seen(media: Path, tmp_path: Path) -> None:
    record(media / "talk.mp4", tmp_path)
    ring = Ring(tmp_path, RetentionLimits(max_bytes=1), lambda: 0)
    assert ring.oldest == read_manifest(tmp_path)[0]
    pin(tmp_path, 0, 100, "finding f_2")
    ring.trim()
    assert kept(tmp_path) == [0]


def test_trimmed_is_not_missing(media: Path, tmp_path: Path) -> None:
    record(media / "talk.mp4", tmp_path, retention=RetentionLimits(max_bytes=1))
    assert kept(tmp_path) == []
    verify_chain(tmp_path)
    (tmp_path / "trims.jsonl").unlink()
    with pytest.raises(BrokenChain, match="segment 0: its file is missing"):
        verify_chain(tmp_path)


def test_a_full_disk_takes_the_oldest_of_all_recordings(media: Path, tmp_path: Path) -> None:
    older = record(media / "talk.mp4", tmp_path / "older", now_ms=lambda: 1000, max_ms=5000)
    newer = record(media / "talk.mp4", tmp_path / "newer", now_ms=lambda: 2000, max_ms=3000)
    pin(tmp_path / "older", 0, older[0].end_ms - 100, "finding f_3")
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "manifest.jsonl").write_text("{}\nnot ours\n")
    limits = RetentionLimits()
    room = Room(Ring(tmp_path / "newer", limits, lambda: 3000), tmp_path / "newer", limits, lambda: 3000)
    assert room.make(1)
    assert (kept(tmp_path / "older"), kept(tmp_path / "newer")) == ([0, 2], [0, 1])
    assert room.make(older[2].byte_count + newer[0].byte_count)
    assert (kept(tmp_path / "older"), kept(tmp_path / "newer")) == ([0], [1])
    assert room.make(10**12)
    assert not room.make(1)
    assert (kept(tmp_path / "older"), kept(tmp_path / "newer")) == ([0], [])


def test_a_continued_recording_counts_what_it_has(media: Path, tmp_path: Path) -> None:
    first: list[Segment] = record(media / "talk.mp4", tmp_path, max_ms=5000)
    most = sum(s.byte_count for s in first)
    record(media / "talk.mp4", tmp_path, retention=RetentionLimits(max_bytes=most))
    assert sum(s.byte_count for s in read_manifest(tmp_path) if s.path.is_file()) <= most
    assert kept(tmp_path)[-1] == 5


def test_a_disk_that_runs_low_is_relieved_before_it_is_full(media: Path, tmp_path: Path) -> None:
    """By another process than the one that records, which counts on."""
    record(media / "talk.mp4", tmp_path / "older", now_ms=lambda: 1000, max_ms=5000)
    record(media / "talk.mp4", tmp_path / "newer", now_ms=lambda: 2000)
    most = sum(s.byte_count for s in read_manifest(tmp_path / "newer"))
    recording = Ring(tmp_path / "newer", RetentionLimits(max_bytes=most), lambda: 3000)
    limits = RetentionLimits(min_free_bytes=1 << 60)
    room = Room(Ring(tmp_path / "newer", limits, lambda: 3000), tmp_path / "newer", limits, lambda: 3000)
    pin(tmp_path / "newer", 8500, 9000, "finding f_4")
    room.keep_free()
    assert (kept(tmp_path / "older"), kept(tmp_path / "newer")) == ([], [4])
    recording.trim()
    assert kept(tmp_path / "newer") == [4]
    verify_chain(tmp_path / "older")
    Room(recording, tmp_path / "newer", RetentionLimits(min_free_bytes=0), lambda: 3000).keep_free()
    assert kept(tmp_path / "newer") == [4]


def test_recordings_that_ended_grow_old_as_well(media: Path, tmp_path: Path) -> None:
    record(media / "talk.mp4", tmp_path / "ended", now_ms=lambda: 1000)
    pin(tmp_path / "ended", 0, 100, "finding f_5")
    limits, written_ms = RetentionLimits(max_age_ms=60_000), wall_ms()
    trim_ended(tmp_path, limits, lambda: written_ms)
    assert kept(tmp_path / "ended") == [0, 1, 2, 3, 4, 5]
    trim_ended(tmp_path, limits, lambda: written_ms + 120_000)
    assert kept(tmp_path / "ended") == [0]
    verify_chain(tmp_path / "ended")
