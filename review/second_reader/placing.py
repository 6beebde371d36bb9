"""What becomes of a finding and its case once something was said of it: all inside the caller's transaction.

A machine opens cases and closes none. One that a person has taken up stays as it is; a claim that became another one
takes its case along where that case tells of nothing else.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, select

from claims.second_reader.types import CaseHold, Merged
from claims.types import Finding
from review.cases.filing import file_findings, refresh_case
from review.cases.grouping import case_key
from review.cases.types import CaseState
from review.corrections.placement import follow_claim
from review.db.tables.cases import CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.enforcement import MeasureCaseRow
from review.events.types import NewEvent
from review.streams.events import finding_events
from review.streams.filing import write_judged


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNow:
    """The case of a finding, as far as it matters whether a machine may move it."""

    case_id: str
    host_id: str
    state: CaseState
    claimed_by: str | None
    claimed_until_ms: int | None


def case_now(connection: Connection, finding_id: str) -> CaseNow | None:
    """The finding's case, which nobody else changes until the transaction ends; None: it is in none."""
    row = connection.execute(
        select(CaseRow.case_id, CaseRow.host_id, CaseRow.state, CaseRow.claimed_by, CaseRow.claimed_until_ms)
        .join(CaseFindingRow, CaseFindingRow.case_id == CaseRow.case_id)
        .where(CaseFindingRow.finding_id == finding_id)
        .with_for_update(of=CaseRow)
    ).one_or_none()
    return None if row is None else CaseNow(**{**row._mapping, "state": CaseState(row.state)})


def case_hold_of(connection: Connection, case: CaseNow | None, now_ms: int) -> CaseHold:
    """Whether people hold the case, or have decided something on it."""
    if case is None:
        return CaseHold.FREE
    decided = exists().where(DecisionRow.case_id == case.case_id, DecisionRow.undone_at_ms.is_(None))
    measured = exists().where(MeasureCaseRow.case_id == case.case_id)
    if case.state is not CaseState.OPEN or connection.scalar(select(decided | measured)):
        return CaseHold.DECIDED
    if case.claimed_by is not None and (case.claimed_until_ms or 0) > now_ms:
        return CaseHold.HELD
    return CaseHold.FREE


def can_become(connection: Connection, case: CaseNow | None, heir: Finding) -> bool:
    """Whether the case may follow a claim that becomes this one: it tells of it alone, and no other case does."""
    if case is None:
        return True
    of_case = select(func.count()).where(CaseFindingRow.case_id == case.case_id)
    taken = select(CaseRow.case_id).where(CaseRow.case_key == case_key(heir, case.host_id))
    return connection.scalar(of_case) == 1 and connection.scalar(taken) in {None, case.case_id}


def place(
    connection: Connection, merged: Merged, case: CaseNow | None, *, now_ms: int, flag_at: float, second_share: float
) -> list[NewEvent]:
    """Stores the finding, and the one that takes its place, with their case; gives the events."""
    finding, heir = merged.finding, merged.heir
    stands = finding if heir is None else heir
    if heir is not None and case is not None:
        connection.execute(delete(CaseFindingRow).where(CaseFindingRow.finding_id == finding.finding_id))
    written = write_judged(connection, [finding, *([] if heir is None else [heir])], clips_of=finding)
    if heir is not None and case is not None:
        follow_claim(connection, case.case_id, heir)
        refresh_case(connection, case.case_id, now_ms=now_ms, flag_at=flag_at, changed=True)
    file_findings(connection, [stands], now_ms=now_ms, flag_at=flag_at, second_share=second_share)
    changed = [each.finding for each in written]
    return finding_events(connection, changed, {each.finding.finding_id for each in written if each.is_new})
