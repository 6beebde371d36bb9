"""Capture in a child: what it records, how it ends, and that its death loses and doubles nothing."""

import os
import signal
import threading
from pathlib import Path

import pytest

from ingest.capture.object_store import OBJECT_STORES
from ingest.capture.supervisor import STORE_SCHEMES, CaptureJob, CaptureSupervisor, RestartPolicy
from ingest.clips.clip import cut_clip
from ingest.clips.sandboxed import cut_sandboxed_clip
from ingest.errors import BrokenMedia, ChildReported, ParserDied
from ingest.recording.chain import verify_chain
from ingest.recording.manifest import read_manifest
from ingest.sandbox.process import SandboxChoice, SandboxLimits
from ingest.types import EndPolicy, Segment
from tests.ingest.processes import descendants, is_gone, parser_of, wait_until
from tests.ingest.support import QUICK, Origin, playlist, record

SOON = RestartPolicy(first_pause_s=0.05)
KINDS: list[SandboxChoice] = ["bubblewrap", "rlimits"]


def never() -> bool:
    return False


def boxed(
    source: str | Path, folder: Path, allow: tuple[str, ...] = (), sandbox: SandboxChoice = "auto"
) -> CaptureSupervisor:
    job = CaptureJob(
        source=str(source), stream_id="s1", folder=folder, allow_net=allow, limits=QUICK, end=EndPolicy(away_s=1.5)
    )
    return CaptureSupervisor(job, sandbox=sandbox, revival=SOON)


@pytest.fixture
def live(origin: Origin, hls: Path) -> list[str]:
    """The names in a live playlist at `/live.m3u8`: a test adds to them, and `END` ends the broadcast."""
    origin.routes |= {f"/s{n}.ts": (hls / f"s{n}.ts").read_bytes() for n in range(6)}
    names: list[str] = []
    origin.routes["/live.m3u8"] = lambda: playlist([n for n in names if n != "END"], ended="END" in names)
    return names


@pytest.mark.parametrize("sandbox", KINDS)
def test_a_child_records_what_this_process_would(media: Path, tmp_path: Path, sandbox: SandboxChoice) -> None:
    capture = boxed(media / "talk.mp4", tmp_path / "boxed", sandbox=sandbox)
    given = list(capture.segments(never))
    here = record(media / "talk.mp4", tmp_path / "here")
    assert [(s.sequence, s.sha256, s.start_ms, s.end_ms) for s in given] == [
        (s.sequence, s.sha256, s.start_ms, s.end_ms) for s in here
    ]
    assert given == read_manifest(tmp_path / "boxed")
    assert (capture.reason, capture.deaths, capture.pid) == ("complete", 0, None)
    assert not list((tmp_path / "boxed").glob("*.part"))


