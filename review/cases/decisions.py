"""How people take, decide, take back and reopen cases: compare and set, so that no decision is lost or doubled."""

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select, update
from sqlalchemy.orm import Session

from review.accounts.types import Person
from review.cases.filing import next_change
from review.cases.queries import case_from_row, decision_from_row
from review.cases.state import after_decision, after_reopening, after_undo, decisions_in_force
from review.cases.types import Case, CaseState, Choice, Decision
from review.db.tables.cases import CaseRow, DecisionRow
from review.db.tables.streams import FindingRow
from review.db.upsert import table_of
from review.errors import CaseChanged, DecisionRefused, UnknownCaseError

LEASE_MS = 90_000
REASONS: dict[Choice, tuple[str, ...]] = {
    Choice.VIOLATES: ("as_found", "other_class", "worse_than_found"),
    Choice.LAWFUL: (
        "true",
        "not_the_product",
        "denied_or_quoted",
        "corrected",
        "misheard",
        "misread",
        "wrong_product",
        "within_tolerance",
        "rule_wrong",
    ),
    Choice.UNSURE: ("unclear_words", "unclear_product", "unclear_law"),
    Choice.NEEDS_PROOF: ("seller_proof", "platform_data", "expert"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a page sends: the version that the person saw, and an id of its own, by which a second send is known."""

    case_id: str
    version: int
    request_id: str
    choice: Choice
    reason: str
    class_id: str | None = None
    note: str = ""


def claim_case(connection: Connection, case_id: str, person: Person, now_ms: int) -> Case:
    """The case, now this person's for 90 s, and again with every call; CaseChanged if another has it."""
    taken = connection.execute(
        update(CaseRow)
        .where(
            CaseRow.case_id == case_id,
            or_(
                CaseRow.claimed_by.is_(None),
                CaseRow.claimed_by == person.id,
                CaseRow.claimed_until_ms <= now_ms,
            ),
        )
        .values(claimed_by=person.id, claimed_until_ms=now_ms + LEASE_MS)
    )
    case = _case(connection, case_id)
    if taken.rowcount == 0:
        raise CaseChanged(case_id, "another reviewer is working on it", code="taken")
    return case


def release_case(connection: Connection, case_id: str, person: Person) -> None:
    """Gives the case back, if this person has it."""
    connection.execute(
        update(CaseRow)
        .where(CaseRow.case_id == case_id, CaseRow.claimed_by == person.id)
        .values(claimed_by=None, claimed_until_ms=None)
    )


def decide(connection: Connection, given: Submission, person: Person, now_ms: int) -> Decision:
    """The decision as stored; the same `request_id` again gives the first one.

    CaseChanged: the case was decided or taken by another since this version. DecisionRefused: state, role or reason
    do not allow it.
    """
    case = _case(connection, given.case_id, lock=True)
    earlier = _decisions(connection, DecisionRow.request_id == given.request_id)
    if earlier:
        return earlier[0]
    if case.version != given.version:
        raise CaseChanged(case.id, "it was decided or changed since you opened it", code="changed")
    if case.claimed_by not in {None, person.id} and (case.claimed_until_ms or 0) > now_ms:
        raise CaseChanged(case.id, "another reviewer is working on it", code="taken")
    if given.reason not in REASONS[given.choice]:
        raise DecisionRefused(case.id, f"{given.reason!r} is no reason for {given.choice}", code="reason")
    return decide_unchecked(connection, given, person, now_ms)


def decide_unchecked(connection: Connection, given: Submission, person: Person, now_ms: int) -> Decision:
    """The decision as stored, for a reason that follows from what the person did; DecisionRefused by state or role."""
    case = _case(connection, given.case_id, lock=True)
    after = after_decision(
        case, decisions_in_force(_decisions(connection, DecisionRow.case_id == case.id)), person, given.choice
    )
    decision = Decision(
        id=str(uuid.uuid4()),
        case_id=case.id,
        person_id=person.id,
        choice=given.choice,
        reason=given.reason,
        before=case.state,
        after=after,
        decided_at_ms=now_ms,
        class_id=given.class_id,
        note=given.note,
    )
    rule, policy = _rule_and_policy(connection, case.top_finding_id)
    connection.execute(
        table_of(DecisionRow)
        .insert()
        .values(
            {
                "decision_id": decision.id,
                "case_id": case.id,
                "request_id": given.request_id,
                "person_id": person.id,
                "choice": decision.choice.value,
                "reason": decision.reason,
                "class": decision.class_id,
                "note": decision.note,
                "before": decision.before.value,
                "after": after.value,
                "decided_at_ms": now_ms,
                "undone_at_ms": None,
                "rule": rule,
                "policy": policy,
            }
        )
    )
    _move(connection, case.id, after, now_ms)
    return decision


def is_known(connection: Connection, request_id: str) -> bool:
    """True if this send of a page was taken before."""
    return connection.scalar(select(DecisionRow.decision_id).where(DecisionRow.request_id == request_id)) is not None


def undo(connection: Connection, case_id: str, person: Person, now_ms: int) -> Case:
    """The case as it was before this person's last decision; DecisionRefused after ten seconds or a later step."""
    case = _case(connection, case_id, lock=True)
    past = decisions_in_force(_decisions(connection, DecisionRow.case_id == case_id))
    state = after_undo(case, past, person, now_ms)
    connection.execute(update(DecisionRow).where(DecisionRow.decision_id == past[-1].id).values(undone_at_ms=now_ms))
    _move(connection, case_id, state, now_ms)
    return _case(connection, case_id)


def reopen(connection: Connection, case_id: str, person: Person, now_ms: int) -> Case:
    """The case, waiting again: with new proof, or because a senior doubts what was decided."""
    case = _case(connection, case_id, lock=True)
    _move(connection, case_id, after_reopening(case, person), now_ms)
    return _case(connection, case_id)


def _move(connection: Connection, case_id: str, state: CaseState, now_ms: int) -> None:
    connection.execute(
        update(CaseRow)
        .where(CaseRow.case_id == case_id)
        .values(
            state=state.value,
            changed_at_ms=now_ms,
            changed_seq=next_change(connection),
            version=CaseRow.version + 1,
            claimed_by=None,
            claimed_until_ms=None,
        )
    )


def _case(connection: Connection, case_id: str, *, lock: bool = False) -> Case:
    statement = select(CaseRow).where(CaseRow.case_id == case_id)
    with _reading(connection) as session:
        row = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
        if row is None:
            raise UnknownCaseError(case_id)
        return case_from_row(row)


def _decisions(connection: Connection, condition: ColumnElement[bool]) -> list[Decision]:
    statement = select(DecisionRow).where(condition).order_by(DecisionRow.decided_at_ms, DecisionRow.decision_id)
    with _reading(connection) as session:
        return [decision_from_row(row) for row in session.scalars(statement)]


def _reading(connection: Connection) -> Session:
    """A session within the caller's transaction, which stays open when it is closed."""
    return Session(bind=connection, join_transaction_mode="rollback_only")


def _rule_and_policy(connection: Connection, finding_id: str) -> tuple[str, str]:
    record = connection.execute(select(FindingRow.record).where(FindingRow.finding_id == finding_id)).scalar_one()
    return str(record["rule"]), str(record["policy"])
