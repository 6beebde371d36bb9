"""A case that two seniors decided alike is shown anew, unmarked, and tells how those who decide it later do."""

import uuid
from dataclasses import replace

from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.types import CaseState, Choice
from review.stores import Stores
from tests.review.learning.said import ON_BOTH_DATABASES, broadcast, case_of, found

pytestmark = ON_BOTH_DATABASES


def decide(stores: Stores, case_id: str, person: Person, choice: Choice) -> CaseState:
    case = stores.cases.case(case_id)
    reason = {Choice.VIOLATES: "as_found", Choice.LAWFUL: "rule_wrong"}[choice]
    sent = Submission(case_id=case_id, version=case.version, request_id=str(uuid.uuid4()), choice=choice, reason=reason)
    stores.cases.decide(sent, person)
    return stores.cases.case(case_id).state


def test_two_seniors_make_a_golden_item_by_which_others_are_measured(stores: Stores) -> None:
    anna, bert, carl = (
        stores.people.log_in_known("test", name, name, name, role).person
        for name, role in (("anna", Role.SENIOR), ("bert", Role.SENIOR), ("carl", Role.REVIEWER))
    )
    stores = Stores.over(stores.engine, now=stores.now, second_share=1.0)
    broadcast(stores, "b1")
    case = case_of(stores, found(stores, "b1", "喝了它血压就下来了"))
    assert decide(stores, case.id, anna, Choice.VIOLATES) is CaseState.SECOND_REVIEW
    assert stores.golden.draw(0.5) is None
    assert decide(stores, case.id, bert, Choice.VIOLATES) is CaseState.CONFIRMED
    assert stores.golden.draw(0.0) is None
    shown = stores.golden.draw(0.5)
    assert shown is not None
    assert stores.golden.draw(0.5) is None
    anew = stores.cases.case(shown)
    assert anew.state is CaseState.OPEN
    assert replace(anew, id="", key="").quote == case.quote
    assert shown in {each.id for each in stores.cases.queue(CaseQuery()).cases}
    decide(stores, shown, carl, Choice.LAWFUL)
    people = stores.quality.people(30).by_person
    assert people[carl.id].golden == [False]
    assert people[anna.id].golden == []
    assert stores.cases.host_tally("h1") == {CaseState.CONFIRMED: 1}
