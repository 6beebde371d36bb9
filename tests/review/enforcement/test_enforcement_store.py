"""The whole path in a real database: case, two people, notice, answer, appeal, another senior; whoever hurries."""

import threading
from collections.abc import Callable

import pytest

from claims.types import Finding
from review.cases.decisions import Submission
from review.cases.types import CaseState, Choice
from review.db.engine import open_engine
from review.enforcement.errors import (
    AppealRefused,
    EnforcementError,
    EnforcementNotSetUp,
    MeasureRefused,
    UnknownTokenError,
)
from review.enforcement.linked_accounts import Identifier, IdentifierKind
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import AppealState, Measure, MeasureKind, MeasureState
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.enforcement.people import (
    AUDITOR,
    OTHER_SENIOR,
    REVIEWER,
    SENIOR,
    THIRD_SENIOR,
    Clock,
    confirm,
    decide,
    decide_whole,
    due_kinds,
    wanted,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
MakeFinding = Callable[..., Finding]
CREDIT_CODE = Identifier(kind=IdentifierKind.CREDIT_CODE, value="91310000MA1FL0000X")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def in_force(desk: Stores, case_id: str, clock: Clock) -> Measure:
    """A blacklist entry that binds."""
    measure = desk.enforcement.propose(wanted([case_id], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    return desk.enforcement.approve(measure.id, SENIOR)


def strikes(desk: Stores, host_id: str = "h1") -> int:
    return len(desk.enforcement.host_file(host_id, "a1").strikes)


def kinds(desk: Stores) -> list[str]:
    return due_kinds(desk)


def test_the_whole_path_ends_with_nothing_left_against_a_host_who_was_right(
    desk: Stores, confirmed: str, clock: Clock
) -> None:
    assert desk.enforcement.proposal("h1", "r1").measure is MeasureKind.WARNING
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    token = desk.enforcement.issue_token(measure.id, "r1")
    page = desk.enforcement.page(token)
    assert (page.measure.notice, page.may_answer, page.may_appeal) == (measure.notice, True, False)
    proof = desk.enforcement.hand_in(token, "../../报告.png", PNG)
    assert (proof.name, proof.media_type) == ("报告.png", "image/png")
    desk.enforcement.answer(token, "检测报告在此\x00", [proof])
    assert desk.enforcement.approve(measure.id, SENIOR).state is MeasureState.IN_FORCE
    clock.wait(11 * DAY_MS)
    assert [entry.id for entry in desk.enforcement.blacklist()] == [measure.id]
    appeal = desk.enforcement.appeal(token, "检测报告证明功率属实", [proof])
    assert [waiting.id for waiting in desk.enforcement.open_appeals()] == [appeal.id]
    assert desk.enforcement.had_part(appeal.id) == {"r1", "s1"}
    [(read, against, had_part)] = desk.enforcement.appeals_read(desk.enforcement.open_appeals(), "s2")
    assert (read.id, against.id, had_part) == (appeal.id, measure.id, {"r1", "s1"})
    noted = [(entry.actor, entry.subject) for entry in desk.audit.entries() if entry.action == "appeal.read"]
    assert noted == [("s2", f"appeal:{appeal.id}")]
    assert desk.enforcement.appeals_read((), "s2") == ()
    decide_whole(desk, appeal.id, OTHER_SENIOR, overturn=True, reasons_zh="报告属实")
    after = desk.enforcement.page(token)
    assert (after.measure.state, after.appeals[0].state) == (MeasureState.LIFTED, AppealState.OVERTURNED)
    assert after.defence is not None
    assert after.defence.statement == "检测报告在此"
    assert desk.enforcement.setup.files.read(after.defence.files[0].sha256) == PNG
    assert (desk.enforcement.blacklist(), strikes(desk), desk.cases.case(confirmed).state) == ((), 0, CaseState.CLEARED)
    assert kinds(desk) == [
        "measure.proposed",
        "measure.in_force",
        "appeal.filed",
        "measure.lifted",
        "appeal.overturned",
    ]
    assert desk.audit.verify() is None
    actions = {entry.action for entry in desk.audit.entries()}
    assert {"case.decided", "strike.added", "strike.removed", "host.read", "page.read", "token.issued"} <= actions
    assert "检测报告" not in "".join(desk.audit.export())


def test_an_appeal_that_fails_leaves_the_measure_to_end_by_itself(desk: Stores, confirmed: str, clock: Clock) -> None:
    measure = in_force(desk, confirmed, clock)
    token = desk.enforcement.issue_token(measure.id, "r1")
    appeal = desk.enforcement.appeal(token, "不服")
    with pytest.raises(AppealRefused, match="open"):
        desk.enforcement.appeal(token, "再次不服")
    for person in (REVIEWER, SENIOR, AUDITOR):
        with pytest.raises(AppealRefused):
            decide_whole(desk, appeal.id, person, overturn=False, reasons_zh="x")
    with pytest.raises(AppealRefused, match="reasons"):
        decide_whole(desk, appeal.id, OTHER_SENIOR, overturn=False, reasons_zh=" ")
    decide_whole(desk, appeal.id, OTHER_SENIOR, overturn=False, reasons_zh="证据充分")
    with pytest.raises(AppealRefused, match="already"):
        decide_whole(desk, appeal.id, THIRD_SENIOR, overturn=True, reasons_zh="x")
    again = desk.enforcement.appeal(token, "新证据")
    with pytest.raises(AppealRefused, match="no part"):
        decide_whole(desk, again.id, OTHER_SENIOR, overturn=True, reasons_zh="x")
    assert (strikes(desk), len(desk.enforcement.blacklist())) == (1, 1)
    clock.wait(31 * DAY_MS)
    assert desk.enforcement.blacklist() == ()
    assert (desk.enforcement.expire(), desk.enforcement.expire()) == (1, 0)
    assert desk.enforcement.measure(measure.id, "r1").state is MeasureState.ENDED
    assert kinds(desk)[-1] == "measure.ended"
    with pytest.raises(AppealRefused):
        desk.enforcement.appeal(token, "太晚")


def test_a_proposal_that_nobody_approves_lapses(desk: Stores, confirmed: str, clock: Clock) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    with pytest.raises(MeasureRefused, match="open already"):
        desk.enforcement.propose(wanted([confirmed], clock.ms), SENIOR)
    assert [waiting.id for waiting in desk.enforcement.waiting().measures] == [measure.id]
    clock.wait(40 * DAY_MS)
    fresh = desk.enforcement.propose(wanted([confirmed], clock.ms), SENIOR)
    assert desk.enforcement.measure(measure.id, "r1").state is MeasureState.LAPSED
    assert desk.enforcement.reject(fresh.id, OTHER_SENIOR, "过重").state is MeasureState.REJECTED
    assert kinds(desk) == ["measure.proposed", "measure.lapsed", "measure.proposed", "measure.rejected"]


def test_a_case_that_is_undone_or_cleared_takes_its_strike_and_its_measure_along(
    desk: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    case_id = confirm(desk, make_finding())
    assert strikes(desk) == 1
    desk.cases.undo(case_id, REVIEWER)
    assert strikes(desk) == 0
    decide(desk, case_id, REVIEWER, Choice.VIOLATES, "as_found")
    measure = in_force(desk, case_id, clock)
    desk.cases.reopen(case_id, OTHER_SENIOR)
    assert (strikes(desk), desk.enforcement.measure(measure.id, "r1").state) == (0, MeasureState.IN_FORCE)
    decide(desk, case_id, OTHER_SENIOR, Choice.LAWFUL, "misheard")
    lifted = desk.enforcement.measure(measure.id, "r1")
    assert (lifted.state, lifted.closed_why, lifted.closed_by) == (MeasureState.LIFTED, "cases_cleared", "s2")
    assert kinds(desk)[-1] == "measure.lifted"


def test_the_same_submit_twice_is_one_entry(desk: Stores, make_finding: MakeFinding) -> None:
    case_id = confirm(desk, make_finding())
    before = desk.audit.head()
    [decision] = desk.cases.decisions(case_id)
    from review.cases.decisions import Submission

    again = Submission(
        case_id=case_id, version=0, request_id=f"{case_id[:20]}-0-r1", choice=Choice.VIOLATES, reason="as_found"
    )
    assert desk.cases.decide(again, REVIEWER).id == decision.id
    assert desk.audit.head() == before


def test_accounts_of_one_legal_person_count_together_and_are_watched(
    desk: Stores, confirmed: str, make_finding: MakeFinding, clock: Clock, database_url: str
) -> None:
    spelled = Identifier(kind=IdentifierKind.CREDIT_CODE, value=" 9131 0000-ma1fl0000ｘ")
    desk.enforcement.link("h1", [CREDIT_CODE], "r1")
    assert desk.enforcement.link("h2", [spelled], "r1") == ("h1",)
    confirm(desk, make_finding(finding_id="f2", stream_id="s2"), SENIOR)
    assert (strikes(desk, "h1"), strikes(desk, "h2")) == (2, 2)
    measure = in_force(desk, confirmed, clock)
    assert desk.enforcement.watch() == 2
    assert desk.enforcement.watch() == 0
    [own, linked] = [event for event in desk.events.after("local") if event.kind == "evasion.seen"]
    assert (own.body["linked"], linked.body["linked"], linked.body["streaming_host"]) == (False, True, "h2")
    assert linked.subject == measure.id
    assert desk.enforcement.host_file("h2", "r1").measures[0].host_id == "h1"
    desk.enforcement.link("h2", [], "r1")
    assert strikes(desk, "h2") == 1
    stored = open_engine(database_url)
    with stored.connect() as connection:
        for row in connection.exec_driver_sql("select * from host_links"):
            assert "91310000" not in repr(row)
    stored.dispose()
    with pytest.raises(EnforcementError, match="too short"):
        desk.enforcement.link("h2", [Identifier(kind=IdentifierKind.PAYEE, value="- -")], "r1")


def test_an_ended_measure_watches_nobody(desk: Stores, confirmed: str, clock: Clock) -> None:
    in_force(desk, confirmed, clock)
    clock.wait(31 * DAY_MS)
    assert desk.enforcement.watch() == 0
    desk.stream_writer.set_state("s1", StreamState.ENDED)
    assert desk.enforcement.expire() == 1


def test_a_link_is_secret_and_ends(desk: Stores, confirmed: str, clock: Clock, database_url: str) -> None:
    measure = in_force(desk, confirmed, clock)
    token = desk.enforcement.issue_token(measure.id, "r1")
    engine = open_engine(database_url)
    with engine.connect() as connection:
        [row] = connection.exec_driver_sql("select * from host_tokens").all()
    engine.dispose()
    assert token not in repr(row)
    assert token not in "".join(desk.audit.export())
    for wrong in ("", token[:-1], token + "x"):
        with pytest.raises(UnknownTokenError):
            desk.enforcement.page(wrong)
    clock.wait(desk.enforcement.page(token).page_until_ms - clock.ms)
    for call in (
        desk.enforcement.page,
        lambda t: desk.enforcement.appeal(t, "x"),
        lambda t: desk.enforcement.hand_in(t, "a", PNG),
    ):
        with pytest.raises(UnknownTokenError):
            call(token)


def test_without_a_setup_the_store_reads_and_keeps_strikes(
    desk: Stores, confirmed: str, clock: Clock, database_url: str
) -> None:
    reader = Stores.over(open_engine(database_url), now=clock)
    assert len(reader.enforcement.host_file("h1", "r1").strikes) == 1
    with pytest.raises(EnforcementNotSetUp):
        reader.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    reader.close()


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call gave or raised, all started together."""
    barrier = threading.Barrier(len(calls))
    given: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            given[place] = call()
        except EnforcementError as error:
            given[place] = error

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


def test_of_many_who_act_at_once_one_is_first(desk: Stores, make_finding: MakeFinding, clock: Clock) -> None:
    for turn in range(4):
        case_id = confirm(desk, make_finding(finding_id=f"f{turn}", quote=f"第{turn}句", claimed=f"{turn} W"))
        proposals = at_once(*[lambda c=case_id: desk.enforcement.propose(wanted([c], clock.ms), REVIEWER)] * 4)
        [measure] = [given for given in proposals if isinstance(given, Measure)]
        clock.wait(10 * DAY_MS)
        approvals = at_once(
            *[
                lambda m=measure, p=person: desk.enforcement.approve(m.id, p)
                for person in (SENIOR, SENIOR, OTHER_SENIOR)
            ]
        )
        assert len([given for given in approvals if isinstance(given, Measure)]) == 1
        approver = desk.enforcement.measure(measure.id, "a1").approved_by
        token = desk.enforcement.issue_token(measure.id, "r1")
        appeals = at_once(*[lambda t=token: desk.enforcement.appeal(t, "不服")] * 3)
        [appeal_id] = [given.id for given in appeals if not isinstance(given, EnforcementError)]  # type: ignore[attr-defined]
        free = next(person for person in (SENIOR, OTHER_SENIOR) if person.id != approver)
        seniors = [SENIOR, OTHER_SENIOR, THIRD_SENIOR]
        decisions = at_once(
            *[
                lambda a=appeal_id, p=person: decide_whole(desk, a, p, overturn=True, reasons_zh="属实")
                for person in seniors
            ],
            desk.enforcement.expire,
        )
        taken = [given for given in decisions[:3] if not isinstance(given, EnforcementError)]
        assert len(taken) == 1
        assert taken[0].decided_by in {free.id, THIRD_SENIOR.id}  # type: ignore[attr-defined]
        assert (strikes(desk), desk.cases.case(case_id).state) == (0, CaseState.CLEARED)
    assert desk.audit.verify() is None
    numbers = [event.sequence for event in desk.events.after("local", limit=1000)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_case_cleared_while_its_measure_is_approved_leaves_no_measure(
    desk: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    for turn in range(4):
        case_id = confirm(desk, make_finding(finding_id=f"f{turn}", quote=f"第{turn}句", claimed=f"{turn} W"))
        choice = wanted([case_id], clock.ms, starts_at_ms=clock.ms, urgent_why="正在播")
        measure = desk.enforcement.propose(choice, REVIEWER)

        def clear(case_id: str = case_id) -> None:
            desk.cases.reopen(case_id, THIRD_SENIOR)
            decide(desk, case_id, THIRD_SENIOR, Choice.LAWFUL, "misheard")

        at_once(clear, lambda m=measure: desk.enforcement.approve(m.id, SENIOR))
        assert desk.enforcement.measure(measure.id, "a1").state is MeasureState.LIFTED
        assert strikes(desk) == 0
    assert desk.audit.verify() is None


def test_a_strike_counts_as_what_people_found(desk: Stores, make_finding: Callable[..., Finding], clock: Clock) -> None:
    desk.stream_writer.add_findings([make_finding()])
    case_id = desk.cases.case_of("f_power")
    assert case_id is not None
    case = desk.cases.case(case_id)
    found = Submission(
        case_id=case_id,
        version=case.version,
        request_id="q1",
        choice=Choice.VIOLATES,
        reason="other_class",
        class_id="DISEASE_FOOD",
    )
    desk.cases.decide(found, REVIEWER)
    [strike] = desk.enforcement.host_file("h1", "a1").strikes
    assert strike.class_id == "DISEASE_FOOD"
    clock.wait(DAY_MS)
    assert dict(desk.enforcement.proposal("h1", "a1").steps[0].factors) == {"health": 50, "first": -25}
