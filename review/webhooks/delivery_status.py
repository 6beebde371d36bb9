"""How the telling stands, as people and programs look at it: by address, and event by event."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, case, func, select, tuple_

from review.db.ownership import Owner
from review.db.tables.events import EventRow
from review.db.tables.webhooks import DeliveryRow, EndpointRow
from review.db.upsert import table_of
from review.events.types import Delivery, DeliveryState, EndpointState, Target
from review.webhooks.endpoints import target_of

_MOST_ADDRESSES = 1000
_ENDPOINTS = table_of(EndpointRow).c
_DELIVERIES = table_of(DeliveryRow).c


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    """An address and what is still to be told there. `failed`: those of `waiting` that were tried in vain already.

    `last_error`: of what was parked last, or else of what is tried again last.
    """

    target: Target
    waiting: int
    failed: int
    parked: int
    last_error: str

    @property
    def is_troubled(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.parked or self.failed or self.target.state is EndpointState.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """A delivery with what it tells of: the event's kind, its `subject`, and when it happened (Unix time)."""

    delivery: Delivery
    kind: str
    subject: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuery:
    """Which deliveries; None: not asked about. `after`: address and event's number of the last one seen."""

    tenant_id: str | None = None
    endpoint_id: str | None = None
    state: DeliveryState | None = None
    after: tuple[str, int] | None = None
    limit: int = 100


class Board:
    """Reads; `tenant_id` None: the operator sees every customer's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def endpoint_statuses(self, owner: Owner | None = None) -> tuple[EndpointStatus, ...]:
        """Every address, those in trouble first, then by customer; of callbacks those that have something open.

        `owner`: of this customer, or these, alone.
        """
        statement = select(*_ENDPOINTS, func.coalesce(_last_error(DeliveryState.PARKED), _last_error(_OPEN), ""))
        if owner is not None:
            owners = [owner] if isinstance(owner, str) else sorted(owner)
            statement = statement.where(_ENDPOINTS.tenant_id.in_(owners))
        newest = (_ENDPOINTS.callback, _ENDPOINTS.created_at_ms.desc())
        with self._engine.connect() as connection:
            counted = {row.endpoint_id: row for row in connection.execute(_open_counts())}
            rows = connection.execute(statement.order_by(*newest).limit(_MOST_ADDRESSES)).all()
        found = [_endpoint_status(tuple(row), counted.get(row.endpoint_id)) for row in rows]
        shown = [each for each in found if not each.target.callback or each.waiting or each.is_troubled]
        return tuple(sorted(shown, key=_urgency))

    def listed(self, query: BoardQuery) -> tuple[DeliveryStatus, ...]:
        """The deliveries that the query asks for, by address, and there in the order of their events."""
        place = (_DELIVERIES.endpoint_id, _DELIVERIES.event_sequence)
        statement = _statuses().order_by(*place).limit(query.limit)
        wanted: list[ColumnElement[bool]] = []
        if query.tenant_id is not None:
            wanted.append(_ENDPOINTS.tenant_id == query.tenant_id)
        if query.endpoint_id is not None:
            wanted.append(_DELIVERIES.endpoint_id == query.endpoint_id)
        if query.state is not None:
            wanted.append(_DELIVERIES.state == query.state.value)
        if query.after is not None:
            wanted.append(tuple_(*place) > tuple_(*query.after))
        return self._read(statement.where(*wanted))

    def latest(
        self, endpoint_id: str, state: DeliveryState | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[DeliveryStatus, ...]:
        """Deliveries at this address, the latest events first; `before`: the event's number of the last one seen."""
        statement = _statuses().where(_DELIVERIES.endpoint_id == endpoint_id)
        if state is not None:
            statement = statement.where(_DELIVERIES.state == state.value)
        if before is not None:
            statement = statement.where(_DELIVERIES.event_sequence < before)
        return self._read(statement.order_by(_DELIVERIES.event_sequence.desc()).limit(limit))

    def _read(self, statement: Select[Any]) -> tuple[DeliveryStatus, ...]:
        with self._engine.connect() as connection:
            return tuple(_status_from_row(dict(row._mapping)) for row in connection.execute(statement))


_OPEN = DeliveryState.PENDING


def _open_counts() -> Select[Any]:
    failed = and_(_DELIVERIES.state == _OPEN.value, _DELIVERIES.last_error != "", _DELIVERIES.attempts > 0)
    return (
        select(
            _DELIVERIES.endpoint_id,
            func.sum(case((_DELIVERIES.state == _OPEN.value, 1), else_=0)).label("waiting"),
            func.sum(case((failed, 1), else_=0)).label("failed"),
            func.sum(case((_DELIVERIES.state == DeliveryState.PARKED.value, 1), else_=0)).label("parked"),
        )
        .where(_DELIVERIES.state.in_([_OPEN.value, DeliveryState.PARKED.value]))
        .group_by(_DELIVERIES.endpoint_id)
    )


def _last_error(state: DeliveryState) -> Any:
    """What was put off longest failed last."""
    return (
        select(_DELIVERIES.last_error)
        .where(
            _DELIVERIES.endpoint_id == _ENDPOINTS.endpoint_id,
            _DELIVERIES.state == state.value,
            _DELIVERIES.last_error != "",
            _DELIVERIES.attempts > 0,
        )
        .order_by(_DELIVERIES.next_at_ms.desc())
        .limit(1)
        .scalar_subquery()
    )


def _endpoint_status(row: tuple[Any, ...], counted: Row[Any] | None) -> EndpointStatus:
    """`row`: the address's columns, and the last error."""
    target = target_of(dict(zip(_ENDPOINTS.keys(), row[:-1], strict=True)))
    return EndpointStatus(
        target=target,
        waiting=0 if counted is None else counted.waiting,
        failed=0 if counted is None else counted.failed,
        parked=0 if counted is None else counted.parked,
        last_error=row[-1],
    )


def _urgency(status: EndpointStatus) -> tuple[bool, int, str, int, str]:
    target = status.target
    return not status.is_troubled, -status.parked, target.tenant_id, target.created_at_ms, target.id


def _statuses() -> Select[Any]:
    return (
        select(*_DELIVERIES, EventRow.kind, EventRow.subject, EventRow.at_ms)
        .join(EndpointRow, EndpointRow.endpoint_id == DeliveryRow.endpoint_id)
        .join(
            EventRow,
            and_(EventRow.tenant_id == EndpointRow.tenant_id, EventRow.sequence == DeliveryRow.event_sequence),
        )
    )


def _status_from_row(values: dict[str, Any]) -> DeliveryStatus:
    kind, subject, at_ms = values.pop("kind"), values.pop("subject"), values.pop("at_ms")
    delivery = Delivery(state=DeliveryState(values.pop("state")), **values)
    return DeliveryStatus(delivery=delivery, kind=kind, subject=subject, at_ms=at_ms)
