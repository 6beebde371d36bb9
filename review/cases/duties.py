"""Who is to look at a case, and who put it aside: given to one person, put off for everybody, left by one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.orm import Session

from review.accounts.types import Person, Role
from review.audit.trail import Journal
from review.cases.filing import next_change
from review.cases.types import FINAL, CaseState
from review.db.ownership import host_is_of
from review.db.tables.accounts import PersonRow
from review.db.tables.cases import CaseRow
from review.db.tables.duties import DeferralRow, DutyRow
from review.db.upsert import upsert
from review.errors import DecisionRefused, UnknownCaseError

LeaveReason = Literal["partial", "language", "field", "evidence"]
PutOffReason = Literal["waits_seller", "waits_advice", "waits_broadcast", "waits_colleague"]
LEAVE_REASONS: tuple[LeaveReason, ...] = get_args(LeaveReason)
PUT_OFF_REASONS: tuple[PutOffReason, ...] = get_args(PutOffReason)
# For how long a case may be put off, in minutes: a day is the longest, so that none is forgotten.
PUT_OFF_MINUTES = (30, 120, 480, 1440)
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """How a case stands with people. `given_to` None: with nobody in particular; `until_ms` None: it is not put off."""

    given_to: str | None = None
    until_ms: int | None = None
    reason: str = ""
    put_off_by: str | None = None


class DutyStore:
    """Cases given, put off and left; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def of(self, case_id: str) -> Duty:
        """How this case stands."""
        now_ms = self._now_ms()
        with Session(self._engine) as session:
            given = session.scalar(select(DutyRow.person_id).where(DutyRow.case_id == case_id))
            off = session.execute(
                select(DeferralRow.until_ms, DeferralRow.reason, DeferralRow.person_id)
                .where(DeferralRow.case_id == case_id, DeferralRow.until_ms > now_ms)
                .order_by(DeferralRow.until_ms.desc())
            ).first()
        if off is None:
            return Duty(given_to=given)
        return Duty(given_to=given, until_ms=off.until_ms, reason=off.reason, put_off_by=off.person_id)

    def give(self, case_id: str, to: str | None, person: Person) -> None:
        """Gives the case to the person with this id; None: to nobody in particular any more.

        DecisionRefused: it is decided, or the account is closed or decides nothing.
        """
        with self._writing.begin() as connection:
            self._check_waits(connection, case_id)
            if to is not None and not _decides(connection, to, case_id):
                raise DecisionRefused(case_id, f"{to!r} is no open account that decides cases", code="no_decider")
            connection.execute(delete(DutyRow).where(DutyRow.case_id == case_id))
            if to is not None:
                row = {
                    "case_id": case_id,
                    "person_id": to,
                    "given_by": person.id,
                    "given_at_ms": self._now_ms(),
                }
                upsert(connection, DutyRow, [row])
                mine = DeferralRow.person_id == to
                connection.execute(delete(DeferralRow).where(DeferralRow.case_id == case_id, mine))
            self._moved(connection, case_id, person, "case.given", to=to or "")

    def put_off(self, case_id: str, minutes: int, reason: PutOffReason, person: Person) -> int:
        """Puts the case aside for everybody and gives it back; gives the moment at which it is back in the queue."""
        if minutes not in PUT_OFF_MINUTES:
            raise DecisionRefused(case_id, f"{minutes} minutes is none of {PUT_OFF_MINUTES}", code="minutes")
        until_ms = self._now_ms() + minutes * _MINUTE_MS
        self._defer(case_id, until_ms, reason, person)
        return until_ms

    def take_up(self, case_id: str, person: Person) -> None:
        """Ends putting off: the case is in the queue again."""
        with self._writing.begin() as connection:
            self._check_waits(connection, case_id)
            off = DeferralRow.until_ms.is_not(None)
            connection.execute(delete(DeferralRow).where(DeferralRow.case_id == case_id, off))
            self._moved(connection, case_id, person, "case.taken_up")

    def leave(self, case_id: str, reason: LeaveReason, person: Person) -> None:
        """Leaves the case to others: this person is never led to it again, unless it is given to them."""
        self._defer(case_id, None, reason, person)

    def _defer(self, case_id: str, until_ms: int | None, reason: str, person: Person) -> None:
        with self._writing.begin() as connection:
            self._check_waits(connection, case_id)
            row = {
                "case_id": case_id,
                "person_id": person.id,
                "reason": reason,
                "until_ms": until_ms,
                "made_at_ms": self._now_ms(),
            }
            upsert(connection, DeferralRow, [row])
            if until_ms is None:
                own = DutyRow.person_id == person.id
                connection.execute(delete(DutyRow).where(DutyRow.case_id == case_id, own))
            self._moved(connection, case_id, person, "case.left" if until_ms is None else "case.put_off", reason=reason)

    def _check_waits(self, connection: Connection, case_id: str) -> None:
        state = connection.scalar(select(CaseRow.state).where(CaseRow.case_id == case_id).with_for_update())
        if state is None:
            raise UnknownCaseError(case_id)
        if CaseState(state) in FINAL:
            raise DecisionRefused(case_id, f"it is {state} already; a senior can reopen it", code="final")

    def _moved(self, connection: Connection, case_id: str, person: Person, action: str, **details: str) -> None:
        """The claim ends, open pages hear of it, and the trail has it."""
        own = CaseRow.claimed_by == person.id
        released = {"claimed_by": None, "claimed_until_ms": None}
        connection.execute(CaseRow.__table__.update().where(CaseRow.case_id == case_id, own).values(released))  # type: ignore[attr-defined]
        seq = {"changed_seq": next_change(connection)}
        connection.execute(CaseRow.__table__.update().where(CaseRow.case_id == case_id).values(seq))  # type: ignore[attr-defined]
        journal = Journal(at_ms=self._now_ms(), actor=person.id)
        journal.note(action, f"case:{case_id}", **details)
        journal.close(connection)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _decides(connection: Connection, person_id: str, case_id: str) -> bool:
    """False also for who works for other customers than the case's."""
    asked = select(PersonRow.role, PersonRow.tenants).where(
        PersonRow.person_id == person_id, PersonRow.active.is_(True)
    )
    found = connection.execute(asked).one_or_none()
    if found is None or found.role == Role.AUDITOR.value:
        return False
    if found.tenants is None:
        return True
    own = select(CaseRow.case_id).where(
        CaseRow.case_id == case_id, host_is_of(CaseRow.host_id, frozenset(found.tenants))
    )
    return connection.scalar(own) is not None
