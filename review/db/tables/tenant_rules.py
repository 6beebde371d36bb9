"""The table of what customers set for themselves, a row for each version."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class TenantRulesRow(Base):
    """A version of what a customer has set of one kind (`suggestions`, `words`, `depth` …); versions are only added."""

    __tablename__ = "tenant_rules"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(80))
    content: Mapped[dict[str, Any]]
    created_at_ms: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(200))
