"""Complaints: a moment of a broadcast is pinned, a case opened or pressed, and a receipt given for its pack."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select, update

from ingest.recording.manifest import read_manifest
from ingest.recording.ring import pin
from ingest.types import Segment
from review.audit.chain import canonical
from review.audit.trail import Journal
from review.cases.filing import file_findings, refresh_case
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.enforcement import ComplaintRow
from review.db.tables.streams import FindingRow
from review.db.upsert import insert_missing, table_of
from review.enforcement.complaint_intake import (
    AFTER_MS,
    BEFORE_MS,
    Complaint,
    finding_of,
    found_near,
    moment_of,
    stream_of,
)
from review.enforcement.errors import ComplaintRefused, UnknownReceiptError
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.store import EnforcementSetup
from review.streams.events import finding_events
from review.streams.filing import write_findings

_PIN_BEFORE_MS, _PIN_AFTER_MS = 120_000, 60_000
_RECEIPT_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A complaint as filed. `kept_segments`: how many recorded pieces of the pinned stretch are on the disk now.

    `again`: it was filed before.
    """

    complaint_id: str
    case_id: str
    finding_id: str
    stream_id: str
    receipt: str = field(repr=False)
    receipt_until_ms: int
    pinned_from_ms: int
    pinned_to_ms: int
    kept_segments: int
    again: bool


