"""A policy goes live by two people, one proposal at a time, after it was replayed; and back in one step."""

import pytest

from review.accounts.types import Person, Role
from review.policies.errors import PolicyMoveRefused
from review.policies.lifecycle import MoveKind, MoveState, PolicyMove, before, check_answer, check_proposal, history

ANNA = Person(id="anna", name="安娜", role=Role.SENIOR)
EVE = Person(id="eve", name="伊芙", role=Role.ADMIN)
REVIEWER = Person(id="rita", name="丽塔", role=Role.REVIEWER)


def move(number: int, digest: str | None, state: MoveState, kind: MoveKind = MoveKind.ADOPT) -> PolicyMove:
    return PolicyMove(
        number=number,
        kind=kind,
        digest=digest,
        state=state,
        why="",
        asked_by="anna",
        asked_at_ms=number,
        answered_by=None if state is MoveState.OPEN else "eve",
        answered_at_ms=None if state is MoveState.OPEN else number,
    )


LIVE_A = move(1, "a", MoveState.LIVE)
LIVE_B = move(2, "b", MoveState.LIVE)


def test_going_back_leads_through_what_was_in_force_and_ends_at_the_packaged_policy() -> None:
    rejected = move(3, "c", MoveState.REJECTED)
    back = move(4, "a", MoveState.LIVE, MoveKind.BACK)
    assert history([LIVE_A, LIVE_B, rejected]) == [None, "a", "b"]
    assert history([LIVE_A, LIVE_B, rejected, back]) == [None, "a"]
    assert before([LIVE_A, LIVE_B, rejected, back], ANNA) is None


@pytest.mark.parametrize(
    ("moves", "digest", "person", "replayed", "code"),
    [
        ([], "a", REVIEWER, True, "role"),
        ([move(1, "b", MoveState.OPEN)], "a", ANNA, True, "waits"),
        ([LIVE_A], "a", ANNA, True, "in_force"),
        ([], None, ANNA, True, "in_force"),
        ([LIVE_A], "b", ANNA, False, "not_replayed"),
    ],
)
def test_a_proposal_is_refused_with_its_reason(
    moves: list[PolicyMove], digest: str | None, person: Person, replayed: bool, code: str
) -> None:
    with pytest.raises(PolicyMoveRefused) as refused:
        check_proposal(moves, digest, person, is_replayed=replayed)
    assert refused.value.code == code


def test_only_another_person_approves_and_who_proposed_may_take_back() -> None:
    asked = move(1, "a", MoveState.OPEN)
    with pytest.raises(PolicyMoveRefused, match="second person"):
        check_answer(asked, ANNA, approves=True)
    check_answer(asked, EVE, approves=True)
    check_answer(asked, ANNA, approves=False)
    with pytest.raises(PolicyMoveRefused, match="answered"):
        check_answer(LIVE_A, EVE, approves=True)
    with pytest.raises(PolicyMoveRefused, match="reviewer"):
        check_answer(asked, REVIEWER, approves=False)


def test_nothing_lies_before_the_packaged_policy() -> None:
    with pytest.raises(PolicyMoveRefused) as refused:
        before([], ANNA)
    assert refused.value.code == "no_earlier"
