"""The outbox: deliveries are leased, settled, parked, taken up again, and forgotten once they are long done."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, select, update

from net.backoff import backoff_s
from review.audit.trail import Journal
from review.db.tables.webhooks import DeliveryRow, EndpointRow, EventFanRow
from review.db.upsert import table_of
from review.events.types import Delivery, DeliveryState, EndpointState, Target
from review.webhooks.endpoints import disable_target
from review.webhooks.errors import UnknownDeliveryError
from review.webhooks.fan_out import redeliver
from review.webhooks.http_post import Reply

DAY_MS = 86_400_000
KEPT_MS = 30 * DAY_MS
_LONGEST_ERROR = 300
_LONGEST_WAIT_S = 86_400.0
_REDELIVERED = "webhook.redelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long. 32 attempts with pauses of up to six hours are more than five days.

    `answer_s`: how long an answer may take. `dead_after` failures in a row, the whole address rests, for `rest_s` at
    first. `lease_ms`: after this, what a process took is another's, for it may have died; a batch is done by then.
    """

    attempts: int = 32
    first_s: float = 30.0
    longest_s: float = 6 * 3600.0
    dead_after: int = 10
    answer_s: float = 15.0
    rest_s: float = 5.0
    longest_rest_s: float = 300.0
    lease_ms: int = 240_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A delivery that this process tries now, for the `attempts`-th time."""

    sequence: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a delivery. `reply` None: it was not even sent, for the address is not to be bothered now."""

    leased: Leased
    reply: Reply | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.reply is not None and not self.reply.error


def due_counts(connection: Connection, now_ms: int) -> dict[str, tuple[int, bool]]:
    """How many deliveries are due by address, and whether it fails; those that rest or are disabled are left out."""
    rows = connection.execute(
        select(EndpointRow.endpoint_id, func.count(), func.max(EndpointRow.failures))
        .join(DeliveryRow, EndpointRow.endpoint_id == DeliveryRow.endpoint_id)
        .where(
            DeliveryRow.state == DeliveryState.PENDING.value,
            DeliveryRow.next_at_ms <= now_ms,
            EndpointRow.state == EndpointState.ACTIVE.value,
            EndpointRow.paused_until_ms <= now_ms,
        )
        .group_by(EndpointRow.endpoint_id)
    )
    return {endpoint_id: (count, failures > 0) for endpoint_id, count, failures in rows}


def lease(connection: Connection, endpoint_id: str, now_ms: int, lease_ms: int, count: int) -> tuple[Leased, ...]:
    """Up to so many due deliveries, the oldest events first; for this while no other process tries them."""
    rows = connection.execute(
        select(DeliveryRow.event_sequence, DeliveryRow.attempts)
        .where(
            DeliveryRow.endpoint_id == endpoint_id,
            DeliveryRow.state == DeliveryState.PENDING.value,
            DeliveryRow.next_at_ms <= now_ms,
        )
        .order_by(DeliveryRow.event_sequence)
        .limit(count)
        .with_for_update(skip_locked=True)
    ).all()
    connection.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.endpoint_id == endpoint_id,
            DeliveryRow.event_sequence.in_([row.event_sequence for row in rows]),
        )
        .values(attempts=DeliveryRow.attempts + 1, next_at_ms=now_ms + lease_ms)
    )
    return tuple(Leased(sequence=row.event_sequence, attempts=row.attempts + 1) for row in rows)


def settle(connection: Connection, target: Target, answers: Sequence[Answer], now_ms: int, patience: Patience) -> None:
    """Writes what came of a batch: taken, to be tried again later, parked; and whether the address rests or is gone."""
    taken = [answer.leased.sequence for answer in answers if answer.taken]
    replies = [answer.reply for answer in answers if answer.reply is not None]
    if taken:
        connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.endpoint_id == target.id, DeliveryRow.event_sequence.in_(taken))
            .values(state=DeliveryState.DELIVERED.value, last_error="", delivered_at_ms=now_ms)
        )
    for answer in answers:
        if not answer.taken:
            _put_off(connection, target.id, answer, now_ms, patience)
    if any(reply.gone for reply in replies):
        disable_target(connection, target, "the receiver answered 410: it wants no more")
    elif wait_s := max((reply.wait_s for reply in replies), default=0.0):
        _pause(connection, target.id, now_ms, min(wait_s, patience.longest_rest_s))
    elif taken:
        connection.execute(
            update(EndpointRow)
            .where(EndpointRow.endpoint_id == target.id, EndpointRow.failures > 0)
            .values(failures=0, paused_until_ms=0)
        )
    elif replies:
        _count_failures(connection, target.id, replies, now_ms, patience)


def _put_off(connection: Connection, endpoint_id: str, answer: Answer, now_ms: int, patience: Patience) -> None:
    leased, reply = answer.leased, answer.reply
    values: dict[str, object] = {"attempts": leased.attempts - 1, "next_at_ms": now_ms}
    if reply is not None:
        pause_s = backoff_s(leased.attempts - 1, first_s=patience.first_s, cap_s=patience.longest_s)
        parked = leased.attempts >= patience.attempts
        values = {
            "state": (DeliveryState.PARKED if parked else DeliveryState.PENDING).value,
            "last_error": reply.error[:_LONGEST_ERROR],
            "next_at_ms": now_ms + round(1000 * max(pause_s, min(reply.wait_s, _LONGEST_WAIT_S))),
        }
    connection.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.endpoint_id == endpoint_id,
            DeliveryRow.event_sequence == leased.sequence,
            DeliveryRow.attempts == leased.attempts,
            DeliveryRow.state == DeliveryState.PENDING.value,
        )
        .values(**values)
    )


