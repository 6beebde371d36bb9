"""What becomes of findings and cases when a passage was corrected: all inside the caller's transaction.

A case that the corrected words bore alone follows the claim, whatever it is now. Where others bear it too, the claim
goes to the case that tells of it. A case without any claim left is decided by who corrected, for that reason.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, select, update

from claims.types import Disposition, Finding
from review.accounts.types import Person
from review.audit.trail import Journal
from review.cases.decisions import Submission, decide_unchecked
from review.cases.filing import file_findings, refresh_case
from review.cases.grouping import case_key, script_bands, script_of
from review.cases.types import Choice
from review.db.tables.cases import CaseBandRow, CaseFindingRow, CaseRow
from review.db.tables.corrections import SupersededRow
from review.db.tables.streams import FindingRow, StreamRow
from review.db.upsert import insert_missing, table_of
from review.enforcement.case_consequences import follow_case
from review.streams.corrections import Correction
from review.streams.events import decision_event, finding_events
from review.streams.filing import write_judged
from review.streams.rows import finding_from_json

NO_CLAIM = "transcript_corrected"


def place(
    connection: Connection,
    correction: Correction,
    *,
    gone: Sequence[Finding],
    kept: Sequence[Finding],
    fresh: Sequence[Finding],
    pinned: Finding,
    person: Person,
    journal: Journal,
    flag_at: float,
    second_share: float,
) -> None:
    """Stores what was found, takes away what no longer stands, and has the cases follow."""
    heirs = _heirs(gone, fresh, kept)
    new = [_as_heir(finding, gone, heirs, pinned) for finding in fresh]
    new = [_joined(connection, finding) for finding in new]
    cases = _leave(connection, correction, gone, heirs)
    connection.execute(delete(SupersededRow).where(SupersededRow.finding_id.in_([f.finding_id for f in new])))
    left = [replace(f, disposition=Disposition.NONE, superseded_by=heirs.get(f.finding_id, f.finding_id)) for f in gone]
    written = write_judged(connection, [*kept, *new, *left], clips_of=pinned)
    for finding in new:
        case_id = _case_that_follows(connection, correction, finding, gone, heirs, cases)
        if case_id is not None:
            follow_claim(connection, case_id, finding)
    now_ms = correction.corrected_at_ms
    standing = [each.finding for each in written if each.finding.superseded_by is None]
    file_findings(connection, standing, now_ms=now_ms, flag_at=flag_at, second_share=second_share)
    journal.add_events(
        finding_events(
            connection,
            [each.finding for each in written],
            {each.finding.finding_id for each in written if each.is_new},
        )
    )
    for case_id in sorted({correction.case_id, *(c for c in cases.values() if c is not None)}):
        if has_claims(connection, case_id):
            refresh_case(connection, case_id, now_ms=now_ms, flag_at=flag_at, changed=True)
        else:
            _close(connection, case_id, person, journal)


def _heirs(gone: Sequence[Finding], fresh: Sequence[Finding], kept: Sequence[Finding]) -> dict[str, str]:
    """By each finding that no longer stands the one that takes its place: of its class and product before others."""
    heirs: dict[str, str] = {}
    for one in gone:
        best = max(
            (*fresh, *(k for k in kept if k.class_id == one.class_id)),
            key=lambda f: (f.class_id == one.class_id, f.product_id == one.product_id, f in fresh, f.score),
            default=None,
        )
        if best is not None:
            heirs[one.finding_id] = best.finding_id
    return heirs


def _as_heir(finding: Finding, gone: Sequence[Finding], heirs: dict[str, str], pinned: Finding) -> Finding:
    """The new finding, with what it takes the place of; it was cut and heard as that was."""
    before = [one for one in gone if heirs.get(one.finding_id) == finding.finding_id]
    before.sort(key=lambda one: (one.finding_id != pinned.finding_id, -one.score))
    heard = before[0] if before else pinned
    return replace(
        finding,
        supersedes=before[0].finding_id if before else None,
        models=heard.models,
        clip=heard.clip,
    )


def _joined(connection: Connection, finding: Finding) -> Finding:
    """The finding together with where the same claim stands already in the broadcast."""
    record = connection.scalar(select(FindingRow.record).where(FindingRow.finding_id == finding.finding_id))
    known = None if record is None else finding_from_json(record)
    if known is None or known.superseded_by is not None:
        return finding
    places = tuple(dict.fromkeys((*known.passage_ids, *finding.passage_ids)))
    return replace(known, count=known.count + finding.count, passage_ids=places)


def _leave(
    connection: Connection, correction: Correction, gone: Sequence[Finding], heirs: dict[str, str]
) -> dict[str, str | None]:
    """Takes the findings out of their cases and keeps them as they were; gives the case of each."""
    ids = [finding.finding_id for finding in gone]
    filed = connection.execute(
        select(CaseFindingRow.finding_id, CaseFindingRow.case_id).where(CaseFindingRow.finding_id.in_(ids))
    )
    cases: dict[str, str | None] = dict.fromkeys(ids) | {row.finding_id: row.case_id for row in filed}
    connection.execute(delete(CaseFindingRow).where(CaseFindingRow.finding_id.in_(ids)))
    insert_missing(
        connection,
        SupersededRow,
        [
            {
                "finding_id": finding.finding_id,
                "correction_id": correction.id,
                "case_id": cases[finding.finding_id],
                "stream_id": finding.stream_id,
                "by_finding_id": heirs.get(finding.finding_id),
                "record": finding.to_json(),
            }
            for finding in gone
        ],
    )
    return cases


def _case_that_follows(
    connection: Connection,
    correction: Correction,
    finding: Finding,
    gone: Sequence[Finding],
    heirs: dict[str, str],
    cases: dict[str, str | None],
) -> str | None:
    """The case that the new finding is the whole claim of from now on; None: it goes where its claim is told."""
    before = [cases[one.finding_id] for one in gone if heirs.get(one.finding_id) == finding.finding_id]
    if not gone:
        before = [correction.case_id]
    for case_id in dict.fromkeys((correction.case_id, *before)):
        if case_id in before and case_id is not None and not has_claims(connection, case_id):
            key = case_key(finding, host_of_case(connection, case_id))
            taken = connection.scalar(select(CaseRow.case_id).where(CaseRow.case_key == key))
            return case_id if taken in {None, case_id} else None
    return None


def follow_claim(connection: Connection, case_id: str, finding: Finding) -> None:
    """Makes the case one of this claim."""
    products = connection.scalar(select(StreamRow.products).where(StreamRow.stream_id == finding.stream_id)) or []
    product = next((p for p in products if p["product_id"] == finding.product_id), None)
    script = script_of(finding)
    connection.execute(
        update(table_of(CaseRow))
        .where(CaseRow.case_id == case_id)
        .values(
            {
                "case_key": case_key(finding, host_of_case(connection, case_id)),
                "product_id": finding.product_id,
                "product_name": product["name"] if product else None,
                "class": finding.class_id,
                "category": product.get("category") if product else None,
                "script": script,
            }
        )
    )
    connection.execute(delete(CaseBandRow).where(CaseBandRow.case_id == case_id))
    bands = [{"band": band, "case_id": case_id} for band in sorted(set(script_bands(script, finding.class_id)))]
    insert_missing(connection, CaseBandRow, bands)
    insert_missing(
        connection,
        CaseFindingRow,
        [{"finding_id": finding.finding_id, "case_id": case_id, "stream_id": finding.stream_id}],
    )


def host_of_case(connection: Connection, case_id: str) -> str:
    """Whose case it is."""
    return connection.scalars(select(CaseRow.host_id).where(CaseRow.case_id == case_id)).one()


def has_claims(connection: Connection, case_id: str) -> bool:
    """Whether any finding is left in the case."""
    found = select(CaseFindingRow.finding_id).where(CaseFindingRow.case_id == case_id).limit(1)
    return connection.scalar(found) is not None


def _close(connection: Connection, case_id: str, person: Person, journal: Journal) -> None:
    """Decides the case for the reason that no claim is left, as this person: sampled, it is decided a second time."""
    version = connection.scalars(select(CaseRow.version).where(CaseRow.case_id == case_id)).one()
    submission = Submission(
        case_id=case_id,
        version=version,
        request_id=str(uuid.uuid4()),
        choice=Choice.LAWFUL,
        reason=NO_CLAIM,
    )
    decision = decide_unchecked(connection, submission, person, journal.at_ms)
    journal.note("case.decided", f"case:{case_id}", decision=decision.id, choice=decision.choice.value)
    journal.add_events(
        [
            decision_event(
                connection,
                case_id,
                "decision.made",
                decision_id=decision.id,
                choice=decision.choice.value,
                reason=decision.reason,
                decided_class=None,
            )
        ]
    )
    follow_case(connection, case_id, journal)
