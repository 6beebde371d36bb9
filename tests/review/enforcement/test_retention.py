"""What is past its clock goes, with a record of it; what is held, or still needed, stays."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from claims.types import Disposition, Finding, Passage
from review.cases.types import Choice
from review.db.engine import open_engine
from review.enforcement import erasure
from review.enforcement.complaint_intake import Complaint
from review.enforcement.errors import RetentionRefused
from review.enforcement.linked_accounts import Identifier, IdentifierKind
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.retention import RetentionStore
from review.errors import UnknownCaseError, UnknownStreamError
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.enforcement.people import (
    OTHER_SENIOR,
    REVIEWER,
    SENIOR,
    Clock,
    confirm,
    decide,
    decide_whole,
    wanted,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
THREE_YEARS_MS = 1095 * DAY_MS
PDF = b"%PDF-1.7 x"


@pytest.fixture
def kept(desk: Stores, make_finding: Callable[..., Finding], clock: Clock, passages: tuple[Passage, ...]) -> Path:
    """A broadcast with a recording, a case with a clip, a measure that was appealed against with a file."""
    data = desk.enforcement.setup.data_dir
    (data / "clips").mkdir(parents=True)
    (data / "recordings" / "s1").mkdir(parents=True)
    (data / "recordings" / "s1" / "0.ts").write_bytes(b"x")
    for beside in ("f_power.mp4", "f_power.jpg", "f_power.mp4.peaks.json"):
        (data / "clips" / beside).write_bytes(b"x")
    case_id = confirm(desk, make_finding())
    desk.stream_writer.set_clip("f_power", "clips/f_power.mp4", 0)
    desk.stream_writer.add_passages(passages)
    desk.complaints.file(
        Complaint(stream_id="s1", room=None, at=27_000, text="不实", who="viewer", contact="wx-1"), "r1"
    )
    desk.enforcement.link("h1", [Identifier(kind=IdentifierKind.CREDIT_CODE, value="91310000MA1FL0000X")], "r1")
    measure = desk.enforcement.propose(wanted([case_id], clock.ms), REVIEWER)
    token = desk.enforcement.issue_token(measure.id, "r1")
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    appeal = desk.enforcement.appeal(token, "不服", [desk.enforcement.hand_in(token, "a.pdf", PDF)])
    decide_whole(desk, appeal.id, OTHER_SENIOR, overturn=False, reasons_zh="证据充分")
    desk.enforcement.watch()
    desk.stream_writer.set_state("s1", StreamState.ENDED)
    clock.wait(31 * DAY_MS)
    desk.enforcement.expire()
    return data


def subjects(retention: RetentionStore) -> list[str]:
    """What kinds of things a sweep took."""
    return [erased.subject.partition(":")[0] for erased in retention.sweep()]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and "keys" not in path.parts)


def test_everything_of_a_host_goes_when_its_time_is_over(
    desk: Stores, retention: RetentionStore, kept: Path, clock: Clock, database_url: str
) -> None:
    assert retention.sweep() == ()
    clock.wait(THREE_YEARS_MS)
    assert subjects(retention) == ["measure", "host", "tally"]
    clock.wait(THREE_YEARS_MS)
    gone = [erased.kind for erased in retention.sweep()]
    assert gone == ["strike", "case", "broadcast"]
    assert retention.sweep() == ()
    assert files(kept) == []
    assert desk.enforcement.host_file("h1", "a1").strikes == ()
    with pytest.raises(UnknownStreamError):
        desk.streams.stream("s1")
    deleted = [json.loads(entry.details) for entry in desk.audit.entries() if entry.action == "retention.deleted"]
    assert {entry["kind"] for entry in deleted} == {"measure", "link", "strike", "case", "broadcast"}
    assert all(entry["rows"] and "1095 days" in entry["rule"] for entry in deleted)
    assert desk.audit.verify() is None
    told = desk.events.after("local", limit=1000)
    assert {event.kind for event in told} >= {"finding.created", "decision.made", "measure.in_force"}
    assert "一百瓦" not in repr(told)
    left = open_engine(database_url)
    found = {}
    with left.connect() as connection:
        for table in inspect(connection).get_table_names():
            if table not in {"audit", "audit_head", "events", "due_hosts", "streams", "holds"}:
                rows = [repr(row) for row in connection.execute(text(f'select * from "{table}"'))]
                found[table] = [row for row in rows if "'h1'" in row or "'s1'" in row]
    left.dispose()
    assert {table: rows for table, rows in found.items() if rows} == {}


@pytest.mark.parametrize("subject", ["host:h1", "case", "measure"])
def test_what_is_held_stays_until_it_is_released(
    desk: Stores, retention: RetentionStore, kept: Path, clock: Clock, subject: str
) -> None:
    held = desk.enforcement.host_file("h1", "a1")
    names = {"case": f"case:{held.strikes[0].case_id}", "measure": f"measure:{held.measures[0].id}"}
    hold = retention.hold(names.get(subject, subject), "诉讼", SENIOR)
    clock.wait(3 * THREE_YEARS_MS)
    assert not {"case", "stream"} & set(subjects(retention))
    assert "f_power.mp4" in files(kept)
    assert desk.cases.case(held.strikes[0].case_id).state == "confirmed"
    retention.release(hold.id, SENIOR)
    retention.sweep()
    with pytest.raises(UnknownCaseError):
        desk.cases.case(held.strikes[0].case_id)
    with pytest.raises(RetentionRefused, match="released before"):
        retention.release(hold.id, SENIOR)


def test_a_later_deal_starts_the_clock_again(
    desk: Stores, retention: RetentionStore, clock: Clock, make_finding: Callable[..., Finding]
) -> None:
    desk.stream_writer.add_findings([make_finding(finding_id="f2", stream_id="s2", disposition=Disposition.NOTE)])
    desk.stream_writer.set_state("s2", StreamState.ENDED)
    retention.put_deal("s2", clock.ms + 100 * DAY_MS)
    retention.put_deal("s2", clock.ms)
    clock.wait(THREE_YEARS_MS + 50 * DAY_MS)
    assert retention.sweep() == ()
    clock.wait(51 * DAY_MS)
    assert [erased.subject for erased in retention.sweep()] == ["stream:s2"]


def test_more_cases_than_a_statement_takes_go_too(
    desk: Stores,
    retention: RetentionStore,
    clock: Clock,
    make_finding: Callable[..., Finding],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(erasure, "_AT_ONCE", 2)
    cases = set()
    for number in range(5):
        desk.stream_writer.add_findings([make_finding(finding_id=f"f{number}", claimed=f"{number} W")])
        case_id = desk.cases.case_of(f"f{number}")
        assert case_id is not None
        decide(desk, case_id, REVIEWER, Choice.LAWFUL, "misheard")
        cases.add(f"case:{case_id}")
    held = retention.hold("stream:s1", "诉讼", SENIOR)
    clock.wait(THREE_YEARS_MS + DAY_MS)
    assert not {erased.subject for erased in retention.sweep()} & cases
    retention.release(held.id, SENIOR)
    assert {erased.subject for erased in retention.sweep()} & cases == cases


def test_a_clip_that_another_finding_of_the_broadcast_has_stays(
    desk: Stores, retention: RetentionStore, clock: Clock, make_finding: Callable[..., Finding]
) -> None:
    clips = desk.enforcement.setup.data_dir / "clips"
    clips.mkdir(parents=True)
    (clips / "shared.mp4").write_bytes(b"x")
    desk.stream_writer.add_findings([make_finding(finding_id="f1"), make_finding(finding_id="f2", claimed="200 W")])
    for finding_id in ("f1", "f2"):
        desk.stream_writer.set_clip(finding_id, "clips/shared.mp4", 0)
    case_id = desk.cases.case_of("f1")
    assert case_id is not None
    decide(desk, case_id, REVIEWER, Choice.LAWFUL, "misheard")
    clock.wait(THREE_YEARS_MS + DAY_MS)
    assert f"case:{case_id}" in {erased.subject for erased in retention.sweep()}
    assert (clips / "shared.mp4").is_file()


def test_a_live_broadcast_and_an_open_case_never_go(
    desk: Stores, retention: RetentionStore, clock: Clock, make_finding: Callable[..., Finding]
) -> None:
    desk.stream_writer.add_findings([make_finding()])
    clock.wait(4 * THREE_YEARS_MS)
    assert subjects(retention) == ["tally"]
    assert retention.sweep() == ()


def test_a_hold_needs_a_senior_a_reason_and_a_subject(retention: RetentionStore) -> None:
    for subject, why, person in (
        ("host:h1", "诉讼", REVIEWER),
        ("host:h1", " ", SENIOR),
        ("room:1", "诉讼", SENIOR),
        ("host:", "诉讼", SENIOR),
    ):
        with pytest.raises(RetentionRefused):
            retention.hold(subject, why, person)
    hold = retention.hold("host:h1", "诉讼", SENIOR)
    assert retention.holds() == (hold,)
    with pytest.raises(RetentionRefused):
        retention.release(hold.id, replace(REVIEWER))
