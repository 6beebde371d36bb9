"""Due process in the database; methods are short transactions, safe from any thread or process."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select

from review.accounts.types import Person
from review.audit.keys import KeyRing
from review.audit.trail import Journal
from review.db.tables.enforcement import AppealRow, LinkRow, MeasureRow
from review.db.tables.streams import StreamRow
from review.db.upsert import insert_missing
from review.enforcement import appeals as appeal_steps
from review.enforcement import evasion_watch, lists
from review.enforcement import measures as measure_steps
from review.enforcement.blacklist import signed_list
from review.enforcement.errors import EnforcementNotSetUp
from review.enforcement.grounds import changed_case, ground_of, strikes_as_decided, taken_of
from review.enforcement.hearing import may_answer, may_appeal
from review.enforcement.legal_reference import LegalReference
from review.enforcement.linked_accounts import Identifier, keyed_hashes
from review.enforcement.notice_composition import compose
from review.enforcement.occurrences import Words, words_of
from review.enforcement.penalty_points import propose
from review.enforcement.penalty_table import Measures, Retention
from review.enforcement.rows import (
    appeal_of,
    appeals_where,
    defence_of,
    linked_hosts,
    lock_host,
    measure_of,
    measures_where,
)
from review.enforcement.rulings import Decided
from review.enforcement.statement_files import HandedInFiles
from review.enforcement.types import (
    Appeal,
    Defence,
    HandedIn,
    HostFile,
    HostPage,
    Measure,
    MeasureKind,
    MeasureState,
    Notice,
    Proposal,
    Remaining,
    Ruling,
    Wanted,
)

_MACHINE = "zhenyan"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementSetup:
    """What due process works by: the published table, the retention clocks, and the data folder for keys and files.

    `reference`: what notices are written with.
    """

    measures: Measures
    retention: Retention
    data_dir: Path
    reference: LegalReference = field(default_factory=LegalReference)

    @property
    def keys(self) -> KeyRing:
        """The installation's keys."""
        return KeyRing(self.data_dir / "keys")

    @property
    def files(self) -> HandedInFiles:
        """What hosts handed in."""
        return HandedInFiles(self.data_dir / "handed-in")


