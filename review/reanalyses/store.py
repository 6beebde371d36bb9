"""Re-analyses in the database; methods are short transactions, safe from any thread or process."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from claims.types import Disposition, Finding
from review.audit.trail import Journal
from review.db.ownership import Owner, owner_in
from review.db.tables.reanalyses import ReanalysisFindingRow, ReanalysisRow
from review.db.tables.streams import HIDDEN, FindingRow
from review.reanalyses.types import (
    OVER,
    Compared,
    NewReanalysis,
    Outcome,
    OutcomeCounts,
    Reanalysis,
    ReanalysisState,
    UnknownReanalysisError,
)
from review.scheduling.orders import OrderKeyReused
from review.streams.rows import finding_from_json
from review.tenants.keys import known_tenant
from review.tenants.quotas import Quota, check_quota

# One whose worker was silent for so long is begun anew by another.
STALE_MS = 60_000
# What was found quotes broadcasts: so long it is kept, the figures stay.
KEEP_FINDINGS_MS = 90 * 86_400_000


class ReanalysisStore:
    """What customers have analysed again, how far it is, and what differs."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def place(self, new: NewReanalysis, actor: str) -> tuple[str, bool]:
        """The order's id, and whether it was placed before by the same key; raises OrderKeyReused, QuotaReached."""
        key = None if new.request_key is None else hashlib.sha256(new.request_key.encode()).hexdigest()
        reanalysis_id = str(uuid.uuid4())
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        with self._writing.begin() as connection:
            if (before := _placed(connection, new, key)) is not None:
                return before, True
            known_tenant(connection, new.tenant_id, journal.at_ms)
            if new.model is not None:
                check_quota(connection, new.tenant_id, Quota.BATCH_HOURS_DAY, journal.at_ms)
            connection.execute(
                insert(ReanalysisRow).values(
                    reanalysis_id=reanalysis_id,
                    tenant_id=new.tenant_id,
                    stream_id=new.stream_id,
                    state=ReanalysisState.WAITING.value,
                    request_key=key,
                    content_sha256=new.content_sha256,
                    start_ms=new.start_ms,
                    end_ms=new.end_ms,
                    model=new.model,
                    policy=new.policy,
                    passports=[{"product_id": product, "version": version} for product, version in new.passports],
                    span_ms=0,
                    analysed_ms=0,
                    missing_ms=0,
                    created_at_ms=journal.at_ms,
                    changed_at_ms=journal.at_ms,
                    worker_id="",
                    beat_at_ms=0,
                )
            )
            journal.note(
                "reanalysis.ordered",
                f"stream:{new.stream_id}",
                tenant=new.tenant_id,
                reanalysis=reanalysis_id,
            )
            journal.close(connection)
        return reanalysis_id, False

    def reanalysis(self, reanalysis_id: str, tenant_id: str | None = None) -> Reanalysis:
        """One re-analysis; UnknownReanalysisError, also where it is another customer's (None: anybody's)."""
        with Session(self._engine) as session:
            row = session.get(ReanalysisRow, reanalysis_id)
            if row is None or tenant_id not in {None, row.tenant_id}:
                raise UnknownReanalysisError(reanalysis_id)
            return _from_row(row, _counts(session, [reanalysis_id]).get(reanalysis_id, OutcomeCounts()))

    def reanalyses(
        self,
        owner: Owner | None,
        *,
        stream_id: str | None = None,
        after: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> tuple[Reanalysis, ...]:
        """These customers' re-analyses, or all, the latest first; `after`: when made, and id, of the last seen."""
        newest = (ReanalysisRow.created_at_ms.desc(), ReanalysisRow.reanalysis_id.desc())
        statement = select(ReanalysisRow).order_by(*newest).limit(limit)
        if owner is not None:
            statement = statement.where(owner_in(ReanalysisRow.tenant_id, owner))
        if stream_id is not None:
            statement = statement.where(ReanalysisRow.stream_id == stream_id)
        if after is not None:
            statement = statement.where(
                tuple_(ReanalysisRow.created_at_ms, ReanalysisRow.reanalysis_id) < tuple_(*after)
            )
        with Session(self._engine) as session:
            rows = session.scalars(statement).all()
            counts = _counts(session, [row.reanalysis_id for row in rows])
            return tuple(_from_row(row, counts.get(row.reanalysis_id, OutcomeCounts())) for row in rows)

    def compared(
        self, reanalysis_id: str, *, outcome: Outcome | None = None, after: int = -1, limit: int = 100
    ) -> tuple[tuple[int, Compared], ...]:
        """What became of each claim, with its number, in order of time."""
        statement = (
            select(ReanalysisFindingRow)
            .where(ReanalysisFindingRow.reanalysis_id == reanalysis_id, ReanalysisFindingRow.number > after)
            .order_by(ReanalysisFindingRow.number)
            .limit(limit)
        )
        if outcome is not None:
            statement = statement.where(ReanalysisFindingRow.outcome == outcome.value)
        with Session(self._engine) as session:
            return tuple((row.number, _compared(row)) for row in session.scalars(statement))

    def stored_findings(self, stream_id: str) -> tuple[Finding, ...]:
        """The broadcast's findings as they are stored, in order of time."""
        statement = (
            select(FindingRow.record)
            .where(FindingRow.stream_id == stream_id)
            .where(FindingRow.disposition.not_in([Disposition.NONE.value, HIDDEN]))
            .order_by(FindingRow.start_ms, FindingRow.finding_id)
        )
        with self._engine.connect() as connection:
            return tuple(finding_from_json(record) for record in connection.scalars(statement))

    def cancel(self, reanalysis_id: str, actor: str) -> None:
        """Stops it; one that is over stays as it is."""
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        over = [state.value for state in OVER]
        with self._writing.begin() as connection:
            stopped = connection.execute(
                update(ReanalysisRow)
                .where(ReanalysisRow.reanalysis_id == reanalysis_id, ReanalysisRow.state.not_in(over))
                .values(state=ReanalysisState.CANCELLED.value, changed_at_ms=journal.at_ms)
            )
            if stopped.rowcount:
                journal.note("reanalysis.cancelled", f"reanalysis:{reanalysis_id}")
                journal.close(connection)

    def claim(self, worker_id: str) -> Reanalysis | None:
        """The order that waits longest, or whose worker went silent; it is this worker's from now on."""
        now_ms = self._now_ms()
        silent = and_(
            ReanalysisRow.state == ReanalysisState.RUNNING.value, ReanalysisRow.beat_at_ms < now_ms - STALE_MS
        )
        free = or_(ReanalysisRow.state == ReanalysisState.WAITING.value, silent)
        with self._writing.begin() as connection:
            found = connection.execute(
                select(ReanalysisRow.reanalysis_id, ReanalysisRow.beat_at_ms)
                .where(free)
                .order_by(ReanalysisRow.created_at_ms, ReanalysisRow.reanalysis_id)
                .limit(1)
            ).one_or_none()
            if found is None:
                return None
            mine = {"state": ReanalysisState.RUNNING.value, "worker_id": worker_id, "beat_at_ms": now_ms}
            taken = connection.execute(
                update(ReanalysisRow)
                .where(ReanalysisRow.reanalysis_id == found.reanalysis_id)
                .where(ReanalysisRow.beat_at_ms == found.beat_at_ms, free)
                .values(analysed_ms=0, changed_at_ms=now_ms, **mine)
            )
        return self.reanalysis(found.reanalysis_id) if taken.rowcount else None

    def beat(self, reanalysis_id: str, worker_id: str, *, span_ms: int, analysed_ms: int) -> bool:
        """Notes how far it is; False: it is no longer wanted, or another's."""
        return self._move(
            reanalysis_id, worker_id, {"span_ms": span_ms, "analysed_ms": analysed_ms, "beat_at_ms": self._now_ms()}
        )

    def finish(
        self,
        reanalysis_id: str,
        worker_id: str,
        compared: Sequence[Compared],
        *,
        judged_by: str,
        span_ms: int,
        missing_ms: int,
    ) -> bool:
        """It is done, with all that differs; False, and nothing is stored, where it was taken from this worker.

        What was found by orders of three months ago is let go.
        """
        done = {"state": ReanalysisState.DONE.value, "judged_by": judged_by, "missing_ms": missing_ms, "error": None}
        done |= {"span_ms": span_ms, "analysed_ms": span_ms}
        rows = [
            {
                "reanalysis_id": reanalysis_id,
                "number": number,
                "outcome": one.outcome.value,
                "finding_id": None if one.before is None else one.before.finding_id,
                "parts": list(one.parts),
                "before": None if one.before is None else one.before.to_json(),
                "after": None if one.after is None else one.after.to_json(),
            }
            for number, one in enumerate(compared)
        ]
        now_ms = self._now_ms()
        with self._writing.begin() as connection:
            if not _moved(connection, reanalysis_id, worker_id, done | {"changed_at_ms": now_ms}):
                return False
            if rows:
                connection.execute(insert(ReanalysisFindingRow), rows)
            old = select(ReanalysisRow.reanalysis_id).where(ReanalysisRow.created_at_ms < now_ms - KEEP_FINDINGS_MS)
            connection.execute(delete(ReanalysisFindingRow).where(ReanalysisFindingRow.reanalysis_id.in_(old)))
        return True

    def fail(self, reanalysis_id: str, worker_id: str, error: str) -> None:
        """It can't be done, and why."""
        self._move(reanalysis_id, worker_id, {"state": ReanalysisState.FAILED.value, "error": error})

    def give_back(self, reanalysis_id: str, worker_id: str) -> None:
        """It waits for another worker, which begins anew."""
        waiting = {"state": ReanalysisState.WAITING.value, "worker_id": "", "beat_at_ms": 0, "analysed_ms": 0}
        self._move(reanalysis_id, worker_id, waiting)

    def _move(self, reanalysis_id: str, worker_id: str, values: dict[str, object]) -> bool:
        with self._writing.begin() as connection:
            return _moved(connection, reanalysis_id, worker_id, values | {"changed_at_ms": self._now_ms()})

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _moved(connection: Connection, reanalysis_id: str, worker_id: str, values: dict[str, object]) -> bool:
    moved = connection.execute(
        update(ReanalysisRow)
        .where(ReanalysisRow.reanalysis_id == reanalysis_id, ReanalysisRow.worker_id == worker_id)
        .where(ReanalysisRow.state == ReanalysisState.RUNNING.value)
        .values(**values)
    )
    return moved.rowcount > 0


def _placed(connection: Connection, new: NewReanalysis, key: str | None) -> str | None:
    if key is None:
        return None
    row = connection.execute(
        select(ReanalysisRow.reanalysis_id, ReanalysisRow.content_sha256).where(
            ReanalysisRow.tenant_id == new.tenant_id, ReanalysisRow.request_key == key
        )
    ).one_or_none()
    if row is not None and row.content_sha256 != new.content_sha256:
        raise OrderKeyReused("the request key came with another re-analysis before")
    return None if row is None else str(row.reanalysis_id)


def _counts(session: Session, ids: Sequence[str]) -> dict[str, OutcomeCounts]:
    rows = session.execute(
        select(ReanalysisFindingRow.reanalysis_id, ReanalysisFindingRow.outcome, func.count())
        .where(ReanalysisFindingRow.reanalysis_id.in_(ids))
        .group_by(ReanalysisFindingRow.reanalysis_id, ReanalysisFindingRow.outcome)
    )
    found: dict[str, dict[str, int]] = {}
    for reanalysis_id, outcome, count in rows:
        found.setdefault(reanalysis_id, {})[outcome] = count
    return {reanalysis_id: OutcomeCounts(**counts) for reanalysis_id, counts in found.items()}


def _compared(row: ReanalysisFindingRow) -> Compared:
    return Compared(
        outcome=Outcome(row.outcome),
        before=None if row.before is None else finding_from_json(row.before),
        after=None if row.after is None else finding_from_json(row.after),
        parts=tuple(row.parts),
    )


def _from_row(row: ReanalysisRow, counts: OutcomeCounts) -> Reanalysis:
    names = Reanalysis.__dataclass_fields__.keys() - {"state", "passports", "counts"}
    return Reanalysis(
        state=ReanalysisState(row.state),
        passports=tuple((one["product_id"], one["version"]) for one in row.passports),
        counts=counts,
        **{name: getattr(row, name) for name in names},
    )
