"""Decoding in children gives what decoding here gives, and no child's end costs another stream anything."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.decode.decoder import Dense, SegmentDecoder, frames_between
from ingest.decode.pool import DecodePool
from ingest.decode.shedding import Effort
from ingest.errors import BrokenMedia, ParserDied
from ingest.sandbox.process import SandboxLimits
from ingest.types import DecodedSegment, Segment
from tests.ingest.processes import descendants, is_gone, parser_of, wait_until
from tests.ingest.support import record, run_ffmpeg


@pytest.fixture(scope="module")
def segments(media: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    """Sound without noise substitution, whose random numbers go on from a state that dies with a decoder."""
    folder = tmp_path_factory.mktemp("recording")
    run_ffmpeg("-i", media / "talk.mp4", "-c:v", "copy", "-c:a", "aac", "-aac_pns", "0", folder / "talk.mp4")
    return record(folder / "talk.mp4", folder / "segments")


@pytest.fixture(scope="module")
def unbroken(segments: list[Segment]) -> list[DecodedSegment]:
    """What one decoder in this process makes of them."""
    decoder = SegmentDecoder()
    return [decoder.decode(segment) for segment in segments]


@pytest.fixture
def pool() -> Iterator[DecodePool]:
    made = DecodePool()
    yield made
    held = [pid for holder in made.pids for pid in descendants(holder)]
    made.close()
    wait_until(lambda: all(is_gone(pid) for pid in held))


def assert_same(ours: Sequence[DecodedSegment], theirs: Sequence[DecodedSegment]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert [span.start_ms for span in mine.audio] == [span.start_ms for span in other.audio]
        assert all(np.array_equal(a.samples, b.samples) for a, b in zip(mine.audio, other.audio, strict=True))
        assert [frame.at_ms for frame in mine.frames] == [frame.at_ms for frame in other.frames]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(mine.frames, other.frames, strict=True))


def test_a_child_decodes_as_this_process_would(
    pool: DecodePool, segments: list[Segment], unbroken: list[DecodedSegment]
) -> None:
    boxed = [pool.decode(segment) for segment in segments]
    assert_same([b.decoded for b in boxed], unbroken)
    assert all(b.has_audio and b.has_video for b in boxed)
    assert [b.decoded.segment for b in boxed] == segments
    assert (pool.deaths, len(pool.pids)) == (0, 1)


def test_streams_share_a_child_and_keep_apart(
    pool: DecodePool, segments: list[Segment], unbroken: list[DecodedSegment]
) -> None:
    names = ("a", "b", "c")
    given: dict[str, list[DecodedSegment]] = {name: [] for name in names}
    for number, name in [(n, name) for n in range(4) for name in names]:
        given[name].append(pool.decode(replace(segments[number], stream_id=name)).decoded)
    for name in names:
        assert_same(given[name], unbroken[:4])
    assert len(pool.pids) == 1


def test_more_streams_than_a_child_can_hold_get_another_one(
    pool: DecodePool, segments: list[Segment], unbroken: list[DecodedSegment]
) -> None:
    """A child keeps files of each stream open; those of too many are more than it may have."""
    names = [f"s{number}" for number in range(20)]
    given: dict[str, list[DecodedSegment]] = {name: [] for name in names}
    for segment, name in [(segment, name) for segment in segments for name in names]:
        given[name].append(pool.decode(replace(segment, stream_id=name)).decoded)
    for name in names:
        assert_same(given[name], unbroken)
    assert (pool.deaths, len(pool.pids)) == (0, 3)
    for name in names:
        pool.forget(name)
    assert len(pool.pids) == 1


def test_a_killed_child_costs_nothing(
    pool: DecodePool, segments: list[Segment], unbroken: list[DecodedSegment]
) -> None:
    given = []
    for segment in segments:
        given.append(pool.decode(segment).decoded)
        killed = parser_of(pool.pids[0])
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: is_gone(killed))  # noqa: B023 - waited for at once
    assert_same(given, unbroken)
    assert pool.deaths >= len(segments) - 1


def test_a_child_killed_at_work_is_replaced_and_the_other_stream_goes_on(
    pool: DecodePool, segments: list[Segment], unbroken: list[DecodedSegment]
) -> None:
    good = [pool.decode(segments[0]).decoded, pool.decode(segments[1]).decoded]
    shared = parser_of(pool.pids[0])
    os.kill(shared, signal.SIGSTOP)
    given: list[DecodedSegment] = []
    victim = threading.Thread(
        target=lambda: given.append(pool.decode(replace(segments[0], stream_id="victim")).decoded)
    )
    victim.start()
    # The frozen child was found alive and is asked, and has read nothing.
    wait_until(lambda: "victim" in pool._shared[0]._knows)
    os.kill(shared, signal.SIGKILL)
    victim.join()
    assert_same(given, unbroken[:1])
    good += [pool.decode(segment).decoded for segment in segments[2:]]
    assert_same(good, unbroken)
    assert pool.deaths == 1
    assert len(pool.pids) == 2
    pool.forget("victim")
    assert len(pool.pids) == 1


def test_a_child_that_does_not_answer_is_killed(segments: list[Segment], unbroken: list[DecodedSegment]) -> None:
    pool = DecodePool(request_s=5.0)
    try:
        first = pool.decode(segments[0]).decoded
        frozen = parser_of(pool.pids[0])
        os.kill(frozen, signal.SIGSTOP)
        assert_same([first, pool.decode(segments[1]).decoded], unbroken[:2])
        assert is_gone(frozen)
        assert pool.deaths == 1
    finally:
        pool.close()


def test_a_segment_that_ends_every_child_is_named_and_the_stream_goes_on(segments: list[Segment]) -> None:
    pool = DecodePool(request_s=0.001)
    try:
        with pytest.raises(ParserDied, match=r"segment 0: .*no answer in time") as caught:
            pool.decode(segments[0])
        assert caught.value.sequence == 0
        assert pool.deaths == 2
    finally:
        pool.close()


def test_too_little_memory_is_an_error_with_a_name(segments: list[Segment]) -> None:
    pool = DecodePool(limits=SandboxLimits(memory_bytes=1 << 20))
    try:
        with pytest.raises((BrokenMedia, ParserDied), match="segment 0"):
            pool.decode(segments[0])
    finally:
        pool.close()


def test_a_broken_segment_is_told_and_the_next_is_decoded(
    pool: DecodePool, segments: list[Segment], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.ts"
    broken.write_bytes(b"no media" * 100)
    pool.decode(segments[0])
    with pytest.raises(BrokenMedia, match=r"broken\.ts: segment 1: ") as caught:
        pool.decode(replace(segments[1], path=broken))
    assert caught.value.sequence == 1
    assert pool.decode(segments[2]).decoded.audio
    assert pool.deaths == 0


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "missing"])
def test_what_is_no_plain_file_is_not_handed_to_a_child(
    pool: DecodePool, segments: list[Segment], tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "00000000.ts"
    if kind == "link":
        path.symlink_to(segments[0].path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(BrokenMedia, match="segment 0"):
        pool.decode(replace(segments[0], path=path))


def test_effort_and_density_are_passed_on(pool: DecodePool, segments: list[Segment]) -> None:
    here = SegmentDecoder()
    for segment, effort in zip(
        segments[:3], (Effort.EVERY_KEY_FRAME, Effort.SOUND_ONLY, Effort.EVERY_SECOND), strict=True
    ):
        boxed, own = pool.decode(segment, effort=effort).decoded, here.decode(segment, effort=effort)
        assert_same([boxed], [own])
        assert boxed.shed == own.shed
    dense = Dense(every_ms=200)
    assert_same([pool.decode(segments[3], dense=dense).decoded], [here.decode(segments[3], dense=dense)])


def test_frames_of_a_stretch_come_from_a_child_of_their_own(pool: DecodePool, segments: list[Segment]) -> None:
    asked = {"start_ms": 3_000, "end_ms": 5_000, "every_ms": 500}
    boxed, own = pool.frames_between(segments, **asked), frames_between(segments, **asked)
    assert [frame.at_ms for frame in boxed] == [frame.at_ms for frame in own]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(boxed, own, strict=True))
    assert pool.pids == ()


def test_a_recording_may_vanish_between_two_segments(
    pool: DecodePool, segments: list[Segment], unbroken: list[DecodedSegment], tmp_path: Path
) -> None:
    copies = [replace(s, path=Path(shutil.copy(s.path, tmp_path / s.path.name))) for s in segments[:2]]
    pool.decode(copies[0])
    copies[0].path.unlink()
    os.kill(parser_of(pool.pids[0]), signal.SIGKILL)
    again = pool.decode(copies[1]).decoded
    assert [span.start_ms for span in again.audio] == pytest.approx([unbroken[1].audio[0].start_ms], abs=30)
