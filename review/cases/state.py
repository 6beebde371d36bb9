"""How a case moves: a pure state machine over people's decisions.

A machine opens cases and never closes one. A sampled decision is taken a second time by somebody who does not see the
first; where the two differ, or nobody is sure, a senior decides who has not decided on the case before.
"""

from collections.abc import Sequence

from review.accounts.types import Person, Role
from review.cases.types import FINAL, Case, CaseState, Choice, Decision
from review.errors import DecisionRefused

UNDO_MS = 10_000
_DECIDES = frozenset({Role.REVIEWER, Role.SENIOR, Role.ADMIN})
_SENIOR = frozenset({Role.SENIOR, Role.ADMIN})
_FINAL_OF = {Choice.VIOLATES: CaseState.CONFIRMED, Choice.LAWFUL: CaseState.CLEARED}


def after_decision(case: Case, past: Sequence[Decision], person: Person, choice: Choice) -> CaseState:
    """The state that this person's decision leads to; DecisionRefused says why it may not be taken.

    `past`: the decisions that stand, oldest first.
    """
    if person.role not in _DECIDES:
        raise DecisionRefused(case.id, f"the role {person.role} decides nothing", code="role")
    if case.state in FINAL:
        raise DecisionRefused(case.id, f"it is {case.state} already; a senior can reopen it", code="final")
    if case.state is CaseState.SECOND_REVIEW:
        return _second(case, past, person, choice)
    if case.state is CaseState.SENIOR_REVIEW:
        return _senior(case, past, person, choice)
    if choice is Choice.UNSURE:
        return CaseState.SENIOR_REVIEW
    if choice is Choice.NEEDS_PROOF:
        return CaseState.PROOF
    return CaseState.SECOND_REVIEW if case.sampled else _FINAL_OF[choice]


def _second(case: Case, past: Sequence[Decision], person: Person, choice: Choice) -> CaseState:
    if any(decision.person_id == person.id for decision in past):
        raise DecisionRefused(
            case.id, "the second review is for somebody else than who decided first", code="second_person"
        )
    first = past[-1].choice
    return _FINAL_OF[choice] if choice is first and choice in _FINAL_OF else CaseState.SENIOR_REVIEW


def _senior(case: Case, past: Sequence[Decision], person: Person, choice: Choice) -> CaseState:
    if person.role not in _SENIOR:
        raise DecisionRefused(case.id, "it waits for a senior", code="senior_only")
    if any(decision.person_id == person.id for decision in past):
        raise DecisionRefused(
            case.id, "another senior must decide: this one has decided on it before", code="other_senior"
        )
    if choice is Choice.UNSURE:
        raise DecisionRefused(case.id, "a senior decides: violates, lawful, or ask for proof", code="senior_decides")
    return CaseState.PROOF if choice is Choice.NEEDS_PROOF else _FINAL_OF[choice]


def after_undo(case: Case, past: Sequence[Decision], person: Person, now_ms: int) -> CaseState:
    """The state that taking back the last decision leads to; DecisionRefused if it is too late or another's."""
    if not past or past[-1].person_id != person.id:
        raise DecisionRefused(case.id, "only who decided last can take it back", code="not_yours")
    if now_ms - past[-1].decided_at_ms > UNDO_MS:
        raise DecisionRefused(case.id, f"a decision can be taken back for {UNDO_MS // 1000} s", code="too_late")
    if case.state is not past[-1].after:
        raise DecisionRefused(case.id, "it has moved on since", code="moved_on")
    return past[-1].before


def after_reopening(case: Case, person: Person) -> CaseState:
    """The state of a case that a senior takes up again: with new proof, or on appeal."""
    if case.state is CaseState.PROOF:
        if person.role not in _DECIDES:
            raise DecisionRefused(case.id, f"the role {person.role} reopens nothing", code="role")
        return CaseState.OPEN
    if person.role not in _SENIOR:
        raise DecisionRefused(case.id, "only a senior reopens a decided case", code="senior_only")
    if case.state not in FINAL:
        raise DecisionRefused(case.id, f"it is {case.state}, not decided", code="not_decided")
    return CaseState.SENIOR_REVIEW


def after_finding(state: CaseState) -> CaseState:
    """The state of a case that a further finding joins: said again after it was cleared, it is looked at again."""
    return CaseState.OPEN if state is CaseState.CLEARED else state


def visible_decisions(case: Case, past: Sequence[Decision]) -> tuple[Decision, ...]:
    """What may be shown of earlier decisions: nothing while a second, blind review is waited for."""
    return () if case.state is CaseState.SECOND_REVIEW else tuple(past)


def barred(case: Case, past: Sequence[Decision], person: Person, choice: Choice = Choice.LAWFUL) -> str | None:
    """The code of what keeps this person from deciding so; None: nothing does."""
    try:
        after_decision(case, decisions_in_force(past), person, choice)
    except DecisionRefused as refused:
        return refused.code
    return None


def decisions_in_force(decisions: Sequence[Decision]) -> list[Decision]:
    """Those that were not taken back."""
    return [decision for decision in decisions if decision.undone_at_ms is None]
