"""Segments of many broadcasts in one transaction: each is whole or not there, whoever comes with it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from claims.types import Finding, Passage
from ingest.recording.ledger import Coverage
from ingest.types import Segment
from review.cases.queries import CaseQuery
from review.db.engine import open_engine
from review.errors import LeaseLost, UnknownSegmentError, UnknownStreamError
from review.scheduling.decisions import Grant
from review.stores import Stores
from review.stream_store.segment_commits import FilingTerms, SegmentCommits, SegmentGiven
from review.streams.types import FindingQuery
from review.stretches.types import StretchTerms
from tests.review.scheduling.conftest import Order
from tests.review.scheduling.test_leases import grant, seen

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
MakeFinding = Callable[..., Finding]
MakeSegment = Callable[..., Segment]
Given = Callable[..., SegmentGiven]


@pytest.fixture
def commits(database_url: str, live: Stores) -> Iterator[SegmentCommits]:
    engine = open_engine(database_url)
    yield SegmentCommits(engine, lambda: datetime(2026, 11, 24, tzinfo=UTC), FilingTerms(flag_at=0.6, second_share=0))
    engine.dispose()


@pytest.fixture
def given(make_finding: MakeFinding, make_segment: MakeSegment) -> Given:
    """What segment number n of a broadcast gave: its own row, a passage, and a finding of its own."""

    def make(stream_id: str, sequence: int = 0, *, token: int | None = None, is_stored: bool = True) -> SegmentGiven:
        finding = make_finding(finding_id=f"f_{stream_id}_{sequence}", stream_id=stream_id, start_ms=sequence * 2_000)
        passage = Passage(stream_id=stream_id, id=f"u{sequence}", start_ms=0, end_ms=1, text="一百瓦")
        return SegmentGiven(
            stream_id=stream_id,
            sequence=sequence,
            findings=(finding,),
            passages=(passage,),
            coverage=Coverage(span_ms=2_000 * (sequence + 1), analysed_ms=2_000, waiting_ms=0, gaps=()),
            terms=StretchTerms(),
            token=token,
            segment=replace(make_segment(sequence), stream_id=stream_id) if is_stored else None,
        )

    return make


def found(live: Stores) -> list[str]:
    return [each.finding.finding_id for each in live.streams.findings(FindingQuery(newest_first=False)).findings]


@BOTH
def test_several_broadcasts_are_stored_at_once_and_told_in_order(
    live: Stores, order: Order, commits: SegmentCommits, given: Given
) -> None:
    names = [order(f"s{number}") for number in range(5)]
    assert commits.write([given(name) for name in names]) == [None] * 5
    assert sorted(found(live)) == [f"f_{name}_0" for name in names]
    told = live.events.after("local", limit=100)
    assert [event.sequence for event in told] == list(range(1, 6))
    assert [event.subject for event in told] == found(live)
    assert [live.streams.cursor(name) for name in names] == [0] * 5
    assert all(live.streams.coverage(name).analysed_count == 1 for name in names)
    # One host says one thing of one product: one case.
    (case,) = live.cases.queue(CaseQuery()).cases
    assert (case.finding_count, case.stream_count) == (5, 5)


@BOTH
def test_who_may_not_store_keeps_nobody_else_from_it(
    live: Stores, order: Order, commits: SegmentCommits, given: Given
) -> None:
    order("s1")
    order("s2")
    lost, held = grant(live, "s1"), grant(live, "s2")
    assert live.leases.apply([Grant(stream_id="s1", worker_id="w2", seen=seen(live, "s1"))]) == 1
    answers = commits.write([given("s1", token=lost.token), given("s2", token=held.token), given("nowhere")])
    assert isinstance(answers[0], LeaseLost)
    assert answers[1] is None
    assert isinstance(answers[2], UnknownStreamError)
    assert found(live) == ["f_s2_0"]
    assert (live.streams.cursor("s1"), live.streams.cursor("s2")) == (None, 0)
    assert live.streams.passages("s1") == ()


@BOTH
def test_what_breaks_the_transaction_is_left_out_alone(
    live: Stores, order: Order, commits: SegmentCommits, given: Given
) -> None:
    order("s1")
    order("s2")
    answers = commits.write([given("s1", is_stored=False), given("s2")])
    assert isinstance(answers[0], UnknownSegmentError)
    assert answers[1] is None
    assert found(live) == ["f_s2_0"]
    assert [event.subject for event in live.events.after("local")] == ["f_s2_0"]


@BOTH
def test_two_segments_of_one_broadcast_that_come_together_are_both_stored(
    live: Stores, order: Order, commits: SegmentCommits, given: Given
) -> None:
    order("s1")
    assert commits.write([given("s1", 0), given("s1", 1)]) == [None, None]
    assert found(live) == ["f_s1_0", "f_s1_1"]
    assert live.streams.cursor("s1") == 1


@BOTH
def test_a_segment_that_comes_twice_is_stored_and_told_once(
    live: Stores, order: Order, commits: SegmentCommits, given: Given
) -> None:
    order("s1")
    for _ in range(2):
        assert commits.write([given("s1")]) == [None]
    assert found(live) == ["f_s1_0"]
    assert len(live.events.after("local")) == 1


@BOTH
def test_writers_of_many_threads_and_two_processes_leave_a_log_without_gaps(
    live: Stores, order: Order, database_url: str, given: Given
) -> None:
    names = [order(f"s{number}") for number in range(8)]
    other = Stores.over(open_engine(database_url))
    failed: list[BaseException] = []

    def carry(stores: Stores, name: str) -> None:
        try:
            for sequence in range(4):
                one = given(name, sequence)
                stores.stream_writer.commit_segment(
                    name,
                    sequence,
                    findings=one.findings,
                    passages=one.passages,
                    coverage=one.coverage,
                    segment=one.segment,
                )
        except BaseException as error:
            failed.append(error)
            raise

    threads = [
        threading.Thread(target=carry, args=((live, other)[number % 2], name)) for number, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert failed == []
    told = live.events.after("local", limit=1_000)
    assert [event.sequence for event in told] == list(range(1, 33))
    assert [event.subject for event in told] == found(live)
    for name in names:
        assert [e.subject for e in told if e.stream_id == name] == [f"f_{name}_{sequence}" for sequence in range(4)]
    assert live.audit.verify() is None
