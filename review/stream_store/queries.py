"""What is read of broadcasts: who is in them, what was said, what was found, how much was really analysed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from claims.suggestions import Risk, Suggestion
from claims.types import Channel, Passage
from review.db.ownership import Owner, is_of
from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import MeasureRow
from review.db.tables.streams import CursorRow, FindingRow, StreamRow
from review.errors import UnknownFindingError, UnknownStreamError
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.status_queries import Moment, all_covered, now_covered, read_open
from review.streams.coverage import read_coverage
from review.streams.queries import read_findings, read_last_said, read_numbered, read_passages, read_tally, read_version
from review.streams.rows import finding_from_row, stream_from_row
from review.streams.suggesting import read_worst
from review.streams.totals import Sums
from review.streams.types import (
    FindingPage,
    FindingQuery,
    StoredFinding,
    StreamCoverage,
    StreamRecord,
    Tally,
)
from review.stretches.health import read_active_conditions
from review.stretches.types import ActiveCondition


class StreamQueries:
    """Reads broadcasts, passages and findings, with the sums over them; safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], terms: LeaseTerms) -> None:
        """`terms`: by what rules broadcasts are lent to workers, which says in what state one is now."""
        self._engine = engine
        self._now = now
        self._terms = terms
        self._sums = Sums()

    def newest(self, limit: int | None = None, owner: Owner | None = None) -> tuple[StreamRecord, ...]:
        """Streams, the newest first; all of them without a limit. `owner`: of these customers alone."""
        with Session(self._engine) as session:
            newest = select(StreamRow).order_by(StreamRow.created_at_ms.desc(), StreamRow.stream_id).limit(limit)
            if owner is not None:
                newest = newest.where(is_of(owner))
            return tuple(stream_from_row(row) for row in session.scalars(newest))

    def of_host(self, host_id: str, limit: int = 50) -> tuple[StreamRecord, ...]:
        """The host's broadcasts, the newest first."""
        with Session(self._engine) as session:
            own = select(StreamRow).where(StreamRow.host_id == host_id)
            newest = own.order_by(StreamRow.created_at_ms.desc(), StreamRow.stream_id).limit(limit)
            return tuple(stream_from_row(row) for row in session.scalars(newest))

    def by_ids(self, stream_ids: Iterable[str]) -> dict[str, StreamRecord]:
        """Those of these streams that are known, by id."""
        with Session(self._engine) as session:
            rows = session.scalars(select(StreamRow).where(StreamRow.stream_id.in_(set(stream_ids))))
            return {row.stream_id: stream_from_row(row) for row in rows}

    def stream(self, stream_id: str) -> StreamRecord:
        """One stream; raises UnknownStreamError."""
        with Session(self._engine) as session:
            row = session.get(StreamRow, stream_id)
            if row is None:
                raise UnknownStreamError(stream_id)
            return stream_from_row(row)

    def stream_now(self, stream_id: str) -> StreamRecord:
        """One stream with the state in which it is now, whoever is there to tell it; raises UnknownStreamError."""
        record = self.stream(stream_id)
        with Session(self._engine) as session:
            found = read_open(session, self._moment(), [stream_id]).get(stream_id)
        return record if found is None else found.status.shown(record)

    def knows_host(self, host_id: str) -> bool:
        """Whether anything is kept of this host: a broadcast, a case, a measure."""
        asked = (
            select(StreamRow.host_id).where(StreamRow.host_id == host_id),
            select(CaseRow.host_id).where(CaseRow.host_id == host_id),
            select(MeasureRow.host_id).where(MeasureRow.host_id == host_id),
        )
        with self._engine.connect() as connection:
            return any(connection.scalar(each.limit(1)) is not None for each in asked)

    def worst(self, stream_ids: Sequence[str]) -> dict[str, tuple[Suggestion, Risk]]:
        """Of each of these streams the gravest suggestion and risk of its findings."""
        with self._engine.connect() as connection:
            return read_worst(connection, stream_ids)

    def cursor(self, stream_id: str) -> int | None:
        """The last segment whose analysis is stored; None: nothing was analysed yet."""
        with Session(self._engine) as session:
            return session.scalar(select(CursorRow.sequence).where(CursorRow.stream_id == stream_id))

    def finding(self, finding_id: str) -> StoredFinding:
        """One finding; raises UnknownFindingError."""
        with Session(self._engine) as session:
            row = session.get(FindingRow, finding_id)
            if row is None:
                raise UnknownFindingError(finding_id)
            return finding_from_row(row)

    def findings(self, query: FindingQuery) -> FindingPage:
        """The findings that the query asks for, a page at a time."""
        with Session(self._engine) as session:
            return read_findings(session, query)

    def findings_version(self, query: FindingQuery) -> str:
        """A token that changes whenever the answer to this query, without its limit, may have changed."""
        with Session(self._engine) as session:
            return read_version(session, query)

    def passages(self, stream_id: str, *, from_ms: int = 0, to_ms: int | None = None) -> tuple[Passage, ...]:
        """The stream's passages that touch this range, in the order of the broadcast."""
        with Session(self._engine) as session:
            return read_passages(session, stream_id, from_ms, to_ms)

    def numbered_passages(
        self, stream_id: str, after: int = 0, limit: int = 100, channel: Channel | None = None
    ) -> tuple[tuple[int, Passage], ...]:
        """The stream's passages that were stored after this number, each with its own, in that order."""
        with Session(self._engine) as session:
            return read_numbered(session, stream_id, after, limit, channel)

    def coverage(self, stream_id: str | None = None, owner: Owner | None = None) -> StreamCoverage:
        """How much was really analysed, of one stream or of all; of very many, as it stood at most ten seconds ago.

        What is on air and nobody records is a gap that grows while it is looked at. `owner`: of these customers alone.
        """
        moment = self._moment()
        with Session(self._engine) as session:
            if stream_id is None and owner is not None:
                return all_covered(session, moment, read_coverage(session, None, owner), owner)
            if stream_id is not None:
                return now_covered(session, moment, stream_id, read_coverage(session, stream_id))
            small = self._is_small(session)
            stored = read_coverage(session, None) if small else self._sums.coverage(session)
            return all_covered(session, moment, stored)

    def ledger(self, stream_id: str) -> StreamCoverage:
        """The stream's ledger as its holder last wrote it."""
        with Session(self._engine) as session:
            return read_coverage(session, stream_id)

    def tally(self, stream_id: str | None = None, owner: Owner | None = None) -> Tally:
        """How many findings there are, of one stream or of all; of very many, as it was at most ten seconds ago.

        `owner`: of these customers alone.
        """
        with Session(self._engine) as session:
            if stream_id is not None or owner is not None or self._is_small(session):
                return read_tally(session, stream_id, owner)
            return self._sums.tally(session)

    def last_said_ms(self, stream_id: str) -> int | None:
        """Where on the stream clock somebody was last heard to speak; None: nobody yet."""
        with Session(self._engine) as session:
            return read_last_said(session, stream_id)

    def active_conditions(self, stream_id: str) -> tuple[ActiveCondition, ...]:
        """What ails the broadcast now."""
        with self._engine.connect() as connection:
            return read_active_conditions(connection, stream_id)

    def _is_small(self, session: Session) -> bool:
        """Whether sums over all broadcasts are read anew each time they are asked for."""
        return (session.scalar(select(func.count()).select_from(StreamRow)) or 0) <= self._sums.from_streams

    def _moment(self) -> Moment:
        return Moment(at_ms=int(self._now().timestamp() * 1000), terms=self._terms)
