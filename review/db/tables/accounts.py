"""The tables of people and their sessions."""

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class PersonRow(Base):
    """An account: with a password of its own, or known by an OpenID provider (issuer and subject), or both.

    `tenants`: the customers for whom the person works; null: all.
    """

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(Text)
    issuer: Mapped[str | None] = mapped_column(String(300))
    subject: Mapped[str | None] = mapped_column(String(300))
    active: Mapped[bool] = mapped_column(default=True)
    tenants: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_at_ms: Mapped[int]


class SessionRow(Base):
    """A session; the token itself is only in the person's browser."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_by_person", "person_id"),)

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.person_id"))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at_ms: Mapped[int]
    seen_at_ms: Mapped[int]


class AttemptRow(Base):
    """Failed logins of one account or one address since `since_ms`."""

    __tablename__ = "login_attempts"

    subject: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    since_ms: Mapped[int]


class ViewRow(Base):
    """A saved view of the queue: its name and the query that shows it."""

    __tablename__ = "saved_views"

    person_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    query: Mapped[str] = mapped_column(Text)
