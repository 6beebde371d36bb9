"""What a complaint means: which broadcast, which moment of it, and what a person is to look at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.orm import Session

from claims.types import Disposition, Finding, Match, Passage, ScoreStep, VerdictKind
from review.db.tables.cases import CaseFindingRow
from review.db.tables.streams import HIDDEN, FindingRow, SegmentRow, StreamRow
from review.enforcement.errors import ComplaintRefused
from review.errors import UnknownStreamError
from review.streams.queries import read_passages

COMPLAINT_CLASS = "COMPLAINT"
BEFORE_MS, AFTER_MS = 30_000, 10_000
_WORDS_MS = 8_000
_LONGEST_QUOTE = 200
_AHEAD_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What somebody complains of. `stream_id` or `room` (the host's account); `at`: stream time in ms, or the moment.

    `request_key`: sent again with the same complaint, it is the same complaint. `tenant_id`: whose broadcasts it may be
    about; None: anybody's.
    """

    stream_id: str | None
    room: str | None
    at: int | datetime
    text: str
    who: Literal["viewer", "platform"]
    product_id: str | None = None
    contact: str = field(default="", repr=False)
    request_key: str | None = None
    tenant_id: str | None = None


def stream_of(connection: Connection, given: Complaint) -> str:
    """The stream that is meant; UnknownStreamError, and ComplaintRefused where neither stream nor room tells."""
    if given.stream_id is not None:
        known = select(StreamRow.stream_id).where(StreamRow.stream_id == given.stream_id, *_own(given))
        if connection.scalar(known) is None:
            raise UnknownStreamError(given.stream_id)
        return given.stream_id
    if given.room is None:
        raise ComplaintRefused("stream", "name the stream, or the room by its host's account", code="no_stream")
    if isinstance(given.at, int):
        raise ComplaintRefused("at", "with a room, name the moment as a date and time", code="moment")
    rows = connection.execute(
        select(StreamRow.stream_id, StreamRow.started_at).where(StreamRow.host_id == given.room, *_own(given))
    ).all()
    begun = [
        (datetime.fromisoformat(row.started_at), row.stream_id)
        for row in rows
        if row.started_at is not None and datetime.fromisoformat(row.started_at) <= given.at
    ]
    if not begun:
        raise UnknownStreamError(given.room)
    return str(max(begun)[1])


def _own(given: Complaint) -> list[ColumnElement[bool]]:
    return [] if given.tenant_id is None else [StreamRow.tenant_id == given.tenant_id]


def moment_of(connection: Connection, stream_id: str, at: int | datetime) -> int:
    """The moment on the stream clock; ComplaintRefused if it lies before or after what was recorded."""
    recorded_ms = connection.scalar(
        select(SegmentRow.end_ms).where(SegmentRow.stream_id == stream_id).order_by(SegmentRow.sequence.desc()).limit(1)
    )
    at_ms = at if isinstance(at, int) else _on_stream_clock(connection, stream_id, at)
    if at_ms < 0 or at_ms > (recorded_ms or 0) + _AHEAD_MS:
        raise ComplaintRefused(
            "at", f"{at_ms} ms lies outside the recording of {recorded_ms or 0} ms; correct the moment", code="moment"
        )
    return at_ms


def _on_stream_clock(connection: Connection, stream_id: str, at: datetime) -> int:
    """By when the broadcast began, which is where the stream clock starts."""
    started_at = connection.scalar(select(StreamRow.started_at).where(StreamRow.stream_id == stream_id))
    if started_at is None:
        raise ComplaintRefused("at", "the broadcast's start is not known; give stream time in ms", code="moment")
    return (at - datetime.fromisoformat(started_at)) // timedelta(milliseconds=1)


def found_near(connection: Connection, stream_id: str, at_ms: int, product_id: str | None) -> str | None:
    """The finding of a case that lies nearest to the moment, within the stretch that people complain about."""
    rows = connection.execute(
        select(FindingRow.finding_id, FindingRow.start_ms, FindingRow.product_id)
        .join(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .where(
            FindingRow.stream_id == stream_id,
            FindingRow.disposition != HIDDEN,
            FindingRow.start_ms >= at_ms - BEFORE_MS,
            FindingRow.start_ms <= at_ms + AFTER_MS,
        )
    ).all()
    near = [
        (abs(row.start_ms - at_ms), row.finding_id)
        for row in rows
        if product_id is None or row.product_id in {None, product_id}
    ]
    return min(near)[1] if near else None


def finding_of(connection: Connection, given: Complaint, complaint_id: str, stream_id: str, at_ms: int) -> Finding:
    """What a person looks at where the machine found nothing: the words of the moment, and the complaint."""
    words = _words(connection, stream_id, at_ms)
    quote = "".join(passage.text for passage in words)[-_LONGEST_QUOTE:] or given.text.strip()[:_LONGEST_QUOTE]
    return Finding(
        finding_id=f"c_{complaint_id.replace('-', '')}",
        stream_id=stream_id,
        passage_ids=tuple(passage.id for passage in words),
        start_ms=max(0, at_ms - BEFORE_MS),
        end_ms=at_ms + AFTER_MS,
        channel="speech",
        quote=quote,
        normalised=quote,
        class_id=COMPLAINT_CLASS,
        verdict=VerdictKind.UNSUPPORTED,
        disposition=Disposition.FLAG,
        severity="medium",
        score=0.5,
        product_id=given.product_id,
        claimed="",
        registered=None,
        passport_path=None,
        passport_version=None,
        law=(),
        law_status="",
        policy="",
        rule="COMPLAINT.filed",
        match=(Match(kind="complaint", heard=given.text.strip()[:_LONGEST_QUOTE], meant=complaint_id[:8]),),
        exemptions=(),
        score_steps=(ScoreStep(step="complaint", value=0.5),),
    )


def _words(connection: Connection, stream_id: str, at_ms: int) -> Sequence[Passage]:
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        near = read_passages(session, stream_id, max(0, at_ms - _WORDS_MS), at_ms + _WORDS_MS // 2)
    return [passage for passage in near if passage.channel == "speech"]
