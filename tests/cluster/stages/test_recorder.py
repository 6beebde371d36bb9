"""The recorder keeps the ledger: whatever became of a segment, the account sums, and findings pin their seconds."""

import hashlib
import json
import os
import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claims.types import Finding
from cluster.stages.backpressure import Lag
from cluster.stages.decode import DecodeStage
from cluster.stages.recorder import CLIPS, Recorder
from cluster.types import Prepared, ScreenJob
from ingest.capture.supervisor import CaptureJob, CaptureSupervisor, RestartPolicy
from ingest.decode.depth import Depth, DepthPlan
from ingest.recording.chain import GENESIS, chain_sha256, verify_chain
from ingest.recording.ledger import Coverage
from ingest.recording.manifest import read_manifest
from ingest.recording.ring import Ring, read_pins
from ingest.types import EndPolicy, GapKind, RetentionLimits, Segment, Shed
from review.stores import Stores
from review.streams.types import Host, StreamRecord, StreamState
from tests.ingest.faults import assert_sound
from tests.ingest.processes import parser_of
from tests.ingest.servers import flv_server, picture
from tests.ingest.support import record
from tests.review.sample import FINDING


@pytest.fixture
def job(tmp_path: Path) -> ScreenJob:
    """A job whose stream the store knows."""
    url = f"sqlite:///{tmp_path / 'zhenyan.db'}"
    stores = Stores.open(url)
    host = Host(id="h1", name="h1", platform="demo")
    stores.stream_writer.put_stream(
        StreamRecord(stream_id="s1", source="talk.mp4", host=host, title="talk", started_at=None)
    )
    stores.close()
    return ScreenJob(
        stream_id="s1",
        source="talk.mp4",
        recording_dir=tmp_path / "rec",
        passports_file=tmp_path / "none.yaml",
        at=datetime(2026, 11, 24, tzinfo=UTC),
        data_dir=tmp_path,
        database_url=url,
    )


def stored(job: ScreenJob) -> Coverage:
    stores = Stores.open(job.database_url or "")
    try:
        return stores.streams.coverage("s1")
    finally:
        stores.close()


def read(segment: Segment, **changes: object) -> Prepared:
    return replace(Prepared(segment=segment, has_audio=True, has_video=True), **changes)  # type: ignore[arg-type]


def test_every_segment_is_accounted_for(media: Path, job: ScreenJob) -> None:
    segments = record(media / "talk.mp4", job.recording_dir)
    recorder = Recorder(job)
    shed = Shed(stream_id="s1", channel="screen", start_ms=4000, end_ms=4500, why="overload: sound only")
    segments[4].path.unlink()
    outcomes = [
        read(segments[0]),
        read(segments[1], error="damaged"),
        read(segments[2], shed=(shed,)),
        read(segments[3], error="the child died", crashed=True),
        read(segments[4], error="no such file"),
    ]
    for prepared in outcomes:
        recorder.record(prepared, [], [])
        account = recorder.coverage
        assert account.analysed_ms + account.waiting_ms + account.gap_ms == account.span_ms == segments[-1].end_ms
        kept = stored(job)
        assert (kept.span_ms, kept.analysed_ms, kept.gaps) == (account.span_ms, account.analysed_ms, account.gaps)
    assert recorder.coverage.waiting_ms > 1900
    assert [gap.kind for gap in recorder.coverage.gaps] == [
        GapKind.UNREADABLE,
        GapKind.SHED,
        GapKind.CRASH,
        GapKind.SHED,
    ]
    recorder.finish([], [], StreamState.ENDED, None)
    assert stored(job).waiting_ms == 0
    assert stored(job).gaps[-1].why == "the analysis ended before"


def test_a_finding_keeps_its_seconds_from_the_ring(media: Path, job: ScreenJob) -> None:
    segments = record(media / "talk.mp4", job.recording_dir)
    recorder = Recorder(job)
    finding = replace(FINDING, start_ms=11_000, end_ms=11_500)
    for segment in segments:
        recorder.record(read(segment), [], [finding] if segment is segments[-1] else [])
    [pin] = read_pins(job.recording_dir)
    assert (pin.start_ms, pin.end_ms, pin.why) == (1000, 14_000, f"finding {finding.finding_id}")
    Ring(job.recording_dir, RetentionLimits(max_bytes=1), lambda: 0).trim()
    assert [s.sequence for s in read_manifest(job.recording_dir) if s.path.is_file()] == [0, 1, 2, 3, 4, 5]
    recorder.finish([], _again(finding), StreamState.ENDED, None)
    assert len(read_pins(job.recording_dir)) == 1


def _again(finding: Finding) -> list[Finding]:
    return [replace(finding, count=2)]


