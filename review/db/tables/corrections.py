"""The tables of corrections."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class CorrectionRow(Base):
    """A correction as it was made; rows are only added, and go with the broadcast, whatever becomes of the case.

    What was heard stays as it is among the passages.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index("corrections_by_passage", "stream_id", "passage_id", "sequence"),
        Index("corrections_by_case", "case_id", "sequence"),
    )

    correction_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sequence: Mapped[int] = mapped_column(unique=True)
    request_id: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[str] = mapped_column(String(36))
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    passage_id: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(10))
    heard: Mapped[str] = mapped_column(Text)
    original: Mapped[str] = mapped_column(Text)
    corrected: Mapped[str] = mapped_column(Text)
    product_before: Mapped[str | None] = mapped_column(String(200))
    product_after: Mapped[str | None] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(36))
    corrected_at_ms: Mapped[int]
    policy: Mapped[str] = mapped_column(String(80))
    findings: Mapped[dict[str, Any]]


class SupersededRow(Base):
    """A finding that no longer stands, as it was; `case_id` None: it was in no case."""

    __tablename__ = "superseded_findings"
    __table_args__ = (
        Index("superseded_by_case", "case_id"),
        Index("superseded_by_stream", "stream_id"),
    )

    finding_id: Mapped[str] = mapped_column(ForeignKey("findings.finding_id"), primary_key=True)
    correction_id: Mapped[str] = mapped_column(ForeignKey("corrections.correction_id"))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.case_id"))
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    by_finding_id: Mapped[str | None] = mapped_column(String(100))
    record: Mapped[dict[str, Any]]
