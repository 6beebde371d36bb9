"""Whether a passage may be corrected now, and what was made from it: the same before judging and while writing."""

from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from claims.types import Disposition, Finding, Passage
from review.accounts.types import Person
from review.cases.queries import case_from_row, decision_from_row
from review.cases.state import after_decision, decisions_in_force
from review.cases.types import FINAL, Case, CaseState, Choice, Decision
from review.corrections.errors import CorrectionRefused
from review.db.tables.accounts import PersonRow
from review.db.tables.cases import CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.corrections import CorrectionRow, SupersededRow
from review.db.tables.enforcement import MeasureCaseRow, MeasureRow
from review.db.tables.streams import HIDDEN, FindingRow, PassageRow
from review.enforcement.rows import measures_where
from review.enforcement.types import OPEN
from review.errors import CaseChanged, DecisionRefused, UnknownCaseError
from review.streams.corrected import as_corrected, corrections_where, latest_of, superseded_where
from review.streams.corrections import Correction, Rewording
from review.streams.rows import finding_from_json, passage_from_row

MOST_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A passage as it reads now, and what was made from it.

    `heard`: as the recogniser wrote it. `findings`: those that stand on it, of any case. `pinned`: the one of the case
    by whose policy, passport and product it is judged; one that no longer stands where none does.
    """

    case: Case
    passage: Passage
    heard: str
    findings: tuple[Finding, ...]
    pinned: Finding

    def check_seen(self, given: Rewording) -> None:
        """CaseChanged where the text is another than was seen, CorrectionRefused where nothing would change."""
        if given.original != self.passage.text:
            why = "the text was corrected meanwhile; it is now " + repr(self.passage.text)
            raise CaseChanged(given.case_id, why, code="text_changed")
        same_product = given.product_id in {None, self.pinned.product_id}
        if given.corrected == self.passage.text and same_product:
            raise CorrectionRefused(given.case_id, "text and product are as they were", code="nothing_changed")
        if not given.corrected.strip() or len(given.corrected) > MOST_CHARS or _is_unseen(given.corrected):
            why = f"the corrected text must have 1 to {MOST_CHARS} characters that can be read"
            raise CorrectionRefused(given.case_id, why, code="text")
        if _is_unseen(given.why):
            raise CorrectionRefused(given.case_id, "the reason has characters that can't be read", code="text")


def check(
    connection: Connection, case_id: str, passage_id: str, person: Person, now_ms: int, *, lock: bool = False
) -> Stand:
    """The passage as it stands; CaseChanged, DecisionRefused and CorrectionRefused say who or what is in the way.

    `lock`: nobody else decides one of its cases until the transaction ends.
    """
    session = Session(bind=connection, join_transaction_mode="rollback_only")
    with session:
        case = _case(session, case_id, lock=lock)
        own = tuple(
            finding_from_json(record)
            for record in session.scalars(
                select(FindingRow.record)
                .join(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
                .where(CaseFindingRow.case_id == case_id)
            )
        )
        past = tuple(one.finding for one in superseded_where(connection, SupersededRow.case_id == case_id))
        made = [finding for finding in (*own, *past) if passage_id in finding.passage_ids]
        if not made:
            ids = sorted({p for finding in own for p in finding.passage_ids})
            why = f"passage {passage_id!r} is none that its findings were made from; those are {', '.join(ids)}"
            raise CorrectionRefused(case_id, why, code="not_of_case")
        pinned = max(made, key=lambda f: (f in own, f.disposition is Disposition.FLAG, f.score))
        row = session.get(PassageRow, (pinned.stream_id, passage_id))
        if row is None:
            raise CorrectionRefused(case_id, f"passage {passage_id!r} is no longer kept", code="no_passage")
        heard = passage_from_row(row)
        (now,) = as_corrected(connection, pinned.stream_id, [heard])
        findings = _findings_on(session, pinned.stream_id, passage_id)
        for other_id in _cases_of(session, case_id, findings):
            _check_case(session, _case(session, other_id, lock=lock), person, now_ms)
        return Stand(case=case, passage=now, heard=heard.text, findings=findings, pinned=pinned)


def repeated(connection: Connection, given: Rewording, person: Person) -> Correction | None:
    """The correction that this one is once more: the same send, or the same words by the same person."""
    sent = corrections_where(connection, CorrectionRow.request_id == given.request_id)
    if sent:
        return sent[0]
    of_case = corrections_where(
        connection, (CorrectionRow.case_id == given.case_id) & (CorrectionRow.passage_id == given.passage_id)
    )
    if not of_case or latest_of(connection, of_case[-1].stream_id, {given.passage_id})[given.passage_id] != of_case[-1]:
        return None
    last = of_case[-1]
    words = (last.original, last.corrected, last.person_id) == (given.original, given.corrected, person.id)
    return last if words and given.product_id in {None, last.product_after} else None


def _findings_on(session: Session, stream_id: str, passage_id: str) -> tuple[Finding, ...]:
    records = session.scalars(
        select(FindingRow.record).where(
            FindingRow.stream_id == stream_id, FindingRow.disposition.not_in([Disposition.NONE.value, HIDDEN])
        )
    )
    return tuple(finding_from_json(record) for record in records if passage_id in record["passage_ids"])


def _cases_of(session: Session, case_id: str, findings: tuple[Finding, ...]) -> list[str]:
    """The cases that the findings are in, this one first."""
    ids = [finding.finding_id for finding in findings]
    others = session.scalars(select(CaseFindingRow.case_id).where(CaseFindingRow.finding_id.in_(ids)))
    return [case_id, *sorted(set(others) - {case_id})]


def _check_case(session: Session, case: Case, person: Person, now_ms: int) -> None:
    connection = session.connection()
    names = {row.person_id: row.name for row in session.execute(select(PersonRow.person_id, PersonRow.name))}
    if case.claimed_by not in {None, person.id} and (case.claimed_until_ms or 0) > now_ms:
        holder = names.get(case.claimed_by or "", case.claimed_by)
        raise CaseChanged(case.id, f"{holder} is working on it", code="taken", who=holder or "")
    under = select(MeasureCaseRow.measure_id).where(MeasureCaseRow.case_id == case.id)
    measures = measures_where(
        connection, MeasureRow.measure_id.in_(under), MeasureRow.state.in_([state.value for state in OPEN])
    )
    for measure in measures:
        raise CorrectionRefused(
            case.id,
            f"measure {measure.id} ({measure.kind}, {measure.state}) rests on it",
            code="under_measure",
            who=measure.id,
        )
    past = decisions_in_force(_decisions(session, case.id))
    if case.state in FINAL:
        last = past[-1] if past else None
        who = names.get(last.person_id, last.person_id) if last is not None else "nobody"
        why = f"it is {case.state} already, decided by {who}; a senior can reopen it"
        raise DecisionRefused(case.id, why, code="final", who=who)
    if case.state is CaseState.SECOND_REVIEW:
        raise DecisionRefused(
            case.id,
            "it was decided once as it was heard, and waits for a second decision",
            code="decided_once",
        )
    after_decision(case, past, person, Choice.LAWFUL)


def _case(session: Session, case_id: str, *, lock: bool) -> Case:
    statement = select(CaseRow).where(CaseRow.case_id == case_id)
    row = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise UnknownCaseError(case_id)
    return case_from_row(row)


def _decisions(session: Session, case_id: str) -> list[Decision]:
    ordered = (DecisionRow.decided_at_ms, DecisionRow.decision_id)
    rows = session.scalars(select(DecisionRow).where(DecisionRow.case_id == case_id).order_by(*ordered))
    return [decision_from_row(row) for row in rows]


def _is_unseen(text: str) -> bool:
    return any(not (char.isprintable() or char in "\n\t") for char in text)
