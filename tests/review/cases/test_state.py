"""The state machine of cases, driven by rules that must hold whatever people do."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from review.accounts.types import Person, Role
from review.cases.state import UNDO_MS, after_decision, after_finding, after_reopening, after_undo
from review.cases.types import FINAL, Case, CaseState, Choice, Decision
from review.errors import DecisionRefused

CASE = Case(
    id="c1",
    key="k",
    host_id="h1",
    host_name="小岚",
    platform="demo",
    product_id="p1",
    product_name="充电器",
    class_id="SPEC_PARAM",
    severity="medium",
    quote="一百瓦",
    state=CaseState.OPEN,
    rank=0.0,
    why=(),
    opened_at_ms=0,
    changed_at_ms=0,
    finding_count=1,
    stream_count=1,
    said_count=1,
    top_finding_id="f1",
    score=0.9,
    version=0,
    sampled=False,
)
REVIEWER = Person(id="r1", name="甲", role=Role.REVIEWER)
OTHER = Person(id="r2", name="乙", role=Role.REVIEWER)
SENIOR = Person(id="s1", name="丙", role=Role.SENIOR)
OTHER_SENIOR = Person(id="s2", name="丁", role=Role.SENIOR)
AUDITOR = Person(id="a1", name="戊", role=Role.AUDITOR)


def decided(person: Person, choice: Choice, before: CaseState, after: CaseState, at_ms: int = 0) -> Decision:
    return Decision(
        id=f"d-{person.id}",
        case_id="c1",
        person_id=person.id,
        choice=choice,
        reason="true",
        before=before,
        after=after,
        decided_at_ms=at_ms,
    )


@pytest.mark.parametrize(
    ("sampled", "choice", "state"),
    [
        pytest.param(False, Choice.VIOLATES, CaseState.CONFIRMED, id="violates"),
        pytest.param(False, Choice.LAWFUL, CaseState.CLEARED, id="lawful"),
        pytest.param(False, Choice.UNSURE, CaseState.SENIOR_REVIEW, id="unsure goes to a senior"),
        pytest.param(False, Choice.NEEDS_PROOF, CaseState.PROOF, id="the seller is asked"),
        pytest.param(True, Choice.VIOLATES, CaseState.SECOND_REVIEW, id="sampled: a second person looks"),
        pytest.param(True, Choice.UNSURE, CaseState.SENIOR_REVIEW, id="sampled and unsure: the senior looks"),
    ],
)
def test_a_first_decision_moves_an_open_case(sampled: bool, choice: Choice, state: CaseState) -> None:
    assert after_decision(replace(CASE, sampled=sampled), [], REVIEWER, choice) is state


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        pytest.param(Choice.VIOLATES, Choice.VIOLATES, CaseState.CONFIRMED, id="agreed"),
        pytest.param(Choice.LAWFUL, Choice.LAWFUL, CaseState.CLEARED, id="agreed that it is lawful"),
        pytest.param(Choice.VIOLATES, Choice.LAWFUL, CaseState.SENIOR_REVIEW, id="disagreed"),
        pytest.param(Choice.LAWFUL, Choice.UNSURE, CaseState.SENIOR_REVIEW, id="unsure"),
    ],
)
def test_a_second_review_agrees_or_goes_to_a_senior(first: Choice, second: Choice, state: CaseState) -> None:
    case = replace(CASE, state=CaseState.SECOND_REVIEW, sampled=True)
    past = [decided(REVIEWER, first, CaseState.OPEN, CaseState.SECOND_REVIEW)]
    assert after_decision(case, past, OTHER, second) is state
    with pytest.raises(DecisionRefused, match="somebody else"):
        after_decision(case, past, REVIEWER, second)


def test_only_a_senior_without_part_in_it_decides_what_was_disputed() -> None:
    case = replace(CASE, state=CaseState.SENIOR_REVIEW)
    past = [decided(SENIOR, Choice.UNSURE, CaseState.OPEN, CaseState.SENIOR_REVIEW)]
    with pytest.raises(DecisionRefused, match="waits for a senior"):
        after_decision(case, past, REVIEWER, Choice.LAWFUL)
    with pytest.raises(DecisionRefused, match="another senior"):
        after_decision(case, past, SENIOR, Choice.LAWFUL)
    with pytest.raises(DecisionRefused, match="a senior decides"):
        after_decision(case, past, OTHER_SENIOR, Choice.UNSURE)
    assert after_decision(case, past, OTHER_SENIOR, Choice.LAWFUL) is CaseState.CLEARED


def test_an_auditor_decides_nothing() -> None:
    with pytest.raises(DecisionRefused, match="auditor"):
        after_decision(CASE, [], AUDITOR, Choice.LAWFUL)
    with pytest.raises(DecisionRefused):
        after_reopening(replace(CASE, state=CaseState.CONFIRMED), AUDITOR)


def test_a_decision_is_taken_back_in_time_by_who_took_it() -> None:
    past = [decided(REVIEWER, Choice.LAWFUL, CaseState.OPEN, CaseState.CLEARED, at_ms=1000)]
    case = replace(CASE, state=CaseState.CLEARED)
    assert after_undo(case, past, REVIEWER, 1000 + UNDO_MS) is CaseState.OPEN
    with pytest.raises(DecisionRefused, match="10 s"):
        after_undo(case, past, REVIEWER, 1001 + UNDO_MS)
    with pytest.raises(DecisionRefused, match="who decided last"):
        after_undo(case, past, OTHER, 1000)
    with pytest.raises(DecisionRefused, match="moved on"):
        after_undo(replace(case, state=CaseState.OPEN), past, REVIEWER, 1000)


def test_a_decided_case_is_taken_up_again_by_a_senior_or_by_being_said_again() -> None:
    confirmed = replace(CASE, state=CaseState.CONFIRMED)
    assert after_reopening(confirmed, SENIOR) is CaseState.SENIOR_REVIEW
    with pytest.raises(DecisionRefused, match="only a senior"):
        after_reopening(confirmed, REVIEWER)
    with pytest.raises(DecisionRefused, match="not decided"):
        after_reopening(CASE, SENIOR)
    assert after_reopening(replace(CASE, state=CaseState.PROOF), REVIEWER) is CaseState.OPEN
    assert after_finding(CaseState.CLEARED) is CaseState.OPEN
    assert after_finding(CaseState.CONFIRMED) is CaseState.CONFIRMED


PEOPLE = (REVIEWER, OTHER, SENIOR, OTHER_SENIOR, AUDITOR)


class Desk(RuleBasedStateMachine):
    """People do anything in any order; what is refused changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.case = replace(CASE, sampled=True)
        self.past: list[Decision] = []
        self.now_ms = 0

    @rule(person=st.sampled_from(PEOPLE), choice=st.sampled_from(Choice), wait_ms=st.integers(0, 2 * UNDO_MS))
    def decide(self, person: Person, choice: Choice, wait_ms: int) -> None:
        self.now_ms += wait_ms
        try:
            after = after_decision(self.case, self.past, person, choice)
        except DecisionRefused:
            return
        self.past.append(decided(person, choice, self.case.state, after, self.now_ms))
        self.case = replace(self.case, state=after)

    @precondition(lambda self: self.past)
    @rule(person=st.sampled_from(PEOPLE), wait_ms=st.integers(0, 2 * UNDO_MS))
    def undo(self, person: Person, wait_ms: int) -> None:
        self.now_ms += wait_ms
        try:
            state = after_undo(self.case, self.past, person, self.now_ms)
        except DecisionRefused:
            return
        self.past.pop()
        self.case = replace(self.case, state=state)

    @rule(person=st.sampled_from(PEOPLE))
    def reopen(self, person: Person) -> None:
        try:
            self.case = replace(self.case, state=after_reopening(self.case, person))
        except DecisionRefused:
            return

    @invariant()
    def a_sampled_case_is_closed_by_two_people(self) -> None:
        if self.case.state in FINAL:
            assert len({decision.person_id for decision in self.past}) >= 2

    @invariant()
    def nobody_but_deciders_decided(self) -> None:
        assert all(decision.person_id != AUDITOR.id for decision in self.past)


Desk.TestCase.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
test_whatever_people_do_the_rules_hold = Desk.TestCase
