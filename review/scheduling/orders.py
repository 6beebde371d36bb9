"""What customers order: broadcasts to screen, and when to stop."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, tuple_, update
from sqlalchemy.orm import Session

from ingest.decode.depth import DepthPlan
from review.audit.trail import Journal
from review.db.tables.scheduling import LeaseRow, OrderRow
from review.db.tables.streams import CoverageRow, StreamRow
from review.errors import ReviewError, UnknownStreamError
from review.scheduling.decisions import Room
from review.scheduling.depth_choice import choose_depth
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.rows import depth_to_json, lease_from_row, order_from_row, products_to_json, source_to_json
from review.scheduling.status import OVER_STATES, StreamStatus, covered
from review.scheduling.status_queries import Moment, state_at, stream_status
from review.scheduling.types import DepthSource, Lease, Order, Priority
from review.streams.rows import stream_from_row, stream_values
from review.streams.types import ProductRef, StreamCoverage, StreamRecord, StreamState, Wanted


class OrderKeyReused(ReviewError):
    """The request key came with another order before."""


class NotOrdered(ReviewError):
    """The broadcast is screened by a command, which alone can stop it."""

    def __init__(self, stream_id: str) -> None:
        super().__init__(f"stream {stream_id!r} was not ordered here; stop the command that screens it")
        self.stream_id = stream_id


class NoRoomLeft(ReviewError):
    """Every worker has what it can carry."""

    def __init__(self, room: Room) -> None:
        super().__init__(room.why)
        self.room = room


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A broadcast with its order and its lease; `order` None: a command screens it; `lease` None: nobody yet did.

    The state and the error of `stream` are those of `status`.
    """

    stream: StreamRecord
    order: Order | None
    lease: Lease | None
    created_at_ms: int
    status: StreamStatus

    def covered(self, ledger: StreamCoverage) -> StreamCoverage:
        """The account as it was at the moment of `status`, so that what is told of both adds up."""
        if self.order is None or self.lease is None or self.status.state in OVER_STATES:
            return ledger
        return covered(ledger, self.lease.recorded_ms, self.status.missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is asked for. `request_key`: asked again with the same content, it is the same order. `depth` None: by
    the customer's rules."""

    stream: StreamRecord
    url: str = field(repr=False)
    priority: Priority = Priority.NORMAL
    policy: str | None = None
    callback_url: str | None = field(default=None, repr=False)
    external_id: str | None = None
    max_ms: int | None = None
    depth: DepthPlan | None = None
    request_key: str | None = None
    content_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """Which broadcasts, the newest first; None: not asked about. `after`: when made, and stream, of the last seen."""

    tenant_id: str | None = None
    state: StreamState | None = None
    wanted: Wanted | None = None
    host_id: str | None = None
    external_id: str | None = None
    after: tuple[int, str] | None = None
    limit: int = 50


# Gives, within the order's transaction, the products on sale with their passports' versions.
Products = Callable[[Connection, Journal], Sequence[tuple[ProductRef, str]]]
RoomOf = Callable[[Connection, Priority], Room]


class OrderStore:
    """Orders; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], room: RoomOf, terms: LeaseTerms) -> None:
        self._engine = engine
        self._terms = terms
        self._writing = engine.execution_options(writes=True)
        self.now = now
        self._room = room

    def place(self, new: NewOrder, products: Products, actor: str) -> tuple[str, bool]:
        """The ordered stream's id, and whether it was ordered before by the same key.

        Raises OrderKeyReused, and NoRoomLeft: an order that was accepted waits for nobody.
        """
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        key = None if new.request_key is None else hashlib.sha256(new.request_key.encode()).hexdigest()
        with self._writing.begin() as connection:
            if (before := _placed(connection, new, key)) is not None:
                return before, True
            # Whoever asks for room goes on alone; somebody may have placed the same order until then.
            room = self._room(connection, new.priority)
            if (before := _placed(connection, new, key)) is not None:
                return before, True
            if room.free < 1:
                raise NoRoomLeft(room)
            stream_id = self._insert(connection, new, key, products(connection, journal), journal.at_ms)
            journal.note("stream.ordered", f"stream:{stream_id}", tenant=new.stream.tenant_id)
            journal.close(connection)
        return stream_id, False

    def stop(self, stream_id: str, actor: str) -> None:
        """The broadcast is not wanted any more; what was recorded stays. Raises UnknownStreamError, NotOrdered."""
        journal = Journal(at_ms=self._now_ms(), actor=actor)
        with self._writing.begin() as connection:
            stopped = connection.execute(
                update(OrderRow)
                .where(OrderRow.stream_id == stream_id, OrderRow.wanted != Wanted.STOP.value)
                .values(wanted=Wanted.STOP.value, changed_at_ms=journal.at_ms)
            )
            if stopped.rowcount:
                journal.note("stream.stopped", f"stream:{stream_id}")
                journal.close(connection)
                return
            _known(connection, stream_id)
            if connection.scalar(select(OrderRow.stream_id).where(OrderRow.stream_id == stream_id)) is None:
                raise NotOrdered(stream_id)

    def ordered(self, stream_id: str) -> Ordered:
        """One broadcast; UnknownStreamError."""
        with Session(self._engine) as session:
            row = session.execute(_joined(StreamRow.stream_id == stream_id)).one_or_none()
            if row is None:
                raise UnknownStreamError(stream_id)
            return _ordered(self._moment(), *row)

    def listed(self, query: OrderQuery) -> tuple[Ordered, ...]:
        """The broadcasts that the query asks for, those made last first."""
        moment = self._moment()
        wanted: list[ColumnElement[bool]] = []
        columns = ((StreamRow.tenant_id, query.tenant_id), (StreamRow.host_id, query.host_id))
        wanted += [column == value for column, value in columns if value is not None]
        if query.state is not None:
            wanted.append(state_at(moment) == query.state.value)
        if query.wanted is not None:
            wanted.append(OrderRow.wanted == query.wanted.value)
        if query.external_id is not None:
            wanted.append(OrderRow.external_id == query.external_id)
        if query.after is not None:
            wanted.append(tuple_(StreamRow.created_at_ms, StreamRow.stream_id) < tuple_(*query.after))
        newest = (StreamRow.created_at_ms.desc(), StreamRow.stream_id.desc())
        with Session(self._engine) as session:
            rows = session.execute(_joined(*wanted).order_by(*newest).limit(query.limit))
            return tuple(_ordered(moment, *row) for row in rows)

    def _insert(
        self,
        connection: Connection,
        new: NewOrder,
        key: str | None,
        products: Sequence[tuple[ProductRef, str]],
        now_ms: int,
    ) -> str:
        stream = new.stream
        stream_id = f"s_{uuid.uuid4().hex}"
        record = StreamRecord(
            stream_id=stream_id,
            source=new.url,
            host=stream.host,
            title=stream.title,
            started_at=stream.started_at,
            products=tuple(product for product, _ in products),
            tenant_id=stream.tenant_id,
        )
        if new.depth is None:
            depth, source = choose_depth(connection, stream.tenant_id, stream.host.id, now_ms)
        else:
            depth, source = new.depth, DepthSource(by="order")
        connection.execute(insert(StreamRow).values(stream_values(record, now_ms)))
        connection.execute(
            insert(OrderRow).values(
                stream_id=stream_id,
                tenant_id=stream.tenant_id,
                url=new.url,
                wanted=Wanted.RUN.value,
                priority=int(new.priority),
                products=products_to_json(tuple((product.product_id, version) for product, version in products)),
                policy=new.policy,
                callback_url=new.callback_url,
                external_id=new.external_id,
                request_key=key,
                content_sha256=new.content_sha256,
                max_ms=new.max_ms,
                depth=depth_to_json(depth),
                depth_source=source_to_json(source),
                created_at_ms=now_ms,
                changed_at_ms=now_ms,
            )
        )
        return stream_id

    def _moment(self) -> Moment:
        return Moment(at_ms=self._now_ms(), terms=self._terms)

    def _now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)


def _placed(connection: Connection, new: NewOrder, key: str | None) -> str | None:
    """The stream that was ordered by this key; None if none was; OrderKeyReused if with another content."""
    if key is None:
        return None
    row = connection.execute(
        select(OrderRow.stream_id, OrderRow.content_sha256).where(
            OrderRow.tenant_id == new.stream.tenant_id, OrderRow.request_key == key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.content_sha256 != new.content_sha256:
        raise OrderKeyReused
    return str(row.stream_id)


def _known(connection: Connection, stream_id: str) -> None:
    """UnknownStreamError if there is no such stream."""
    if connection.scalar(select(StreamRow.stream_id).where(StreamRow.stream_id == stream_id)) is None:
        raise UnknownStreamError(stream_id)


def _joined(*wanted: ColumnElement[bool]) -> Any:
    return (
        select(StreamRow, OrderRow, LeaseRow, CoverageRow)
        .outerjoin(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
        .outerjoin(LeaseRow, LeaseRow.stream_id == StreamRow.stream_id)
        .outerjoin(CoverageRow, CoverageRow.stream_id == StreamRow.stream_id)
        .where(*wanted)
    )


def _ordered(
    moment: Moment, stream: StreamRow, order: OrderRow | None, lease: LeaseRow | None, ledger: CoverageRow | None
) -> Ordered:
    stands = stream_status(moment, stream, order, lease, ledger)
    return Ordered(
        status=stands,
        stream=stands.shown(stream_from_row(stream)),
        order=None if order is None else order_from_row(order),
        lease=None if lease is None else lease_from_row(lease),
        created_at_ms=stream.created_at_ms,
    )
