"""The tables of the log of events."""

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class EventRow(Base):
    """Something that a customer is told; numbers become visible in their own order, and stay for ever."""

    __tablename__ = "events"
    __table_args__ = (Index("events_by_subject", "subject"),)

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(100), unique=True)
    at_ms: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    host_id: Mapped[str] = mapped_column(String(300))
    stream_id: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[dict[str, Any]]


class EventHeadRow(Base):
    """A customer's last number; locking the row orders the writers."""

    __tablename__ = "event_heads"

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int]
