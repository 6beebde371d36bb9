"""The questions that reviewers and pages ask, each inside the caller's session."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from claims.types import Channel, Disposition, Passage, VerdictKind
from review.db.ownership import Owner, stream_is_of
from review.db.tables.streams import HIDDEN, FindingRow, PassageRow
from review.streams.corrected import as_corrected
from review.streams.rows import finding_from_row, passage_from_row
from review.streams.types import FindingPage, FindingQuery, Tally


def read_findings(session: Session, query: FindingQuery) -> FindingPage:
    """A page of the findings that the query asks for."""
    order = FindingRow.created_seq.desc() if query.newest_first else FindingRow.created_seq.asc()
    statement = (
        select(FindingRow)
        .where(*_conditions(query), FindingRow.created_seq > query.after)
        .order_by(order)
        .limit(query.limit + 1)
    )
    stored = [finding_from_row(row) for row in session.scalars(statement)]
    page = tuple(stored[: query.limit])
    last = max((entry.created_seq for entry in page), default=query.after)
    return FindingPage(findings=page, next_after=last, more=len(stored) > query.limit)


def read_version(session: Session, query: FindingQuery) -> str:
    """A token that changes whenever the query's answer, without its limit, may have changed.

    It looks at the newest change alone, of the stream or of all: to count what the query finds would read it all.
    """
    newest = select(func.max(FindingRow.updated_seq))
    if query.stream_id is not None:
        newest = newest.where(FindingRow.stream_id == query.stream_id)
    return str(session.scalar(newest) or 0)


def read_passages(session: Session, stream_id: str, from_ms: int, to_ms: int | None) -> tuple[Passage, ...]:
    """The passages that touch the range, as people corrected them, in the order of the broadcast."""
    statement = select(PassageRow).where(PassageRow.stream_id == stream_id, PassageRow.end_ms >= from_ms)
    if to_ms is not None:
        statement = statement.where(PassageRow.start_ms < to_ms)
    rows = session.scalars(statement.order_by(PassageRow.start_ms, PassageRow.id))
    return as_corrected(session, stream_id, (passage_from_row(row) for row in rows))


def read_numbered(
    session: Session, stream_id: str, after: int, limit: int, channel: Channel | None
) -> tuple[tuple[int, Passage], ...]:
    """The passages after this number, as people corrected them, each with its number, in the order of numbers."""
    statement = select(PassageRow).where(PassageRow.stream_id == stream_id, PassageRow.number > after)
    if channel is not None:
        statement = statement.where(PassageRow.channel == channel)
    rows = session.scalars(statement.order_by(PassageRow.number).limit(limit)).all()
    passages = as_corrected(session, stream_id, (passage_from_row(row) for row in rows))
    return tuple((row.number, passage) for row, passage in zip(rows, passages, strict=True))


def read_last_said(session: Session, stream_id: str) -> int | None:
    """The end of the last passage that was heard; None: there is none."""
    heard = select(PassageRow.end_ms).where(PassageRow.stream_id == stream_id, PassageRow.channel == "speech")
    return session.scalar(heard.order_by(PassageRow.start_ms.desc()).limit(1))


def read_tally(session: Session, stream_id: str | None, owner: Owner | None = None) -> Tally:
    """Counts of findings; over all streams for None, or over all of these customers."""
    statement = select(FindingRow.verdict, FindingRow.disposition, func.count()).group_by(
        FindingRow.verdict, FindingRow.disposition
    )
    statement = statement.where(FindingRow.disposition != HIDDEN)
    if stream_id is not None:
        statement = statement.where(FindingRow.stream_id == stream_id)
    if owner is not None:
        statement = statement.where(stream_is_of(FindingRow.stream_id, owner))
    by_verdict: dict[VerdictKind, int] = {}
    by_disposition: dict[Disposition, int] = {}
    for verdict, disposition, count in session.execute(statement):
        kind = Disposition(disposition)
        by_disposition[kind] = by_disposition.get(kind, 0) + count
        if kind is Disposition.FLAG:
            by_verdict[VerdictKind(verdict)] = count
    return Tally(by_verdict=by_verdict, by_disposition=by_disposition)


def _conditions(query: FindingQuery) -> list[ColumnElement[bool]]:
    asked = (
        (FindingRow.stream_id, query.stream_id),
        (FindingRow.host_id, query.host_id),
        (FindingRow.class_id, query.class_id),
        (FindingRow.product_id, query.product_id),
        (FindingRow.disposition, None if query.disposition is None else query.disposition.value),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in asked if value is not None]
    if query.disposition is None:
        conditions.append(FindingRow.disposition != HIDDEN)
    if query.tenants is not None:
        conditions.append(stream_is_of(FindingRow.stream_id, query.tenants))
    return conditions
