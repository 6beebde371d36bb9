"""The tables of who is to look at a case, who put it aside, and the named queues."""

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class DutyRow(Base):
    """A case that was given to one person: nobody else gets it as the next one."""

    __tablename__ = "case_duties"
    __table_args__ = (Index("case_duties_by_person", "person_id"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36))
    given_by: Mapped[str] = mapped_column(String(36))
    given_at_ms: Mapped[int]


class DeferralRow(Base):
    """A case put aside: with `until_ms` for everybody until then, without it by this person alone and for good."""

    __tablename__ = "case_deferrals"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    until_ms: Mapped[int | None]
    made_at_ms: Mapped[int]


class NamedQueueRow(Base):
    """A queue with a name. Empty classes, severities or readers, and None: not asked about."""

    __tablename__ = "named_queues"

    queue_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    classes: Mapped[list[str]] = mapped_column(JSON)
    severities: Mapped[list[str]] = mapped_column(JSON)
    tenant_id: Mapped[str | None] = mapped_column(String(60))
    language: Mapped[str | None] = mapped_column(String(8))
    readers: Mapped[list[str]] = mapped_column(JSON)
    created_at_ms: Mapped[int]
