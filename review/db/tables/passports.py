"""The tables of registered passports: a row for each version, and one for each that was retired."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class PassportRow(Base):
    """A version of a customer's passport; versions are only added."""

    __tablename__ = "passport_versions"
    __table_args__ = (Index("passport_versions_by_gtin", "tenant_id", "gtin"),)

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(80))
    gtin: Mapped[str | None] = mapped_column(String(14))
    text: Mapped[str] = mapped_column(Text)
    created_at_ms: Mapped[int]


class RetirementRow(Base):
    """The version after which a customer's passport was taken out of force; `reason` empty: nobody gave one."""

    __tablename__ = "passport_retirements"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    retired_at_ms: Mapped[int]
    retired_by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, server_default="")
