"""The tables of archives handed in to be screened: the batch, and each of its files."""

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class BatchRow(Base):
    """Archives of one customer, judged by the same passports; `worker_id` empty: nobody works on it."""

    __tablename__ = "batches"
    __table_args__ = (
        UniqueConstraint("tenant_id", "request_key", name="batches_by_request"),
        Index("batches_by_state", "state", "created_at_ms"),
        Index("batches_by_tenant", "tenant_id", "created_at_ms"),
    )

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    state: Mapped[str] = mapped_column(String(10))
    request_key: Mapped[str | None] = mapped_column(String(64))
    content_sha256: Mapped[str] = mapped_column(String(64))
    host_id: Mapped[str] = mapped_column(String(200))
    host_name: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[str] = mapped_column(String(40))
    products: Mapped[list[dict[str, str]]]
    created_at_ms: Mapped[int]
    changed_at_ms: Mapped[int]
    worker_id: Mapped[str] = mapped_column(String(100))
    beat_at_ms: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)


class BatchFileRow(Base):
    """An archive of a batch. `url` may carry a customer's token: it leaves this table only for the capture."""

    __tablename__ = "batch_files"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.batch_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    stream_id: Mapped[str | None] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    recorded_ms: Mapped[int]
    analysed_ms: Mapped[int]
    findings: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
