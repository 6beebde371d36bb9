"""Cases in a real database: grouped as they come, taken by one, decided once, whoever hurries."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from claims.types import Disposition, Finding
from review.accounts.types import Person, Role
from review.cases.decisions import LEASE_MS, Submission
from review.cases.queries import CaseQuery
from review.cases.types import Case, CaseState, Choice, Decision
from review.db.engine import open_engine
from review.errors import CaseChanged, DecisionRefused, UnknownCaseError
from review.stores import Stores
from review.streams.types import Host, StreamRecord

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
MakeFinding = Callable[..., Finding]
REVIEWER = Person(id="r1", name="甲", role=Role.REVIEWER)
OTHER = Person(id="r2", name="乙", role=Role.REVIEWER)
SENIOR = Person(id="s1", name="丙", role=Role.SENIOR)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, milliseconds: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database_url: str, stream: StreamRecord, clock: Clock) -> Iterator[Stores]:
    """A store in which no case is decided twice; streams s1 and s2 of host h1, s3 of host h2."""
    stores = Stores.over(open_engine(database_url), now=clock, second_share=0.0)
    stores.stream_writer.put_stream(stream)
    stores.stream_writer.put_stream(replace(stream, stream_id="s2"))
    stores.stream_writer.put_stream(replace(stream, stream_id="s3", host=Host(id="h2", name="阿强", platform="demo")))
    yield stores
    stores.close()


def only_case(stores: Stores) -> Case:
    [case] = stores.cases.queue(CaseQuery()).cases
    return case


def submit(
    case: Case, choice: Choice = Choice.VIOLATES, request_id: str = "q1", reason: str = "as_found"
) -> Submission:
    return Submission(case_id=case.id, version=case.version, request_id=request_id, choice=choice, reason=reason)


def test_the_same_claim_in_two_broadcasts_is_one_case(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    desk.stream_writer.add_findings([make_finding(finding_id="f_2", stream_id="s2", count=3)])
    case = only_case(desk)
    assert (case.finding_count, case.stream_count, case.said_count) == (2, 2, 4)
    assert {stored.finding.finding_id for stored in desk.cases.findings(case.id)} == {"f_power", "f_2"}
    assert [reason.code for reason in case.why] == ["harm_medium", "said", "streams"]


def test_another_host_is_another_case_of_the_same_script(desk: Stores, make_finding: MakeFinding) -> None:
    long = "姐妹们这款充电器两个口一起用总功率可以做到100W"
    desk.stream_writer.add_findings(
        [make_finding(normalised=long), make_finding(finding_id="f_3", stream_id="s3", normalised=long)]
    )
    first, second = desk.cases.queue(CaseQuery()).cases
    assert first.host_id != second.host_id
    assert [case.id for case in desk.cases.same_script(first.id)] == [second.id]


def test_a_note_asks_nobodys_time(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding(disposition=Disposition.NOTE)])
    assert desk.cases.queue(CaseQuery()).cases == ()
    assert desk.cases.case_of("f_power") is None


def test_a_slip_put_right_stays_in_its_case_and_waits_longer(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    before = only_case(desk)
    desk.stream_writer.add_findings([make_finding(disposition=Disposition.NOTE)])
    after = only_case(desk)
    assert after.rank < before.rank
    assert "corrected" in {reason.code for reason in after.why}


def test_a_case_is_taken_by_one_at_a_time(desk: Stores, make_finding: MakeFinding, clock: Clock) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    assert desk.cases.claim(case.id, REVIEWER).claimed_by == REVIEWER.id
    with pytest.raises(CaseChanged, match="another reviewer"):
        desk.cases.claim(case.id, OTHER)
    with pytest.raises(CaseChanged, match="another reviewer"):
        desk.cases.decide(submit(case), OTHER)
    clock.wait(LEASE_MS // 2)
    desk.cases.claim(case.id, REVIEWER)
    clock.wait(LEASE_MS - 1)
    with pytest.raises(CaseChanged):
        desk.cases.claim(case.id, OTHER)
    clock.wait(1)
    assert desk.cases.claim(case.id, OTHER).claimed_by == OTHER.id
    desk.cases.release(case.id, REVIEWER)
    assert desk.cases.case(case.id).claimed_by == OTHER.id
    desk.cases.release(case.id, OTHER)
    assert desk.cases.case(case.id).claimed_by is None


def test_a_decision_leaves_the_queue_and_the_same_submit_is_one(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    first = desk.cases.decide(submit(case), REVIEWER)
    assert desk.cases.decide(submit(case), REVIEWER) == first
    assert desk.cases.queue(CaseQuery()).cases == ()
    assert desk.cases.case(case.id).state is CaseState.CONFIRMED
    assert desk.cases.decisions(case.id) == (first,)


def test_who_comes_second_is_told_and_changes_nothing(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    desk.cases.decide(submit(case), REVIEWER)
    with pytest.raises(CaseChanged, match="since you opened it"):
        desk.cases.decide(submit(case, Choice.LAWFUL, "q2", "true"), OTHER)
    assert [decision.choice for decision in desk.cases.decisions(case.id)] == [Choice.VIOLATES]


def test_a_reason_belongs_to_its_choice(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    with pytest.raises(DecisionRefused, match="'misheard' is no reason"):
        desk.cases.decide(submit(only_case(desk), Choice.VIOLATES, "q1", "misheard"), REVIEWER)
    with pytest.raises(UnknownCaseError, match="'nope'"):
        desk.cases.decide(replace(submit(only_case(desk)), case_id="nope"), REVIEWER)


def test_a_decision_is_taken_back_within_ten_seconds(desk: Stores, make_finding: MakeFinding, clock: Clock) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    desk.cases.decide(submit(case), REVIEWER)
    clock.wait(10_000)
    back = desk.cases.undo(case.id, REVIEWER)
    assert back.state is CaseState.OPEN
    [taken_back] = desk.cases.decisions(case.id)
    assert taken_back.undone_at_ms is not None
    desk.cases.decide(replace(submit(back), request_id="q2"), REVIEWER)
    clock.wait(10_001)
    with pytest.raises(DecisionRefused, match="10 s"):
        desk.cases.undo(case.id, REVIEWER)


def test_what_was_cleared_and_is_said_again_is_looked_at_again(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    desk.cases.decide(submit(case, Choice.LAWFUL, "q1", "true"), REVIEWER)
    desk.stream_writer.add_findings([make_finding(count=2)])
    assert desk.cases.case(case.id).state is CaseState.CLEARED
    desk.stream_writer.add_findings([make_finding(finding_id="f_2", stream_id="s2")])
    assert only_case(desk).state is CaseState.OPEN


def test_a_sampled_case_is_decided_by_two(database_url: str, stream: StreamRecord, make_finding: MakeFinding) -> None:
    stores = Stores.over(open_engine(database_url), second_share=1.0)
    stores.stream_writer.put_stream(stream)
    stores.stream_writer.add_findings([make_finding()])
    case = only_case(stores)
    stores.cases.decide(submit(case), REVIEWER)
    waiting = only_case(stores)
    assert waiting.state is CaseState.SECOND_REVIEW
    with pytest.raises(DecisionRefused, match="somebody else"):
        stores.cases.decide(submit(waiting, request_id="q2"), REVIEWER)
    stores.cases.decide(submit(waiting, Choice.LAWFUL, "q3", "true"), OTHER)
    disputed = only_case(stores)
    stores.cases.decide(submit(disputed, Choice.LAWFUL, "q4", "true"), SENIOR)
    assert stores.cases.case(case.id).state is CaseState.CLEARED
    stores.close()


def test_many_are_decided_and_one_that_fails_stops_no_other(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding(), make_finding(finding_id="f_2", claimed="120 W")])
    first, second = desk.cases.queue(CaseQuery()).cases
    given = [submit(first), replace(submit(second, request_id="q2"), version=99)]
    taken = desk.cases.decide_all(given, REVIEWER)
    assert isinstance(taken[0], Decision)
    assert isinstance(taken[1], CaseChanged)


def test_the_queue_is_read_page_by_page_and_filtered(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings(
        [make_finding(finding_id=f"f_{n}", claimed=f"{n} W", severity="high" if n % 2 else "medium") for n in range(7)]
    )
    first = desk.cases.queue(CaseQuery(limit=4))
    rest = desk.cases.queue(CaseQuery(limit=4, after=first.next_after))
    ranks = [case.rank for case in (*first.cases, *rest.cases)]
    assert ranks == sorted(ranks, reverse=True)
    assert len({case.id for case in (*first.cases, *rest.cases)}) == 7
    assert rest.next_after is None
    assert len(desk.cases.queue(CaseQuery(severity="high")).cases) == 3
    assert desk.cases.queue(CaseQuery(host_id="h2")).cases == ()
    counts = desk.cases.counts(CaseQuery())
    assert counts.by_state == {CaseState.OPEN: 7}
    assert counts.by_class == {"SPEC_PARAM": 7}
    assert counts.oldest_ms == first.cases[0].opened_at_ms


def test_two_who_press_at_the_same_moment_make_one_decision(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    ready = threading.Barrier(8)
    outcomes: list[str] = []

    def press(number: int) -> None:
        person = Person(id=f"p{number}", name="", role=Role.REVIEWER)
        ready.wait()
        try:
            desk.cases.decide(submit(case, request_id=f"q{number}"), person)
            outcomes.append("decided")
        except CaseChanged:
            outcomes.append("late")

    threads = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["decided", *["late"] * 7]
    assert len(desk.cases.decisions(case.id)) == 1


def test_broadcasts_that_write_at_the_same_moment_lose_no_finding(desk: Stores, make_finding: MakeFinding) -> None:
    ready = threading.Barrier(6)

    def write(number: int) -> None:
        ready.wait()
        for turn in range(5):
            stream_id = "s1" if number % 2 else "s2"
            desk.stream_writer.add_findings([make_finding(finding_id=f"f_{number}_{turn}", stream_id=stream_id)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    case = only_case(desk)
    assert (case.finding_count, case.stream_count) == (30, 2)


def test_what_many_watch_comes_first_and_says_so(desk: Stores, stream: StreamRecord, make_finding: MakeFinding) -> None:
    desk.stream_writer.put_stream(replace(stream, stream_id="s2", viewers=30_000))
    desk.stream_writer.put_stream(
        replace(stream, stream_id="s3", host=Host(id="h2", name="阿强", platform="demo"), viewers=50_000)
    )
    desk.stream_writer.add_findings([make_finding(), make_finding(finding_id="f_seen", stream_id="s3")])
    first, second = desk.cases.queue(CaseQuery()).cases
    assert (first.host_id, second.host_id) == ("h2", "h1")
    assert {reason.code: reason.count for reason in first.why}["viewers"] == 50_000
    desk.stream_writer.add_findings([make_finding(finding_id="f_again", stream_id="s2")])
    [joined] = [case for case in desk.cases.queue(CaseQuery()).cases if case.host_id == "h1"]
    assert {reason.code: reason.count for reason in joined.why}["viewers"] == 30_000


def test_counts_are_the_same_for_everybody(desk: Stores, make_finding: MakeFinding) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case = only_case(desk)
    desk.cases.decide(submit(case, choice=Choice.UNSURE, reason="unclear_law"), OTHER)
    for person in (OTHER, REVIEWER, SENIOR):
        counts = desk.cases.counts(CaseQuery(decidable_by=person))
        assert counts.by_state == {CaseState.SENIOR_REVIEW: 1}
