"""Each customer's log: written with what it tells of, numbered in the order of commits, nothing in it twice."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from claims.types import Disposition, Finding
from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind, Segment
from review.cases.types import Choice
from review.db.tables.events import EventRow
from review.db.tables.scheduling import OrderRow
from review.errors import LeaseLost, UnknownSegmentError
from review.events.types import Event
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, confirm, decide
from tests.review.sample import advised

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
MakeFinding = Callable[..., Finding]
MakeSegment = Callable[..., Segment]


def kinds(stores: Stores, tenant_id: str = "local") -> list[str]:
    return [event.kind for event in stores.events.after(tenant_id, limit=1000)]


def of_kind(stores: Stores, kind: str, tenant_id: str = "local") -> list[Event]:
    return [event for event in stores.events.after(tenant_id, limit=1000) if event.kind == kind]


@BOTH
def test_a_segment_tells_its_findings_and_gaps_and_told_again_it_tells_nothing(
    told: Stores, make_finding: MakeFinding, make_segment: MakeSegment
) -> None:
    told.stream_writer.add_segments([make_segment(0), make_segment(1)])
    flag, note = make_finding(), make_finding(finding_id="f_note", disposition=Disposition.NOTE)
    gap = Gap(kind=GapKind.NETWORK, start_ms=100, end_ms=300, why="no answer")
    ledger = Coverage(span_ms=2000, analysed_ms=1800, waiting_ms=0, gaps=(gap,))
    for _ in range(2):
        told.stream_writer.commit_segment("s1", 0, findings=[flag, note], coverage=ledger)
    told.stream_writer.commit_segment("s1", 1, findings=[replace(flag, count=2)], coverage=ledger)
    told.stream_writer.set_clip("f_power", "clips/f_power.mp4", 0)
    told.stream_writer.set_clip("f_power", "clips/f_power.mp4", 0)
    assert kinds(told) == [
        "stream.live",
        "finding.created",
        "finding.created",
        "stream.gap",
        "finding.updated",
        "finding.updated",
    ]
    first, updated = of_kind(told, "finding.created")[0], of_kind(told, "finding.updated")
    assert (first.subject, first.stream_id, first.host_id) == ("f_power", "s1", "h1")
    assert first.body["finding"] == advised(flag).to_json()
    assert [event.body["finding"]["count"] for event in updated] == [2, 2]  # type: ignore[index]
    assert updated[1].body["finding"]["clip"] == "clips/f_power.mp4"  # type: ignore[index]
    assert of_kind(told, "stream.gap")[0].body == {
        "kind": "network",
        "start_ms": 100,
        "end_ms": 300,
        "why": "no answer",
    }
    assert [event.sequence for event in told.events.after("local")] == [1, 2, 3, 4, 5, 6]


@BOTH
def test_what_is_not_stored_is_not_told(told: Stores, make_finding: MakeFinding) -> None:
    before = told.events.head("local")
    with pytest.raises(UnknownSegmentError):
        told.stream_writer.commit_segment("s1", 7, findings=[make_finding()])
    with pytest.raises(LeaseLost):
        told.stream_writer.commit_segment("s1", 7, findings=[make_finding()], token=3)
    assert told.events.head("local") == before


def test_a_broadcast_that_ends_fails_or_is_stopped_tells_so_once(told: Stores, clock: Clock) -> None:
    told.stream_writer.set_state("s1", StreamState.ENDED)
    told.stream_writer.set_state("s1", StreamState.ENDED)
    told.stream_writer.set_state("a1", StreamState.FAILED, "the source is gone")
    told.stream_writer.set_state("b1", StreamState.WAITING)
    told.stream_writer.set_state("b1", StreamState.LIVE)
    assert kinds(told) == ["stream.live", "stream.ended"]
    assert kinds(told, "acme") == ["stream.live", "stream.failed"]
    assert of_kind(told, "stream.failed", "acme")[0].body == {"error": "the source is gone"}
    assert kinds(told, "bolt") == ["stream.live", "stream.live"]
    order = dict.fromkeys(("request_key", "policy", "callback_url", "external_id", "max_ms"))
    with told.engine.execution_options(writes=True).begin() as connection:
        values = {"url": "x", "wanted": "stop", "priority": 5, "products": [], "content_sha256": ""}
        values |= {"stream_id": "b1", "tenant_id": "bolt", "created_at_ms": 0, "changed_at_ms": 0}
        connection.execute(OrderRow.__table__.insert().values(values | order))  # type: ignore[attr-defined]
    told.stream_writer.set_state("b1", StreamState.ENDED)
    assert kinds(told, "bolt")[-1] == "stream.stopped"


def test_decisions_are_told_with_findings_and_broadcasts_and_without_who_decided(
    told: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    case_id = confirm(told, make_finding(finding_id="fa", stream_id="a1"))
    clock.wait(1000)
    told.cases.reopen(case_id, SENIOR)
    decide(told, case_id, SENIOR, Choice.LAWFUL, "misheard")
    told.cases.undo(case_id, SENIOR)
    made = of_kind(told, "decision.made", "acme")
    reversed_ = of_kind(told, "decision.reversed", "acme")
    assert [(event.body["state"], event.body["choice"]) for event in made] == [
        ("confirmed", "violates"),
        ("cleared", "lawful"),
    ]
    assert made[0].body["findings"] == ["fa"]
    assert made[0].streams == {"a1"}
    assert [event.body["why"] for event in reversed_] == ["reopened", "undone"]
    shown = made[0].to_json()["data"]
    assert shown["host_id"] == "h1"  # type: ignore[index]
    assert REVIEWER.id not in str(shown)
    assert kinds(told) == ["stream.live"]


@BOTH
def test_a_reader_that_goes_on_after_the_last_number_misses_nothing(told: Stores, make_finding: MakeFinding) -> None:
    writers, each = 6, 8
    stream_of = {0: "s1", 1: "a1", 2: "s1", 3: "b1", 4: "s1", 5: "a1"}
    seen: list[int] = []
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(each):
            told.stream_writer.add_findings(
                [make_finding(finding_id=f"f{writer}-{number}", stream_id=stream_of[writer])]
            )

    def read() -> None:
        while True:
            over = done.is_set()
            seen.extend(event.sequence for event in told.events.after("local", seen[-1] if seen else 0, 3))
            if over and len(seen) >= told.events.head("local"):
                return

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    reader = threading.Thread(target=read)
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join(120)
    done.set()
    reader.join(60)
    assert seen == list(range(1, 3 * each + 2))
    assert len(kinds(told, "acme")) == 2 * each + 1
    with told.engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(EventRow))
    assert total == writers * each + 3
