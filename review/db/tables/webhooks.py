"""The tables of addresses that are told, their secrets, and how far each delivery is."""

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class EventFanRow(Base):
    """Up to which of a customer's events the deliveries are made."""

    __tablename__ = "event_fans"

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int]


class SecretRow(Base):
    """What messages are signed with, sealed; the secret before it signs as well until `previous_until_ms`."""

    __tablename__ = "webhook_secrets"

    secret_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    previous: Mapped[str | None] = mapped_column(Text)
    previous_until_ms: Mapped[int | None]
    changed_at_ms: Mapped[int]


class EndpointRow(Base):
    """An address that is told. `url` may hold a customer's token; empty: it stands in the settings alone."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (Index("webhook_endpoints_by_tenant", "tenant_id"),)

    endpoint_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    callback: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(Text)
    disabled_after: Mapped[int | None]
    failures: Mapped[int] = mapped_column(Integer)
    paused_until_ms: Mapped[int]
    created_at_ms: Mapped[int]


class DeliveryRow(Base):
    """How far the telling of an event at an address has come."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("webhook_deliveries_by_time", "state", "endpoint_id", "next_at_ms"),
        Index("webhook_deliveries_by_end", "delivered_at_ms"),
    )

    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.endpoint_id"), primary_key=True)
    event_sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(Integer)
    next_at_ms: Mapped[int]
    last_error: Mapped[str] = mapped_column(Text)
    delivered_at_ms: Mapped[int | None]
