"""What was received, understood and found, kept so that many processes can write while others read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from claims.suggestions import Risk, Suggestion
from claims.types import CHINA_TIME, Channel, Finding, Passage
from ingest.recording.ledger import Coverage
from ingest.types import Segment
from net.guard import NetPolicy
from review.accounts.store import PeopleStore
from review.analytics.quality import FIGURES_FROM, Quality
from review.analytics.statistics import StatisticsStore
from review.analytics.store import AnalyticsStore
from review.analytics.trends import Trends
from review.audit.trail import AuditTrail
from review.batches.store import BatchStore
from review.cases.duties import DutyStore
from review.cases.filing import file_findings
from review.cases.named_queues import NamedQueueStore
from review.cases.store import CaseStore
from review.corrections.store import CorrectionStore
from review.db.engine import each_for_itself
from review.db.migrations import migrate
from review.db.opening import opened
from review.db.ownership import Owner, is_of
from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import MeasureRow
from review.db.tables.streams import CursorRow, FindingRow, SegmentRow, StreamRow
from review.db.upsert import insert_missing, upsert
from review.enforcement.case_consequences import StrikesOfCases
from review.enforcement.complaints import ComplaintStore
from review.enforcement.notice_events import with_notice
from review.enforcement.retention import RetentionStore
from review.enforcement.store import EnforcementSetup, EnforcementStore
from review.errors import ReviewError, UnknownFindingError, UnknownStreamError
from review.events.log import EventLog, write_events
from review.events.stretch_log import StretchLog
from review.events.types import Event, NewEvent
from review.evidence.files import EvidenceSetup, KeptEvidence
from review.evidence.uploading import EvidenceKeeper
from review.learning.golden import GoldenStore
from review.learning.spot_store import SpotStore
from review.learning.store import LearningStore
from review.notifications.deadlines import Deadlines
from review.notifications.store import WishStore
from review.passports.registry import PassportStore
from review.policies.repository import PolicyStore
from review.reanalyses.store import ReanalysisStore
from review.replays.store import ReplayStore
from review.scheduling.admission import Places, read_places
from review.scheduling.expiry import LeaseExpiry
from review.scheduling.fencing import guard_all
from review.scheduling.grouped_writes import Grouped
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore
from review.scheduling.orders import OrderStore
from review.scheduling.overview import LiveView, read_view
from review.scheduling.platform_facts import FactStore
from review.scheduling.state_changes import begin_live
from review.scheduling.status_queries import Moment, all_covered, now_covered, read_open
from review.scheduling.wall import LiveWall
from review.second_reader.store import SecondReaderStore
from review.segment_commits import FilingTerms, SegmentCommits, SegmentGiven
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
from review.streams.queries import read_findings, read_last_said, read_numbered, read_passages, read_tally, read_version
from review.streams.rows import finding_from_row, segment_values, stream_from_row, stream_values
from review.streams.suggesting import read_worst, with_suggestions
from review.streams.tenant_rules import RuleKind, StoredRules, rules_of_streams
from review.streams.tenant_words import ListedWords
from review.streams.totals import Sums
from review.streams.types import (
    FindingPage,
    FindingQuery,
    StoredFinding,
    StreamCoverage,
    StreamRecord,
    StreamState,
    Tally,
)
from review.stretches.filing import count_rest
from review.stretches.health import read_ailing
from review.stretches.types import Ailing, Signal, StretchTerms
from review.tenant_rules.store import TenantRulesStore
from review.tenants.keys import KeyStore
from review.tenants.quotas import QuotaBook, Quotas
from review.tenants.reach import Reach
from review.tenants.tenancy import Tenancy, check_host
from review.tenants.types import Caller
from review.tenants.usage import UsageBook
from review.webhooks.delivery_status import Board
from review.webhooks.endpoints import Endpoint, Targets
from review.webhooks.retry_queue import Deliveries, Patience
from review.webhooks.secrets import Sealer
from review.webhooks.sender import Lanes, Sender

_TERMS = StretchTerms()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The database of the review side; methods are short transactions, safe from any thread or process."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime] = _utc_now,
        *,
        flag_at: float = 0.6,
        second_share: float = 0.1,
        enforcement: EnforcementSetup | None = None,
        evidence: EvidenceSetup | None = None,
        terms: LeaseTerms | None = None,
    ) -> None:
        """Brings the schema up to date; raises SchemaError on a database of a later program.

        `flag_at`: the policy's threshold, near which a finding is uncertain. `second_share`: how many cases are
        decided twice. `enforcement`: what measures against hosts are judged by; None: they can only be read. `terms`:
        by what rules broadcasts are lent to workers.

        Where a writing method takes a `token`, the lease of the broadcast must have it: LeaseLost otherwise, and
        nothing is stored.
        """
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._reading = each_for_itself(engine)
        self._now = now
        self._flag_at = flag_at
        self._second_share = second_share
        self._sums = Sums()
        self.cases = CaseStore(engine, now, StrikesOfCases())
        self.duties = DutyStore(engine, now)
        self.queues = NamedQueueStore(engine, now)
        self.corrections = CorrectionStore(engine, now, flag_at=flag_at, second_share=second_share)
        self.second_reader = SecondReaderStore(engine, now, flag_at=flag_at, second_share=second_share)
        self.people = PeopleStore(engine, now)
        self.wishes = WishStore(engine, now)
        self.deadlines = Deadlines(engine, now)
        self.keys = KeyStore(engine, now)
        self.enforcement = EnforcementStore(engine, now, enforcement)
        self.complaints = ComplaintStore(
            engine, now, lambda: self.enforcement.setup, flag_at=flag_at, second_share=second_share
        )
        self.evidence = KeptEvidence(engine, now, evidence)
        self._sealer = Sealer(lambda: self.enforcement.setup.keys.seal_secret())
        self.events = EventLog(engine)
        self.stretches = StretchLog(engine, now)
        self.webhooks = Targets(engine, now, self._sealer)
        self.deliveries = Deliveries(engine, self.enforcement.now_ms)
        self.board = Board(engine)
        self.audit = AuditTrail(engine, now)
        self.replays = ReplayStore(engine, now)
        self.learning = LearningStore(engine, now)
        self.golden = GoldenStore(engine, now, flag_at=flag_at)
        self.spots = SpotStore(engine, now, flag_at=flag_at, second_share=second_share)
        self.policies = PolicyStore(engine, now)
        self.batches = BatchStore(engine, now)
        self.reanalyses = ReanalysisStore(engine, now)
        self.leases = LeaseStore(engine, now, terms)
        self.wall = LiveWall(engine, now, self.leases.terms)
        self.analytics = AnalyticsStore(engine, now, self.leases.terms)
        self.quality = Quality(engine, now, FIGURES_FROM)
        self.trends = Trends(engine, now, self.quality)
        self.statistics = StatisticsStore(engine)
        self.usage = UsageBook(engine, now)
        self.facts = FactStore(engine, now)
        self.lease_expiry = LeaseExpiry(engine, now, self.leases.terms)
        self.orders = OrderStore(engine, now, self.leases.room, self.leases.terms)
        self.passports = PassportStore(engine, now)
        self.tenant_rules = TenantRulesStore(engine, now)
        self._words = ListedWords()
        # Several threads that ask at once are answered from one look.
        self._listed: Grouped[str, StoredRules | None] = Grouped(self._read_listed, pause_s=0)
        self._clips: Grouped[tuple[str, str, int], None] = Grouped(self._name_clips)
        self._commits = SegmentCommits(engine, now, FilingTerms(flag_at=flag_at, second_share=second_share))
        self.tenancy = Tenancy(engine)
        self.reach = Reach(engine)
        self.quotas = QuotaBook(engine, now)
        migrate(engine)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        enforcement: EnforcementSetup | None = None,
        evidence: EvidenceSetup | None = None,
        terms: LeaseTerms | None = None,
    ) -> "Store":
        """The store behind a database URL, such as `sqlite:////var/lib/zhenyan/review.db`.

        Raises StoreUnavailableError, without the password, where no database answers there.
        """
        return opened(url, lambda engine: cls(engine, enforcement=enforcement, evidence=evidence, terms=terms))

    def sender(
        self,
        net: NetPolicy,
        own: Endpoint | None = None,
        *,
        page_url: str = "",
        patience: Patience | None = None,
        lanes: Lanes | None = None,
        observe: Callable[[Event, float, bool], None] = lambda _event, _seconds, _is_taken: None,
    ) -> Sender:
        """What tells customers at their addresses; `own`: that of the settings. `observe`: as `Sender` has it."""
        more = with_notice(self._engine, self.enforcement, page_url)
        return Sender(
            self._engine,
            self._now,
            self._sealer,
            net,
            own=own,
            more=more,
            patience=patience,
            lanes=lanes,
            observe=observe,
        )

    def set_quotas(
        self, tenant_id: str, given: Mapping[str, float | str], actor: str, *, keeps: bool = True
    ) -> StoredRules:
        """Sets these bounds of the customer, those that are not given staying as they are, or going (`keeps` False).

        Raises TenantError, and pydantic's ValidationError for a bound that is none.
        """

        def change(old: StoredRules | None) -> Mapping[str, Any]:
            before = old.content if keeps and old is not None else {}
            return Quotas.model_validate({**before, **given}).model_dump()

        return self.tenant_rules.put(Caller.of_operator(tenant_id, actor), RuleKind.QUOTAS, change)

    def retention(self) -> RetentionStore:
        """The clocks and holds; raises EnforcementNotSetUp."""
        return RetentionStore(self._engine, self._now, self.enforcement.setup, self.evidence)

    def evidence_keeper(self) -> EvidenceKeeper:
        """What sends the evidence of this machine's recordings to the storage."""
        return EvidenceKeeper(self._engine, self.evidence)

    def close(self) -> None:
        """Gives back every connection."""
        self._engine.dispose()

    def ping(self) -> None:
        """Returns if the database answers; raises what SQLAlchemy raises if not."""
        with self._engine.connect() as connection:
            connection.execute(select(1))

    def today(self) -> date:
        """The day in China."""
        return self._now().astimezone(CHINA_TIME).date()

    def live_view(self) -> LiveView:
        """The live service as it stands."""
        return read_view(self._engine, self._moment())

    def places(self) -> Places:
        """How many workers are there, and how many broadcasts they can carry."""
        with self._engine.connect() as connection:
            return read_places(connection, self._now_ms(), self.leases.terms)

    def put_stream(self, stream: StreamRecord) -> None:
        """Adds the stream, or replaces what is known of it; HostTaken for a host that could be another customer's."""
        values = stream_values(stream, self._now_ms())
        with self._writing.begin() as connection:
            check_host(connection, stream.tenant_id, stream.host.id)
            before = connection.scalar(select(StreamRow.state).where(StreamRow.stream_id == stream.stream_id))
            upsert(connection, StreamRow, [values], keep=frozenset({"created_at_ms"}))
            told = state_events(connection, stream.stream_id, before, stream.state, stream.error)
            write_events(connection, self._now_ms(), told)

    def knows_host(self, host_id: str) -> bool:
        """Whether anything is kept of this host: a broadcast, a case, a measure."""
        asked = (
            select(StreamRow.host_id).where(StreamRow.host_id == host_id),
            select(CaseRow.host_id).where(CaseRow.host_id == host_id),
            select(MeasureRow.host_id).where(MeasureRow.host_id == host_id),
        )
        with self._engine.connect() as connection:
            return any(connection.scalar(each.limit(1)) is not None for each in asked)

    def set_state(
        self, stream_id: str, state: StreamState, error: str | None = None, *, token: int | None = None
    ) -> None:
        """Moves the stream to this state; `error` is shown to reviewers and cleared by the next move.

        Once it is over, what still waits to be analysed counts as lost.
        """
        with self._writing.begin() as connection:
            guard_all(connection, [stream_id], token)
            write_events(connection, self._now_ms(), write_state(connection, stream_id, state, error))

    def tell_live(self, segment: Segment, *, token: int | None = None) -> None:
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
            told = self._filed(connection, write_findings(connection, findings))
            write_events(connection, self._now_ms(), told)

    def worded(self, stream_id: str, passages: Sequence[Passage], findings: Sequence[Finding]) -> list[Finding]:
        """The findings as the words have them that the stream's customer lists now, with those of its words."""
        stored = self._listed.put(stream_id)
        if stored is None:
            return list(findings)
        with self._engine.connect() as connection:
            return self._words.applied(connection, stored, passages, findings, self._now())

    def as_told(self, stream_id: str, passages: Sequence[Passage], findings: Sequence[Finding]) -> list[Finding]:
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
            told = self._filed(connection, written)
            told += gap_events(connection, stream_id, write_coverage(connection, stream_id, coverage))
            count_rest(connection, stream_id, understood(fresh, written))
            write_events(connection, self._now_ms(), told)

    def set_clip(self, finding_id: str, clip: str, clip_start_ms: int) -> None:
        """Names the finding's clip, relative to the data folder, and the stream time of its first frame.

        What several threads name at once is one transaction; who names a wrong one is refused alone.
        """
        self._clips.put((finding_id, clip, clip_start_ms))

    def _name_clips(self, named: Sequence[tuple[str, str, int]]) -> list[Exception | None]:
        refused: list[Exception | None] = [None] * len(named)
        told: list[NewEvent] = []
        with self._writing.begin() as connection:
            for place, (finding_id, clip, clip_start_ms) in enumerate(named):
                try:
                    if write_clip(connection, finding_id, clip, clip_start_ms):
                        told += clip_events(connection, finding_id)
                except ReviewError as error:
                    refused[place] = error
            write_events(connection, self._now_ms(), told)
        return refused

    def streams(self, limit: int | None = None, owner: Owner | None = None) -> tuple[StreamRecord, ...]:
        """Streams, the newest first; all of them without a limit. `owner`: of these customers alone."""
        with Session(self._engine) as session:
            newest = select(StreamRow).order_by(StreamRow.created_at_ms.desc(), StreamRow.stream_id).limit(limit)
            if owner is not None:
                newest = newest.where(is_of(owner))
            return tuple(stream_from_row(row) for row in session.scalars(newest))

    def streams_of_host(self, host_id: str, limit: int = 50) -> tuple[StreamRecord, ...]:
        """The host's broadcasts, the newest first."""
        with Session(self._engine) as session:
            own = select(StreamRow).where(StreamRow.host_id == host_id)
            newest = own.order_by(StreamRow.created_at_ms.desc(), StreamRow.stream_id).limit(limit)
            return tuple(stream_from_row(row) for row in session.scalars(newest))

    def streams_of(self, stream_ids: Iterable[str]) -> dict[str, StreamRecord]:
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
        return record if found is None else found.standing.shown(record)

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
        """The stream's ledger as whoever works on it last wrote it, to be gone on with."""
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

    def _is_small(self, session: Session) -> bool:
        """Whether sums over all broadcasts are read anew each time they are asked for."""
        return (session.scalar(select(func.count()).select_from(StreamRow)) or 0) <= self._sums.from_streams

    def last_said_ms(self, stream_id: str) -> int | None:
        """Where on the stream clock somebody was last heard to speak; None: nobody yet."""
        with Session(self._engine) as session:
            return read_last_said(session, stream_id)

    def ailing(self, stream_id: str) -> tuple[Ailing, ...]:
        """What ails the broadcast now."""
        with self._engine.connect() as connection:
            return read_ailing(connection, stream_id)

    def _read_listed(self, stream_ids: Sequence[str]) -> list[StoredRules | None]:
        with self._reading.connect() as connection:
            found = rules_of_streams(connection, stream_ids, RuleKind.WORDS)
        return [found.get(stream_id) for stream_id in stream_ids]

    def _filed(self, connection: Connection, written: Sequence[Written]) -> list[NewEvent]:
        """Files the findings as just written; gives the events that are to be written at the transaction's end."""
        changed = [each.finding for each in written]
        file_findings(
            connection, changed, now_ms=self._now_ms(), flag_at=self._flag_at, second_share=self._second_share
        )
        return finding_events(connection, changed, {each.finding.finding_id for each in written if each.is_new})

    def _moment(self) -> Moment:
        return Moment(at_ms=self._now_ms(), terms=self.leases.terms)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)
