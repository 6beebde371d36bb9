"""What of a stored broadcast can be judged again, each question inside the caller's session."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from claims.types import Disposition, Passage, PlatformFact
from review.cases.types import CaseState
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.passports import PassportRow
from review.db.tables.scheduling import FactRow, OrderRow
from review.db.tables.streams import HIDDEN, FindingRow, PassageRow, StreamRow
from review.errors import UnknownStreamError
from review.evidence.basis import BASIS, read_kept_facts, read_kept_steps
from review.replays.types import Scope, Stored, StoredStream, said_of
from review.streams.corrected import as_corrected
from review.streams.rows import finding_from_json, passage_from_row
from review.streams.tenant_rules import RuleKind, read_rules


def read_stream_ids(session: Session, scope: Scope) -> tuple[str, ...]:
    """The broadcasts of the scope that have passages, by id; UnknownStreamError names one that is not stored."""
    statement = select(StreamRow.stream_id, StreamRow.started_at, StreamRow.created_at_ms).order_by(StreamRow.stream_id)
    if scope.stream_ids:
        statement = statement.where(StreamRow.stream_id.in_(scope.stream_ids))
    rows = session.execute(statement).all()
    for wanted in scope.stream_ids:
        if all(row.stream_id != wanted for row in rows):
            raise UnknownStreamError(wanted)
    with_passages = set(session.scalars(select(PassageRow.stream_id).distinct()))
    return tuple(
        row.stream_id
        for row in rows
        if row.stream_id in with_passages and _is_within(_moment(row.started_at, row.created_at_ms), scope)
    )


def read_stream(session: Session, stream_id: str, data_dir: Path) -> StoredStream:
    """The broadcast as it was judged, with what is kept beside its recording; UnknownStreamError."""
    row = session.get(StreamRow, stream_id)
    if row is None:
        raise UnknownStreamError(stream_id)
    heard = session.scalars(select(PassageRow).where(PassageRow.stream_id == stream_id))
    passages = as_corrected(session, stream_id, (passage_from_row(row) for row in heard))
    recording = data_dir / "recordings" / stream_id
    return StoredStream(
        stream_id=stream_id,
        host_id=row.host_id,
        host_name=row.host_name,
        at=_moment(row.started_at, row.created_at_ms),
        passages=tuple(sorted(passages, key=_understood)),
        facts=_facts(session, stream_id, recording),
        products=tuple(str(product["product_id"]) for product in row.products),
        passports=passport_texts(session, row, recording),
        steps=read_kept_steps(recording),
        tenant_id=row.tenant_id,
        words=read_rules(session.connection(), row.tenant_id, RuleKind.WORDS),
    )


def read_stored(session: Session, stream_id: str) -> tuple[Stored, ...]:
    """The broadcast's stored findings, and what became of their cases."""
    rows = session.execute(
        select(FindingRow.record, CaseRow.case_id, CaseRow.state)
        .outerjoin(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .outerjoin(CaseRow, CaseRow.case_id == CaseFindingRow.case_id)
        .where(FindingRow.stream_id == stream_id, FindingRow.disposition.not_in([Disposition.NONE.value, HIDDEN]))
        .order_by(FindingRow.created_seq)
    )
    return tuple(
        Stored(
            said=said_of(finding_from_json(row.record)),
            case_id=row.case_id,
            state=None if row.state is None else CaseState(row.state),
        )
        for row in rows
    )


def _understood(passage: Passage) -> tuple[int, bool, int, str]:
    """Speech is understood when it ends, what is on screen when it appears; pictures of a moment come first."""
    moment = passage.end_ms if passage.channel == "speech" else passage.start_ms
    return moment, passage.channel == "speech", passage.start_ms, passage.id


def _moment(started_at: str | None, created_at_ms: int) -> datetime:
    return datetime.fromisoformat(started_at) if started_at else datetime.fromtimestamp(created_at_ms / 1000, UTC)


def _is_within(moment: datetime, scope: Scope) -> bool:
    return (scope.since is None or moment >= scope.since) and (scope.until is None or moment < scope.until)


def passport_texts(session: Session, row: StreamRow, recording: Path) -> tuple[str, ...]:
    """The text of each passport: as registered when the broadcast was ordered, and as kept beside its recording."""
    order = session.get(OrderRow, row.stream_id)
    texts = [
        session.scalar(
            select(PassportRow.text).where(
                PassportRow.tenant_id == row.tenant_id,
                PassportRow.product_id == product["product_id"],
                PassportRow.version == product["version"],
            )
        )
        for product in (order.products if order else ())
    ]
    kept = sorted((recording / BASIS).glob("passport-*.json"))
    texts += [path.read_text(encoding="utf-8") for path in kept]
    return tuple(dict.fromkeys(text for text in texts if text is not None))


def _facts(session: Session, stream_id: str, recording: Path) -> tuple[PlatformFact, ...]:
    facts: dict[str, PlatformFact] = {f.model_dump_json(): f for f in read_kept_facts(recording)}
    for row in session.scalars(select(FactRow).where(FactRow.stream_id == stream_id).order_by(FactRow.sequence)):
        values: dict[str, Any] = {name: getattr(row, name) for name in PlatformFact.model_fields}
        fact = PlatformFact.model_validate(values)
        facts[fact.model_dump_json()] = fact
    return tuple(sorted((f for f in facts.values() if f.stream_id == stream_id), key=lambda f: f.at_ms))
