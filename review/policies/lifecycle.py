"""How a policy goes live: one proposes, another approves; back goes one step. Pure, moves in, answers out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from review.accounts.types import Person, Role
from review.policies.errors import PolicyMoveRefused

_MAY = frozenset({Role.SENIOR, Role.ADMIN})


class MoveKind(StrEnum):
    """Forward with a policy, or back to the one before."""

    ADOPT = "adopt"
    BACK = "back"


class MoveState(StrEnum):
    """`open` waits for a second person."""

    OPEN = "open"
    LIVE = "live"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMove:
    """A step that was asked for, and its answer. `digest` None: the packaged policy."""

    number: int
    kind: MoveKind
    digest: str | None
    state: MoveState
    why: str
    asked_by: str
    asked_at_ms: int
    answered_by: str | None = None
    answered_at_ms: int | None = None


def history(moves: Sequence[PolicyMove]) -> list[str | None]:
    """The policies that going back would lead through, the one in force last; the packaged one came first."""
    stack: list[str | None] = [None]
    for move in sorted(
        (m for m in moves if m.state is MoveState.LIVE), key=lambda m: (m.answered_at_ms or 0, m.number)
    ):
        if move.kind is MoveKind.ADOPT:
            stack.append(move.digest)
        else:
            stack.pop()
    return stack


def in_force(moves: Sequence[PolicyMove]) -> str | None:
    """The policy in force."""
    return history(moves)[-1]


def waiting(moves: Sequence[PolicyMove]) -> PolicyMove | None:
    """The move that waits for a second person."""
    return next((move for move in moves if move.state is MoveState.OPEN), None)


def check_proposal(moves: Sequence[PolicyMove], digest: str | None, person: Person, *, is_replayed: bool) -> None:
    """PolicyMoveRefused unless this person may propose this policy now."""
    _check_role(person)
    if waiting(moves) is not None:
        raise PolicyMoveRefused("another proposal waits for its answer", code="waits")
    if in_force(moves) == digest:
        raise PolicyMoveRefused("it is in force already", code="in_force")
    if not is_replayed:
        raise PolicyMoveRefused("it was not replayed yet; replay it, and look at what it changes", code="not_replayed")


def check_answer(move: PolicyMove, person: Person, *, approves: bool) -> None:
    """PolicyMoveRefused unless this person may approve or reject this move now; who proposed it may take it back."""
    _check_role(person)
    if move.state is not MoveState.OPEN:
        raise PolicyMoveRefused("this proposal was answered already", code="answered")
    if approves and move.asked_by == person.id:
        raise PolicyMoveRefused("a second person approves: not who proposed it", code="second_person")


def before(moves: Sequence[PolicyMove], person: Person) -> str | None:
    """The policy to which this person may go back; PolicyMoveRefused if there is none."""
    _check_role(person)
    stack = history(moves)
    if len(stack) < 2:
        raise PolicyMoveRefused("there is none before the one in force", code="no_earlier")
    return stack[-2]


def _check_role(person: Person) -> None:
    if person.role not in _MAY:
        raise PolicyMoveRefused(f"the role {person.role} changes no policy", code="role")
