"""Every decision as it was taken, those that were taken back among them; the latest first, a page at a time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from review.cases.queries import decision_from_row
from review.cases.types import Choice, Decision
from review.db.ownership import Owner, host_is_of
from review.db.paging import read_through
from review.db.tables.cases import CaseRow, DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which decisions; None or empty: not asked about. From `from_ms` on and before `to_ms` (Unix time).

    `owner`: on cases of these customers' hosts alone. `after`: moment and id of the last one seen.
    """

    persons: Collection[str] | None = None
    choice: Choice | None = None
    class_id: str = ""
    number: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    owner: Owner | None = None
    after: tuple[int, str] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A decision with what it was about; `rule` and `policy`: what had found it."""

    decision: Decision
    number: int
    class_id: str
    host_name: str
    quote: str
    rule: str
    policy: str

    @property
    def shown_number(self) -> str:
        """The number that people name the case by."""
        return f"ZY-{self.number:06}"


def read_log(engine: Engine, query: LogQuery) -> tuple[Logged, ...]:
    """The latest decisions that the query asks for."""
    statement = (
        select(DecisionRow, CaseRow.number, CaseRow.class_id, CaseRow.host_name, CaseRow.quote)
        .join(CaseRow, CaseRow.case_id == DecisionRow.case_id)
        .order_by(DecisionRow.decided_at_ms.desc(), DecisionRow.decision_id.desc())
        .limit(query.limit)
    )
    if query.persons is not None:
        statement = statement.where(DecisionRow.person_id.in_(query.persons))
    if query.choice is not None:
        statement = statement.where(DecisionRow.choice == query.choice.value)
    if query.class_id:
        statement = statement.where(CaseRow.class_id == query.class_id)
    if query.number is not None:
        statement = statement.where(CaseRow.number == query.number)
    if query.from_ms is not None:
        statement = statement.where(DecisionRow.decided_at_ms >= query.from_ms)
    if query.to_ms is not None:
        statement = statement.where(DecisionRow.decided_at_ms < query.to_ms)
    if query.owner is not None:
        statement = statement.where(host_is_of(CaseRow.host_id, query.owner))
    if query.after is not None:
        statement = statement.where(tuple_(DecisionRow.decided_at_ms, DecisionRow.decision_id) < tuple_(*query.after))
    with Session(engine) as session:
        return tuple(
            Logged(
                decision=decision_from_row(row),
                number=number,
                class_id=class_id,
                host_name=host_name,
                quote=quote,
                rule=row.rule,
                policy=row.policy,
            )
            for row, number, class_id, host_name, quote in session.execute(statement)
        )


def each_decision(engine: Engine, query: LogQuery, most: int) -> Iterator[Logged]:
    """Every decision that the query asks for, the latest first, at most so many; read in pages as they are taken."""

    def read(after: tuple[int, str] | None, limit: int) -> tuple[Logged, ...]:
        return read_log(engine, replace(query, after=after, limit=limit))

    def place(logged: Logged) -> tuple[int, str]:
        return logged.decision.decided_at_ms, logged.decision.id

    return read_through(read, place, begin=query.after, most=most)
