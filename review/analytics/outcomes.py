"""What became of the cases of each rule: kept in memory, and brought up to date by the cases that changed since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from threading import Lock

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from review.analytics.types import Outcomes
from review.cases.types import FINAL, CaseState
from review.db.ownership import Owner, host_is_of
from review.db.tables.base import CounterRow
from review.db.tables.cases import CaseRow, DecisionRow
from review.db.tables.learning import BlindCaseRow

_FIELDS = ("violates", "lawful", "undone", "disagreed", "reopened", "overturned")
_AT_ONCE = 500
Counts = dict[tuple[str, str], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A decision as far as it counts here."""

    rule: str
    before: CaseState
    after: CaseState
    decided_at_ms: int
    undone: bool


def count_case(decisions: Iterable[Taken], class_id: str, state: CaseState, since_ms: int) -> Counts:
    """What one case adds, by rule and class; `decisions` oldest first, all of them.

    A decided case counts once, by how it stands now, for the rule that its last decision names.
    """
    counts: Counts = {}
    standing: list[Taken] = []

    def add(taken: Taken, field: str) -> None:
        if taken.decided_at_ms >= since_ms:
            row = counts.setdefault((taken.rule, class_id), [0] * len(_FIELDS))
            row[_FIELDS.index(field)] += 1

    for taken in decisions:
        if taken.undone:
            add(taken, "undone")
            continue
        if taken.before is CaseState.SECOND_REVIEW and taken.after is CaseState.SENIOR_REVIEW:
            add(taken, "disagreed")
        if (
            taken.before is CaseState.SENIOR_REVIEW
            and taken.after in FINAL
            and standing
            and standing[-1].after in FINAL
        ):
            add(taken, "reopened")
            if standing[-1].after is not taken.after:
                add(taken, "overturned")
        standing.append(taken)
    if standing and state in FINAL and standing[-1].after is state:
        add(standing[-1], "violates" if state is CaseState.CONFIRMED else "lawful")
    return counts


class OutcomeCounter:
    """The counts since one moment; exact to the cases' change counter whenever it is asked.

    `owner`: of these customers' cases alone.
    """

    def __init__(self, since_ms: int, owner: Owner | None = None) -> None:
        self.since_ms = since_ms
        self._own = true() if owner is None else host_is_of(CaseRow.host_id, owner)
        self._lock = Lock()
        self._seen = -1
        self._by_case: dict[str, Counts] = {}
        self._total: Counts = {}

    def read(self, session: Session) -> list[Outcomes]:
        """The counts as they stand, by rule and class."""
        with self._lock:
            # Read first: a case that moves meanwhile is looked at now and, since its number is higher, once more.
            now = session.scalar(select(CounterRow.value).where(CounterRow.name == "case")) or 0
            if now != self._seen:
                self._update(session)
                self._seen = now
            return [
                Outcomes(rule=rule, class_id=class_id, **dict(zip(_FIELDS, row, strict=True)))
                for (rule, class_id), row in sorted(self._total.items())
                if any(row)
            ]

    def _update(self, session: Session) -> None:
        if self._seen < 0:
            recent = select(DecisionRow.case_id).where(DecisionRow.decided_at_ms >= self.since_ms)
            self._replace(_read(session, CaseRow.case_id.in_(recent) & self._own, self.since_ms))
            return
        changed = list(session.scalars(select(CaseRow.case_id).where(CaseRow.changed_seq > self._seen)))
        for at in range(0, len(changed), _AT_ONCE):
            some = changed[at : at + _AT_ONCE]
            found = _read(session, CaseRow.case_id.in_(some) & self._own, self.since_ms)
            self._replace({case_id: {} for case_id in some} | found)

    def _replace(self, found: Mapping[str, Counts]) -> None:
        for case_id, counts in found.items():
            _add(self._total, self._by_case.pop(case_id, {}), -1)
            if counts:
                self._by_case[case_id] = counts
                _add(self._total, counts, 1)


def _read(session: Session, which: ColumnElement[bool], since_ms: int) -> dict[str, Counts]:
    """What each of these cases adds."""
    rows = session.execute(
        select(
            DecisionRow.case_id,
            CaseRow.class_id,
            CaseRow.state,
            DecisionRow.rule,
            DecisionRow.before,
            DecisionRow.after,
            DecisionRow.decided_at_ms,
            DecisionRow.undone_at_ms,
        )
        .join(CaseRow, CaseRow.case_id == DecisionRow.case_id)
        .where(which, CaseRow.case_id.not_in(select(BlindCaseRow.case_id)))
        .order_by(DecisionRow.case_id, DecisionRow.decided_at_ms, DecisionRow.decision_id)
    )
    found: dict[str, Counts] = {}
    for (case_id, class_id, state), group in groupby(rows, key=lambda row: (row[0], row[1], row[2])):
        decisions = (
            Taken(
                rule=row.rule,
                before=CaseState(row.before),
                after=CaseState(row.after),
                decided_at_ms=row.decided_at_ms,
                undone=row.undone_at_ms is not None,
            )
            for row in group
        )
        found[case_id] = count_case(decisions, class_id, CaseState(state), since_ms)
    return found


def _add(total: Counts, counts: Counts, sign: int) -> None:
    for key, row in counts.items():
        sums = total.setdefault(key, [0] * len(_FIELDS))
        for index, value in enumerate(row):
            sums[index] += sign * value