class EnforcementStore:
    """Strikes, measures, answers and appeals of hosts, and what the platform is told of them."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], setup: EnforcementSetup | None = None) -> None:
        """Without `setup`, cases get their strikes and everything can be read; all else raises EnforcementNotSetUp."""
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._setup = setup

    @property
    def setup(self) -> EnforcementSetup:
        """What due process works by; raises EnforcementNotSetUp."""
        if self._setup is None:
            raise EnforcementNotSetUp
        return self._setup

    def link(self, host_id: str, identifiers: Sequence[Identifier], actor: str) -> tuple[str, ...]:
        """Replaces what is known of the account's legal person; gives the other accounts of that person."""
        hashes = keyed_hashes(identifiers, self.setup.keys.link_secret())
        with self._step(actor) as (connection, journal):
            lock_host(connection, host_id)
            connection.execute(delete(LinkRow).where(LinkRow.host_id == host_id))
            rows = [
                {"identifier_hmac": digest, "host_id": host_id, "kind": kind.value, "linked_at_ms": journal.at_ms}
                for digest, kind in sorted(hashes.items())
            ]
            insert_missing(connection, LinkRow, rows)
            journal.note("host.linked", f"host:{host_id}", kinds=sorted({kind.value for kind in hashes.values()}))
            return linked_hosts(connection, host_id)

    def host_file(self, host_id: str, reader: str) -> HostFile:
        """Everything that is kept of a host; that it was read, and by whom, goes into the trail first."""
        with self._step(reader) as (connection, journal):
            journal.note("host.read", f"host:{host_id}")
            linked = linked_hosts(connection, host_id)
            measures = measures_where(connection, MeasureRow.host_id.in_((host_id, *linked)))
            return HostFile(
                host_id=host_id,
                linked=linked,
                strikes=strikes_as_decided(connection, (host_id, *linked), self._reference),
                measures=measures,
                appeals=appeals_where(connection, AppealRow.measure_id.in_([measure.id for measure in measures])),
            )

    def proposal(self, host_id: str, reader: str) -> Proposal:
        """What the table proposes for the host and the linked accounts together; nothing is done by it."""
        return self.proposal_for(self.host_file(host_id, reader))

    def proposal_for(self, held: HostFile) -> Proposal:
        """The same for a host's file that was just read."""
        return propose(held.strikes, self.setup.measures, self.now_ms(), taken=taken_of(held.measures))

    def draft(self, wanted: Wanted) -> Notice:
        """The notice as it would be composed now, for whoever may propose it; nothing is stored.

        Raises MeasureRefused as `propose` does for what the notice rests on.
        """
        with self._engine.connect() as connection:
            ground = ground_of(connection, wanted.host_id, wanted.case_ids, self.setup.reference)
        return compose(wanted, ground, self.setup.measures, self.setup.reference, self.now_ms())

    def words(self, case_ids: Sequence[str]) -> dict[str, Words]:
        """What was said or shown in these cases, and when."""
        with self._engine.connect() as connection:
            return words_of(connection, case_ids)

    def propose(self, wanted: Wanted, person: Person) -> Measure:
        """The measure as proposed, its notice composed from what is wanted.

        NoticeIncomplete and MeasureRefused say what is missing or wrong.
        """
        setup = self.setup
        with self._step(person.id) as (connection, journal):
            return measure_steps.propose_measure(connection, wanted, person, setup.measures, setup.reference, journal)

    def changed_case(self, measure: Measure) -> str | None:
        """A case that is no longer what the measure's notice says of it; None: all are."""
        with self._engine.connect() as connection:
            return changed_case(connection, measure.notice)

    def approve(self, measure_id: str, person: Person, *, seen: str = "") -> Measure:
        """The measure in force; MeasureRefused says why this person may not, or not yet.

        `seen`: the hash of the notice that the person read.
        """
        with self._step(person.id) as (connection, journal):
            return measure_steps.approve_measure(
                connection, measure_id, person, self.setup.measures, journal, seen=seen
            )

    def reject(self, measure_id: str, person: Person, why: str) -> Measure:
        """The measure, declined by a senior or taken back by its proposer."""
        with self._step(person.id) as (connection, journal):
            return measure_steps.reject_measure(connection, measure_id, person, why, journal)

    def expire(self) -> int:
        """Ends every measure and proposal whose time is over; gives how many. Run again, it finds nothing."""
        with self._engine.connect() as connection:
            due = measure_steps.overdue(connection, self.now_ms())
        ended = 0
        for measure_id in due:
            with self._step(_MACHINE) as (connection, journal):
                ended += measure_steps.expire_measure(connection, measure_id, journal)
        return ended

    def watch(self) -> int:
        """Reports live broadcasts of bound hosts and of accounts linked to them; gives how many are new."""
        with self._engine.connect() as connection:
            streams = evasion_watch.live_streams(connection)
        new = 0
        for stream_id in streams:
            with self._step(_MACHINE) as (connection, journal):
                new += evasion_watch.report_evasion(connection, stream_id, journal)
        return new

    def measure(self, measure_id: str, reader: str) -> Measure:
        """One measure; the reading is noted. Raises UnknownMeasureError."""
        with self._step(reader) as (connection, journal):
            found = measure_of(connection, measure_id)
            journal.note("measure.read", f"measure:{measure_id}", host=found.host_id)
            return found

    def measure_file(self, measure_id: str, reader: str) -> HostPage:
        """A measure with everything that was said about it; the reading is noted. Raises UnknownMeasureError."""
        with self._step(reader) as (connection, journal):
            measure = measure_of(connection, measure_id)
            journal.note("measure.read", f"measure:{measure_id}", host=measure.host_id)
            return self._page(connection, measure, journal.at_ms)

    def appeal_file(self, appeal_id: str, reader: str) -> tuple[Appeal, HostPage]:
        """An appeal and the measure that it is against; the reading is noted. Raises UnknownAppealError."""
        with self._step(reader) as (connection, journal):
            appeal = appeal_of(connection, appeal_id)
            measure = measure_of(connection, appeal.measure_id)
            journal.note("appeal.read", f"appeal:{appeal_id}", host=measure.host_id)
            return appeal, self._page(connection, measure, journal.at_ms)

    def appeals_read(
        self, appeals: Sequence[Appeal], reader: str
    ) -> tuple[tuple[Appeal, Measure, frozenset[str]], ...]:
        """Each appeal with the measure that it is against and the people who may not decide it; the readings are noted,
        all in one transaction."""
        if not appeals:
            return ()
        with self._step(reader) as (connection, journal):
            ids = {appeal.measure_id for appeal in appeals}
            measures = {one.id: one for one in measures_where(connection, MeasureRow.measure_id.in_(sorted(ids)))}
            for appeal in appeals:
                journal.note("appeal.read", f"appeal:{appeal.id}", host=measures[appeal.measure_id].host_id)
            had_part = {each: appeal_steps.had_part_in(connection, measure) for each, measure in measures.items()}
            return tuple((one, measures[one.measure_id], had_part[one.measure_id]) for one in appeals)

    def in_force(
        self, tenants: Collection[str] | None = None, *, after: lists.Place | None = None, limit: int = 100
    ) -> lists.MeasurePage:
        """The measures that were approved and have not ended, those that end first first; `tenants` None: of all."""
        with self._engine.connect() as connection:
            return lists.measures_in_force(connection, tenants, after, limit)

    def waiting(
        self, tenants: Collection[str] | None = None, *, after: lists.Place | None = None, limit: int = 100
    ) -> lists.MeasurePage:
        """The proposals that wait for a second person, those that lapse first first."""
        with self._engine.connect() as connection:
            return lists.proposals(connection, tenants, after, limit)

    def blacklist(self) -> tuple[Measure, ...]:
        """The entries that bind now."""
        with self._engine.connect() as connection:
            found = measures_where(
                connection,
                MeasureRow.kind == MeasureKind.BLACKLIST.value,
                MeasureRow.state == MeasureState.IN_FORCE.value,
            )
        return tuple(measure for measure in found if measure.binds(self.now_ms()))

    def export_blacklist(
        self, actor: str, of: Callable[[tuple[Measure, ...]], tuple[Measure, ...]] | None = None
    ) -> dict[str, object]:
        """The entries that bind now as a signed document; `of`: which of them, under the ids that the reader knows."""
        found = self.blacklist()
        with self._step(actor) as (connection, journal):
            hosts = [entry.host_id for entry in found]
            rows = connection.execute(
                select(StreamRow.host_id, StreamRow.platform).where(StreamRow.host_id.in_(hosts)).distinct()
            )
            by_host = {row.host_id: row.platform for row in rows}
            by_entry = {entry.id: by_host.get(entry.host_id, "") for entry in found}
            entries = found if of is None else of(found)
            platforms = {entry.host_id: by_entry[entry.id] for entry in entries}
            journal.note("blacklist.exported", "blacklist", entries=len(entries))
        return signed_list(entries, platforms, self.setup.keys, self.now_ms())

    def issue_token(self, measure_id: str, actor: str) -> str:
        """A token for the host's page, shown this once; for every delivery a new one."""
        with self._step(actor) as (connection, journal):
            return appeal_steps.issue_token(connection, measure_id, self.setup.measures, journal)

    def page(self, token: str) -> HostPage:
        """What the host sees; UnknownTokenError for a link that is unknown or over."""
        with self._step("host") as (connection, journal):
            measure = appeal_steps.measure_of_token(connection, token, journal.at_ms)
            journal.note("page.read", f"measure:{measure.id}", host=measure.host_id)
            return self._page(connection, measure, journal.at_ms)

    def hand_in(self, token: str, name: str, content: bytes) -> HandedIn:
        """A file of the host, kept; AppealRefused for one that is too large or of a type that is not taken."""
        with self._engine.connect() as connection:
            appeal_steps.measure_behind(connection, token, self.now_ms())
        return self.setup.files.keep(name, content, self.setup.measures.statements)

    def answer(self, token: str, statement: str, files: Sequence[HandedIn] = ()) -> Defence:
        """What the host says before the measure, as stored; AppealRefused if the time for it is over."""
        with self._step("host") as (connection, journal):
            measure_id = appeal_steps.measure_behind(connection, token, journal.at_ms)
            return appeal_steps.answer_measure(
                connection, measure_id, statement, tuple(files), self.setup.measures, journal
            )

    def appeal(self, token: str, statement: str, files: Sequence[HandedIn] = ()) -> Appeal:
        """The host's appeal as stored; AppealRefused if the time for it is over or one is open."""
        with self._step("host") as (connection, journal):
            measure_id = appeal_steps.measure_behind(connection, token, journal.at_ms)
            return appeal_steps.file_appeal(
                connection, measure_id, statement, tuple(files), self.setup.measures, journal
            )

    def open_appeals(self, tenants: Collection[str] | None = None) -> tuple[Appeal, ...]:
        """The appeals that wait for a decision, the most urgent first."""
        with self._engine.connect() as connection:
            return lists.open_appeals(connection, tenants)

    def had_part(self, appeal_id: str) -> frozenset[str]:
        """The people who may not decide the appeal."""
        with self._engine.connect() as connection:
            measure = measure_of(connection, appeal_of(connection, appeal_id).measure_id)
            return appeal_steps.had_part_in(connection, measure)

    def preview_appeal(self, appeal_id: str, rulings: Sequence[Ruling], remaining: Remaining | None) -> Decided:
        """What these rulings would make of the measure; nothing is stored. AppealRefused says what is undecided."""
        with self._engine.connect() as connection:
            setup = self.setup
            _, found = appeal_steps.ruling_on(
                connection, appeal_id, rulings, remaining, setup.measures, setup.reference, self.now_ms()
            )
        return found

    def decide_appeal(
        self,
        appeal_id: str,
        person: Person,
        rulings: Sequence[Ruling],
        remaining: Remaining | None = None,
        *,
        reasons_zh: str = "",
        reasons_en: str = "",
    ) -> Appeal:
        """The appeal as decided case by case; AppealRefused says why this person may not, or what is undecided.

        `remaining`: the measure that is left; it is asked for where a case stands.
        """
        setup = self.setup
        with self._step(person.id) as (connection, journal):
            return appeal_steps.decide_appeal(
                connection,
                appeal_id,
                person,
                journal,
                rulings,
                remaining,
                setup.measures,
                setup.reference,
                reasons_zh=reasons_zh,
                reasons_en=reasons_en,
            )

    @property
    def _reference(self) -> LegalReference:
        return self._setup.reference if self._setup else LegalReference()

    def now_ms(self) -> int:
        """The moment by which terms and deadlines are judged."""
        return int(self._now().timestamp() * 1000)

    def _page(self, connection: Connection, measure: Measure, now_ms: int) -> HostPage:
        defence = defence_of(connection, measure.id)
        appeals = appeals_where(connection, AppealRow.measure_id == measure.id)
        return HostPage(
            measure=measure,
            defence=defence,
            appeals=appeals,
            may_answer=may_answer(measure, now_ms, answered=defence is not None),
            may_appeal=may_appeal(measure, appeals, now_ms),
            page_until_ms=appeal_steps.page_until_ms(measure, self.setup.measures),
        )

    @contextmanager
    def _step(self, actor: str) -> Iterator[tuple[Connection, Journal]]:
        """A transaction whose events and trail entries are written at its end."""
        journal = Journal(at_ms=self.now_ms(), actor=actor)
        with self._writing.begin() as connection:
            yield connection, journal
            journal.close(connection)
