"""How a host is heard and an appeal is decided: steps of the caller's transaction, the host's row locked first."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert, select

from review.accounts.types import Person
from review.audit.trail import Journal
from review.cases import decisions
from review.cases.decisions import Submission
from review.cases.types import CaseState, Choice
from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import AppealRow, HostTokenRow
from review.enforcement.case_consequences import deciders_of, follow_case
from review.enforcement.errors import AppealRefused, UnknownTokenError
from review.enforcement.grounds import ground_of
from review.enforcement.hearing import check_decider, checked_files, checked_statement, filed, may_answer
from review.enforcement.legal_reference import LegalReference
from review.enforcement.measure_states import lifted
from review.enforcement.measures import expire_measure, lock_measure, notice_sha256
from review.enforcement.penalty_table import DAY_MS, Measures
from review.enforcement.rows import (
    appeal_of,
    appeals_where,
    change_measure,
    defence_of,
    insert_defence,
    measure_of,
    move_measure,
    write_appeal,
)
from review.enforcement.rulings import Decided, ruled
from review.enforcement.types import Appeal, AppealState, Defence, HandedIn, Measure, Remaining, Ruling
from review.streams.events import decision_event


def issue_token(connection: Connection, measure_id: str, table: Measures, journal: Journal) -> str:
    """A new token for the host's page; it is stored hashed and can't be shown again."""
    measure = lock_measure(connection, measure_id)
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(HostTokenRow).values(
            token_sha256=token_sha256(token),
            measure_id=measure_id,
            issued_at_ms=journal.at_ms,
            expires_at_ms=page_until_ms(measure, table),
        )
    )
    journal.note("token.issued", f"measure:{measure_id}", host=measure.host_id)
    return token


def page_until_ms(measure: Measure, table: Measures) -> int:
    """How long the host's page can be opened: beyond the measure's end and the longest time for an appeal."""
    appeal_due_ms = measure.appeal_due_ms or measure.lapses_at_ms + table.deadlines.appeal_days * DAY_MS
    return max(measure.ends_at_ms, appeal_due_ms) + table.deadlines.page_stays_days * DAY_MS


def token_sha256(token: str) -> str:
    """The form in which a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def measure_behind(connection: Connection, token: str, now_ms: int) -> str:
    """The id of the measure that the token opens; raises UnknownTokenError."""
    measure_id = connection.scalar(
        select(HostTokenRow.measure_id).where(
            HostTokenRow.token_sha256 == token_sha256(token), HostTokenRow.expires_at_ms > now_ms
        )
    )
    if measure_id is None:
        raise UnknownTokenError
    return measure_id


def answer_measure(
    connection: Connection,
    measure_id: str,
    statement: str,
    files: tuple[HandedIn, ...],
    table: Measures,
    journal: Journal,
) -> Defence:
    """What the host says before the measure, as stored."""
    measure = lock_measure(connection, measure_id)
    answered = defence_of(connection, measure_id) is not None
    if not may_answer(measure, journal.at_ms, answered=answered):
        raise AppealRefused(
            f"measure {measure_id}", "it was answered already, or the time for it is over", code="not_now"
        )
    defence = Defence(
        measure_id=measure_id,
        statement=checked_statement(statement, table.statements),
        files=checked_files(files, table.statements),
        at_ms=journal.at_ms,
    )
    insert_defence(connection, defence)
    journal.note(
        "defence.filed", f"measure:{measure_id}", host=measure.host_id, files=[file.sha256 for file in defence.files]
    )
    return defence


def file_appeal(
    connection: Connection,
    measure_id: str,
    statement: str,
    files: tuple[HandedIn, ...],
    table: Measures,
    journal: Journal,
) -> Appeal:
    """The appeal as stored."""
    measure = lock_measure(connection, measure_id)
    before = appeals_where(connection, AppealRow.measure_id == measure_id)
    appeal = filed(str(uuid.uuid4()), measure, before, statement, files, table, journal.at_ms)
    write_appeal(connection, appeal)
    journal.note(
        "appeal.filed",
        f"appeal:{appeal.id}",
        host=measure.host_id,
        measure=measure_id,
        files=[file.sha256 for file in appeal.files],
    )
    journal.add_event("appeal.filed", measure.host_id, measure_id, appeal=appeal.id, decide_due_ms=appeal.decide_due_ms)
    return appeal


def had_part_in(connection: Connection, measure: Measure) -> frozenset[str]:
    """Everybody who proposed or approved the measure, decided on a case behind it, or on an appeal before."""
    earlier = appeals_where(connection, AppealRow.measure_id == measure.id)
    people = {measure.proposed_by, measure.approved_by, *(appeal.decided_by for appeal in earlier)}
    return deciders_of(connection, measure.case_ids) | frozenset(person for person in people if person)


