"""The ledger of a stream in the database: written as a whole, read as a whole, each inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select
from sqlalchemy.orm import Session

from ingest.recording.ledger import NOTHING, Coverage, Ledger
from ingest.types import Gap, GapKind
from review.db.ownership import Owner, stream_is_of
from review.db.tables.streams import CoverageRow, CursorRow, GapRow, SegmentRow
from review.db.upsert import upsert
from review.streams.types import StreamCoverage


def write_coverage(connection: Connection, stream_id: str, coverage: Coverage) -> tuple[Gap, ...]:
    """Replaces the stream's ledger, whose gaps are only touched when they have changed; gives those that are new."""
    return write_coverages(connection, {stream_id: coverage}).get(stream_id, ())


def write_coverages(connection: Connection, coverages: Mapping[str, Coverage]) -> dict[str, tuple[Gap, ...]]:
    """Replaces the ledgers of these streams as `write_coverage` does; gives the gaps that are new, where any are."""
    if not coverages:
        return {}
    names = ("span_ms", "analysed_ms", "waiting_ms")
    rows = [
        {name: getattr(coverage, name) for name in names} | {"stream_id": stream_id}
        for stream_id, coverage in sorted(coverages.items())
    ]
    upsert(connection, CoverageRow, rows)
    counted = connection.execute(
        select(GapRow.stream_id, func.count().label("number"), func.max(GapRow.end_ms).label("end_ms"))
        .where(GapRow.stream_id.in_(coverages))
        .group_by(GapRow.stream_id)
    )
    stored = {row.stream_id: (row.number, row.end_ms) for row in counted}
    new: dict[str, tuple[Gap, ...]] = {}
    for stream_id, coverage in sorted(coverages.items()):
        end_ms = coverage.gaps[-1].end_ms if coverage.gaps else 0
        if stored.get(stream_id, (0, 0)) != (len(coverage.gaps), end_ms):
            new[stream_id] = _replace_gaps(connection, stream_id, coverage)
    return new


def _replace_gaps(connection: Connection, stream_id: str, coverage: Coverage) -> tuple[Gap, ...]:
    known = set(connection.scalars(select(GapRow.start_ms).where(GapRow.stream_id == stream_id)))
    connection.execute(delete(GapRow).where(GapRow.stream_id == stream_id))
    rows = [
        {"stream_id": stream_id, "start_ms": g.start_ms, "end_ms": g.end_ms, "kind": g.kind.value, "why": g.why}
        for g in coverage.gaps
    ]
    if rows:
        connection.execute(insert(GapRow), rows)
    return tuple(gap for gap in coverage.gaps if gap.start_ms not in known)


def settle_coverage(
    connection: Connection, stream_id: str, recorded_ms: int = 0, missed: Gap | None = None
) -> tuple[Gap, ...]:
    """Whatever still waits when a stream is over was lost: the analysis ended before it; gives new gaps.

    `recorded_ms`: how far it was recorded, where the ledger does not know yet. `missed`: what was on air after that.
    """
    stored = stored_coverage(connection, stream_id)
    end_ms = max(stored.span_ms, recorded_ms, 0 if missed is None else missed.end_ms)
    if not stored.waiting_ms and end_ms == stored.span_ms:
        return ()
    ledger = Ledger(stored)
    if missed is not None and stored.span_ms < missed.end_ms:
        ledger.know([replace(missed, start_ms=max(missed.start_ms, stored.span_ms))])
    return write_coverage(connection, stream_id, ledger.close(end_ms))


def stored_coverage(connection: Connection, stream_id: str) -> Coverage:
    """The stream's ledger as it was last written; NOTHING where none was."""
    row = connection.execute(
        select(CoverageRow.span_ms, CoverageRow.analysed_ms, CoverageRow.waiting_ms).where(
            CoverageRow.stream_id == stream_id
        )
    ).one_or_none()
    if row is None:
        return NOTHING
    gaps = _read_gaps(connection, (GapRow.stream_id == stream_id,))
    return Coverage(span_ms=row.span_ms, analysed_ms=row.analysed_ms, waiting_ms=row.waiting_ms, gaps=gaps)


def read_coverage(session: Session, stream_id: str | None, owner: Owner | None = None) -> StreamCoverage:
    """What was received and analysed, as it was last told; sums over all streams for None, or over these customers'."""

    def chosen(column: Any) -> tuple[ColumnElement[bool], ...]:
        if stream_id is not None:
            return (column == stream_id,)
        return () if owner is None else (stream_is_of(column, owner),)

    counts = session.execute(
        select(SegmentRow.stream_id, func.count(), func.count().filter(SegmentRow.analysed))
        .where(*chosen(SegmentRow.stream_id))
        .group_by(SegmentRow.stream_id)
    ).all()
    stored = {row.stream_id: row for row in session.scalars(select(CoverageRow).where(*chosen(CoverageRow.stream_id)))}
    before: list[Coverage] = [_from_segments(session, known) for known, _, _ in counts if known not in stored]
    ledgers: list[CoverageRow | Coverage] = [*stored.values(), *before]
    return StreamCoverage(
        segment_count=sum(count for _, count, _ in counts),
        analysed_count=sum(analysed for _, _, analysed in counts),
        span_ms=sum(ledger.span_ms for ledger in ledgers),
        analysed_ms=sum(ledger.analysed_ms for ledger in ledgers),
        waiting_ms=sum(ledger.waiting_ms for ledger in ledgers),
        gaps=(
            *_read_gaps(session.connection(), chosen(GapRow.stream_id)),
            *(gap for ledger in before for gap in ledger.gaps),
        ),
    )


def _read_gaps(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> tuple[Gap, ...]:
    """The gaps of the streams that are chosen so."""
    rows = connection.execute(
        select(GapRow.start_ms, GapRow.end_ms, GapRow.kind, GapRow.why)
        .where(*conditions)
        .order_by(GapRow.stream_id, GapRow.start_ms)
    )
    return tuple(Gap(kind=GapKind(row.kind), start_ms=row.start_ms, end_ms=row.end_ms, why=row.why) for row in rows)


def _from_segments(session: Session, stream_id: str) -> Coverage:
    """The ledger of a stream that was stored before ledgers were, as far as its segments tell it."""
    cursor = session.scalar(select(CursorRow.sequence).where(CursorRow.stream_id == stream_id))
    rows = session.scalars(
        select(SegmentRow).where(SegmentRow.stream_id == stream_id).order_by(SegmentRow.sequence)
    ).all()
    ledger = Ledger()
    for row in rows:
        if row.gap_before_ms:
            start_ms, why = row.start_ms - row.gap_before_ms, "stored before causes were kept"
            ledger.know([Gap(kind=GapKind.NETWORK, start_ms=start_ms, end_ms=row.start_ms, why=why)])
        if row.analysed:
            ledger.analysed(row.start_ms, row.end_ms)
        elif cursor is not None and row.sequence <= cursor:
            why = "it was passed over"
            ledger.lost(Gap(kind=GapKind.UNREADABLE, start_ms=row.start_ms, end_ms=row.end_ms, why=why))
    return ledger.coverage(max((row.end_ms for row in rows), default=0))
