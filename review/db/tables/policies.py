"""The tables of policies as they were handed in, and how they went live."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class PolicyVersionRow(Base):
    """A policy folder as it was handed in, packed; `digest` is the hash over its files that `Policy.digest` gives."""

    __tablename__ = "policy_versions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_by: Mapped[str] = mapped_column(String(36))
    added_at_ms: Mapped[int]


class PolicyMoveRow(Base):
    """A step by which a policy went live, or was to; rows are only added, and answered once."""

    __tablename__ = "policy_moves"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str | None] = mapped_column(ForeignKey("policy_versions.digest"))
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_at_ms: Mapped[int]
    answered_by: Mapped[str | None] = mapped_column(String(36))
    answered_at_ms: Mapped[int | None]
