"""From the log to the addresses: a row for every event at every address that hears of it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, select, update

from review.db.tables.events import EventHeadRow
from review.db.tables.scheduling import OrderRow
from review.db.tables.webhooks import DeliveryRow, EndpointRow, EventFanRow
from review.db.upsert import insert_missing, table_of
from review.events.log import read_events
from review.events.types import DeliveryState, EndpointState, Event, Target
from review.webhooks.endpoints import SETTINGS, add_target, callback_secret_id, target_of
from review.webhooks.secrets import Sealer

_BATCH = 500


def fan_out(writing: Engine, sealer: Sealer, now_ms: int) -> int:
    """Makes the deliveries of all events that have none yet; gives how many events that were.

    Any number of processes may do it at once: the customer's row is locked, and the place moves with the deliveries.
    """
    with writing.connect() as connection:
        waiting = connection.execute(
            select(EventHeadRow.tenant_id)
            .outerjoin(EventFanRow, EventFanRow.tenant_id == EventHeadRow.tenant_id)
            .where(
                EventHeadRow.sequence > 0,
                (EventFanRow.sequence.is_(None)) | (EventFanRow.sequence < EventHeadRow.sequence),
            )
            .order_by(EventHeadRow.tenant_id)
        )
        tenants = list(waiting.scalars())
    count = 0
    for tenant_id in tenants:
        while True:
            with writing.begin() as connection:
                taken = _fan(connection, tenant_id, sealer, now_ms)
            count += taken
            if taken < _BATCH:
                break
    return count


def ensure_settings(connection: Connection, tenant_id: str, now_ms: int, kinds: Sequence[str]) -> None:
    """Sees to it that the address of the settings is told: of everything from the first event on.

    One that was disabled is taken up where it was left: whoever starts the server again has seen to it.
    """
    columns = table_of(EndpointRow).c
    before = connection.execute(select(*columns).where(columns.endpoint_id == SETTINGS)).one_or_none()
    after: int | None = None
    if before is None:
        add_target(connection, SETTINGS, tenant_id, "", now_ms, kinds=kinds)
        after = 0
    elif before.state == EndpointState.DISABLED.value:
        after = before.disabled_after or 0
    connection.execute(
        update(EndpointRow)
        .where(EndpointRow.endpoint_id == SETTINGS)
        .values(state=EndpointState.ACTIVE.value, why="", kinds=list(kinds))
    )
    if after is None:
        return
    fanned = _lock_fan(connection, tenant_id)
    row = connection.execute(select(*columns).where(columns.endpoint_id == SETTINGS)).one()
    redeliver(connection, target_of(row._mapping), after, fanned, now_ms)


def redeliver(connection: Connection, target: Target, after: int, up_to: int, now_ms: int) -> int:
    """Makes the deliveries that this address lacks of the events in (after, up_to]; gives how many it hears of.

    Those that were delivered or parked stay as they are.
    """
    heard = 0
    while events := read_events(connection, target.tenant_id, after, _BATCH, up_to=up_to):
        mine = [event for event in events if _hears(connection, target, event)]
        insert_missing(connection, DeliveryRow, [_pending(target.id, event.sequence, now_ms) for event in mine])
        heard += len(mine)
        after = events[-1].sequence
    return heard


def callback_id(tenant_id: str, url: str) -> str:
    """The id of a customer's callback address."""
    return f"cb_{hashlib.sha256(f'{tenant_id}|{url}'.encode()).hexdigest()[:24]}"


def _fan(connection: Connection, tenant_id: str, sealer: Sealer, now_ms: int) -> int:
    fanned = _lock_fan(connection, tenant_id)
    events = read_events(connection, tenant_id, fanned, _BATCH)
    if not events:
        return 0
    columns = table_of(EndpointRow).c
    targets = {
        row.endpoint_id: target_of(row._mapping)
        for row in connection.execute(
            select(*columns).where(columns.tenant_id == tenant_id, columns.state == EndpointState.ACTIVE.value)
        )
    }
    callbacks = _callbacks(connection, tenant_id, events)
    rows: list[dict[str, object]] = []
    for event in events:
        heard = [target.id for target in targets.values() if not target.callback and target.hears(event.kind)]
        for url in sorted({callbacks[stream] for stream in event.streams if stream in callbacks}):
            endpoint_id = callback_id(tenant_id, url)
            if endpoint_id not in targets:
                known = connection.execute(select(*columns).where(columns.endpoint_id == endpoint_id)).one_or_none()
                if known is not None:
                    continue
                sealer.ensure(connection, callback_secret_id(tenant_id), now_ms)
                add_target(connection, endpoint_id, tenant_id, url, now_ms, callback=True)
                targets[endpoint_id] = Target(id=endpoint_id, tenant_id=tenant_id, url=url, callback=True)
            heard.append(endpoint_id)
        rows += [_pending(endpoint_id, event.sequence, now_ms) for endpoint_id in heard]
    insert_missing(connection, DeliveryRow, rows)
    connection.execute(
        update(EventFanRow).where(EventFanRow.tenant_id == tenant_id).values(sequence=events[-1].sequence)
    )
    return len(events)


def _hears(connection: Connection, target: Target, event: Event) -> bool:
    if not target.callback:
        return target.hears(event.kind)
    return target.url in _callbacks(connection, target.tenant_id, [event]).values()


def _callbacks(connection: Connection, tenant_id: str, events: Iterable[Event]) -> Mapping[str, str]:
    """The callback address of each broadcast that these events are about and that has one."""
    streams = {stream for event in events for stream in event.streams}
    if not streams:
        return {}
    rows = connection.execute(
        select(OrderRow.stream_id, OrderRow.callback_url).where(
            OrderRow.stream_id.in_(streams), OrderRow.tenant_id == tenant_id, OrderRow.callback_url.is_not(None)
        )
    )
    return {row.stream_id: row.callback_url for row in rows}


def _lock_fan(connection: Connection, tenant_id: str) -> int:
    insert_missing(connection, EventFanRow, [{"tenant_id": tenant_id, "sequence": 0}])
    statement = select(EventFanRow.sequence).where(EventFanRow.tenant_id == tenant_id).with_for_update()
    return connection.execute(statement).scalar_one()


def _pending(endpoint_id: str, sequence: int, now_ms: int) -> dict[str, object]:
    return {
        "endpoint_id": endpoint_id,
        "event_sequence": sequence,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "next_at_ms": now_ms,
        "last_error": "",
        "delivered_at_ms": None,
    }
