"""How long what is kept, what holds it, and its deletion, which the trail records with the reason."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from review.accounts.types import Person, Role
from review.audit.trail import Journal
from review.db.tables.enforcement import DealRow, HoldRow
from review.db.upsert import table_of, upsert
from review.enforcement.erasure import STEPS, Erased, Limits
from review.enforcement.errors import RetentionRefused
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.store import EnforcementSetup
from review.evidence.files import KeptEvidence

_HOLDS = frozenset({Role.SENIOR, Role.ADMIN})
_MACHINE = "zhenyan"
_TOPS = ("recordings", "clips", "handed-in", "packs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold. `subject`: `host:…`, `stream:…`, `case:…` or `measure:…`; a host's hold covers all that is its."""

    id: str
    subject: str
    why: str
    set_by: str
    set_at_ms: int
    released_by: str | None = None
    released_at_ms: int | None = None


class RetentionStore:
    """Clocks, holds and deletion."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], setup: EnforcementSetup, kept: KeptEvidence | None = None
    ) -> None:
        """`kept`: what of it lies in the evidence storage as well; None: nothing does."""
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._setup = setup
        self._kept = kept

    def hold(self, subject: str, why: str, person: Person) -> Hold:
        """A hold, from now until it is released; RetentionRefused without a reason or for another role."""
        kind = subject.partition(":")[0]
        if kind not in {"host", "stream", "case", "measure"} or not subject.partition(":")[2]:
            raise RetentionRefused(f"hold {subject!r}: name host:ID, stream:ID, case:ID or measure:ID")
        if person.role not in _HOLDS or not why.strip():
            raise RetentionRefused(f"hold {subject!r}: a senior sets it, with the reason")
        hold = Hold(id=str(uuid.uuid4()), subject=subject, why=why.strip(), set_by=person.id, set_at_ms=self._now_ms())
        with self._step(person.id) as (connection, journal):
            connection.execute(
                insert(HoldRow).values(
                    hold_id=hold.id, subject=subject, why=hold.why, set_by=person.id, set_at_ms=hold.set_at_ms
                )
            )
            journal.note("hold.set", subject, hold=hold.id)
        return hold

    def release(self, hold_id: str, person: Person) -> None:
        """Ends a hold; RetentionRefused for one that is not set, or for another role."""
        if person.role not in _HOLDS:
            raise RetentionRefused(f"hold {hold_id}: a senior releases it")
        with self._step(person.id) as (connection, journal):
            subject = connection.scalar(
                update(HoldRow)
                .where(HoldRow.hold_id == hold_id, HoldRow.released_at_ms.is_(None))
                .values(released_by=person.id, released_at_ms=journal.at_ms)
                .returning(HoldRow.subject)
            )
            if subject is None:
                raise RetentionRefused(f"hold {hold_id}: it is not set, or was released before")
            journal.note("hold.released", subject, hold=hold_id)

    def holds(self) -> tuple[Hold, ...]:
        """The holds that are set, the oldest first."""
        columns = table_of(HoldRow).c
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(*columns).where(columns.released_at_ms.is_(None)).order_by(columns.set_at_ms, columns.hold_id)
            ).all()
        return tuple(Hold(id=row.hold_id, **{k: v for k, v in row._mapping.items() if k != "hold_id"}) for row in rows)

    def put_deal(self, stream_id: str, at_ms: int) -> None:
        """Notes the last deal of the broadcast: the platform tells it, and the clocks start there if it is later."""
        with self._writing.begin() as connection:
            upsert(connection, DealRow, [{"stream_id": stream_id, "at_ms": at_ms}], only_growing="at_ms")

    def sweep(self) -> tuple[Erased, ...]:
        """Deletes what is older than its clock and not held; gives what went. Run again, it finds nothing.

        Measures go before the cases that they rest on, cases before the broadcasts that they were found in; each in a
        transaction of its own, with its entry in the trail.
        """
        retention, now_ms = self._setup.retention, self._now_ms()
        limits = Limits(
            before_ms={kind: now_ms - clock.days * DAY_MS for kind, clock in retention.clocks.items()},
            strike_days=retention.clocks["strike"].days,
            held=frozenset(hold.subject for hold in self.holds()),
            table=self._setup.measures,
            now_ms=now_ms,
        )
        gone: list[Erased] = []
        for overdue, erase in STEPS:
            with self._engine.connect() as connection:
                names = overdue(connection, limits)
            for name in names:
                with self._step(_MACHINE) as (connection, journal):
                    erased = erase(connection, name)
                    journal.note(
                        "retention.deleted",
                        erased.subject,
                        kind=erased.kind,
                        rows=erased.row_count,
                        files=len(erased.files),
                        rule=f"retention {retention.version}: {erased.kind}, {retention.clocks[erased.kind].days} days",
                    )
                    if self._kept is not None:
                        self._kept.forget(connection, erased.files)
                        self._kept.forget_findings(connection, erased.findings)
                    self._remove_files(erased)
                gone.append(erased)
        return tuple(gone)

    def _remove_files(self, erased: Erased) -> None:
        """Removes files under the data folder, a clip with what lies beside it, before the rows that name them go.

        A crash between leaves rows, which the next sweep finds, and never a file that nobody knows of.
        """
        root = self._setup.data_dir.resolve()
        for name in erased.files:
            path = (root / name).resolve()
            if not path.is_relative_to(root) or path in {root, *(root / top for top in _TOPS)}:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                for beside in (path, path.with_suffix(".jpg"), path.with_name(f"{path.name}.peaks.json")):
                    beside.unlink(missing_ok=True)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    @contextmanager
    def _step(self, actor: str) -> Iterator[tuple[Connection, Journal]]:
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        with self._writing.begin() as connection:
            yield connection, journal
            journal.close(connection)
