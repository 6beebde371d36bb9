"""The cases of the store; methods are short transactions, safe from any thread or process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from review.accounts.types import Person
from review.audit.trail import Journal
from review.cases import decisions, queries
from review.cases.blind import blind_kind, settle
from review.cases.decision_log import Logged, LogQuery, each_decision, read_log
from review.cases.decisions import Submission
from review.cases.queries import CasePage, CaseQuery, QueueCounts
from review.cases.types import FINAL, Case, CaseState, Decision
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.corrections import SupersededRow
from review.errors import CaseChanged, DecisionRefused
from review.events.types import NewEvent
from review.streams.events import decision_event
from review.streams.types import StoredFinding

# So many of the free cases are tried, and so often anew, before it is said that there is none.
_CANDIDATES = 20
_ROUNDS = 5


class Consequences(Protocol):
    """What follows elsewhere from a decision on a case, inside the decision's transaction."""

    def lock(self, connection: Connection, case_id: str) -> None:
        """Locks what the consequences will change, before the case itself: everybody locks in this order."""
        ...

    def follow(self, connection: Connection, case_id: str, journal: Journal) -> None:
        """Carries them out for the case as it stands now; events and trail go into the journal."""
        ...


class CaseStore:
    """Cases, and what people decide on them."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], consequences: Consequences) -> None:
        self._consequences = consequences
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._counts: tuple[int, dict[CaseQuery, QueueCounts]] = (0, {})

    def queue(self, query: CaseQuery) -> CasePage:
        """The cases that the query asks for, the most pressing first."""
        with Session(self._engine) as session:
            return queries.read_queue(session, query)

    def counts(self, query: CaseQuery) -> QueueCounts:
        """How many cases stand where, and since when the oldest waits; counted anew only after a case changed.

        They are the same for everybody, whoever may decide which.
        """
        asked = replace(
            query,
            states=(),
            class_id=None,
            decidable_by=None,
            given_to=None,
            at_ms=None,
            put_aside=False,
            after=None,
            limit=0,
        )
        with Session(self._engine) as session:
            if query.claimed_by is not None:
                return queries.read_counts(session, query)
            change = queries.read_change(session)
            before, kept = self._counts
            if before != change:
                kept = {}
            if asked not in kept:
                kept = kept | {asked: queries.read_counts(session, asked)}
            self._counts = (change, kept)
            return kept[asked]

    def length(self, query: CaseQuery, most: int = 1000) -> int:
        """How many cases the query asks for, whatever its limit; no more than `most` are counted."""
        with Session(self._engine) as session:
            return queries.read_length(session, query, most)

    def case(self, case_id: str) -> Case:
        """One case; raises UnknownCaseError."""
        with Session(self._engine) as session:
            return queries.read_case(session, case_id)

    def case_of(self, finding_id: str) -> str | None:
        """The id of the case that the finding is in, or was before its words were corrected; None: in none."""
        with Session(self._engine) as session:
            now = session.scalar(select(CaseFindingRow.case_id).where(CaseFindingRow.finding_id == finding_id))
            before = select(SupersededRow.case_id).where(SupersededRow.finding_id == finding_id)
            return now or session.scalar(before)

    def numbered(self, number: int) -> str | None:
        """The id of the case with this number; None: there is none."""
        with Session(self._engine) as session:
            return session.scalar(select(CaseRow.case_id).where(CaseRow.number == number).limit(1))

    def findings(self, case_id: str) -> tuple[StoredFinding, ...]:
        """The case's findings, the latest first."""
        with Session(self._engine) as session:
            return queries.read_case_findings(session, case_id)

    def decisions(self, case_id: str) -> tuple[Decision, ...]:
        """Every decision on the case, oldest first, those taken back among them."""
        with Session(self._engine) as session:
            return queries.read_decisions(session, case_id)

    def host_cases(self, host_id: str, limit: int = 50) -> tuple[Case, ...]:
        """The host's cases, the latest first."""
        with Session(self._engine) as session:
            return queries.read_host_cases(session, host_id, limit)

    def host_names(self, host_ids: Iterable[str]) -> dict[str, str]:
        """The names by which the latest case of each of these hosts knows the account; without cases it has none."""
        with Session(self._engine) as session:
            return queries.read_host_names(session, host_ids)

    def host_tally(self, host_id: str, *, without: str | None = None) -> dict[CaseState, int]:
        """How many of the host's cases stand where; `without`: but for this one."""
        with Session(self._engine) as session:
            return queries.read_host_tally(session, host_id, without)

    def same_script(self, case_id: str, tenants: frozenset[str] | None = None) -> tuple[Case, ...]:
        """Cases whose words are nearly the same, in whatever room; `tenants`: of these customers alone."""
        with Session(self._engine) as session:
            return queries.read_same_script(session, case_id, tenants)

    def on_air(self, case_ids: Sequence[str]) -> frozenset[str]:
        """Those of these cases that have a broadcast that goes on."""
        with Session(self._engine) as session:
            return queries.read_on_air(session, case_ids)

    def claim(self, case_id: str, person: Person) -> Case:
        """The case, this person's for a while; CaseChanged if another has it."""
        with self._writing.begin() as connection:
            return decisions.claim_case(connection, case_id, person, self.now_ms())

    def claim_next(self, query: CaseQuery, person: Person, *, without: str | None = None) -> Case | None:
        """The most pressing case that is free for this person, theirs from now on; None: there is none.

        What was given to the person comes first. `without`: this one is not meant.
        """
        for asked in (replace(query, given_to=person.id), query):
            case = self._claim_first(
                replace(asked, decidable_by=person, after=None, limit=_CANDIDATES), person, without
            )
            if case is not None:
                return case
        return None

    def _claim_first(self, query: CaseQuery, person: Person, without: str | None) -> Case | None:
        """Two who ask at once both see the first case as free: who comes second goes on to the one after it."""
        for _ in range(_ROUNDS):
            now_ms = self.now_ms()
            found = [case for case in self.queue(replace(query, free_at_ms=now_ms)).cases if case.id != without]
            for case in found:
                try:
                    taken = self.claim(case.id, person)
                except CaseChanged:
                    continue
                if taken.version == case.version:
                    return taken
                self.release(case.id, person)
            if not found:
                return None
        return None

    def release(self, case_id: str, person: Person) -> None:
        """Gives the case back."""
        with self._writing.begin() as connection:
            decisions.release_case(connection, case_id, person)

    def decide(self, given: Submission, person: Person) -> Decision:
        """The decision as stored; see `decisions.decide`."""
        with self._writing.begin() as connection:
            self._consequences.lock(connection, given.case_id)
            sent_before = decisions.is_known(connection, given.request_id)
            is_blind = blind_kind(connection, given.case_id) is not None
            decision = decisions.decide(connection, given, person, self.now_ms())
            if not sent_before:
                choice = decision.choice.value
                become = (
                    settle(connection, given.case_id, self.now_ms()) if is_blind and decision.after in FINAL else []
                )
                if is_blind and not become:
                    self._note_blind(connection, given.case_id, person, decision=decision.id, choice=choice)
                    return decision
                decided = decision_event(
                    connection,
                    given.case_id,
                    "decision.made",
                    decision_id=decision.id,
                    choice=choice,
                    reason=decision.reason,
                    decided_class=decision.class_id,
                )
                events = [*become, decided]
                self._follow(
                    connection, given.case_id, person, "case.decided", events, decision=decision.id, choice=choice
                )
            return decision

    def decide_all(self, given: Sequence[Submission], person: Person) -> list[Decision | CaseChanged | DecisionRefused]:
        """Each submission's decision, or why it was not taken; one that fails stops no other."""
        taken: list[Decision | CaseChanged | DecisionRefused] = []
        for submission in given:
            try:
                taken.append(self.decide(submission, person))
            except (CaseChanged, DecisionRefused) as error:
                taken.append(error)
        return taken

    def undo(self, case_id: str, person: Person) -> Case:
        """The case as before this person's last decision; DecisionRefused after ten seconds."""
        with self._writing.begin() as connection:
            self._consequences.lock(connection, case_id)
            case = decisions.undo(connection, case_id, person, self.now_ms())
            reversal = self._reversed(connection, case_id, "undone")
            self._follow(connection, case_id, person, "case.undone", reversal, state=case.state.value)
            return case

    def reopen(self, case_id: str, person: Person) -> Case:
        """The case, waiting again."""
        with self._writing.begin() as connection:
            self._consequences.lock(connection, case_id)
            case = decisions.reopen(connection, case_id, person, self.now_ms())
            reversal = self._reversed(connection, case_id, "reopened")
            self._follow(connection, case_id, person, "case.reopened", reversal, state=case.state.value)
            return case

    def decision_log(self, query: LogQuery) -> tuple[Logged, ...]:
        """The latest decisions that the query asks for, those taken back among them."""
        return read_log(self._engine, query)

    def each_decision(self, query: LogQuery, most: int) -> Iterator[Logged]:
        """Every such decision, the latest first, at most so many, read as they are taken."""
        return each_decision(self._engine, query, most)

    def change(self) -> int:
        """The number of the last change of any case: while it stays, so does every queue."""
        with Session(self._engine) as session:
            return queries.read_change(session)

    def now_ms(self) -> int:
        """The moment by which claims and undoing are judged."""
        return int(self._now().timestamp() * 1000)

    def _reversed(self, connection: Connection, case_id: str, why: str) -> list[NewEvent]:
        """What is told of a decision that was taken back; nothing of a case that is no finding."""
        if blind_kind(connection, case_id) is not None:
            return []
        return [decision_event(connection, case_id, "decision.reversed", why=why)]

    def _note_blind(self, connection: Connection, case_id: str, person: Person, **details: str) -> None:
        """The trail of a decision that nothing follows from: the case is no finding."""
        journal = Journal(at_ms=self.now_ms(), actor=person.id)
        journal.note("case.decided", f"case:{case_id}", **details)
        journal.close(connection)

    def _follow(
        self, connection: Connection, case_id: str, person: Person, action: str, events: list[NewEvent], **details: str
    ) -> None:
        """The strike that comes or goes with what was decided, the event, and the trail."""
        journal = Journal(at_ms=self.now_ms(), actor=person.id)
        journal.add_events(events)
        journal.note(action, f"case:{case_id}", **details)
        self._consequences.follow(connection, case_id, journal)
        journal.close(connection)
