"""The tables of cases: which findings, which script, what was decided."""

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class CaseRow(Base):
    """A case; its queue is read by (state, rank). `rule`, `policy`: what found the finding that stands for it."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("cases_queue", "state", "rank"),
        Index("cases_by_class", "state", "class", "rank"),
        Index("cases_by_host", "host_id", "state", "rank"),
        Index("cases_by_host_opening", "host_id", "opened_at_ms"),
        Index("cases_by_change", "changed_seq"),
        Index("cases_by_number", "number"),
        Index("cases_by_age", "state", "class", "opened_at_ms"),
        Index("cases_by_opening", "opened_at_ms"),
    )

    case_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_key: Mapped[str] = mapped_column(String(32), unique=True)
    host_id: Mapped[str] = mapped_column(String(200))
    host_name: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(String(100))
    product_id: Mapped[str | None] = mapped_column(String(200), index=True)
    product_name: Mapped[str | None] = mapped_column(Text)
    class_id: Mapped[str] = mapped_column("class", String(60))
    category: Mapped[str | None] = mapped_column(String(100))
    severity: Mapped[str] = mapped_column(String(20))
    quote: Mapped[str] = mapped_column(Text)
    script: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    rank: Mapped[float] = mapped_column(Float)
    why: Mapped[list[dict[str, Any]]]
    opened_at_ms: Mapped[int]
    changed_at_ms: Mapped[int]
    changed_seq: Mapped[int]
    finding_count: Mapped[int] = mapped_column(Integer)
    stream_count: Mapped[int] = mapped_column(Integer)
    said_count: Mapped[int] = mapped_column(Integer)
    top_finding_id: Mapped[str] = mapped_column(String(100))
    score: Mapped[float] = mapped_column(Float)
    reach: Mapped[int] = mapped_column(default=0)
    complained: Mapped[bool] = mapped_column(default=False)
    sampled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(server_default="0")
    language: Mapped[str] = mapped_column(String(8), server_default="zh")
    rule: Mapped[str] = mapped_column(String(120), server_default="")
    policy: Mapped[str] = mapped_column(String(80), server_default="")
    claimed_by: Mapped[str | None] = mapped_column(String(36))
    claimed_until_ms: Mapped[int | None]


class CaseFindingRow(Base):
    """A finding of a case; it belongs to one."""

    __tablename__ = "case_findings"
    __table_args__ = (
        Index("case_findings_by_case", "case_id"),
        Index("case_findings_by_stream", "stream_id", "case_id"),
    )

    finding_id: Mapped[str] = mapped_column(ForeignKey("findings.finding_id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    stream_id: Mapped[str] = mapped_column(String(200))


class CaseBandRow(Base):
    """A band of a case's script: cases that share one are looked at for the same script."""

    __tablename__ = "case_bands"
    __table_args__ = (Index("case_bands_by_case", "case_id"),)

    band: Mapped[str] = mapped_column(String(24), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)


class DecisionRow(Base):
    """What a person decided. `request_id` is the page's own: the same submit twice is one decision."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("decisions_by_case", "case_id", "decided_at_ms"),
        Index("decisions_by_person", "person_id", "decided_at_ms"),
        Index("decisions_by_time", "decided_at_ms"),
    )

    decision_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    request_id: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(String(36))
    choice: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    class_id: Mapped[str | None] = mapped_column("class", String(60))
    note: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    decided_at_ms: Mapped[int]
    undone_at_ms: Mapped[int | None]
    rule: Mapped[str] = mapped_column(String(120))
    policy: Mapped[str] = mapped_column(String(80))


class ProposalRow(Base):
    """Words that a reviewer proposes for the lexicon; they change nothing by themselves."""

    __tablename__ = "proposals"
    __table_args__ = (Index("proposals_by_class", "class", "created_at_ms"),)

    proposal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"))
    person_id: Mapped[str] = mapped_column(String(36))
    class_id: Mapped[str] = mapped_column("class", String(60))
    words: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    created_at_ms: Mapped[int]
