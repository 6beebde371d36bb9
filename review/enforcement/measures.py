"""How a measure is proposed, approved, declined and ended, in the caller's transaction, the host's row locked first."""

import hashlib
import uuid
from collections.abc import Sequence

from sqlalchemy import Connection, select

from review.accounts.types import Person
from review.audit.trail import Journal
from review.cases.types import CaseState
from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import MeasureRow
from review.enforcement.errors import MeasureRefused
from review.enforcement.grounds import changed_case, ground_of
from review.enforcement.legal_reference import LegalReference
from review.enforcement.measure_states import approved, check_cases, check_proposer, expired, proposed, rejected
from review.enforcement.notice_composition import compose
from review.enforcement.penalty_table import Measures
from review.enforcement.rows import (
    defence_of,
    insert_measure,
    linked_hosts,
    lock_host,
    measure_of,
    measures_where,
    move_measure,
    stored_notice,
)
from review.enforcement.types import OPEN, Measure, MeasureKind, MeasureState, Wanted

_CLOSED_EVENTS = {
    MeasureState.REJECTED: "measure.rejected",
    MeasureState.LAPSED: "measure.lapsed",
    MeasureState.ENDED: "measure.ended",
}


def propose_measure(
    connection: Connection, wanted: Wanted, person: Person, table: Measures, reference: LegalReference, journal: Journal
) -> Measure:
    """The measure as stored, its notice composed here and now from what was chosen.

    A host has at most one open blacklist entry, and one open measure of any other kind.
    """
    check_proposer(person)
    lock_host(connection, wanted.host_id)
    cases = lock_cases(connection, wanted.host_id, wanted.case_ids)
    check_cases(wanted.case_ids, cases)
    ground = ground_of(connection, wanted.host_id, wanted.case_ids, reference)
    notice = compose(wanted, ground, table, reference, journal.at_ms)
    measure = proposed(str(uuid.uuid4()), wanted, notice, person, cases, table, journal.at_ms)
    for other in _open_of(connection, wanted.host_id, wanted.kind):
        if expired(other, journal.at_ms) is other:
            why = f"measure {other.id} of this kind is open already; end or change that one"
            raise MeasureRefused(f"host {wanted.host_id}", why, code="open_already")
        _end(connection, other, journal)
    insert_measure(connection, measure)
    journal.note(
        "measure.proposed",
        f"measure:{measure.id}",
        host=measure.host_id,
        kind=measure.kind.value,
        cases=list(measure.case_ids),
        notice_sha256=notice_sha256(measure),
        urgent=bool(measure.urgent_why),
        table=measure.table_version,
    )
    journal.add_event(
        "measure.proposed",
        measure.host_id,
        measure.id,
        kind=measure.kind.value,
        defence_due_ms=measure.defence_due_ms,
        urgent=bool(measure.urgent_why),
    )
    return measure


def approve_measure(
    connection: Connection, measure_id: str, person: Person, table: Measures, journal: Journal, *, seen: str = ""
) -> Measure:
    """The measure in force. `seen`: the hash of the notice that the person read; "": not told."""
    measure = lock_measure(connection, measure_id)
    if seen and seen != notice_sha256(measure):
        why = "its notice is not the one that was shown; load the page again"
        raise MeasureRefused(f"measure {measure_id}", why, code="not_seen")
    cases = lock_cases(connection, measure.host_id, measure.case_ids)
    answered = defence_of(connection, measure_id) is not None
    changed = changed_case(connection, measure.notice)
    now_in_force = approved(measure, person, cases, table, journal.at_ms, answered=answered, changed=changed)
    move_measure(connection, now_in_force)
    journal.note(
        "measure.approved",
        f"measure:{measure_id}",
        host=measure.host_id,
        kind=measure.kind.value,
        answered=answered,
        notice_sha256=notice_sha256(measure),
    )
    journal.add_event(
        "measure.in_force",
        measure.host_id,
        measure_id,
        kind=measure.kind.value,
        starts_at_ms=measure.starts_at_ms,
        ends_at_ms=measure.ends_at_ms,
        appeal_due_ms=now_in_force.appeal_due_ms,
    )
    return now_in_force


def reject_measure(connection: Connection, measure_id: str, person: Person, why: str, journal: Journal) -> Measure:
    """The measure, declined or taken back."""
    measure = rejected(lock_measure(connection, measure_id), person, why, journal.at_ms)
    move_measure(connection, measure)
    _close(measure, journal)
    return measure


def overdue(connection: Connection, now_ms: int) -> tuple[str, ...]:
    """The ids of the measures whose time is over and that are still open."""
    found = measures_where(connection, MeasureRow.state.in_([state.value for state in OPEN]))
    return tuple(measure.id for measure in found if expired(measure, now_ms) is not measure)


def expire_measure(connection: Connection, measure_id: str, journal: Journal) -> bool:
    """Ends the measure if its time is over; False: somebody else has, or it is not."""
    measure = lock_measure(connection, measure_id)
    if expired(measure, journal.at_ms) is measure:
        return False
    _end(connection, measure, journal)
    return True


def lock_measure(connection: Connection, measure_id: str) -> Measure:
    """The measure as it is once its host's row is locked; raises UnknownMeasureError."""
    lock_host(connection, measure_of(connection, measure_id).host_id)
    return measure_of(connection, measure_id)


def lock_cases(connection: Connection, host_id: str, case_ids: Sequence[str]) -> dict[str, CaseState]:
    """Where each of these cases stands, those of other hosts left out; nobody decides on them until the commit."""
    hosts = (host_id, *linked_hosts(connection, host_id))
    rows = connection.execute(
        select(CaseRow.case_id, CaseRow.host_id, CaseRow.state)
        .where(CaseRow.case_id.in_(case_ids))
        .order_by(CaseRow.case_id)
        .with_for_update()
    )
    return {row.case_id: CaseState(row.state) for row in rows if row.host_id in hosts}


def notice_sha256(measure: Measure) -> str:
    """The hash by which the trail knows the notice as it was."""
    return hashlib.sha256(stored_notice(measure.notice).encode()).hexdigest()


def _open_of(connection: Connection, host_id: str, kind: MeasureKind) -> tuple[Measure, ...]:
    return measures_where(
        connection,
        MeasureRow.host_id == host_id,
        MeasureRow.kind == kind.value,
        MeasureRow.state.in_([state.value for state in OPEN]),
    )


def _end(connection: Connection, measure: Measure, journal: Journal) -> None:
    ended = expired(measure, journal.at_ms)
    move_measure(connection, ended)
    _close(ended, journal)


def _close(measure: Measure, journal: Journal) -> None:
    name = _CLOSED_EVENTS[measure.state]
    journal.note(name, f"measure:{measure.id}", host=measure.host_id, kind=measure.kind.value)
    journal.add_event(name, measure.host_id, measure.id, kind=measure.kind.value)
