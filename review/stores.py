"""Every store of the review side over one database: made here, and handed one by one to whoever needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from net.guard import NetPolicy
from review.accounts.store import PeopleStore
from review.analytics.quality import FIGURES_FROM, Quality
from review.analytics.statistics import StatisticsStore
from review.analytics.store import AnalyticsStore
from review.analytics.trends import Trends
from review.audit.trail import AuditTrail
from review.batches.store import BatchStore
from review.cases.duties import DutyStore
from review.cases.named_queues import NamedQueueStore
from review.cases.store import CaseStore
from review.corrections.store import CorrectionStore
from review.db.migrations import migrate
from review.db.opening import opened
from review.enforcement.case_consequences import StrikesOfCases
from review.enforcement.complaints import ComplaintStore
from review.enforcement.notice_events import with_notice
from review.enforcement.retention import RetentionStore
from review.enforcement.store import EnforcementSetup, EnforcementStore
from review.events.log import EventLog
from review.events.stretch_log import StretchLog
from review.events.types import Event
from review.evidence.files import EvidenceSetup, KeptEvidence
from review.evidence.uploading import EvidenceKeeper
from review.learning.golden import GoldenStore
from review.learning.spot_store import SpotStore
from review.learning.store import LearningStore
from review.notifications.deadlines import Deadlines
from review.notifications.store import PreferenceStore
from review.passports.registry import PassportStore
from review.policies.repository import PolicyStore
from review.reanalyses.store import ReanalysisStore
from review.replays.store import ReplayStore
from review.scheduling.expiry import LeaseExpiry
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore
from review.scheduling.orders import OrderStore
from review.scheduling.overview import LiveOverview
from review.scheduling.platform_facts import FactStore
from review.scheduling.wall import LiveWall
from review.second_reader.store import SecondReaderStore
from review.stream_store.queries import StreamQueries
from review.stream_store.segment_commits import FilingTerms
from review.stream_store.writer import StreamWriter
from review.tenant_rules.store import TenantRulesStore
from review.tenants.keys import KeyStore
from review.tenants.quotas import QuotaStore
from review.tenants.reach import Reach
from review.tenants.tenancy import Tenancy
from review.tenants.usage import UsageRecorder
from review.webhooks.delivery_status import Board
from review.webhooks.endpoints import Endpoint, Targets
from review.webhooks.retry_queue import Deliveries, Patience
from review.webhooks.secrets import Sealer
from review.webhooks.sender import Lanes, Sender


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The stores over one database, each of which any thread or process may use.

    Only what starts a process has all of them; whoever needs one or two takes these.
    """

    engine: Engine
    now: Callable[[], datetime]
    sealer: Sealer
    streams: StreamQueries
    stream_writer: StreamWriter
    audit: AuditTrail
    people: PeopleStore
    notification_preferences: PreferenceStore
    deadlines: Deadlines
    cases: CaseStore
    duties: DutyStore
    queues: NamedQueueStore
    corrections: CorrectionStore
    second_reader: SecondReaderStore
    enforcement: EnforcementStore
    complaints: ComplaintStore
    evidence: KeptEvidence
    events: EventLog
    stretches: StretchLog
    webhooks: Targets
    deliveries: Deliveries
    board: Board
    replays: ReplayStore
    reanalyses: ReanalysisStore
    batches: BatchStore
    learning: LearningStore
    golden: GoldenStore
    spots: SpotStore
    policies: PolicyStore
    passports: PassportStore
    tenant_rules: TenantRulesStore
    keys: KeyStore
    quotas: QuotaStore
    tenancy: Tenancy
    reach: Reach
    usage: UsageRecorder
    leases: LeaseStore
    lease_expiry: LeaseExpiry
    orders: OrderStore
    facts: FactStore
    wall: LiveWall
    overview: LiveOverview
    analytics: AnalyticsStore
    quality: Quality
    trends: Trends
    statistics: StatisticsStore

    @classmethod
    def over(
        cls,
        engine: Engine,
        now: Callable[[], datetime] = _utc_now,
        *,
        flag_at: float = 0.6,
        second_share: float = 0.1,
        enforcement: EnforcementSetup | None = None,
        evidence: EvidenceSetup | None = None,
        terms: LeaseTerms | None = None,
    ) -> "Stores":
        """The stores over this engine, its schema brought up to date; SchemaError on a database of a later program.

        `flag_at`: the policy's threshold, near which a finding is uncertain. `second_share`: how many cases are
        decided twice. `enforcement`: what measures against hosts are judged by; None: they can only be read. `terms`:
        by what rules broadcasts are lent to workers.
        """
        migrate(engine)
        filing = FilingTerms(flag_at=flag_at, second_share=second_share)
        leases = LeaseStore(engine, now, terms)
        due = EnforcementStore(engine, now, enforcement)
        sealer = Sealer(lambda: due.setup.keys.seal_secret())
        quality = Quality(engine, now, FIGURES_FROM)
        return cls(
            engine=engine,
            now=now,
            sealer=sealer,
            streams=StreamQueries(engine, now, leases.terms),
            stream_writer=StreamWriter(engine, now, filing),
            audit=AuditTrail(engine, now),
            people=PeopleStore(engine, now),
            notification_preferences=PreferenceStore(engine, now),
            deadlines=Deadlines(engine, now),
            cases=CaseStore(engine, now, StrikesOfCases()),
            duties=DutyStore(engine, now),
            queues=NamedQueueStore(engine, now),
            corrections=CorrectionStore(engine, now, flag_at=flag_at, second_share=second_share),
            second_reader=SecondReaderStore(engine, now, flag_at=flag_at, second_share=second_share),
            enforcement=due,
            complaints=ComplaintStore(engine, now, lambda: due.setup, flag_at=flag_at, second_share=second_share),
            evidence=KeptEvidence(engine, now, evidence),
            events=EventLog(engine),
            stretches=StretchLog(engine, now),
            webhooks=Targets(engine, now, sealer),
            deliveries=Deliveries(engine, due.now_ms),
            board=Board(engine),
            replays=ReplayStore(engine, now),
            reanalyses=ReanalysisStore(engine, now),
            batches=BatchStore(engine, now),
            learning=LearningStore(engine, now),
            golden=GoldenStore(engine, now, flag_at=flag_at),
            spots=SpotStore(engine, now, flag_at=flag_at, second_share=second_share),
            policies=PolicyStore(engine, now),
            passports=PassportStore(engine, now),
            tenant_rules=TenantRulesStore(engine, now),
            keys=KeyStore(engine, now),
            quotas=QuotaStore(engine, now),
            tenancy=Tenancy(engine),
            reach=Reach(engine),
            usage=UsageRecorder(engine, now),
            leases=leases,
            lease_expiry=LeaseExpiry(engine, now, leases.terms),
            orders=OrderStore(engine, now, leases.room, leases.terms),
            facts=FactStore(engine, now),
            wall=LiveWall(engine, now, leases.terms),
            overview=LiveOverview(engine, now, leases.terms),
            analytics=AnalyticsStore(engine, now, leases.terms),
            quality=quality,
            trends=Trends(engine, now, quality),
            statistics=StatisticsStore(engine, now),
        )

    @classmethod
    def open(
        cls,
        url: str,
        *,
        enforcement: EnforcementSetup | None = None,
        evidence: EvidenceSetup | None = None,
        terms: LeaseTerms | None = None,
    ) -> "Stores":
        """The stores behind a database URL, such as `sqlite:////var/lib/zhenyan/review.db`.

        Raises StoreUnavailableError, without the password, where no database answers there.
        """
        return opened(url, lambda engine: cls.over(engine, enforcement=enforcement, evidence=evidence, terms=terms))

    def close(self) -> None:
        """Gives back every connection."""
        self.engine.dispose()

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
        return Sender(
            self.engine,
            self.now,
            self.sealer,
            net,
            own=own,
            more=with_notice(self.engine, self.enforcement, page_url),
            patience=patience,
            lanes=lanes,
            observe=observe,
        )

    def retention(self) -> RetentionStore:
        """The clocks and holds; raises EnforcementNotSetUp."""
        return RetentionStore(self.engine, self.now, self.enforcement.setup, self.evidence)

    def evidence_keeper(self) -> EvidenceKeeper:
        """What sends the evidence of this machine's recordings to the storage."""
        return EvidenceKeeper(self.engine, self.evidence)
