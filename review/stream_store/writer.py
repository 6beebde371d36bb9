"""What is received of broadcasts, understood and found in them, written by many processes while others read."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from claims.types import Finding, Passage
from ingest.recording.ledger import Coverage
from ingest.types import Segment
from review.cases.filing import file_findings
from review.db.engine import each_for_itself
from review.db.tables.streams import SegmentRow, StreamRow
from review.db.upsert import insert_missing, upsert
from review.errors import ReviewError
from review.events.log import write_events
from review.events.types import NewEvent
from review.scheduling.fencing import guard_all
from review.scheduling.grouped_writes import Grouped
from review.scheduling.state_changes import begin_live
from review.stream_store.segment_commits import FilingTerms, SegmentCommits, SegmentGiven
from review.streams.coverage import read_coverage, write_coverage
from review.streams.events import clip_events, finding_events, gap_events, state_events
from review.streams.filing import (
    Written,
    hosts_of,
    understood,
    write_clip,
    write_findings,
    write_passages,
    write_state,
)
from review.streams.rows import segment_values, stream_values
from review.streams.suggesting import with_suggestions
from review.streams.tenant_rules import RuleKind, StoredRules, rules_of_streams
from review.streams.tenant_words import ListedWords
from review.streams.types import StreamCoverage, StreamRecord, StreamState
from review.stretches.filing import count_rest
from review.stretches.types import Signal, StretchTerms
from review.tenants.tenancy import check_host

_TERMS = StretchTerms()


class StreamWriter:
    """Writes broadcasts and what is in them; methods are short transactions, safe from any thread or process.

    Where a method takes a `token`, the lease of the broadcast must have it: LeaseLost otherwise, and nothing is stored.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], filing: FilingTerms) -> None:
        """`filing`: by what findings are filed into cases."""
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._reading = each_for_itself(engine)
        self._now = now
        self._filing = filing
        self._words = ListedWords()
        # Several threads that ask at once are answered from one look.
        self._listed: Grouped[str, StoredRules | None] = Grouped(self._read_listed, pause_s=0)
        self._clips: Grouped[tuple[str, str, int], None] = Grouped(self._name_clips)
        self._commits = SegmentCommits(engine, now, filing)

    def ledger(self, stream_id: str) -> StreamCoverage:
        """The stream's ledger as its last holder wrote it: whoever writes the stream from now on goes on with it."""
        with Session(self._reading) as session:
            return read_coverage(session, stream_id)

    def put_stream(self, stream: StreamRecord) -> None:
        """Adds the stream, or replaces what is known of it; HostTaken for a host that could be another customer's."""
        values = stream_values(stream, self._now_ms())
        with self._writing.begin() as connection:
            check_host(connection, stream.tenant_id, stream.host.id)
            before = connection.scalar(select(StreamRow.state).where(StreamRow.stream_id == stream.stream_id))
            upsert(connection, StreamRow, [values], keep=frozenset({"created_at_ms"}))
            events = state_events(connection, stream.stream_id, before, stream.state, stream.error)
            write_events(connection, self._now_ms(), events)

    def set_state(
        self, stream_id: str, state: StreamState, error: str | None = None, *, token: int | None = None
    ) -> None:
        """Moves the stream to this state; `error` is shown to reviewers and cleared by the next move.

        Once it is over, what still waits to be analysed counts as lost.
        """
        with self._writing.begin() as connection:
            guard_all(connection, [stream_id], token)
            write_events(connection, self._now_ms(), write_state(connection, stream_id, state, error))

    def report_live(self, segment: Segment, *, token: int | None = None) -> None:
        """The stream that waited is live, as this segment of it was analysed. Of one that was interrupted, what is
        recorded tells it, not what is analysed: that may have waited on a disk."""
        with self._writing.begin() as connection:
            guard_all(connection, [segment.stream_id], token)
            write_events(connection, self._now_ms(), begin_live(connection, segment))

    def put_coverage(self, stream_id: str, coverage: Coverage, *, token: int | None = None) -> None:
        """Replaces the stream's ledger."""
        with self._writing.begin() as connection:
            guard_all(connection, [stream_id], token)
            hosts_of(connection, {stream_id})
            gaps = write_coverage(connection, stream_id, coverage)
            write_events(connection, self._now_ms(), gap_events(connection, stream_id, gaps))

    def add_segments(self, segments: Iterable[Segment], *, token: int | None = None) -> None:
        """Adds received segments; one that is there already stays as it is."""
        rows = [segment_values(segment) for segment in segments]
        stream_ids = {str(row["stream_id"]) for row in rows}
        with self._writing.begin() as connection:
            guard_all(connection, stream_ids, token)
            hosts_of(connection, stream_ids)
            insert_missing(connection, SegmentRow, rows)

    def add_passages(self, passages: Iterable[Passage], *, token: int | None = None) -> None:
        """Adds passages; the same id again replaces the one before (words on screen grow longer)."""
        passages = list(passages)
        with self._writing.begin() as connection:
            guard_all(connection, (p.stream_id for p in passages), token)
            write_passages(connection, passages)

    def add_findings(self, findings: Iterable[Finding], *, token: int | None = None) -> None:
        """Adds findings; the same id again is one row with the later record, its `created_seq` and its clip kept."""
        findings = list(findings)
        with self._writing.begin() as connection:
            guard_all(connection, (f.stream_id for f in findings), token)
            events = self._filed(connection, write_findings(connection, findings))
            write_events(connection, self._now_ms(), events)

    def worded(self, stream_id: str, passages: Sequence[Passage], findings: Sequence[Finding]) -> list[Finding]:
        """The findings as the words have them that the stream's customer lists now, with those of its words."""
        stored = self._listed.put(stream_id)
        if stored is None:
            return list(findings)
        with self._engine.connect() as connection:
            return self._words.applied(connection, stored, passages, findings, self._now())

    def as_stored_anew(self, stream_id: str, passages: Sequence[Passage], findings: Sequence[Finding]) -> list[Finding]:
        """The findings as they would be stored if they were the first of the broadcast: by the words that its customer
        lists now, with what its thresholds advise. Nothing is stored."""
        stored = self._listed.put(stream_id)
        with self._engine.connect() as connection:
            worded = list(findings)
            if stored is not None:
                worded = self._words.applied(connection, stored, passages, findings, self._now(), anew=True)
            return with_suggestions(connection, worded, {})

    def commit_segment(
        self,
        stream_id: str,
        sequence: int,
        *,
        findings: Iterable[Finding] = (),
        passages: Iterable[Passage] = (),
        coverage: Coverage | None = None,
        analysed: bool = True,
        signal: Signal | None = None,
        terms: StretchTerms = _TERMS,
        token: int | None = None,
        segment: Segment | None = None,
    ) -> None:
        """Stores what a segment gave and moves the stream's cursor to it: all of that, or nothing.

        The cursor never moves back, so a segment that is analysed twice is stored once. `analysed` false: the segment
        could not be read. `coverage` is the stream's ledger from then on; None leaves it as it is. `signal`: what sound
        and picture gave, which counts in the stretches that are told by these terms; None: no stretch is told.
        `segment`: added with it, unless it is there already. What several threads bring at once is one transaction.
        """
        self._commits.put(
            SegmentGiven(
                stream_id=stream_id,
                sequence=sequence,
                findings=tuple(findings),
                passages=tuple(passages),
                coverage=coverage,
                analysed=analysed,
                signal=signal,
                terms=terms,
                token=token,
                segment=segment,
            )
        )

    def commit_end(
        self,
        stream_id: str,
        *,
        findings: Iterable[Finding],
        passages: Iterable[Passage],
        coverage: Coverage,
        token: int | None = None,
    ) -> None:
        """Stores what the end of the stream gave, with its ledger; its last stretches are told with its state."""
        with self._writing.begin() as connection:
            guard_all(connection, [stream_id], token)
            fresh = write_passages(connection, passages)
            written = write_findings(connection, findings)
            events = self._filed(connection, written)
            events += gap_events(connection, stream_id, write_coverage(connection, stream_id, coverage))
            count_rest(connection, stream_id, understood(fresh, written))
            write_events(connection, self._now_ms(), events)

    def set_clip(self, finding_id: str, clip: str, clip_start_ms: int) -> None:
        """Names the finding's clip, relative to the data folder, and the stream time of its first frame.

        What several threads name at once is one transaction; who names a wrong one is refused alone.
        """
        self._clips.put((finding_id, clip, clip_start_ms))

    def _name_clips(self, named: Sequence[tuple[str, str, int]]) -> list[Exception | None]:
        refused: list[Exception | None] = [None] * len(named)
        events: list[NewEvent] = []
        with self._writing.begin() as connection:
            for place, (finding_id, clip, clip_start_ms) in enumerate(named):
                try:
                    if write_clip(connection, finding_id, clip, clip_start_ms):
                        events += clip_events(connection, finding_id)
                except ReviewError as error:
                    refused[place] = error
            write_events(connection, self._now_ms(), events)
        return refused

    def _read_listed(self, stream_ids: Sequence[str]) -> list[StoredRules | None]:
        with self._reading.connect() as connection:
            found = rules_of_streams(connection, stream_ids, RuleKind.WORDS)
        return [found.get(stream_id) for stream_id in stream_ids]

    def _filed(self, connection: Connection, written: Sequence[Written]) -> list[NewEvent]:
        """Files the findings as just written; gives the events that are to be written at the transaction's end."""
        changed = [each.finding for each in written]
        terms = self._filing
        file_findings(
            connection, changed, now_ms=self._now_ms(), flag_at=terms.flag_at, second_share=terms.second_share
        )
        return finding_events(connection, changed, {each.finding.finding_id for each in written if each.is_new})

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)
