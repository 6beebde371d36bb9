"""The table of replays over what is stored, and of what judging once gave."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class ReplayRow(Base):
    """A replay that was asked for, how far it is, and what it gave."""

    __tablename__ = "replays"
    __table_args__ = (Index("replays_by_state", "state", "asked_at_ms"),)

    replay_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("policy_versions.digest"))
    state: Mapped[str] = mapped_column(String(10))
    scope: Mapped[dict[str, Any]]
    asked_by: Mapped[str] = mapped_column(String(36))
    asked_at_ms: Mapped[int]
    done: Mapped[int]
    total: Mapped[int]
    beat_at_ms: Mapped[int]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)


class ReplayMemoryRow(Base):
    """What judging a stream once gave and would give again: `topic` names model or policy; packed JSON."""

    __tablename__ = "replay_memory"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(100), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
