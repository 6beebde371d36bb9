"""The tables of the audit trail."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class AuditRow(Base):
    """An entry of the audit trail; triggers refuse changing and deleting."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_by_subject", "subject", "sequence"),
        Index("audit_by_actor", "actor", "sequence"),
        Index("audit_by_time", "at_ms"),
        Index("audit_by_action", "action", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int]
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(300))
    details: Mapped[str] = mapped_column(Text)
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """The last entry; locking its only row orders the writers."""

    __tablename__ = "audit_head"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    sequence: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
