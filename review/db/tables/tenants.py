"""The tables of customers and their keys."""

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class TenantRow(Base):
    """A customer: a platform. Everything that its keys made is its own; `local` is this installation's own."""

    __tablename__ = "tenants"

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    created_at_ms: Mapped[int]


class ApiKeyRow(Base):
    """A key of a customer; the secret itself is shown once, when the key is made."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("api_keys_by_tenant", "tenant_id"),)

    key_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    name: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    per_minute: Mapped[int] = mapped_column(Integer)
    created_at_ms: Mapped[int]
    expires_at_ms: Mapped[int | None]
    revoked_at_ms: Mapped[int | None]
    used_at_ms: Mapped[int | None]


class QuotaCountRow(Base):
    """How many texts a customer with a quota had checked in this hour, counted from 1970."""

    __tablename__ = "quota_counts"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checks: Mapped[int]
