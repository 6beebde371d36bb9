"""Corrections of the store: checked, judged anew outside of any transaction, then written in one."""

import hashlib
import uuid
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.orm import Session

from review.accounts.types import Person
from review.audit.trail import Journal
from review.corrections.eligibility import Stand, check, repeated
from review.corrections.placement import place
from review.corrections.rejudging import Judged, judge_corrected, with_other_places
from review.db.tables.corrections import CorrectionRow, SupersededRow
from review.db.upsert import table_of
from review.enforcement.case_consequences import lock_host_of
from review.errors import CaseChanged
from review.replays.queries import read_stream
from review.streams.corrected import corrections_where, superseded_where
from review.streams.corrections import Correction, Judging, Rewording, Superseded
from review.streams.filing import count_up, hosts_of, renumber


class CorrectionStore:
    """What people put right; methods are short transactions, safe from any thread or process."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], *, flag_at: float = 0.6, second_share: float = 0.1
    ) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._flag_at, self._second_share = flag_at, second_share

    def of_case(self, case_id: str) -> tuple[Correction, ...]:
        """The corrections that were made from this case, or that took a finding from it, the first one first."""
        with self._engine.connect() as connection:
            elsewhere = select(SupersededRow.correction_id).where(SupersededRow.case_id == case_id)
            of_case = (CorrectionRow.case_id == case_id) | CorrectionRow.correction_id.in_(elsewhere)
            return corrections_where(connection, of_case)

    def of_passages(self, stream_id: str, passage_ids: Collection[str]) -> tuple[Correction, ...]:
        """Every correction of one of these passages, the first one first."""
        with self._engine.connect() as connection:
            found = corrections_where(connection, CorrectionRow.stream_id == stream_id)
        return tuple(one for one in found if one.passage_id in passage_ids)

    def superseded(self, case_id: str) -> tuple[Superseded, ...]:
        """The findings of the case that no longer stand, as they did."""
        with self._engine.connect() as connection:
            return superseded_where(connection, SupersededRow.case_id == case_id)

    def stand(self, case_id: str, passage_id: str, person: Person) -> Stand:
        """The passage as a correction would find it; CaseChanged, DecisionRefused and CorrectionRefused say why not."""
        with Session(self._engine) as session:
            return check(session.connection(), case_id, passage_id, person, self._now_ms())

    def correct(self, given: Rewording, person: Person, judging: Judging) -> Correction:
        """The correction as stored; the same one again gives the first.

        CaseChanged: somebody else works on the case, or the text is another meanwhile. DecisionRefused: the case is
        decided, or this person may not decide it. CorrectionRefused: it can't be made like this.
        """
        with Session(self._engine) as session:
            connection = session.connection()
            if (known := repeated(connection, given, person)) is not None:
                return known
            stand = check(connection, given.case_id, given.passage_id, person, self._now_ms())
            stand.check_seen(given)
            stream = read_stream(session, stand.passage.stream_id, judging.data_dir)
        before = stand.findings
        judged = judge_corrected(given, stream, before, stand.pinned, judging)
        with self._writing.begin() as connection:
            lock_host_of(connection, given.case_id)
            hosts_of(connection, {stand.passage.stream_id}, hold=True)
            # Whoever writes findings takes their counter before a case: in another order two would wait for each other.
            count_up(connection, "finding", 0)
            if (known := repeated(connection, given, person)) is not None:
                return known
            stand = check(connection, given.case_id, given.passage_id, person, self._now_ms(), lock=True)
            stand.check_seen(given)
            if stand.findings != before:
                raise CaseChanged(given.case_id, "more was found in the passage meanwhile", code="changed")
            return self._write(connection, given, person, stand, judged)

    def _write(
        self, connection: Connection, given: Rewording, person: Person, stand: Stand, judged: Judged
    ) -> Correction:
        now_ms = self._now_ms()
        by_id = {finding.finding_id: finding for finding in judged.findings}
        gone = [finding for finding in stand.findings if finding.finding_id not in by_id]
        kept = [
            with_other_places(by_id[f.finding_id], f, given.passage_id) for f in stand.findings if f.finding_id in by_id
        ]
        known = {finding.finding_id for finding in stand.findings}
        fresh = [finding for finding in judged.findings if finding.finding_id not in known]
        correction = Correction(
            id=str(uuid.uuid4()),
            case_id=given.case_id,
            stream_id=stand.passage.stream_id,
            passage_id=given.passage_id,
            channel=stand.passage.channel,
            heard=stand.heard,
            original=stand.passage.text,
            corrected=given.corrected,
            product_before=stand.pinned.product_id,
            product_after=given.product_id or stand.pinned.product_id,
            why=given.why.strip(),
            person_id=person.id,
            corrected_at_ms=now_ms,
            policy=judged.policy,
            superseded=tuple(finding.finding_id for finding in gone),
            found=tuple(finding.finding_id for finding in (*kept, *fresh)),
        )
        self._insert(connection, correction, given.request_id)
        renumber(connection, correction.stream_id, correction.passage_id)
        journal = Journal(at_ms=now_ms, actor=person.id)
        journal.note(
            "passage.corrected",
            f"case:{given.case_id}",
            correction=correction.id,
            stream=correction.stream_id,
            passage=correction.passage_id,
            original_sha256=_sha256(correction.original),
            corrected_sha256=_sha256(correction.corrected),
            product=correction.product_after or "",
        )
        place(
            connection,
            correction,
            gone=gone,
            kept=kept,
            fresh=fresh,
            pinned=stand.pinned,
            person=person,
            journal=journal,
            flag_at=self._flag_at,
            second_share=self._second_share,
        )
        journal.close(connection)
        return correction

    def _insert(self, connection: Connection, correction: Correction, request_id: str) -> None:
        columns = {column.name for column in table_of(CorrectionRow).columns}
        values = {name: getattr(correction, name) for name in columns if hasattr(correction, name)}
        connection.execute(
            insert(CorrectionRow).values(
                **values,
                correction_id=correction.id,
                request_id=request_id,
                sequence=count_up(connection, "correction"),
                findings={"superseded": list(correction.superseded), "found": list(correction.found)},
            )
        )

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
