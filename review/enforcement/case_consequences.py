"""What follows from a decision on a case, in the same transaction: its strike comes or goes, and what rested on it."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from review.audit.trail import Journal
from review.cases.types import CaseState
from review.db.tables.cases import CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.enforcement import MeasureCaseRow, MeasureRow, StrikeRow
from review.db.tables.streams import FindingRow
from review.db.upsert import insert_missing, table_of
from review.enforcement.measure_states import lifted
from review.enforcement.rows import lock_host, measures_where, move_measure
from review.enforcement.types import OPEN

_CORRECTED = "corrected"


def lock_host_of(connection: Connection, case_id: str) -> None:
    """Locks the file of the case's host before the case itself: everybody takes the two in this order."""
    host_id = connection.scalar(select(CaseRow.host_id).where(CaseRow.case_id == case_id))
    if host_id is not None:
        lock_host(connection, host_id)


def follow_case(connection: Connection, case_id: str, journal: Journal) -> None:
    """Gives the confirmed case its strike, or takes it away with the confirmation.

    A measure ends with the last case that it rests on: once every one of them was cleared it is lifted.
    """
    columns = table_of(CaseRow).c
    case: Row[Any] = connection.execute(select(*columns).where(columns.case_id == case_id)).one()
    state = CaseState(case.state)
    if state is CaseState.CONFIRMED:
        _add_strike(connection, case_id, case, journal)
        return
    removed = connection.execute(delete(StrikeRow).where(StrikeRow.case_id == case_id))
    if removed.rowcount:
        journal.note("strike.removed", f"host:{case.host_id}", case=case_id, state=state.value)
    if state is CaseState.CLEARED:
        lift_groundless(connection, [case_id], journal)


def lift_groundless(connection: Connection, case_ids: Collection[str], journal: Journal) -> None:
    """Lifts the open measures that rest on these cases and on no case that is not cleared."""
    resting = select(MeasureCaseRow.measure_id).where(MeasureCaseRow.case_id.in_(case_ids))
    still = (
        select(func.count())
        .select_from(MeasureCaseRow)
        .join(CaseRow, CaseRow.case_id == MeasureCaseRow.case_id)
        .where(MeasureCaseRow.measure_id == MeasureRow.measure_id, CaseRow.state != CaseState.CLEARED.value)
        .scalar_subquery()
    )
    groundless = measures_where(
        connection,
        MeasureRow.measure_id.in_(resting),
        MeasureRow.state.in_([open_state.value for open_state in OPEN]),
        still == 0,
    )
    for measure in groundless:
        move_measure(connection, lifted(measure, journal.actor, "cases_cleared", journal.at_ms))
        journal.note("measure.lifted", f"measure:{measure.id}", host=measure.host_id, why="cases_cleared")
        journal.add_event("measure.lifted", measure.host_id, measure.id, kind=measure.kind.value, why="cases_cleared")


class StrikesOfCases:
    """The strikes and measures that follow from decisions on cases."""

    def lock(self, connection: Connection, case_id: str) -> None:
        """Locks the file of the case's host."""
        lock_host_of(connection, case_id)

    def follow(self, connection: Connection, case_id: str, journal: Journal) -> None:
        """Gives the confirmed case its strike, or takes it away, and lifts measures that rest on it alone."""
        follow_case(connection, case_id, journal)


def deciders_of(connection: Connection, case_ids: Collection[str]) -> frozenset[str]:
    """Everybody who ever decided on one of the cases, decisions taken back among them."""
    return frozenset(
        connection.scalars(select(DecisionRow.person_id).where(DecisionRow.case_id.in_(list(case_ids))).distinct())
    )


def _add_strike(connection: Connection, case_id: str, case: Row[Any], journal: Journal) -> None:
    if connection.scalar(select(StrikeRow.case_id).where(StrikeRow.case_id == case_id)) is not None:
        return
    records = connection.scalars(
        select(FindingRow.record)
        .join(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .where(CaseFindingRow.case_id == case_id)
    ).all()
    law = sorted({cited for record in records for cited in record["law"]})
    corrected = bool(records) and all(
        any(trial["id"] == _CORRECTED and trial["applies"] for trial in record["exemptions"]) for record in records
    )
    insert_missing(
        connection,
        StrikeRow,
        [
            {
                "case_id": case_id,
                "host_id": case.host_id,
                "class": _decided_class(connection, case_id) or case._mapping["class"],
                "category": case.category,
                "severity": case.severity,
                "corrected": corrected,
                "law": json.dumps(law, ensure_ascii=False),
                "at_ms": case.opened_at_ms,
                "confirmed_at_ms": journal.at_ms,
            }
        ],
    )
    journal.note("strike.added", f"host:{case.host_id}", case=case_id, severity=case.severity, corrected=corrected)


def _decided_class(connection: Connection, case_id: str) -> str | None:
    """The class that people found instead of the case's own, if the last decision that stands names one."""
    columns = table_of(DecisionRow).c
    found: str | None = connection.scalar(
        select(columns["class"])
        .where(columns.case_id == case_id, columns.undone_at_ms.is_(None), columns["class"].is_not(None))
        .order_by(columns.decided_at_ms.desc(), columns.decision_id)
        .limit(1)
    )
    return found