def test_capture_and_decoding_are_killed_and_the_ledger_sums(job: ScreenJob) -> None:
    """A live broadcast; the capture's process dies after two segments, the decoder's after four.

    The capture's own limits, not brisk ones: on a busy machine two seconds of silence are no fault.
    """
    with flv_server() as server, server.publishing(picture(gop=25)):
        capture = CaptureSupervisor(
            CaptureJob(
                source=server.url,
                stream_id="s1",
                folder=job.recording_dir,
                allow_net=("127.0.0.1",),
                end=EndPolicy(away_s=10),
            ),
            revival=RestartPolicy(first_pause_s=0.05),
        )
        recorder, preparing, taken = Recorder(job), DecodeStage("s1"), list[Segment]()
        for segment in capture.segments(lambda: len(taken) >= 6):
            taken.append(segment)
            prepared, _, _ = preparing.prepare(segment)
            recorder.record(prepared, [], [])
            if len(taken) == 2:
                assert capture.pid is not None
                os.kill(parser_of(capture.pid), signal.SIGKILL)
            if len(taken) == 4:
                for pid in preparing.pids:
                    os.kill(parser_of(pid), signal.SIGKILL)
        preparing.finish()
        recorder.finish([], [], StreamState.ENDED, None)
    assert capture.deaths == 1
    assert preparing.deaths == 1
    assert [s.sequence for s in taken] == list(range(len(taken)))
    assert read_manifest(job.recording_dir) == taken
    verify_chain(job.recording_dir)
    account = stored(job)
    assert account.analysed_ms + account.gap_ms == account.span_ms
    assert account.gaps == assert_sound(job.recording_dir).gaps
    assert set(account.by_kind) == {GapKind.CRASH}


def test_a_clip_comes_with_its_poster_and_is_vouched_for(media: Path, job: ScreenJob) -> None:
    segments = record(media / "talk.mp4", job.recording_dir)
    recorder = Recorder(replace(job, clips_dir=job.data_dir / "clips"))
    first = replace(FINDING, start_ms=4_000, end_ms=4_500)
    second = replace(FINDING, finding_id="f_2", start_ms=6_000, end_ms=6_500)
    for segment in segments:
        recorder.record(read(segment), [], [first, second] if segment is segments[3] else [])
    recorder.finish([], [], StreamState.ENDED, None)
    rows = [json.loads(line) for line in (job.recording_dir / CLIPS).read_text(encoding="utf-8").splitlines()]
    assert [row["finding_id"] for row in rows] == ["f_power", "f_2"]
    link = GENESIS
    for row in rows:
        clip = job.data_dir / "clips" / row["clip"]
        assert hashlib.sha256(clip.read_bytes()).hexdigest() == row["sha256"]
        link = chain_sha256(link, row["sha256"])
        assert row["chain_sha256"] == link
        by_sequence = {s.sequence: s.sha256 for s in segments}
        assert row["segments"]
        assert all(by_sequence[s["sequence"]] == s["sha256"] for s in row["segments"])
        assert clip.with_suffix(".jpg").read_bytes().startswith(b"\xff\xd8")


@dataclass
class Clock:
    now_ms: int = 0

    def __call__(self) -> int:
        return self.now_ms


def test_a_live_stream_that_is_far_behind_loses_pictures_and_no_sound(media: Path, job: ScreenJob) -> None:
    segments = [replace(s, live=True) for s in record(media / "talk.mp4", job.recording_dir)]
    clock = Clock()
    preparing = DecodeStage("s1", new_lag=lambda: Lag(clock))
    try:
        kept_up, _, frames = preparing.prepare(segments[0], segments[0].end_ms)
        clock.now_ms += 60_000
        assert frames
        assert kept_up.shed == ()
        shed = [preparing.prepare(segment, segment.end_ms + 60_000)[0].shed for segment in segments[1:]]
        assert any(shed)
        assert all(one.channel == "screen" for told in shed for one in told)
    finally:
        preparing.finish()


def test_a_late_start_is_made_up_for_and_sheds_nothing(media: Path, job: ScreenJob) -> None:
    segments = [replace(s, live=True) for s in record(media / "talk.mp4", job.recording_dir)]
    preparing = DecodeStage("s1")
    try:
        for number, segment in enumerate(segments):
            prepared, _, _ = preparing.prepare(segment, segment.end_ms + 60_000 - 1_000 * number)
            assert prepared.shed == ()
    finally:
        preparing.finish()


@pytest.mark.parametrize(
    ("depth", "why"),
    [
        (Depth(pictures="none"), "by order: sound alone"),
        (Depth(pictures="sampled", every_ms=600_000), "by order: one picture in 600 s"),
    ],
    ids=["sound alone", "sampled"],
)
def test_what_was_left_out_by_order_is_said_and_is_no_news(media: Path, job: ScreenJob, depth: Depth, why: str) -> None:
    segments = record(media / "talk.mp4", job.recording_dir)
    preparing, recorder = DecodeStage("s1", depth=DepthPlan(usual=depth)), Recorder(job)
    frames, cuts = 0, 0
    try:
        for segment in segments:
            prepared, heard, seen = preparing.prepare(segment, segment.end_ms)
            frames, cuts = frames + len(seen), cuts + len(heard)
            recorder.record(prepared, [], [])
        cuts += len(preparing.finish())
    finally:
        recorder.finish([], [], StreamState.ENDED, None)
    assert frames == (0 if depth.pictures == "none" else 1)
    assert cuts > 0, "speech is heard all the same"
    coverage = stored(job)
    assert {(gap.kind, gap.why) for gap in coverage.gaps} == {(GapKind.ORDERED, why)}
    assert coverage.analysed_ms + coverage.gap_ms == coverage.span_ms
    stores = Stores.open(job.database_url or "")
    assert [event.kind for event in stores.events.after("local")].count("stream.gap") == 0
    stores.close()