def _count_failures(
    connection: Connection, endpoint_id: str, replies: Sequence[Reply], now_ms: int, patience: Patience
) -> None:
    """One that gives no answer in time binds a thread meanwhile, so it counts as half of what makes an address rest."""
    failed = sum(max(1, patience.dead_after // 2) if reply.slow else 1 for reply in replies)
    failures = connection.scalar(
        update(EndpointRow)
        .where(EndpointRow.endpoint_id == endpoint_id)
        .values(failures=EndpointRow.failures + failed)
        .returning(EndpointRow.failures)
    )
    beyond = (failures or 0) - patience.dead_after
    if beyond >= 0:
        turn = beyond // patience.dead_after
        _pause(connection, endpoint_id, now_ms, backoff_s(turn, first_s=patience.rest_s, cap_s=patience.longest_rest_s))


def _pause(connection: Connection, endpoint_id: str, now_ms: int, pause_s: float) -> None:
    connection.execute(
        update(EndpointRow)
        .where(EndpointRow.endpoint_id == endpoint_id)
        .values(paused_until_ms=now_ms + round(1000 * pause_s))
    )


class Deliveries:
    """What was told and what was not, for people and programs."""

    def __init__(self, engine: Engine, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now_ms = now_ms

    def listed(
        self, endpoint_id: str, state: DeliveryState | None = None, after: int = 0, limit: int = 100
    ) -> tuple[Delivery, ...]:
        """Deliveries at this address in the order of their events, after this number."""
        columns = table_of(DeliveryRow).c
        statement = select(*columns).where(columns.endpoint_id == endpoint_id, columns.event_sequence > after)
        if state is not None:
            statement = statement.where(columns.state == state.value)
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(columns.event_sequence).limit(limit)).all()
        return tuple(
            Delivery(state=DeliveryState(row.state), **{k: v for k, v in row._mapping.items() if k != "state"})
            for row in rows
        )

    def counts(self, endpoint_id: str) -> dict[DeliveryState, int]:
        """How many deliveries at this address stand where."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(DeliveryRow.state, func.count())
                .where(DeliveryRow.endpoint_id == endpoint_id)
                .group_by(DeliveryRow.state)
            ).all()
        return {DeliveryState(state): count for state, count in rows}

    def retry(self, endpoint_id: str, sequence: int, actor: str) -> None:
        """Tells one event again, from the first attempt on: parked, delivered or waiting; UnknownDeliveryError."""
        with self._step(actor) as (connection, journal):
            again = connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.endpoint_id == endpoint_id, DeliveryRow.event_sequence == sequence)
                .values(**_anew(journal.at_ms))
            )
            if again.rowcount == 0:
                raise UnknownDeliveryError(sequence)
            journal.note(_REDELIVERED, f"webhook:{endpoint_id}", what="one", sequence=sequence, count=1)

    def retry_parked(self, endpoint_id: str, actor: str) -> int:
        """Takes up everything that was parked at this address; gives how many."""
        with self._step(actor) as (connection, journal):
            count = connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.endpoint_id == endpoint_id, DeliveryRow.state == DeliveryState.PARKED.value)
                .values(**_anew(journal.at_ms))
            ).rowcount
            if count:
                journal.note(_REDELIVERED, f"webhook:{endpoint_id}", what="parked", count=count)
            return count

    def again_since(self, target: Target, after: int, actor: str) -> int:
        """Tells every event after this number again that the address hears of; gives how many."""
        with self._step(actor) as (connection, journal):
            fan = select(EventFanRow.sequence).where(EventFanRow.tenant_id == target.tenant_id)
            fanned = connection.scalar(fan) or 0
            heard = redeliver(connection, target, after, fanned, journal.at_ms)
            connection.execute(
                update(DeliveryRow)
                .where(
                    DeliveryRow.endpoint_id == target.id,
                    DeliveryRow.event_sequence > after,
                    DeliveryRow.state != DeliveryState.PENDING.value,
                )
                .values(**_anew(journal.at_ms))
            )
            if heard:
                journal.note(_REDELIVERED, f"webhook:{target.id}", what="since", sequence=after, count=heard)
            return heard

    def forget_done(self) -> int:
        """Removes what was delivered a month ago; the events themselves stay."""
        with self._writing.begin() as connection:
            return connection.execute(
                delete(DeliveryRow).where(DeliveryRow.delivered_at_ms <= self._now_ms() - KEPT_MS)
            ).rowcount

    @contextmanager
    def _step(self, actor: str) -> Iterator[tuple[Connection, Journal]]:
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        with self._writing.begin() as connection:
            yield connection, journal
            journal.close(connection)


def _anew(now_ms: int) -> dict[str, object]:
    """What is told from the first attempt on."""
    return {"state": DeliveryState.PENDING.value, "attempts": 0, "next_at_ms": now_ms}
