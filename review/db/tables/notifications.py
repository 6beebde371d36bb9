"""The tables of what people want to be told by mail, and of what was told that fell due."""

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class WishRow(Base):
    """Where a person's digest goes, how often, and when it comes next; `failed`: the last sending was in vain."""

    __tablename__ = "notification_wishes"

    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    every: Mapped[str] = mapped_column(String(10))
    topics: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8))
    next_at_ms: Mapped[int]
    failed: Mapped[bool] = mapped_column(default=False)


class ToldDeadlineRow(Base):
    """A measure, an appeal or a case of which was told that it falls due: whoever wrote the row told it."""

    __tablename__ = "told_deadlines"
    __table_args__ = (Index("told_deadlines_by_time", "told_at_ms"),)

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(36), primary_key=True)
    told_at_ms: Mapped[int]
