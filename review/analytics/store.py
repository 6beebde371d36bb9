"""What decisions teach, out of the database; methods are short transactions, safe from any thread or process."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Lock

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from review.accounts.types import Person, Role
from review.analytics import queries
from review.analytics.outcomes import OutcomeCounter
from review.analytics.proposal_preview import ProposalPreview, preview_words
from review.analytics.queries import CoverageSum
from review.analytics.types import Outcomes, Proposal, ProposalKind
from review.cases.tally import Dimension
from review.db.ownership import Owner, host_is_of
from review.db.tables.cases import CaseRow, ProposalRow
from review.db.tables.streams import FindingRow
from review.db.upsert import table_of
from review.errors import NotFoundError, ReviewError, UnknownCaseError
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.status_queries import Moment

_MOST_CHARS = 30
Tenants = frozenset[str] | None


class ProposalRefused(ReviewError):
    """These words can't be proposed, or not be withdrawn by this person."""


class AnalyticsStore:
    """Precision, reversals, counts, and words proposed for the lexicon.

    Outcomes are kept in memory by period and customers and brought up to date by what changed. `tenants`: of these
    customers alone; None: of all.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], terms: LeaseTerms) -> None:
        self._engine = engine
        self._terms = terms
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._counters: dict[tuple[int, Tenants], OutcomeCounter] = {}
        self._lock = Lock()

    def outcomes(self, days: int, tenants: Tenants = None) -> list[Outcomes]:
        """What became of the cases that were decided in these days, by rule and class."""
        first = datetime.combine(self._first_day(days), datetime.min.time(), UTC)
        since_ms = int(first.timestamp() * 1000)
        with self._lock:
            counter = self._counters.get((days, tenants))
            if counter is None or counter.since_ms != since_ms:
                counter = self._counters[days, tenants] = OutcomeCounter(since_ms, tenants)
        with Session(self._engine) as session:
            return counter.read(session)

    def tallies(
        self, dimension: Dimension, days: int, limit: int | None = None, tenants: Tenants = None
    ) -> list[tuple[str, int]]:
        """Findings that joined cases in these days, by key, the most first."""
        first_day = self._first_day(days).toordinal()
        with Session(self._engine) as session:
            return queries.read_tallies(session, dimension, first_day, limit, tenants)

    def host_names(self, host_ids: Iterable[str]) -> dict[str, str]:
        """The names of these hosts."""
        with Session(self._engine) as session:
            return queries.read_host_names(session, list(host_ids))

    def ages(self, tenants: Tenants = None) -> dict[str, int]:
        """How many cases have waited how long."""
        with Session(self._engine) as session:
            return queries.read_ages(session, self._now_ms(), tenants)

    def coverage(self, tenants: Tenants = None) -> CoverageSum:
        """How much of the broadcasts was analysed, waits, or was lost, up to now."""
        with Session(self._engine) as session:
            return queries.read_coverage_sum(session, Moment(at_ms=self._now_ms(), terms=self._terms), tenants)

    def preview(self, words: str, tenants: Owner | None) -> ProposalPreview:
        """What these words would match among what is stored; ProposalRefused for words that can't be proposed."""
        try:
            return preview_words(self._engine, _said(words), tenants)
        except ValueError as error:
            raise ProposalRefused(f"words {words[:60]!r}: need a letter or a figure") from error

    def propose(
        self, case_id: str, person: Person, words: str, class_id: str | None, kind: ProposalKind, reason: str
    ) -> Proposal:
        """The proposal as stored; the same words again, by whomever, are the proposal that is there.

        `class_id` None: the case's. Raises UnknownCaseError and ProposalRefused.
        """
        said = _said(words)
        if not reason.strip():
            raise ProposalRefused("reason: say in a few words why the lexicon should have these words")
        with self._writing.begin() as connection:
            row = connection.execute(
                select(CaseRow.class_id, FindingRow.record)
                .join(FindingRow, FindingRow.finding_id == CaseRow.top_finding_id)
                .where(CaseRow.case_id == case_id)
                .with_for_update(of=CaseRow.__table__)
            ).one_or_none()
            if row is None:
                raise UnknownCaseError(case_id)
            own_class, record = row
            proposal = Proposal(
                id=str(uuid.uuid4()),
                case_id=case_id,
                person_id=person.id,
                class_id=class_id or own_class,
                words=said,
                kind=kind,
                rule=str(record["rule"]),
                created_at_ms=self._now_ms(),
                reason=reason.strip(),
            )
            there = connection.execute(
                select(ProposalRow)
                .where(ProposalRow.class_id == proposal.class_id, ProposalRow.words == said)
                .where(ProposalRow.kind == kind.value)
            ).first()
            if there is not None:
                return replace(
                    proposal,
                    id=there.proposal_id,
                    case_id=there.case_id,
                    person_id=there.person_id,
                    created_at_ms=there.created_at_ms,
                    reason=there.reason,
                )
            connection.execute(
                table_of(ProposalRow)
                .insert()
                .values(
                    {
                        "proposal_id": proposal.id,
                        "case_id": case_id,
                        "person_id": person.id,
                        "class": proposal.class_id,
                        "words": said,
                        "kind": kind.value,
                        "reason": proposal.reason,
                        "created_at_ms": proposal.created_at_ms,
                    }
                )
            )
        return proposal

    def proposals(self, tenants: Tenants = None) -> tuple[Proposal, ...]:
        """Every proposal out of these customers' cases, by class and age."""
        own = () if tenants is None else (host_is_of(CaseRow.host_id, tenants),)
        with Session(self._engine) as session:
            rows = session.execute(
                select(ProposalRow, FindingRow.record)
                .join(CaseRow, CaseRow.case_id == ProposalRow.case_id)
                .join(FindingRow, FindingRow.finding_id == CaseRow.top_finding_id)
                .where(*own)
                .order_by(ProposalRow.class_id, ProposalRow.created_at_ms, ProposalRow.proposal_id)
            )
            return tuple(
                Proposal(
                    id=row.proposal_id,
                    case_id=row.case_id,
                    person_id=row.person_id,
                    class_id=row.class_id,
                    words=row.words,
                    kind=ProposalKind(row.kind),
                    rule=str(record["rule"]),
                    created_at_ms=row.created_at_ms,
                    reason=row.reason,
                )
                for row, record in rows
            )

    def withdraw(self, proposal_id: str, person: Person) -> None:
        """Forgets the proposal; its author may, and seniors; raises NotFoundError and ProposalRefused."""
        with self._writing.begin() as connection:
            author = connection.scalar(select(ProposalRow.person_id).where(ProposalRow.proposal_id == proposal_id))
            if author is None:
                raise NotFoundError(f"proposal {proposal_id!r} is not in the store; it may be withdrawn already")
            if author != person.id and person.role not in {Role.SENIOR, Role.ADMIN}:
                raise ProposalRefused("a colleague proposed these words; they or a senior withdraw them")
            connection.execute(delete(ProposalRow).where(ProposalRow.proposal_id == proposal_id))

    def _first_day(self, days: int) -> date:
        return (self._now() - timedelta(days=days - 1)).date()

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _said(words: str) -> str:
    """The words as they are kept; ProposalRefused for words that the lexicon can't have."""
    said = " ".join(words.split()).lower()
    if not said or len(said) > _MOST_CHARS or any(char in "{}|()?" or not char.isprintable() for char in said):
        raise ProposalRefused(f"words {words[:60]!r}: need 1 to {_MOST_CHARS} characters, without {{}}|()?")
    return said
