"""Batches in the database; methods are short transactions, safe from any thread or process."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from review.audit.trail import Journal
from review.batches.types import (
    OVER,
    Archive,
    ArchiveState,
    Batch,
    BatchCounts,
    BatchState,
    NewBatch,
    UnknownBatchError,
)
from review.db.ownership import Owner
from review.db.tables.batches import BatchFileRow, BatchRow
from review.db.tables.passports import PassportRow
from review.events.log import write_events
from review.events.types import NewEvent
from review.scheduling.orders import OrderKeyReused, Products

# A batch whose worker was silent for so long is begun anew by another.
STALE_MS = 60_000


class BatchStore:
    """What customers hand in, and how far it is."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self.now = now

    def place(self, new: NewBatch, products: Products, actor: str) -> tuple[str, bool]:
        """The batch's id, and whether it was handed in before by the same key; raises OrderKeyReused."""
        key = None if new.request_key is None else hashlib.sha256(new.request_key.encode()).hexdigest()
        batch_id = str(uuid.uuid4())
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        with self._writing.begin() as connection:
            if (before := _placed(connection, new, key)) is not None:
                return before, True
            wanted = [
                {"product_id": ref.product_id, "version": version} for ref, version in products(connection, journal)
            ]
            connection.execute(
                insert(BatchRow).values(
                    batch_id=batch_id,
                    tenant_id=new.tenant_id,
                    state=BatchState.WAITING.value,
                    request_key=key,
                    content_sha256=new.content_sha256,
                    host_id=new.host_id,
                    host_name=new.host_name,
                    platform=new.platform,
                    started_at=new.started_at,
                    products=wanted,
                    created_at_ms=journal.at_ms,
                    changed_at_ms=journal.at_ms,
                    worker_id="",
                    beat_at_ms=0,
                )
            )
            rows = [
                {"batch_id": batch_id, "number": number, "url": url, "state": ArchiveState.WAITING.value}
                | {"recorded_ms": 0, "analysed_ms": 0, "findings": 0}
                for number, url in enumerate(new.urls)
            ]
            connection.execute(insert(BatchFileRow), rows)
            journal.note("batch.ordered", f"batch:{batch_id}", tenant=new.tenant_id, files=len(rows))
            journal.close(connection)
        return batch_id, False

    def batch(self, batch_id: str, owner: Owner | None = None) -> Batch:
        """One batch with its archives; UnknownBatchError, also where it is another customer's (None: anybody's)."""
        own = {owner} if isinstance(owner, str) else owner
        with Session(self._engine) as session:
            row = session.get(BatchRow, batch_id)
            if row is None or (own is not None and row.tenant_id not in own):
                raise UnknownBatchError(batch_id)
            files = session.scalars(
                select(BatchFileRow).where(BatchFileRow.batch_id == batch_id).order_by(BatchFileRow.number)
            )
            return _batch(row, tuple(_archive(file) for file in files))

    def batches(
        self, owner: Owner | None, *, after: tuple[int, str] | None = None, limit: int = 50
    ) -> tuple[tuple[Batch, BatchCounts], ...]:
        """The customers' batches (None: all) without their archives, latest first.

        `after`: when made, and id, of the last seen.
        """
        newest = (BatchRow.created_at_ms.desc(), BatchRow.batch_id.desc())
        statement = select(BatchRow).order_by(*newest).limit(limit)
        if owner is not None:
            own = [owner] if isinstance(owner, str) else sorted(owner)
            statement = statement.where(BatchRow.tenant_id.in_(own))
        if after is not None:
            statement = statement.where(tuple_(BatchRow.created_at_ms, BatchRow.batch_id) < tuple_(*after))
        with Session(self._engine) as session:
            found = [_batch(row, ()) for row in session.scalars(statement)]
            counts = _counts(session, [batch.batch_id for batch in found])
            return tuple((batch, counts.get(batch.batch_id, BatchCounts())) for batch in found)

    def counts(self, batch_id: str) -> BatchCounts:
        """How far the batch is."""
        with Session(self._engine) as session:
            return _counts(session, [batch_id]).get(batch_id, BatchCounts())

    def cancel(self, batch_id: str, actor: str) -> None:
        """Stops the batch; what is found stays. One that is over stays as it is. UnknownBatchError."""
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        over = [state.value for state in OVER]
        with self._writing.begin() as connection:
            stopped = connection.execute(
                update(BatchRow)
                .where(BatchRow.batch_id == batch_id, BatchRow.state.not_in(over))
                .values(state=BatchState.CANCELLED.value, changed_at_ms=journal.at_ms)
            )
            if stopped.rowcount:
                _write_event(connection, journal.at_ms, batch_id, "batch.cancelled")
                journal.note("batch.cancelled", f"batch:{batch_id}")
                journal.close(connection)
            elif connection.scalar(select(BatchRow.batch_id).where(BatchRow.batch_id == batch_id)) is None:
                raise UnknownBatchError(batch_id)

    def claim(self, worker_id: str) -> Batch | None:
        """The batch that waits longest, or whose worker went silent; it is this worker's from now on."""
        now_ms = self._now_ms()
        silent = and_(BatchRow.state == BatchState.RUNNING.value, BatchRow.beat_at_ms < now_ms - STALE_MS)
        free = or_(BatchRow.state == BatchState.WAITING.value, silent)
        with self._writing.begin() as connection:
            found = connection.execute(
                select(BatchRow.batch_id, BatchRow.beat_at_ms).where(free).order_by(BatchRow.created_at_ms).limit(1)
            ).one_or_none()
            if found is None:
                return None
            taken = connection.execute(
                update(BatchRow)
                .where(BatchRow.batch_id == found.batch_id, BatchRow.beat_at_ms == found.beat_at_ms, free)
                .values(state=BatchState.RUNNING.value, worker_id=worker_id, beat_at_ms=now_ms, changed_at_ms=now_ms)
            )
        return self.batch(found.batch_id) if taken.rowcount else None

    def beat(self, batch_id: str, worker_id: str) -> bool:
        """Says that the worker still works on the batch; False: it is no longer wanted, or another's."""
        return self._move(batch_id, worker_id, {"beat_at_ms": self._now_ms()})

    def note(self, batch_id: str, number: int, **values: Any) -> None:
        """Replaces what is known of an archive: columns of its row by name."""
        with self._writing.begin() as connection:
            connection.execute(
                update(BatchFileRow)
                .where(BatchFileRow.batch_id == batch_id, BatchFileRow.number == number)
                .values(**values)
            )

    def finish(self, batch_id: str, worker_id: str, state: BatchState, error: str | None = None) -> None:
        """The batch is over, unless it was taken from this worker; its customer is told."""
        self._move(batch_id, worker_id, {"state": state.value, "error": error})

    def give_back(self, batch_id: str, worker_id: str) -> None:
        """The batch waits for another worker, which goes on where this one stopped."""
        self._move(batch_id, worker_id, {"state": BatchState.WAITING.value, "worker_id": "", "beat_at_ms": 0})

    def passports(self, batch: Batch) -> dict[str, str]:
        """The text of each passport of the batch by version."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(PassportRow.product_id, PassportRow.version, PassportRow.text).where(
                    PassportRow.tenant_id == batch.tenant_id,
                    tuple_(PassportRow.product_id, PassportRow.version).in_(batch.products),
                )
            )
            texts = {(row.product_id, row.version): row.text for row in rows}
        return {version: texts[product, version] for product, version in batch.products if (product, version) in texts}

    def _move(self, batch_id: str, worker_id: str, values: dict[str, object]) -> bool:
        at_ms = self._now_ms()
        with self._writing.begin() as connection:
            moved = connection.execute(
                update(BatchRow)
                .where(BatchRow.batch_id == batch_id, BatchRow.worker_id == worker_id)
                .where(BatchRow.state == BatchState.RUNNING.value)
                .values(changed_at_ms=at_ms, **values)
            )
            if moved.rowcount and values.get("state") in {BatchState.DONE.value, BatchState.FAILED.value}:
                _write_event(connection, at_ms, batch_id, f"batch.{values['state']}")
        return moved.rowcount > 0

    def _now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)


def _placed(connection: Connection, new: NewBatch, key: str | None) -> str | None:
    if key is None:
        return None
    row = connection.execute(
        select(BatchRow.batch_id, BatchRow.content_sha256).where(
            BatchRow.tenant_id == new.tenant_id, BatchRow.request_key == key
        )
    ).one_or_none()
    if row is not None and row.content_sha256 != new.content_sha256:
        raise OrderKeyReused("the request key came with another batch before")
    return None if row is None else str(row.batch_id)


def _write_event(connection: Connection, at_ms: int, batch_id: str, kind: str) -> None:
    row = connection.execute(
        select(BatchRow.tenant_id, BatchRow.host_id, BatchRow.error).where(BatchRow.batch_id == batch_id)
    ).one()
    body = {"batch_id": batch_id, "error": row.error}
    event = NewEvent(
        kind=kind, subject=batch_id, host_id=row.host_id, tenant_id=row.tenant_id, stream_id=None, body=body
    )
    write_events(connection, at_ms, [event])


def _counts(session: Session, batch_ids: Sequence[str]) -> dict[str, BatchCounts]:
    def of(*states: ArchiveState) -> Any:
        return func.sum(case((BatchFileRow.state.in_([state.value for state in states]), 1), else_=0))

    rows = session.execute(
        select(
            BatchFileRow.batch_id,
            func.count(),
            of(ArchiveState.DONE, ArchiveState.SAME),
            of(ArchiveState.FAILED),
            func.sum(BatchFileRow.recorded_ms),
            func.sum(BatchFileRow.analysed_ms),
            func.sum(BatchFileRow.findings),
        )
        .where(BatchFileRow.batch_id.in_(batch_ids))
        .group_by(BatchFileRow.batch_id)
    )
    names = ("total", "done", "failed", "recorded_ms", "analysed_ms", "findings")
    return {row[0]: BatchCounts(**dict(zip(names, map(int, row[1:]), strict=True))) for row in rows}


def _batch(row: BatchRow, archives: tuple[Archive, ...]) -> Batch:
    return Batch(
        batch_id=row.batch_id,
        tenant_id=row.tenant_id,
        state=BatchState(row.state),
        host_id=row.host_id,
        host_name=row.host_name,
        platform=row.platform,
        started_at=row.started_at,
        products=tuple((one["product_id"], one["version"]) for one in row.products),
        created_at_ms=row.created_at_ms,
        archives=archives,
        error=row.error,
    )


def _archive(row: BatchFileRow) -> Archive:
    values = {name: getattr(row, name) for name in Archive.__dataclass_fields__}
    return Archive(**(values | {"state": ArchiveState(row.state)}))