def test_errors_come_in_the_childs_words_with_its_exit_code(origin: Origin, media: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.mp4"
    note.write_text("just words\n" * 500)
    for source, code, words in (
        (note, 1, f"{note}: not readable as media"),
        (tmp_path / "none.mp4", 2, "no such file"),
        (f"{origin.url}/none.m3u8?token=secret", 2, "only public internet addresses"),
        ("gopher://127.0.0.1/x", 2, "refused"),
    ):
        with pytest.raises(ChildReported) as caught:
            list(boxed(source, tmp_path / "out").segments(never))
        assert words in str(caught.value)
        assert "secret" not in str(caught.value)
        assert caught.value.exit_code == code


def test_kill_9_in_the_middle_of_a_live_stream_loses_and_doubles_nothing(
    origin: Origin, live: list[str], hls: Path, tmp_path: Path
) -> None:
    capture = boxed(f"{origin.url}/live.m3u8", tmp_path, (f"127.0.0.1:{origin.port}",))
    live += ["s0.ts", "s1.ts"]
    given: list[Segment] = []
    killed: list[int] = []
    for segment in capture.segments(never):
        given.append(segment)
        if len(given) in (2, 4):
            assert capture.pid is not None
            killed.append(parser_of(capture.pid))
            os.kill(killed[-1], signal.SIGKILL)
            live += [f"s{len(given)}.ts", f"s{len(given) + 1}.ts"]
        if len(given) == 6:
            live.append("END")
    assert [s.sequence for s in given] == [0, 1, 2, 3, 4, 5]
    assert [s.path.read_bytes() for s in given] == [(hls / f"s{n}.ts").read_bytes() for n in range(6)]
    assert given == read_manifest(tmp_path)
    assert (capture.deaths, capture.reason) == (2, "complete")
    verify_chain(tmp_path)
    assert all(is_gone(pid) for pid in killed)


def test_what_a_killed_child_had_closed_and_not_told_is_told(origin: Origin, live: list[str], tmp_path: Path) -> None:
    live += [f"s{n}.ts" for n in range(6)] + ["END"]
    capture = boxed(f"{origin.url}/live.m3u8", tmp_path, (f"127.0.0.1:{origin.port}",))
    segments = capture.segments(never)
    first = next(segments)
    # All that it tells lies in the pipe, and nobody has read it.
    wait_until(lambda: len(read_manifest(tmp_path)) >= 5)
    assert capture.pid is not None
    os.kill(parser_of(capture.pid), signal.SIGKILL)
    assert [s.sequence for s in [first, *segments]] == [0, 1, 2, 3, 4, 5]
    verify_chain(tmp_path)


def test_a_recording_is_continued(media: Path, tmp_path: Path) -> None:
    some = boxed(media / "talk.mp4", tmp_path).segments(never)
    next(some), next(some)
    some.close()  # type: ignore[attr-defined]
    recorded = len(read_manifest(tmp_path))
    assert [s.sequence for s in boxed(media / "talk.mp4", tmp_path).segments(never)] == list(range(recorded, 6))
    verify_chain(tmp_path)


def test_a_child_that_dies_again_and_again_ends_the_capture_with_a_name(origin: Origin, tmp_path: Path) -> None:
    job = CaptureJob(
        source=f"{origin.url}/live.m3u8", stream_id="s1", folder=tmp_path, allow_net=(f"127.0.0.1:{origin.port}",)
    )
    capture = CaptureSupervisor(job, revival=RestartPolicy(most_deaths=3, first_pause_s=0.05))

    def deadly() -> bytes:
        assert capture.pid is not None
        os.kill(parser_of(capture.pid), signal.SIGKILL)
        return playlist([])

    origin.routes["/live.m3u8"] = deadly
    with pytest.raises(ParserDied, match=r"live\.m3u8: .*3 times in a row"):
        list(capture.segments(never))
    assert capture.deaths == 3


def test_a_child_that_falls_silent_is_replaced(origin: Origin, live: list[str], tmp_path: Path) -> None:
    live += ["s0.ts"]
    job = CaptureJob(
        source=f"{origin.url}/live.m3u8", stream_id="s1", folder=tmp_path, allow_net=(f"127.0.0.1:{origin.port}",)
    )
    capture = CaptureSupervisor(job, revival=RestartPolicy(silence_s=3.0, first_pause_s=0.05))
    given: list[Segment] = []
    for segment in capture.segments(never):
        given.append(segment)
        if len(given) == 1:
            assert capture.pid is not None
            os.kill(parser_of(capture.pid), signal.SIGSTOP)
            live += ["s1.ts", "END"]
    assert [s.sequence for s in given] == [0, 1]
    assert capture.deaths == 1


@pytest.mark.parametrize("sandbox", KINDS)
def test_a_stop_ends_the_child_politely(
    origin: Origin, live: list[str], tmp_path: Path, sandbox: SandboxChoice
) -> None:
    live += ["s0.ts"]
    stopped = threading.Event()
    capture = boxed(f"{origin.url}/live.m3u8", tmp_path, (f"127.0.0.1:{origin.port}",), sandbox)
    held: list[int] = []
    for _ in capture.segments(stopped.is_set):
        assert capture.pid is not None
        held += descendants(capture.pid)
        stopped.set()
    assert (capture.reason, capture.deaths) == ("stopped", 0)
    wait_until(lambda: all(is_gone(pid) for pid in held))


def test_only_an_object_store_sees_the_operators_keys(
    monkeypatch: pytest.MonkeyPatch, origin: Origin, live: list[str], tmp_path: Path
) -> None:
    assert frozenset(OBJECT_STORES) == STORE_SCHEMES
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    live += ["s0.ts"]
    capture = boxed(f"{origin.url}/live.m3u8", tmp_path, (f"127.0.0.1:{origin.port}",))
    for _ in capture.segments(never):
        assert capture.pid is not None
        assert all(b"hunter2" not in Path(f"/proc/{p}/environ").read_bytes() for p in descendants(capture.pid))
        live.append("END")


@pytest.fixture(scope="module")
def segments(media: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    return record(media / "talk.mp4", tmp_path_factory.mktemp("recording"))


@pytest.mark.parametrize("sandbox", KINDS)
def test_a_clip_is_the_one_that_this_process_would_cut(
    segments: list[Segment], tmp_path: Path, sandbox: SandboxChoice
) -> None:
    wanted = {"start_ms": 3_000, "end_ms": 7_000, "hit_ms": 5_000}
    here = cut_clip(segments, target=tmp_path / "here" / "c.mp4", **wanted)
    there = cut_sandboxed_clip(segments, target=tmp_path / "there" / "c.mp4", sandbox=sandbox, **wanted)
    assert there.path == tmp_path / "there" / "c.mp4"
    assert (there.sha256, there.start_ms, there.end_ms, there.offset_ms) == (
        here.sha256,
        here.start_ms,
        here.end_ms,
        here.offset_ms,
    )
    assert {p.name for p in (tmp_path / "there").iterdir()} == {p.name for p in (tmp_path / "here").iterdir()}


def test_a_clip_of_nothing_is_broken_media_and_leaves_nothing(segments: list[Segment], tmp_path: Path) -> None:
    with pytest.raises(BrokenMedia, match="no recorded media"):
        cut_sandboxed_clip([], start_ms=0, end_ms=5_000, target=tmp_path / "c.mp4")
    with pytest.raises((BrokenMedia, ParserDied)):
        cut_sandboxed_clip(
            segments, start_ms=0, end_ms=5_000, target=tmp_path / "c.mp4", limits=SandboxLimits(memory_bytes=1 << 20)
        )
    assert list(tmp_path.iterdir()) == []
