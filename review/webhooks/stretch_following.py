"""Tells addresses of stretches: each has a place of its own in the log, which moves with what its receiver took."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

from net.backoff import backoff_s
from review.db.tables.stretches import StretchFollowerRow, StretchHeadRow
from review.db.tables.webhooks import EndpointRow
from review.db.upsert import table_of
from review.events.stretch_log import read_stretches
from review.events.types import EndpointState, Event, Target
from review.webhooks.endpoints import disable_target
from review.webhooks.http_post import Reply
from review.webhooks.retry_queue import Patience

_BATCH = 50
_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What this process tells now: the stretches after `after`, for the `attempts`-th time."""

    after: int
    attempts: int
    stretches: tuple[Event, ...]


def waiting_followers(engine: Engine, now_ms: int) -> tuple[str, ...]:
    """The addresses that have stretches to be told and that are not resting."""
    with engine.connect() as connection:
        rows = connection.scalars(
            select(EndpointRow.endpoint_id)
            .join(StretchFollowerRow, StretchFollowerRow.endpoint_id == EndpointRow.endpoint_id)
            .join(StretchHeadRow, StretchHeadRow.tenant_id == EndpointRow.tenant_id)
            .where(
                StretchFollowerRow.sequence < StretchHeadRow.sequence,
                StretchFollowerRow.next_at_ms <= now_ms,
                EndpointRow.state == EndpointState.ACTIVE.value,
                EndpointRow.paused_until_ms <= now_ms,
            )
            .order_by(EndpointRow.endpoint_id)
        )
        return tuple(rows)


def send_stretches(
    writing: Engine, target: Target, send: Callable[[Event], Reply], now_ms: Callable[[], int], patience: Patience
) -> int:
    """Sends the next stretches in their order until one is not taken; gives how many were.

    Any number of processes may try at once: whoever moves the row first has it for a while. What was taken is noted
    once, so that after a crash some come again, with the ids that they had.
    """
    turn = _take(writing, target, now_ms(), patience.lease_ms)
    if turn is None:
        return 0
    taken, reply = turn.after, Reply()
    deadline_ms = now_ms() + patience.lease_ms // 2
    for stretch in turn.stretches:
        if now_ms() >= deadline_ms:
            break
        reply = send(stretch)
        if reply.error:
            break
        taken = stretch.sequence
    with writing.begin() as connection:
        _settle(connection, target, turn, taken, reply, now_ms(), patience)
    return sum(stretch.sequence <= taken for stretch in turn.stretches)


def _take(writing: Engine, target: Target, now_ms: int, lease_ms: int) -> Turn | None:
    columns = table_of(StretchFollowerRow).c
    with writing.begin() as connection:
        row = connection.execute(
            select(columns.sequence, columns.attempts)
            .where(columns.endpoint_id == target.id, columns.next_at_ms <= now_ms)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        stretches = read_stretches(connection, target.tenant_id, row.sequence, _BATCH)
        if not stretches:
            return None
        connection.execute(
            update(StretchFollowerRow)
            .where(StretchFollowerRow.endpoint_id == target.id)
            .values(next_at_ms=now_ms + lease_ms, attempts=row.attempts + 1)
        )
    return Turn(after=row.sequence, attempts=row.attempts + 1, stretches=stretches)


def _settle(
    connection: Connection, target: Target, turn: Turn, taken: int, reply: Reply, now_ms: int, patience: Patience
) -> None:
    values: dict[str, object] = {"sequence": taken, "last_error": reply.error[:_LONGEST_ERROR]}
    if reply.error:
        attempts = 1 if taken > turn.after else turn.attempts
        pause_s = backoff_s(attempts - 1, first_s=patience.rest_s, cap_s=patience.longest_rest_s)
        values |= {"attempts": attempts, "next_at_ms": now_ms + round(1000 * max(pause_s, reply.wait_s))}
    else:
        values |= {"attempts": 0, "next_at_ms": now_ms}
    connection.execute(
        update(StretchFollowerRow)
        .where(
            StretchFollowerRow.endpoint_id == target.id,
            StretchFollowerRow.attempts == turn.attempts,
            StretchFollowerRow.sequence == turn.after,
        )
        .values(values)
    )
    if reply.gone:
        disable_target(connection, target, "the receiver answered 410: it wants no more")
