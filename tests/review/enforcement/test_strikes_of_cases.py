"""What a decision on a case leaves in the host's file: its strike, whether it was put right, and what rested on it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import update

from claims.types import ExemptionTrial, Finding
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.db.engine import open_engine
from review.db.tables.cases import DecisionRow
from review.db.upsert import table_of
from review.enforcement.case_consequences import deciders_of
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import MeasureState, Strike
from review.stores import Stores
from review.streams.types import ProductRef, StreamRecord
from tests.review.enforcement.people import OTHER, OTHER_SENIOR, REVIEWER, SENIOR, Clock, confirm, decide, wanted

MakeFinding = Callable[..., Finding]
RIGHT = ExemptionTrial(id="corrected", applies=True, why="说错了")
NOT_RIGHT = ExemptionTrial(id="corrected", applies=False, why="无")
CATEGORY = "electronics/charger"
QUOTED = ExemptionTrial(id="quotation", applies=True, why="引用")


def strike_of(desk: Stores) -> Strike:
    (strike,) = desk.enforcement.host_file("h1", "a1").strikes
    return strike


def told(desk: Stores, action: str) -> list[tuple[str, Mapping[str, object]]]:
    """Of whom the trail tells this, and with what; the newest first."""
    return [(e.subject, json.loads(e.details)) for e in desk.audit.entries() if e.action == action]


@pytest.mark.parametrize(
    ("trials", "corrected"),
    [
        ([(RIGHT,)], True),
        ([(RIGHT,), (QUOTED, RIGHT)], True),
        ([(RIGHT,), ()], False),
        ([(RIGHT,), (NOT_RIGHT,)], False),
        ([(NOT_RIGHT,)], False),
        ([(QUOTED,)], False),
        ([()], False),
    ],
    ids=["one", "each of two", "one of two", "tried in vain on the second", "in vain", "another context", "nothing"],
)
def test_a_strike_is_corrected_only_if_each_of_its_findings_was_put_right(
    desk: Stores, make_finding: MakeFinding, trials: list[tuple[ExemptionTrial, ...]], corrected: bool
) -> None:
    desk.stream_writer.add_findings(
        [
            make_finding(finding_id=f"f{n}", start_ms=26_000 + n * 5000, end_ms=29_000 + n * 5000, exemptions=tried)
            for n, tried in enumerate(trials)
        ]
    )
    (case_id,) = {desk.cases.case_of(f"f{n}") for n in range(len(trials))}
    assert case_id is not None
    decide(desk, case_id, REVIEWER, Choice.VIOLATES, "as_found")
    strike = strike_of(desk)
    assert strike.corrected is corrected
    note = {"case": case_id, "severity": strike.severity, "corrected": corrected}
    assert told(desk, "strike.added") == [("host:h1", note)]


def test_a_strike_has_the_law_of_all_its_findings_and_the_day_of_its_case(
    desk: Stores, stream: StreamRecord, make_finding: MakeFinding, clock: Clock
) -> None:
    goods = ProductRef(product_id="p1", name="双口氮化镓充电器", category=CATEGORY)
    desk.stream_writer.put_stream(replace(stream, products=(goods,)))
    found = [make_finding(finding_id="f1", law=("广告法 9(3)", "广告法 28(2)(2)")), make_finding(finding_id="f2")]
    desk.stream_writer.add_findings([found[0]])
    opened_at_ms = clock.ms
    clock.wait(DAY_MS)
    desk.stream_writer.add_findings([found[1]])
    case_id = desk.cases.case_of("f2")
    assert case_id == desk.cases.case_of("f1")
    assert case_id is not None
    decide(desk, case_id, REVIEWER, Choice.VIOLATES, "as_found")
    strike = strike_of(desk)
    assert strike.law == tuple(sorted({*found[0].law, *found[1].law}))
    assert (strike.case_id, strike.host_id, strike.class_id) == (case_id, "h1", found[0].class_id)
    assert (strike.at_ms, strike.confirmed_at_ms) == (opened_at_ms, clock.ms)
    assert (strike.severity, strike.category) == (desk.cases.case(case_id).severity, CATEGORY)


def give_the_first_id_to_what_was_decided_for(class_id: str, database_url: str) -> None:
    """Has the decision for this class come first by its id, which is drawn by chance and may tell nothing of when."""
    columns = table_of(DecisionRow).c
    engine = open_engine(database_url)
    with engine.begin() as connection:
        changed = connection.execute(update(DecisionRow).where(columns["class"] == class_id).values(decision_id="0"))
        assert changed.rowcount == 1
    engine.dispose()


def test_the_class_that_people_found_last_is_the_strikes(
    desk: Stores, database_url: str, make_finding: MakeFinding, clock: Clock
) -> None:
    case_id = confirm(desk, make_finding())
    other = confirm(desk, make_finding(finding_id="f_other", class_id="ORIGIN", rule="ORIGIN.x"))
    assert {s.case_id: s.class_id for s in desk.enforcement.host_file("h1", "a1").strikes} == {
        case_id: make_finding().class_id,
        other: "ORIGIN",
    }
    for class_id, person in (("PRICE_LOWEST", SENIOR), ("ABS_SUPERLATIVE", OTHER_SENIOR)):
        desk.cases.reopen(case_id, person)
        clock.wait(1000)
        case = desk.cases.case(case_id)
        desk.cases.decide(
            Submission(
                case_id=case_id,
                version=case.version,
                request_id=f"again-{class_id}",
                choice=Choice.VIOLATES,
                reason="other_class",
                class_id=class_id,
            ),
            person,
        )
        if class_id == "PRICE_LOWEST":
            give_the_first_id_to_what_was_decided_for(class_id, database_url)
    assert {s.class_id for s in desk.enforcement.host_file("h1", "a1").strikes} == {"ABS_SUPERLATIVE", "ORIGIN"}
    third = confirm(desk, make_finding(finding_id="f_third", class_id="PATENT", rule="PATENT.x"))
    (own,) = (s for s in desk.enforcement.host_file("h1", "a1").strikes if s.case_id == third)
    assert own.class_id == "PATENT", "what was decided on another case is that case's"


def test_who_decided_on_a_case_is_told_of_that_case_alone(
    desk: Stores, database_url: str, make_finding: MakeFinding
) -> None:
    case_id = confirm(desk, make_finding(), REVIEWER)
    other = confirm(desk, make_finding(finding_id="f_other", class_id="ORIGIN", rule="ORIGIN.x"), OTHER)
    desk.cases.undo(other, OTHER)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        assert deciders_of(connection, [case_id]) == {REVIEWER.id}
        assert deciders_of(connection, [other]) == {OTHER.id}, "a decision that was taken back was one"
        assert deciders_of(connection, [case_id, other]) == {REVIEWER.id, OTHER.id}
        assert deciders_of(connection, []) == frozenset()
    engine.dispose()


def clear(desk: Stores, case_id: str) -> None:
    desk.cases.reopen(case_id, SENIOR)
    decide(desk, case_id, OTHER_SENIOR, Choice.LAWFUL, "misheard")


def test_with_the_last_of_its_cases_a_measure_is_lifted_and_says_why(
    desk: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    first = confirm(desk, make_finding())
    second = confirm(desk, make_finding(finding_id="f_other", class_id="ORIGIN", rule="ORIGIN.x"))
    # A confirmed case that the measure does not rest on holds it up no longer.
    beside = confirm(desk, make_finding(finding_id="f_beside", class_id="PATENT", rule="PATENT.x"))
    clock.wait(DAY_MS)
    measure = desk.enforcement.propose(wanted([first, second], clock.ms), REVIEWER)
    clear(desk, first)
    assert {s.case_id for s in desk.enforcement.host_file("h1", "a1").strikes} == {second, beside}
    assert desk.enforcement.host_file("h1", "a1").measures[0].state is MeasureState.PROPOSED
    assert told(desk, "strike.removed") == [("host:h1", {"case": first, "state": "senior_review"})]
    clock.wait(1000)
    clear(desk, second)
    (lifted,) = desk.enforcement.host_file("h1", "a1").measures
    assert (lifted.state, lifted.closed_why, lifted.closed_by) == (
        MeasureState.LIFTED,
        "cases_cleared",
        OTHER_SENIOR.id,
    )
    assert lifted.closed_at_ms == clock.ms
    assert told(desk, "measure.lifted") == [(f"measure:{measure.id}", {"host": "h1", "why": "cases_cleared"})]
    (event,) = (e for e in desk.events.after("local", limit=1000) if e.kind == "measure.lifted")
    assert (event.body["kind"], event.body["why"]) == ("blacklist", "cases_cleared")
