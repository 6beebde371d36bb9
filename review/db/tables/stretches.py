"""The tables of stretches, of who is told of them, and of what ails broadcasts."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class StretchRow(Base):
    """What was heard, seen and covered of a stretch; numbers become visible in their own order, and go after days."""

    __tablename__ = "stretches"
    __table_args__ = (
        UniqueConstraint("stream_id", "start_ms", name="stretches_once"),
        Index("stretches_by_time", "at_ms"),
    )

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int]
    stream_id: Mapped[str] = mapped_column(String(200))
    host_id: Mapped[str] = mapped_column(String(300))
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    body: Mapped[dict[str, Any]]


class StretchHeadRow(Base):
    """A customer's last number, and the last that is gone; locking the row orders the writers."""

    __tablename__ = "stretch_heads"

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int]
    forgotten: Mapped[int] = mapped_column(default=0)


class StretchFollowerRow(Base):
    """Up to which stretch an address was told. `next_at_ms`: before it nobody else tries."""

    __tablename__ = "stretch_followers"

    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.endpoint_id"), primary_key=True)
    sequence: Mapped[int]
    attempts: Mapped[int]
    next_at_ms: Mapped[int]
    last_error: Mapped[str] = mapped_column(Text)


class StreamSignalRow(Base):
    """What is counted of a stream's stretches that are not told yet, up to segment `sequence`."""

    __tablename__ = "stream_signals"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    sequence: Mapped[int]
    state: Mapped[dict[str, Any]]


class StreamConditionRow(Base):
    """What ails a stream now."""

    __tablename__ = "stream_conditions"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    condition: Mapped[str] = mapped_column(String(20), primary_key=True)
    since_ms: Mapped[int]
    began_at_ms: Mapped[int]
