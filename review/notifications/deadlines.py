"""Events of what falls due: a proposal about to lapse, an appeal about to be late, a case that waited too long."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, exists, or_, select

from review.cases.priority import target_ms
from review.cases.types import WAITING
from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import AppealRow, MeasureRow
from review.db.tables.learning import BlindCaseRow
from review.db.tables.notifications import ToldDeadlineRow
from review.db.upsert import insert_new, table_of
from review.enforcement.types import AppealState, MeasureState
from review.events.log import write_events
from review.events.types import NewEvent

_DAY_MS = 86_400_000
# How long before its day a proposal or an appeal is told of.
LEAD_MS = _DAY_MS
# What fell due earlier, while nobody looked, is told no more.
LOOK_BACK_MS = 7 * _DAY_MS
# By then nothing of it is within LOOK_BACK_MS, whatever its severity has become meanwhile.
_FORGOTTEN_MS = 2 * LOOK_BACK_MS
_SEVERITIES = ("critical", "high", "medium")
_BATCH = 500


class Deadlines:
    """Notifies of everything that falls due, once; several processes may look at once, and the first of them does."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def notify(self) -> int:
        """Notifies of what falls due; gives of how much nobody was notified before."""
        now_ms = self._now_ms()
        return sum(self._notify(look, now_ms) for look in (_measures, _appeals, _cases))

    def forget(self) -> None:
        """Forgets what was told long ago and can't be told again."""
        with self._writing.begin() as connection:
            connection.execute(
                delete(ToldDeadlineRow).where(ToldDeadlineRow.told_at_ms < self._now_ms() - _FORGOTTEN_MS)
            )

    def _notify(self, look: Callable[[Connection, int], Sequence[NewEvent]], now_ms: int) -> int:
        notified = 0
        while True:
            with self._engine.connect() as connection:
                found = look(connection, now_ms)
            if not found:
                return notified
            with self._writing.begin() as connection:
                notified += _write(connection, found, now_ms)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _write(connection: Connection, found: Sequence[NewEvent], now_ms: int) -> int:
    """Tells of those whose row this transaction is the first to write.

    In the order of their ids: of two that write at once, one waits for the other, never each for each.
    """
    rows = [
        {"kind": event.kind, "subject": event.subject, "told_at_ms": now_ms}
        for event in sorted(found, key=lambda event: event.subject)
    ]
    mine = insert_new(connection, ToldDeadlineRow, rows, ToldDeadlineRow.subject)
    write_events(connection, now_ms, [event for event in found if event.subject in mine])
    return len(mine)


def _measures(connection: Connection, now_ms: int) -> list[NewEvent]:
    measures = table_of(MeasureRow).c
    rows = connection.execute(
        select(measures.measure_id, measures.host_id, measures.kind, measures.lapses_at_ms)
        .where(measures.state == MeasureState.PROPOSED.value)
        .where(measures.lapses_at_ms > now_ms, measures.lapses_at_ms <= now_ms + LEAD_MS)
        .where(~_is_notified("deadline.measure", measures.measure_id))
        .order_by(measures.lapses_at_ms, measures.measure_id)
        .limit(_BATCH)
    )
    return [
        NewEvent(
            kind="deadline.measure",
            subject=row.measure_id,
            host_id=row.host_id,
            body={"measure": row.kind, "due_at_ms": row.lapses_at_ms},
        )
        for row in rows
    ]


def _appeals(connection: Connection, now_ms: int) -> list[NewEvent]:
    appeals, measures = table_of(AppealRow).c, table_of(MeasureRow).c
    rows = connection.execute(
        select(appeals.appeal_id, appeals.measure_id, measures.host_id, appeals.decide_due_ms)
        .join(MeasureRow, measures.measure_id == appeals.measure_id)
        .where(appeals.state == AppealState.FILED.value)
        .where(appeals.decide_due_ms > now_ms - LOOK_BACK_MS, appeals.decide_due_ms <= now_ms + LEAD_MS)
        .where(~_is_notified("deadline.appeal", appeals.appeal_id))
        .order_by(appeals.decide_due_ms, appeals.appeal_id)
        .limit(_BATCH)
    )
    return [
        NewEvent(
            kind="deadline.appeal",
            subject=row.appeal_id,
            host_id=row.host_id,
            body={"measure_id": row.measure_id, "due_at_ms": row.decide_due_ms},
        )
        for row in rows
    ]


def _cases(connection: Connection, now_ms: int) -> list[NewEvent]:
    cases = table_of(CaseRow).c
    targets_ms = {severity: target_ms(severity, on_air=False) for severity in _SEVERITIES}
    is_late = or_(
        *(
            (cases.severity == severity)
            & (cases.opened_at_ms > now_ms - target - LOOK_BACK_MS)
            & (cases.opened_at_ms < now_ms - target)
            for severity, target in targets_ms.items()
        )
    )
    rows = connection.execute(
        select(cases.case_id, cases.number, cases.host_id, cases.severity, cases["class"], cases.opened_at_ms)
        .where(cases.opened_at_ms > now_ms - max(targets_ms.values()) - LOOK_BACK_MS)
        .where(cases.opened_at_ms < now_ms - min(targets_ms.values()))
        .where(cases.state.in_([state.value for state in WAITING]), is_late)
        .where(~_is_notified("deadline.case", cases.case_id), cases.case_id.not_in(select(BlindCaseRow.case_id)))
        .order_by(cases.opened_at_ms, cases.case_id)
        .limit(_BATCH)
    )
    return [
        NewEvent(
            kind="deadline.case",
            subject=row.case_id,
            host_id=row.host_id,
            body={
                "number": row.number,
                "severity": row.severity,
                "class": row._mapping["class"],
                "opened_at_ms": row.opened_at_ms,
                "due_at_ms": row.opened_at_ms + targets_ms[row.severity],
            },
        )
        for row in rows
    ]


def _is_notified(kind: str, subject: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(ToldDeadlineRow.kind == kind, ToldDeadlineRow.subject == subject)
