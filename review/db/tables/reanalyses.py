"""The tables of recordings that are analysed again: the order, and each claim as found before and now."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class ReanalysisRow(Base):
    """A re-analysis of one broadcast; `worker_id` empty: nobody works on it."""

    __tablename__ = "reanalyses"
    __table_args__ = (
        UniqueConstraint("tenant_id", "request_key", name="reanalyses_by_request"),
        Index("reanalyses_by_state", "state", "created_at_ms"),
        Index("reanalyses_by_tenant", "tenant_id", "created_at_ms"),
        Index("reanalyses_by_stream", "stream_id"),
    )

    reanalysis_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    state: Mapped[str] = mapped_column(String(10))
    request_key: Mapped[str | None] = mapped_column(String(64))
    content_sha256: Mapped[str] = mapped_column(String(64))
    start_ms: Mapped[int]
    end_ms: Mapped[int | None]
    model: Mapped[str | None] = mapped_column(String(200))
    policy: Mapped[str | None] = mapped_column(String(300))
    passports: Mapped[list[dict[str, str]]]
    judged_by: Mapped[str | None] = mapped_column(String(300))
    span_ms: Mapped[int]
    analysed_ms: Mapped[int]
    missing_ms: Mapped[int]
    created_at_ms: Mapped[int]
    changed_at_ms: Mapped[int]
    worker_id: Mapped[str] = mapped_column(String(100))
    beat_at_ms: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)


class ReanalysisFindingRow(Base):
    """A claim of a re-analysis as it was found before and as it is found now, in order of time.

    `finding_id`: that of before, by which it goes when its case goes.
    """

    __tablename__ = "reanalysis_findings"
    __table_args__ = (Index("reanalysis_findings_by_finding", "finding_id"),)

    reanalysis_id: Mapped[str] = mapped_column(ForeignKey("reanalyses.reanalysis_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(10))
    finding_id: Mapped[str | None] = mapped_column(String(100))
    parts: Mapped[list[str]] = mapped_column(JSON)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
