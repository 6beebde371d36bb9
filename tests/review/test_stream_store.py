"""The store: one row a finding, pages without holes, all or nothing, many processes."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from claims.types import Disposition, Finding, Passage, VerdictKind
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind, Segment
from review.errors import ClipPathError, SchemaError, UnknownFindingError, UnknownSegmentError, UnknownStreamError
from review.stores import Stores
from review.streams.rows import shown_source
from review.streams.types import FindingQuery, StreamRecord, StreamState
from tests.review.postgres import fresh_database

MakeFinding = Callable[..., Finding]
MakeSegment = Callable[..., Segment]
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_database(request, tmp_path)


def ids(stores: Stores, query: FindingQuery) -> list[str]:
    return [stored.finding.finding_id for stored in stores.streams.findings(query).findings]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://user:secret@live.example:8443/a/b.m3u8?token=1#x", "https://live.example:8443/a/b.m3u8"),
        ("rtmp://live.example/app/key", "rtmp://live.example/app/key"),
        ("/srv/private/archive.mp4", "archive.mp4"),
        ("file:///srv/private/archive.mp4", "archive.mp4"),
        ("https://user:a@b@live.example/x", "https://live.example/x"),
    ],
    ids=["credentials and query", "nothing to hide", "local path", "file url", "at sign in the password"],
)
def test_a_source_is_shown_without_what_is_secret(source: str, shown: str) -> None:
    assert shown_source(source) == shown


def test_a_stream_comes_back_as_it_was_put_but_for_its_secrets(stores: Stores, stream: StreamRecord) -> None:
    assert stores.streams.stream("s1") == replace(stream, source="https://live.example/room/7.m3u8")
    assert "secret" not in repr(stores.streams.newest())


def test_a_state_carries_its_error_until_the_next(stores: Stores) -> None:
    stores.stream_writer.set_state("s1", StreamState.FAILED, "the origin answers 403")
    assert (stores.streams.stream("s1").state, stores.streams.stream("s1").error) == (
        StreamState.FAILED,
        "the origin answers 403",
    )
    stores.stream_writer.set_state("s1", StreamState.LIVE)
    assert stores.streams.stream("s1").error is None
    with pytest.raises(UnknownStreamError, match="'nope'"):
        stores.stream_writer.set_state("nope", StreamState.ENDED)


def test_a_finding_comes_back_whole(stores: Stores, make_finding: MakeFinding) -> None:
    finding = make_finding()
    stores.stream_writer.add_findings([finding])
    stored = stores.streams.finding("f_power")
    assert stored.finding == finding
    assert (stored.host_id, stored.created_seq, stored.clip_start_ms) == ("h1", 1, None)


def test_the_same_finding_twice_is_one_row_with_the_later_record(stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding(), make_finding(finding_id="f_other")])
    stores.stream_writer.add_findings([make_finding(count=2, disposition=Disposition.NOTE)])
    first, other = stores.streams.findings(FindingQuery()).findings
    assert (first.finding.count, first.finding.disposition, first.created_seq) == (2, Disposition.NOTE, 1)
    assert first.updated_seq > other.updated_seq
    assert ids(stores, FindingQuery(disposition=Disposition.NOTE)) == ["f_power"]


def test_writing_an_equal_finding_again_changes_nothing(stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding()])
    version = stores.streams.findings_version(FindingQuery())
    stores.stream_writer.add_findings([make_finding(), make_finding()])
    assert stores.streams.findings_version(FindingQuery()) == version


def test_a_finding_analysed_again_keeps_the_clip_it_had(stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding()])
    stores.stream_writer.set_clip("f_power", "clips/a.mp4", 22_500)
    stores.stream_writer.add_findings([make_finding(count=3)])
    stored = stores.streams.finding("f_power")
    assert (stored.finding.clip, stored.clip_start_ms, stored.finding.count) == ("clips/a.mp4", 22_500, 3)


@pytest.mark.parametrize("clip", ["/etc/passwd", "../x.mp4", "clips/../../x.mp4", "", "clips\\..\\x.mp4"])
def test_a_clip_outside_the_data_folder_is_refused(stores: Stores, make_finding: MakeFinding, clip: str) -> None:
    stores.stream_writer.add_findings([make_finding()])
    with pytest.raises(ClipPathError):
        stores.stream_writer.set_clip("f_power", clip, 0)
    assert stores.streams.finding("f_power").finding.clip is None


def test_what_belongs_to_nothing_known_is_refused(stores: Stores, make_finding: MakeFinding) -> None:
    with pytest.raises(UnknownStreamError, match="'s9'"):
        stores.stream_writer.add_findings([make_finding(stream_id="s9")])
    with pytest.raises(UnknownStreamError):
        stores.stream_writer.add_passages([Passage(stream_id="s9", id="u", start_ms=0, end_ms=1, text="")])
    with pytest.raises(UnknownFindingError, match="'f_none'"):
        stores.stream_writer.set_clip("f_none", "clips/a.mp4", 0)
    with pytest.raises(UnknownFindingError):
        stores.streams.finding("f_none")


def test_pages_follow_each_other_without_holes_while_findings_arrive(stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings(make_finding(finding_id=f"f{number}") for number in range(5))
    page = stores.streams.findings(FindingQuery(limit=2))
    assert ([stored.finding.finding_id for stored in page.findings], page.more) == (["f0", "f1"], True)
    stores.stream_writer.add_findings([make_finding(finding_id="f0", count=9), make_finding(finding_id="f5")])
    assert ids(stores, FindingQuery(after=page.next_after)) == ["f2", "f3", "f4", "f5"]
    end = stores.streams.findings(FindingQuery(after=page.next_after))
    after_all = stores.streams.findings(FindingQuery(after=end.next_after))
    assert (after_all.findings, after_all.next_after, after_all.more) == ((), end.next_after, False)
    assert ids(stores, FindingQuery(limit=2, newest_first=True)) == ["f5", "f4"]


@pytest.mark.parametrize(
    "query",
    [
        FindingQuery(stream_id="s2"),
        FindingQuery(host_id="h2"),
        FindingQuery(class_id="ORIGIN"),
        FindingQuery(product_id="p2"),
        FindingQuery(disposition=Disposition.NOTE),
    ],
    ids=["stream", "host", "class", "product", "disposition"],
)
def test_each_part_of_a_query_narrows(
    stores: Stores, stream: StreamRecord, make_finding: MakeFinding, query: FindingQuery
) -> None:
    stores.stream_writer.put_stream(replace(stream, stream_id="s2", host=replace(stream.host, id="h2")))
    other = make_finding(
        finding_id="f_2", stream_id="s2", class_id="ORIGIN", product_id="p2", disposition=Disposition.NOTE
    )
    stores.stream_writer.add_findings([make_finding(), other])
    assert ids(stores, query) == ["f_2"]


def test_a_committed_segment_stores_all_and_moves_the_cursor(
    stores: Stores, make_finding: MakeFinding, make_segment: MakeSegment, passages: tuple[Passage, ...]
) -> None:
    stores.stream_writer.add_segments([make_segment(0), make_segment(1)])
    assert stores.streams.cursor("s1") is None
    stores.stream_writer.commit_segment("s1", 1, findings=[make_finding()], passages=passages)
    stores.stream_writer.commit_segment("s1", 0)
    assert stores.streams.cursor("s1") == 1
    assert ids(stores, FindingQuery()) == ["f_power"]
    assert [passage.id for passage in stores.streams.passages("s1", from_ms=21_000, to_ms=30_000)] == ["c1", "u0", "u1"]


def test_a_commit_that_fails_leaves_nothing_behind(
    stores: Stores, make_finding: MakeFinding, make_segment: MakeSegment, passages: tuple[Passage, ...]
) -> None:
    stores.stream_writer.add_segments([make_segment(0)])
    stores.stream_writer.commit_segment("s1", 0)
    with pytest.raises(UnknownSegmentError, match="segment 1 "):
        stores.stream_writer.commit_segment("s1", 1, findings=[make_finding()], passages=passages)
    assert stores.streams.cursor("s1") == 0
    assert ids(stores, FindingQuery()) == []
    assert stores.streams.passages("s1") == ()


def test_coverage_counts_only_what_was_really_analysed(stores: Stores, make_segment: MakeSegment) -> None:
    stores.stream_writer.add_segments([make_segment(0), make_segment(1), make_segment(2)])
    late = make_segment(3, start_ms=10_000, end_ms=12_000, gap_before_ms=4000)
    stores.stream_writer.add_segments([late])
    stores.stream_writer.commit_segment("s1", 0)
    stores.stream_writer.commit_segment("s1", 1, analysed=False)
    stores.stream_writer.commit_segment("s1", 2)
    stores.stream_writer.add_segments([make_segment(0)])
    coverage = stores.streams.coverage("s1")
    assert (coverage.segment_count, coverage.analysed_count) == (4, 2)
    assert (coverage.span_ms, coverage.waiting_ms, coverage.analysed_ms) == (12_000, 6000, 4000)
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in coverage.gaps] == [(GapKind.UNREADABLE, 2000, 4000)]
    assert stores.streams.cursor("s1") == 2
    assert stores.streams.coverage() == coverage


def test_the_ledger_is_stored_with_the_segment_and_wins_over_what_segments_tell(
    stores: Stores, make_segment: MakeSegment
) -> None:
    lost = Gap(kind=GapKind.NETWORK, start_ms=2000, end_ms=9000, why="the connection failed")
    ledger = Coverage(span_ms=14_000, analysed_ms=2000, waiting_ms=5000, gaps=(lost,))
    stores.stream_writer.add_segments([make_segment(0)])
    stores.stream_writer.commit_segment("s1", 0, coverage=ledger)
    for scope in ("s1", None):
        stored = stores.streams.coverage(scope)
        assert (stored.span_ms, stored.analysed_ms, stored.waiting_ms, stored.gaps) == (14_000, 2000, 5000, (lost,))
    assert stored.per_mille == 142
    assert dict(stored.by_kind) == {GapKind.NETWORK: 7000}


@pytest.mark.parametrize("state", [StreamState.ENDED, StreamState.FAILED])
def test_what_still_waits_at_the_end_was_lost(stores: Stores, state: StreamState) -> None:
    lost = Gap(kind=GapKind.SHED, start_ms=0, end_ms=1000, why="disk full")
    stores.stream_writer.put_coverage("s1", Coverage(span_ms=9000, analysed_ms=3000, waiting_ms=5000, gaps=(lost,)))
    stores.stream_writer.set_state("s1", state)
    coverage = stores.streams.coverage("s1")
    assert (coverage.span_ms, coverage.analysed_ms, coverage.waiting_ms) == (9000, 3000, 0)
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in coverage.gaps] == [
        (GapKind.SHED, 0, 1000),
        (GapKind.CRASH, 4000, 9000),
    ]


def test_coverage_of_a_stream_without_segments_is_zero(stores: Stores) -> None:
    coverage = stores.streams.coverage("s1")
    assert (coverage.segment_count, coverage.span_ms, coverage.analysed_ms, coverage.gap_ms) == (0, 0, 0, 0)


def test_the_tally_counts_verdicts_in_the_queue_and_dispositions_of_all(
    stores: Stores, make_finding: MakeFinding
) -> None:
    banned = VerdictKind.BANNED
    stores.stream_writer.add_findings(
        [
            make_finding(),
            make_finding(finding_id="f_b", verdict=banned),
            make_finding(finding_id="f_n", verdict=banned, disposition=Disposition.NOTE),
        ]
    )
    tally = stores.streams.tally("s1")
    assert tally.by_verdict == {VerdictKind.CONTRADICTED: 1, banned: 1}
    assert tally.by_disposition == {Disposition.FLAG: 2, Disposition.NOTE: 1}


WRITER = """
import sys
from dataclasses import replace
from review.stores import Stores
from review.streams.types import FindingQuery
store = Stores.open(sys.argv[1])
template = store.streams.finding("f_power").finding
for number in range(40):
    shared = replace(template, finding_id=f"shared_{number}", count=number)
    own = replace(template, finding_id=f"{sys.argv[2]}_{number}")
    store.stream_writer.commit_segment("s1", number, findings=[own, shared])
