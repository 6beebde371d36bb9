"""What nobody else is there to tell: a broadcast whose worker fell silent is interrupted, a stop that no worker heeds
is done.

A dispatcher does this, too, while there is one. Both look at the lease once more in the transaction that tells, so that
of any number of them one does it.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from review.db.tables.scheduling import LeaseRow, OrderRow
from review.db.tables.streams import StreamRow
from review.db.upsert import table_of
from review.events.log import write_events
from review.scheduling.applying import apply_decisions, unseen
from review.scheduling.decisions import Close
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.rows import lease_from_row
from review.scheduling.state_changes import leave_alone
from review.scheduling.status import LOST, OVER_STATES
from review.scheduling.types import Lease
from review.streams.types import StreamState, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An open broadcast as somebody may have to tell of it."""

    state: StreamState
    is_stopped: bool
    lease: Lease


def is_forsaken(kept: Kept, *, has_word: bool, has_recorded: bool) -> bool:
    """Whether nobody is there to tell what has become of the broadcast.

    `has_word`: its holder told something lately. `has_recorded`: that it records.
    """
    if kept.is_stopped:
        return not kept.lease.worker_id or not has_word
    if kept.state is StreamState.UNREACHABLE:
        return bool(kept.lease.worker_id) and not has_word
    return kept.lease.on_air and kept.state is not StreamState.INTERRUPTED and not has_recorded


@dataclass(frozen=True, slots=True)
class _Seen:
    """Since when a value has been the same, by a clock that is never set."""

    value: object
    since_ms: int


class Watch:
    """Which values have not changed for so long, by its own clock: those of other machines may be wrong.

    A database that was away for a while makes every value look old at once. So whoever could not look for half that
    time begins anew.
    """

    def __init__(self, age_ms: int, monotonic_ms: Callable[[], int]) -> None:
        self._age_ms = age_ms
        self._monotonic_ms = monotonic_ms
        self._looked_ms = 0
        self._seen: dict[str, _Seen] = {}

    def forget(self) -> None:
        """Nothing is known of any value."""
        self._seen.clear()

    def old(self, values: Iterable[tuple[str, object]]) -> frozenset[str]:
        """Looks at all values there are, by name, and gives those that have been the same for so long."""
        now_ms = self._monotonic_ms()
        if now_ms - self._looked_ms > self._age_ms // 2:
            self.forget()
        self._looked_ms = now_ms
        before, self._seen = self._seen, {}
        for name, value in values:
            seen = before.get(name)
            if seen is None or seen.value != value:
                seen = _Seen(value=value, since_ms=now_ms)
            self._seen[name] = seen
        return frozenset(name for name, seen in self._seen.items() if now_ms - seen.since_ms >= self._age_ms)


class LeaseExpiry:
    """Looked after every few seconds by each serving process."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        terms: LeaseTerms,
        monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._terms = terms
        self._words = Watch(terms.lease_ms, monotonic_ms)
        self._recordings = Watch(terms.lease_ms, monotonic_ms)

    def keep(self) -> int:
        """Tells what is to be told now; gives of how many broadcasts. Nothing is before a lease's length has passed."""
        try:
            kept = self._open()
        except SQLAlchemyError:
            self._words.forget()
            self._recordings.forget()
            raise
        silent = self._words.old((i, (k.lease.token, k.lease.until_ms)) for i, k in kept.items())
        unrecorded = self._recordings.old((i, k.lease.recorded_at_ms) for i, k in kept.items())
        return sum(
            self._report_lost(each)
            for stream_id, each in kept.items()
            if is_forsaken(each, has_word=stream_id not in silent, has_recorded=stream_id not in unrecorded)
        )

    def _open(self) -> dict[str, Kept]:
        with Session(self._engine) as session:
            rows = session.execute(
                select(StreamRow.stream_id, StreamRow.state, OrderRow.wanted, LeaseRow)
                .join(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
                .outerjoin(LeaseRow, LeaseRow.stream_id == StreamRow.stream_id)
                .where(StreamRow.state.not_in([state.value for state in OVER_STATES]))
                .order_by(StreamRow.stream_id)
            )
            return {
                stream_id: Kept(
                    state=StreamState(state),
                    is_stopped=wanted == Wanted.STOP.value,
                    lease=unseen(stream_id) if lease is None else lease_from_row(lease),
                )
                for stream_id, state, wanted, lease in rows
            }

    def _report_lost(self, kept: Kept) -> bool:
        now_ms = int(self._now().timestamp() * 1000)
        lease = kept.lease
        with self._writing.begin() as connection:
            if kept.is_stopped:
                close = Close(stream_id=lease.stream_id, seen=lease, state=StreamState.ENDED)
                return bool(apply_decisions(connection, [close], now_ms, self._terms))
            columns = table_of(LeaseRow).c
            held = select(*columns).where(columns.stream_id == lease.stream_id).with_for_update()
            if lease_from_row(connection.execute(held).one()) != lease:
                return False
            events = leave_alone(connection, lease, LOST if lease.worker_id else lease.why)
            write_events(connection, now_ms, events)
            return bool(events)