def ruling_on(
    connection: Connection,
    appeal_id: str,
    rulings: Sequence[Ruling],
    remaining: Remaining | None,
    table: Measures,
    reference: LegalReference,
    now_ms: int,
) -> tuple[Measure, Decided]:
    """The measure as it is, and what these rulings would make of it; AppealRefused says what is undecided."""
    measure = measure_of(connection, appeal_of(connection, appeal_id).measure_id)
    rows = connection.execute(select(CaseRow.case_id, CaseRow.state).where(CaseRow.case_id.in_(measure.case_ids)))
    cases = {row.case_id: CaseState(row.state) for row in rows}
    ground = ground_of(connection, measure.host_id, measure.case_ids, reference)
    return measure, ruled(measure, rulings, remaining, cases, ground, table, reference, appeal_id, now_ms)


def decide_appeal(
    connection: Connection,
    appeal_id: str,
    person: Person,
    journal: Journal,
    rulings: Sequence[Ruling],
    remaining: Remaining | None,
    table: Measures,
    reference: LegalReference,
    *,
    reasons_zh: str = "",
    reasons_en: str = "",
) -> Appeal:
    """The appeal as decided: cases that do not stand are cleared, their strikes are gone, the measure follows.

    It is lifted, stays, or becomes milder or shorter with a corrected notice; what it was is kept.
    """
    measure = lock_measure(connection, appeal_of(connection, appeal_id).measure_id)
    connection.execute(
        select(CaseRow.case_id).where(CaseRow.case_id.in_(measure.case_ids)).order_by(CaseRow.case_id).with_for_update()
    ).all()
    check_decider(appeal_of(connection, appeal_id), person, had_part_in(connection, measure))
    _, found = ruling_on(connection, appeal_id, rulings, remaining, table, reference, journal.at_ms)
    appeal = replace(
        appeal_of(connection, appeal_id),
        state=found.state,
        decided_by=person.id,
        decided_at_ms=journal.at_ms,
        reasons_zh=reasons_zh.strip(),
        reasons_en=reasons_en.strip(),
        rulings=found.rulings,
        outcome=found.outcome,
    )
    write_appeal(connection, appeal)
    fallen = [ruling.case_id for ruling in found.fallen]
    journal.note(
        f"appeal.{appeal.state}", f"appeal:{appeal_id}", host=measure.host_id, measure=measure.id, fallen=fallen
    )
    if found.after is None:
        move_measure(connection, lifted(measure, person.id, "appeal", journal.at_ms))
        journal.note("measure.lifted", f"measure:{measure.id}", host=measure.host_id, why="appeal")
        journal.add_event("measure.lifted", measure.host_id, measure.id, kind=measure.kind.value, why="appeal")
    elif found.state is AppealState.VARIED:
        _change(connection, measure, found.after, appeal_id, journal)
    for ruling in found.fallen:
        _clear_case(connection, ruling.case_id, appeal, person, ruling.why, journal)
    if found.state is AppealState.VARIED:
        expire_measure(connection, measure.id, journal)
    journal.add_event(f"appeal.{appeal.state}", measure.host_id, measure.id, appeal=appeal_id, fallen=fallen)
    return appeal


def _change(connection: Connection, before: Measure, after: Measure, appeal_id: str, journal: Journal) -> None:
    change_measure(connection, before, after, appeal_id, journal.at_ms)
    journal.note(
        "measure.varied",
        f"measure:{after.id}",
        host=after.host_id,
        kind=after.kind.value,
        kind_before=before.kind.value,
        appeal=appeal_id,
        notice_sha256=notice_sha256(after),
    )
    journal.add_event(
        "measure.varied",
        after.host_id,
        after.id,
        kind=after.kind.value,
        kind_before=before.kind.value,
        starts_at_ms=after.starts_at_ms,
        ends_at_ms=after.ends_at_ms,
    )


def _clear_case(
    connection: Connection, case_id: str, appeal: Appeal, person: Person, reason: str, journal: Journal
) -> None:
    """Clears a case that is confirmed or before a senior; any other has no strike and stays as it is."""
    case = connection.execute(select(CaseRow.state, CaseRow.version).where(CaseRow.case_id == case_id)).one()
    state, version = CaseState(case.state), case.version
    if state is CaseState.CONFIRMED:
        reopened = decisions.reopen(connection, case_id, person, journal.at_ms)
        state, version = reopened.state, reopened.version
    if state is not CaseState.SENIOR_REVIEW:
        return
    submission = Submission(
        case_id=case_id,
        version=version,
        request_id=f"{appeal.id}:{case_id[:24]}",
        choice=Choice.LAWFUL,
        reason=reason,
        note=f"appeal {appeal.id}",
    )
    decision = decisions.decide(connection, submission, person, journal.at_ms)
    journal.note(
        "case.decided", f"case:{case_id}", decision=decision.id, choice=decision.choice.value, appeal=appeal.id
    )
    journal.add_events([decision_event(connection, case_id, "decision.reversed", why="appeal", appeal=appeal.id)])
    follow_case(connection, case_id, journal)


def measure_of_token(connection: Connection, token: str, now_ms: int) -> Measure:
    """The measure behind the token; raises UnknownTokenError."""
    return measure_of(connection, measure_behind(connection, token, now_ms))
