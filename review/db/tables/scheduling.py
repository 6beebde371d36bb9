"""The tables of the live service: orders, leases, workers, platform facts."""

from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class OrderRow(Base):
    """A broadcast as it was ordered. `url` may carry a customer's token: it leaves this table only for capture."""

    __tablename__ = "stream_orders"
    __table_args__ = (
        UniqueConstraint("tenant_id", "request_key", name="stream_orders_by_request"),
        Index("stream_orders_wanted", "wanted", "priority", "created_at_ms"),
    )

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    url: Mapped[str] = mapped_column(Text)
    wanted: Mapped[str] = mapped_column(String(10))
    priority: Mapped[int] = mapped_column(Integer)
    products: Mapped[list[dict[str, str]]]
    policy: Mapped[str | None] = mapped_column(String(200))
    callback_url: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(200))
    request_key: Mapped[str | None] = mapped_column(String(64))
    content_sha256: Mapped[str] = mapped_column(String(64))
    max_ms: Mapped[int | None]
    depth: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    depth_source: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at_ms: Mapped[int]
    changed_at_ms: Mapped[int]


class LeaseRow(Base):
    """Who works on a broadcast, until when; `token` only grows, so that a worker that was replaced can't write.

    The row stays when nobody works on it (`worker_id` empty). How far the work is stands here as well, and in words why
    nobody works on it. `recalled_at_ms` is not 0 while the holder is asked to give it back. `recorded_at_ms`: when
    somebody last told that they record it. `on_air`: what is not recorded now is missed. `away_kind` and `away_why`:
    how the last holder was lost.
    """

    __tablename__ = "stream_leases"
    __table_args__ = (Index("stream_leases_by_worker", "worker_id"),)

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    worker_id: Mapped[str] = mapped_column(String(100))
    token: Mapped[int]
    until_ms: Mapped[int]
    restarts: Mapped[int] = mapped_column(Integer)
    not_before_ms: Mapped[int]
    recorded_ms: Mapped[int]
    analysed_ms: Mapped[int]
    beat_at_ms: Mapped[int]
    recalled_at_ms: Mapped[int]
    why: Mapped[str] = mapped_column(Text)
    recorded_at_ms: Mapped[int] = mapped_column(server_default="0")
    on_air: Mapped[bool] = mapped_column(Boolean, server_default=false())
    away_kind: Mapped[str] = mapped_column(String(20), server_default="")
    away_why: Mapped[str] = mapped_column(Text, server_default="")


class WorkerRow(Base):
    """A process that carries broadcasts; it counts as there while its beat is young."""

    __tablename__ = "workers"

    worker_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    node: Mapped[str] = mapped_column(String(200))
    capacity: Mapped[float] = mapped_column(Float)
    draining: Mapped[bool] = mapped_column(Boolean)
    why: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]]
    started_at_ms: Mapped[int]
    beat_at_ms: Mapped[int]


class FactRow(Base):
    """What a platform told of a broadcast while it went on, in the order in which it came."""

    __tablename__ = "stream_facts"
    __table_args__ = (Index("stream_facts_by_moment", "stream_id", "at_ms"),)

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    product_id: Mapped[str | None] = mapped_column(String(200))
    value: Mapped[Any] = mapped_column(JSON)
    received_at_ms: Mapped[int]
