"""Hostile media: every input gets an answer, only a child may suffer, and a good stream beside it loses nothing."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.capture.supervisor import CAPTURE_LIMITS, CaptureJob, CaptureSupervisor, RestartPolicy
from ingest.decode.decoder import SegmentDecoder
from ingest.decode.pool import DecodePool
from ingest.errors import BrokenMedia, ChildReported, ParserDied
from ingest.recording.chain import verify_chain
from ingest.recording.manifest import read_manifest
from ingest.sandbox.process import SandboxLimits
from ingest.types import EndPolicy, Segment
from tests.ingest.malformed import Malformed, make_sources, malformed
from tests.ingest.processes import descendants, is_gone, peak_bytes, wait_until
from tests.ingest.support import QUICK, Origin, playlist, record, run_ffmpeg

QUICK_COUNT, NIGHTLY_COUNT = 220, 2_000
QUICK_FILES, NIGHTLY_FILES = 6, 60


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return make_sources(tmp_path_factory.mktemp("sources"))


def as_segment(path: Path, stream_id: str) -> Segment:
    return Segment(
        stream_id=stream_id,
        sequence=0,
        epoch=0,
        path=path,
        start_ms=0,
        end_ms=2_000,
        source_start_ms=0,
        received_at_ms=0,
        byte_count=path.stat().st_size,
        sha256="",
        chain_sha256="",
        gap_before_ms=0,
    )


class Witness:
    """A good stream that is decoded again and again beside the hostile ones, and compared with an undisturbed run."""

    def __init__(self, segments: list[Segment], pool: DecodePool) -> None:
        decoder = SegmentDecoder()
        self._expected = [decoder.decode(segment) for segment in segments]
        self._segments = segments
        self._pool = pool
        self._next = 0

    def decode_next(self) -> None:
        if self._next == len(self._segments):
            self._pool.forget(self._segments[0].stream_id)
            self._next = 0
        given = self._pool.decode(self._segments[self._next]).decoded
        expected = self._expected[self._next]
        assert [s.start_ms for s in given.audio] == [s.start_ms for s in expected.audio]
        assert all(np.array_equal(a.samples, b.samples) for a, b in zip(given.audio, expected.audio, strict=True))
        assert [f.at_ms for f in given.frames] == [f.at_ms for f in expected.frames]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(given.frames, expected.frames, strict=True))
        self._next += 1


def decode_all(inputs: Iterator[Malformed], pool: DecodePool, witness: Witness, folder: Path) -> Counter[str]:
    """What became of each input, each a stream of its own in the shared child."""
    outcomes: Counter[str] = Counter()
    for number, hostile in enumerate(inputs):
        path = folder / f"{number}{hostile.suffix}"
        path.write_bytes(hostile.content)
        stream_id = f"hostile-{number}"
        refusal = None
        try:
            decoded = pool.decode(as_segment(path, stream_id)).decoded
            assert all(np.isfinite(span.samples).all() for span in decoded.audio), hostile.name
        except (BrokenMedia, ParserDied) as error:
            refusal = error
        outcomes["decoded" if refusal is None else type(refusal).__name__] += 1
        if refusal is not None:
            assert str(path) in str(refusal), hostile.name
            assert "/proc/" not in str(refusal), hostile.name
        for pid in (one for holder in pool.pids for one in descendants(holder)):
            assert peak_bytes(pid) < SandboxLimits().memory_bytes, hostile.name
        pool.forget(stream_id)
        path.unlink()
        if number % 10 == 0:
            witness.decode_next()
    return outcomes


def check_decoding(count: int, seed: int, media: Path, sources: dict[str, bytes], tmp_path: Path) -> None:
    pool = DecodePool()
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    try:
        # Without noise substitution, whose random numbers go on from a state that dies with a decoder.
        run_ffmpeg("-i", media / "talk.mp4", "-c:v", "copy", "-c:a", "aac", "-aac_pns", "0", tmp_path / "good.mp4")
        witness = Witness(record(tmp_path / "good.mp4", tmp_path / "good"), pool)
        outcomes = decode_all(malformed(sources, count=count, seed=seed), pool, witness, hostile)
        held = [one for holder in pool.pids for one in descendants(holder)]
    finally:
        pool.close()
    assert outcomes.total() == count
    assert outcomes["decoded"] > count / 10
    assert outcomes["BrokenMedia"] > count / 10
    assert list(hostile.iterdir()) == []
    wait_until(lambda: all(is_gone(pid) for pid in held))


def test_hostile_segments_are_answered_beside_a_good_stream(
    media: Path, sources: dict[str, bytes], tmp_path: Path
) -> None:
    check_decoding(QUICK_COUNT, 1, media, sources, tmp_path)


@pytest.mark.slow
def test_many_hostile_segments_are_answered_beside_a_good_stream(
    media: Path, sources: dict[str, bytes], tmp_path: Path
) -> None:
    check_decoding(NIGHTLY_COUNT, 2, media, sources, tmp_path)


def check_files(inputs: list[Malformed], tmp_path: Path) -> None:
    """Each input as a source of its own: captured, or refused by name."""
    for number, hostile in enumerate(inputs):
        path = tmp_path / f"{number}{hostile.suffix}"
        path.write_bytes(hostile.content)
        folder = tmp_path / f"out-{number}"
        job = CaptureJob(source=str(path), stream_id="s1", folder=folder, end=EndPolicy(away_s=0))
        capture = CaptureSupervisor(job, revival=RestartPolicy(most_deaths=2, first_pause_s=0.05))
        held: list[int] = []
        refusal = ""
        try:
            for _ in capture.segments(lambda: False):
                assert capture.pid is not None
                held += descendants(capture.pid)
                assert all(peak_bytes(pid) < CAPTURE_LIMITS.memory_bytes for pid in held)
        except (ChildReported, ParserDied) as error:
            refusal = str(error)
        assert not refusal or str(path) in refusal, hostile.name
        assert list(folder.glob("*.part")) == [], hostile.name
        wait_until(lambda: all(is_gone(pid) for pid in held))  # noqa: B023 - waited for at once
        verify_chain(folder)


def spread(sources: dict[str, bytes], count: int, seed: int) -> list[Malformed]:
    """Inputs from all over the quick set."""
    inputs = [i for i in malformed(sources, count=NIGHTLY_COUNT, seed=seed) if i.suffix != ".m3u8"]
    return inputs[:: len(inputs) // count][:count]


def test_hostile_files_are_captured_or_refused(sources: dict[str, bytes], tmp_path: Path) -> None:
    check_files(spread(sources, QUICK_FILES, 3), tmp_path)


@pytest.mark.slow
def test_many_hostile_files_are_captured_or_refused(sources: dict[str, bytes], tmp_path: Path) -> None:
    check_files(spread(sources, NIGHTLY_FILES, 4), tmp_path)


def test_a_live_broadcast_goes_on_after_hostile_segments(
    origin: Origin, hls: Path, sources: dict[str, bytes], tmp_path: Path
) -> None:
    good = [(hls / f"s{n}.ts").read_bytes() for n in range(6)]
    hostile = spread(sources, 30, 5)
    names: list[str] = []
    for number, body in enumerate(good):
        origin.routes[f"/s{number}.ts"] = body
        names.append(f"s{number}.ts")
        for index, one in enumerate(hostile[number * 5 : number * 5 + 5]):
            name = f"h{number}-{index}{one.suffix}"
            origin.routes[f"/{name}"] = one.content
            names.append(name)
    origin.routes["/live.m3u8"] = playlist(names, ended=True)
    job = CaptureJob(
        source=f"{origin.url}/live.m3u8",
        stream_id="s1",
        folder=tmp_path,
        allow_net=(f"127.0.0.1:{origin.port}",),
        limits=QUICK,
    )
    capture = CaptureSupervisor(job, revival=RestartPolicy(first_pause_s=0.05))
    given = list(capture.segments(lambda: False))
    recorded = [s.path.read_bytes() for s in given if s.path.read_bytes() in good]
    assert recorded == good
    assert given == read_manifest(tmp_path)
    assert (capture.deaths, capture.reason) == (0, "complete")
    assert list(tmp_path.glob("*.part")) == []
    verify_chain(tmp_path)
