"""The tables of evidence that is kept in the evidence storage."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class KeptFileRow(Base):
    """A file of the data folder, by its path in it, and the hash under which its content lies in the storage."""

    __tablename__ = "kept_files"
    __table_args__ = (Index("kept_files_by_content", "sha256"),)

    path: Mapped[str] = mapped_column(String(500), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    byte_count: Mapped[int]
    kept_at_ms: Mapped[int]


class KeptFindingRow(Base):
    """A finding whose evidence is in the storage; `clip`: the clip that it had then."""

    __tablename__ = "kept_findings"

    finding_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    clip: Mapped[str | None] = mapped_column(Text)
    kept_at_ms: Mapped[int]
