"""Queues with names: by class, severity, customer and language, each for those who may read it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from review.accounts.types import Person, Role
from review.audit.trail import Journal
from review.cases.queries import CaseQuery
from review.db.tables.duties import NamedQueueRow
from review.db.upsert import upsert
from review.errors import NotFoundError, QueueRefused

LANGUAGES = ("zh", "other")
SEVERITIES = ("critical", "high", "medium")


class UnknownQueueError(NotFoundError):
    """No queue has this id, or it is for others."""

    def __init__(self, queue_id: str) -> None:
        super().__init__(f"queue {queue_id!r} is not there, or not for you; ask an administrator")
        self.queue_id = queue_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQueue:
    """Which cases a queue has; empty and None: not asked about. `readers` empty: everybody may read it."""

    id: str
    name: str
    classes: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    tenant_id: str | None = None
    language: str | None = None
    readers: tuple[str, ...] = ()

    def narrows(self, query: CaseQuery) -> CaseQuery:
        """The query, of this queue's cases alone; whom it is of may narrow it further, never widen it."""
        own = None if self.tenant_id is None else frozenset({self.tenant_id})
        return replace(
            query,
            classes=self.classes,
            severities=self.severities,
            tenants=query.tenants if own is None else own if query.tenants is None else own & query.tenants,
            language=self.language,
        )


class NamedQueueStore:
    """The queues that administrators keep."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def all(self) -> tuple[NamedQueue, ...]:
        """Every queue, by name."""
        with Session(self._engine) as session:
            return tuple(_queue(row) for row in session.scalars(select(NamedQueueRow).order_by(NamedQueueRow.name)))

    def of(self, person: Person) -> tuple[NamedQueue, ...]:
        """The queues that this person may read, by name; an administrator may read all."""
        return tuple(queue for queue in self.all() if _may_read(queue, person))

    def queue(self, queue_id: str, person: Person) -> NamedQueue:
        """One queue; UnknownQueueError also where it is for others."""
        with Session(self._engine) as session:
            row = session.get(NamedQueueRow, queue_id)
            if row is None or not _may_read(_queue(row), person):
                raise UnknownQueueError(queue_id)
            return _queue(row)

    def put(self, queue: NamedQueue, person: Person) -> NamedQueue:
        """Keeps the queue, a new one where its id is empty; QueueRefused without a name of its own."""
        name = queue.name.strip()
        if not name:
            raise QueueRefused(name, "has no name; write one of 1 to 60 characters", code="no_name")
        kept = replace(queue, id=queue.id or str(uuid.uuid4()), name=name)
        now_ms = int(self._now().timestamp() * 1000)
        with self._writing.begin() as connection:
            other = select(NamedQueueRow.queue_id).where(NamedQueueRow.name == name, NamedQueueRow.queue_id != kept.id)
            if connection.scalar(other) is not None:
                raise QueueRefused(name, "is another queue's name already; take another", code="name_taken")
            row = {
                "queue_id": kept.id,
                "name": kept.name,
                "classes": list(kept.classes),
                "severities": list(kept.severities),
                "tenant_id": kept.tenant_id,
                "language": kept.language,
                "readers": list(kept.readers),
                "created_at_ms": now_ms,
            }
            upsert(connection, NamedQueueRow, [row], keep=frozenset({"created_at_ms"}))
            journal = Journal(at_ms=now_ms, actor=person.id)
            journal.note("queue.kept", f"queue:{kept.id}")
            journal.close(connection)
        return kept

    def drop(self, queue_id: str, person: Person) -> None:
        """Forgets the queue; its cases stay where they are."""
        with self._writing.begin() as connection:
            gone = connection.execute(delete(NamedQueueRow).where(NamedQueueRow.queue_id == queue_id))
            if not gone.rowcount:
                raise UnknownQueueError(queue_id)
            journal = Journal(at_ms=int(self._now().timestamp() * 1000), actor=person.id)
            journal.note("queue.dropped", f"queue:{queue_id}")
            journal.close(connection)


def _may_read(queue: NamedQueue, person: Person) -> bool:
    return not queue.readers or person.role is Role.ADMIN or person.id in queue.readers


def _queue(row: NamedQueueRow) -> NamedQueue:
    return NamedQueue(
        id=row.queue_id,
        name=row.name,
        classes=tuple(row.classes),
        severities=tuple(row.severities),
        tenant_id=row.tenant_id,
        language=row.language,
        readers=tuple(row.readers),
    )
