"""The questions that reviewers and pages ask, each inside the caller's session."""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from claims.types import Disposition, Passage, VerdictKind
from review.rows import finding_from_row, passage_from_row
from review.tables import FindingRow, PassageRow, SegmentRow
from review.types import Coverage, FindingPage, FindingQuery, Gap, Tally


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
    """A token that changes whenever the query's answer, without its limit, may have changed."""
    newest, count = session.execute(
        select(func.max(FindingRow.updated_seq), func.count()).where(*_conditions(query))
    ).one()
    return f"{newest or 0}-{count}"


def read_passages(session: Session, stream_id: str, from_ms: int, to_ms: int | None) -> tuple[Passage, ...]:
    """The passages that touch the range, in the order of the broadcast."""
    statement = select(PassageRow).where(PassageRow.stream_id == stream_id, PassageRow.end_ms >= from_ms)
    if to_ms is not None:
        statement = statement.where(PassageRow.start_ms < to_ms)
    rows = session.scalars(statement.order_by(PassageRow.start_ms, PassageRow.id))
    return tuple(passage_from_row(row) for row in rows)


def read_coverage(session: Session, stream_id: str | None) -> Coverage:
    """What was received and analysed; sums over all streams for None."""
    where = () if stream_id is None else (SegmentRow.stream_id == stream_id,)
    # Neighbours overlap by the interleave of sound and picture: each counts only from where the one before ended.
    before = func.lag(SegmentRow.end_ms).over(partition_by=SegmentRow.stream_id, order_by=SegmentRow.sequence)
    part = (
        select(
            SegmentRow.stream_id, SegmentRow.analysed, SegmentRow.start_ms, SegmentRow.end_ms, before.label("before_ms")
        )
        .where(*where)
        .subquery()
    )
    from_ms = case((part.c.before_ms > part.c.start_ms, part.c.before_ms), else_=part.c.start_ms)
    length = case((part.c.end_ms > from_ms, part.c.end_ms - from_ms), else_=0)
    sums = session.execute(
        select(
            func.count().label("segments"),
            func.count().filter(part.c.analysed).label("analysed"),
            (func.max(part.c.end_ms) - func.min(part.c.start_ms)).label("span_ms"),
            func.sum(length).label("received_ms"),
            func.coalesce(func.sum(length).filter(part.c.analysed), 0).label("analysed_ms"),
        ).group_by(part.c.stream_id)
    ).all()
    gaps = session.execute(
        select(SegmentRow.start_ms, SegmentRow.gap_before_ms)
        .where(*where, SegmentRow.gap_before_ms > 0)
        .order_by(SegmentRow.stream_id, SegmentRow.sequence)
    )
    return Coverage(
        segment_count=sum(row.segments for row in sums),
        analysed_count=sum(row.analysed for row in sums),
        span_ms=sum(row.span_ms for row in sums),
        received_ms=sum(int(row.received_ms) for row in sums),
        analysed_ms=sum(int(row.analysed_ms) for row in sums),
        gaps=tuple(Gap(at_ms=at_ms, length_ms=length_ms) for at_ms, length_ms in gaps),
    )


def read_tally(session: Session, stream_id: str | None) -> Tally:
    """Counts of findings; over all streams for None."""
    statement = select(FindingRow.verdict, FindingRow.disposition, func.count()).group_by(
        FindingRow.verdict, FindingRow.disposition
    )
    if stream_id is not None:
        statement = statement.where(FindingRow.stream_id == stream_id)
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
    return [column == value for column, value in asked if value is not None]