class ComplaintStore:
    """Takes complaints; methods are short transactions, safe from any thread or process."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        setup: Callable[[], EnforcementSetup],
        *,
        flag_at: float,
        second_share: float,
    ) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._setup = setup
        self._flag_at = flag_at
        self._second_share = second_share

    def file(self, given: Complaint, actor: str) -> Filed:
        """The complaint as filed: the stretch pinned, the case open.

        Raises UnknownStreamError, and ComplaintRefused for a moment that was not recorded, a text that says nothing,
        or a key that came with another complaint.
        """
        setup = self._setup()
        if not given.text.strip():
            raise ComplaintRefused("text", "it is empty; say what was wrong", code="empty")
        with self._writing.connect() as connection:
            stream_id = stream_of(connection, given)
            at_ms = moment_of(connection, stream_id, given.at)
        recording = setup.data_dir / "recordings" / stream_id
        start_ms, end_ms = max(0, at_ms - BEFORE_MS), at_ms + AFTER_MS
        content = _content(given, stream_id, at_ms)
        key = hashlib.sha256((given.request_key or content).encode()).hexdigest()
        complaint_id = str(uuid.uuid4())
        journal = Journal(at_ms=int(self._now().timestamp() * 1000), actor=actor)
        with self._writing.begin() as connection:
            insert_missing(
                connection,
                ComplaintRow,
                [
                    {
                        "complaint_id": complaint_id,
                        "request_key": key,
                        "content_sha256": content,
                        "stream_id": stream_id,
                        "product_id": given.product_id,
                        "who": given.who,
                        "text": given.text.strip(),
                        "contact": given.contact.strip(),
                        "start_ms": start_ms,
                        "end_ms": end_ms,
                        "finding_id": None,
                        "case_id": None,
                        "receipt_sha256": _sha256(self._receipt(complaint_id)),
                        "receipt_until_ms": journal.at_ms + _RECEIPT_DAYS * DAY_MS,
                        "filed_at_ms": journal.at_ms,
                    }
                ],
            )
            columns = table_of(ComplaintRow).c
            row = connection.execute(select(*columns).where(columns.request_key == key)).one()
            if row.content_sha256 != content:
                raise ComplaintRefused("Idempotency-Key", "it came with another complaint before", code="key_reused")
            again = row.complaint_id != complaint_id
            finding_id, case_id = row.finding_id, row.case_id
            if not again:
                finding_id, case_id = self._open_case(connection, given, complaint_id, stream_id, at_ms, journal)
                if recording.is_dir():
                    why = f"complaint {complaint_id}"
                    pin(recording, max(0, at_ms - _PIN_BEFORE_MS), at_ms + _PIN_AFTER_MS, why)
            journal.close(connection)
        pinned = max(0, row.end_ms - AFTER_MS - _PIN_BEFORE_MS), row.end_ms - AFTER_MS + _PIN_AFTER_MS
        return Filed(
            complaint_id=row.complaint_id,
            case_id=case_id,
            finding_id=finding_id,
            stream_id=row.stream_id,
            receipt=self._receipt(row.complaint_id),
            receipt_until_ms=row.receipt_until_ms,
            pinned_from_ms=pinned[0],
            pinned_to_ms=pinned[1],
            kept_segments=_kept(read_manifest(recording), *pinned),
            again=again,
        )

    def behind(self, receipt: str) -> tuple[str, str]:
        """Case and finding of the complaint with this receipt; UnknownReceiptError if it is unknown or over."""
        now_ms = int(self._now().timestamp() * 1000)
        with self._engine.connect() as connection:
            row = connection.execute(
                select(ComplaintRow.case_id, ComplaintRow.finding_id).where(
                    ComplaintRow.receipt_sha256 == _sha256(receipt), ComplaintRow.receipt_until_ms > now_ms
                )
            ).one_or_none()
        if row is None or row.case_id is None or row.finding_id is None:
            raise UnknownReceiptError
        return row.case_id, row.finding_id

    def without_clip(self) -> tuple[str, ...]:
        """The findings of complaints that have no clip yet, the oldest first."""
        with self._engine.connect() as connection:
            return tuple(
                connection.scalars(
                    select(ComplaintRow.finding_id)
                    .join(FindingRow, FindingRow.finding_id == ComplaintRow.finding_id)
                    .where(FindingRow.clip.is_(None))
                    .order_by(ComplaintRow.filed_at_ms)
                    .limit(100)
                )
            )

    def _receipt(self, complaint_id: str) -> str:
        """Made from the id under the installation's secret, so that a complaint sent again gets it again."""
        secret = self._setup().keys.link_secret()
        made = hmac.new(secret, f"receipt\0{complaint_id}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def _open_case(
        self,
        connection: Connection,
        given: Complaint,
        complaint_id: str,
        stream_id: str,
        at_ms: int,
        journal: Journal,
    ) -> tuple[str, str]:
        """Finding and case: those that are there at this moment, or new ones."""
        finding_id = found_near(connection, stream_id, at_ms, given.product_id)
        if finding_id is None:
            finding = finding_of(connection, given, complaint_id, stream_id, at_ms)
            finding_id = finding.finding_id
            written = write_findings(connection, [finding])
            journal.add_events(finding_events(connection, [each.finding for each in written], {finding_id}))
            file_findings(
                connection,
                [each.finding for each in written],
                now_ms=journal.at_ms,
                flag_at=self._flag_at,
                second_share=self._second_share,
            )
        case_id = connection.scalar(select(CaseFindingRow.case_id).where(CaseFindingRow.finding_id == finding_id))
        assert case_id is not None
        connection.execute(update(CaseRow).where(CaseRow.case_id == case_id).values(complained=True))
        refresh_case(connection, case_id, now_ms=journal.at_ms, flag_at=self._flag_at)
        connection.execute(
            update(ComplaintRow)
            .where(ComplaintRow.complaint_id == complaint_id)
            .values(finding_id=finding_id, case_id=case_id)
        )
        host_id = connection.scalar(select(CaseRow.host_id).where(CaseRow.case_id == case_id))
        journal.note("complaint.filed", f"case:{case_id}", complaint=complaint_id, who=given.who)
        journal.add_event("complaint.filed", str(host_id), case_id, complaint=complaint_id, stream=stream_id)
        return finding_id, case_id


def _content(given: Complaint, stream_id: str, at_ms: int) -> str:
    content = {
        "stream": stream_id,
        "at_ms": at_ms,
        "text": given.text.strip(),
        "who": given.who,
        "product": given.product_id or "",
        "contact": given.contact.strip(),
    }
    return _sha256(canonical(content))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(segments: Sequence[Segment], from_ms: int, to_ms: int) -> int:
    return sum(s.start_ms < to_ms and from_ms < s.end_ms and Path(s.path).is_file() for s in segments)