"""


@pytest.mark.service
def test_two_processes_write_while_a_third_reads_every_finding_once(
    stores: Stores, database_url: str, make_finding: MakeFinding, make_segment: MakeSegment
) -> None:
    stores.stream_writer.add_segments(make_segment(number) for number in range(40))
    stores.stream_writer.add_findings([make_finding()])
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, database_url, name], cwd=ROOT, stderr=subprocess.PIPE)
        for name in ("a", "b")
    ]
    seen: list[str] = []
    after = 0
    running = True
    while running:
        running = any(writer.poll() is None for writer in writers)
        page = stores.streams.findings(FindingQuery(after=after, limit=7))
        while page.findings:
            seen += [stored.finding.finding_id for stored in page.findings]
            page = stores.streams.findings(FindingQuery(after=page.next_after, limit=7))
        after = page.next_after
    errors = [writer.communicate(timeout=60)[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    expected = {f"{name}_{number}" for name in ("a", "b", "shared") for number in range(40)} | {"f_power"}
    assert len(seen) == len(set(seen))
    assert set(seen) == expected
    assert stores.streams.cursor("s1") == 39


def test_a_database_of_a_later_program_is_refused(stores: Stores, database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SchemaError, match="step 9999"):
        Stores.open(database_url)


def test_overlapping_segments_are_counted_once(stores: Stores, make_segment: MakeSegment) -> None:
    parts = [replace(make_segment(0), start_ms=0, end_ms=2_080), replace(make_segment(1), start_ms=2_000, end_ms=4_000)]
    stores.stream_writer.add_segments(parts)
    for part in parts:
        stores.stream_writer.commit_segment("s1", part.sequence)
    coverage = stores.streams.coverage("s1")
    assert (coverage.span_ms, coverage.waiting_ms, coverage.analysed_ms) == (4_000, 0, 4_000)
