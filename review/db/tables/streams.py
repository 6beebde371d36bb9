"""The tables of broadcasts as they were received: segments, passages, findings, coverage."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base

# The disposition of what people look at without its being a finding: no query of findings gives it.
HIDDEN = "blind"


class StreamRow(Base):
    """A broadcast; `started_at` is ISO 8601 with the offset it was given in."""

    __tablename__ = "streams"

    stream_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    host_id: Mapped[str] = mapped_column(String(200), index=True)
    host_name: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(Text)
    started_at: Mapped[str | None] = mapped_column(String(40))
    products: Mapped[list[dict[str, str]]]
    state: Mapped[str] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(Text)
    viewers: Mapped[int] = mapped_column(default=0)
    tenant_id: Mapped[str] = mapped_column(String(60), default="local", index=True)
    created_at_ms: Mapped[int]


class SegmentRow(Base):
    """One link of a stream's chain; `analysed` turns true when its findings are stored."""

    __tablename__ = "segments"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(Text)
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    source_start_ms: Mapped[int]
    received_at_ms: Mapped[int]
    byte_count: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    chain_sha256: Mapped[str] = mapped_column(String(64))
    gap_before_ms: Mapped[int]
    analysed: Mapped[bool] = mapped_column(default=False)


class PassageRow(Base):
    """What was said or shown, kept for replays; `number` counts the stream's writes."""

    __tablename__ = "passages"
    __table_args__ = (
        Index("passages_by_time", "stream_id", "start_ms"),
        Index("passages_by_number", "stream_id", "number"),
    )

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    product_id: Mapped[str | None] = mapped_column(String(200))
    unconfirmed: Mapped[list[dict[str, Any]]]
    doubts: Mapped[list[dict[str, Any]]]
    words: Mapped[list[dict[str, Any]]]
    box: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    number: Mapped[int] = mapped_column(server_default="0")


class FindingRow(Base):
    """A finding: what is searched by as columns, the whole record as JSON."""

    __tablename__ = "findings"
    __table_args__ = (
        Index("findings_by_stream", "stream_id", "disposition", "created_seq"),
        Index("findings_by_change", "stream_id", "updated_seq"),
        Index("findings_by_verdict", "stream_id", "verdict", "disposition"),
    )

    finding_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    host_id: Mapped[str] = mapped_column(String(200), index=True)
    class_id: Mapped[str] = mapped_column("class", String(60), index=True)
    product_id: Mapped[str | None] = mapped_column(String(200), index=True)
    verdict: Mapped[str] = mapped_column(String(20))
    disposition: Mapped[str] = mapped_column(String(10))
    severity: Mapped[str] = mapped_column(String(20))
    score: Mapped[float] = mapped_column(Float)
    start_ms: Mapped[int]
    count: Mapped[int] = mapped_column(Integer)
    suggestion: Mapped[str | None] = mapped_column(String(10))
    risk: Mapped[str | None] = mapped_column(String(10))
    created_seq: Mapped[int] = mapped_column(unique=True)
    updated_seq: Mapped[int] = mapped_column(unique=True)
    clip: Mapped[str | None] = mapped_column(Text)
    clip_start_ms: Mapped[int | None]
    record: Mapped[dict[str, Any]]


class CursorRow(Base):
    """The last segment whose analysis is stored."""

    __tablename__ = "cursors"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    sequence: Mapped[int]


class CoverageRow(Base):
    """The ledger of a stream: analysed, waiting and all its gaps make the span."""

    __tablename__ = "coverage"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    span_ms: Mapped[int]
    analysed_ms: Mapped[int]
    waiting_ms: Mapped[int]


class GapRow(Base):
    """A stretch of a stream that was not analysed, and why."""

    __tablename__ = "gaps"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    start_ms: Mapped[int] = mapped_column(primary_key=True)
    end_ms: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(Text)
