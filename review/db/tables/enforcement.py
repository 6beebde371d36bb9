"""The tables of due process."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class LockedHostRow(Base):
    """A host whose file is worked on; locking its row orders what happens to one host."""

    __tablename__ = "due_hosts"

    host_id: Mapped[str] = mapped_column(String(200), primary_key=True)


class LinkRow(Base):
    """A keyed hash of an identifier that the platform supplied for the account's legal person."""

    __tablename__ = "host_links"
    __table_args__ = (Index("host_links_by_host", "host_id"),)

    identifier_hmac: Mapped[str] = mapped_column(String(64), primary_key=True)
    host_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    linked_at_ms: Mapped[int]


class StrikeRow(Base):
    """A confirmed case as it counts for its host; gone with the confirmation."""

    __tablename__ = "strikes"
    __table_args__ = (Index("strikes_by_host", "host_id", "at_ms"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    host_id: Mapped[str] = mapped_column(String(200))
    class_id: Mapped[str] = mapped_column("class", String(60))
    category: Mapped[str | None] = mapped_column(String(100))
    severity: Mapped[str] = mapped_column(String(20))
    corrected: Mapped[bool]
    law: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[int]
    confirmed_at_ms: Mapped[int]


class MeasureRow(Base):
    """A measure from proposal to end; `notice` is canonical JSON."""

    __tablename__ = "measures"
    __table_args__ = (
        Index("measures_by_host", "host_id", "state"),
        Index("measures_by_state", "state", "kind", "ends_at_ms"),
    )

    measure_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    notice: Mapped[str] = mapped_column(Text)
    breach: Mapped[str] = mapped_column(String(200))
    serious_why: Mapped[str] = mapped_column(Text)
    urgent_why: Mapped[str] = mapped_column(Text)
    table_version: Mapped[str] = mapped_column(String(40))
    starts_at_ms: Mapped[int]
    ends_at_ms: Mapped[int]
    proposed_by: Mapped[str] = mapped_column(String(36))
    proposed_at_ms: Mapped[int]
    defence_due_ms: Mapped[int]
    lapses_at_ms: Mapped[int]
    approved_by: Mapped[str | None] = mapped_column(String(36))
    approved_at_ms: Mapped[int | None]
    appeal_due_ms: Mapped[int | None]
    closed_by: Mapped[str | None] = mapped_column(String(36))
    closed_at_ms: Mapped[int | None]
    closed_why: Mapped[str] = mapped_column(Text)


class EarlierMeasureRow(Base):
    """A measure as it was until an appeal changed it: `notice` is what the host had been told."""

    __tablename__ = "measures_before"

    appeal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    notice: Mapped[str] = mapped_column(Text)
    starts_at_ms: Mapped[int]
    ends_at_ms: Mapped[int]
    until_ms: Mapped[int]


class MeasureCaseRow(Base):
    """A case that a measure rests on."""

    __tablename__ = "measure_cases"
    __table_args__ = (Index("measure_cases_by_case", "case_id"),)

    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)


class HostTokenRow(Base):
    """A link to the host's page; the token itself is only in the link."""

    __tablename__ = "host_tokens"
    __table_args__ = (Index("host_tokens_by_measure", "measure_id"),)

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"))
    issued_at_ms: Mapped[int]
    expires_at_ms: Mapped[int]


class DefenceRow(Base):
    """What the host said before the measure."""

    __tablename__ = "defences"

    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"), primary_key=True)
    statement: Mapped[str] = mapped_column(Text)
    files: Mapped[list[dict[str, Any]]]
    at_ms: Mapped[int]


class AppealRow(Base):
    """What the host said against the measure, and the decision on it."""

    __tablename__ = "appeals"
    __table_args__ = (
        Index("appeals_by_measure", "measure_id", "filed_at_ms"),
        Index("appeals_by_state", "state", "decide_due_ms"),
    )

    appeal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"))
    statement: Mapped[str] = mapped_column(Text)
    files: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(String(20))
    filed_at_ms: Mapped[int]
    decide_due_ms: Mapped[int]
    decided_by: Mapped[str | None] = mapped_column(String(36))
    decided_at_ms: Mapped[int | None]
    reasons_zh: Mapped[str] = mapped_column(Text)
    reasons_en: Mapped[str] = mapped_column(Text)
    rulings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default="[]")
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class EvasionRow(Base):
    """A broadcast seen while a measure bound its host or a linked account; each is reported once."""

    __tablename__ = "evasions"

    measure_id: Mapped[str] = mapped_column(ForeignKey("measures.measure_id"), primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    seen_at_ms: Mapped[int]


class HoldRow(Base):
    """A legal hold: what it names is not deleted until it is released."""

    __tablename__ = "holds"
    __table_args__ = (Index("holds_by_subject", "subject"),)

    hold_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(String(36))
    set_at_ms: Mapped[int]
    released_by: Mapped[str | None] = mapped_column(String(36))
    released_at_ms: Mapped[int | None]


class DealRow(Base):
    """The last deal of a broadcast that the platform told of: the retention clock starts there if it is later."""

    __tablename__ = "last_deals"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    at_ms: Mapped[int]


class ComplaintRow(Base):
    """A complaint of a viewer or of the platform; the receipt itself is only in the answer to it."""

    __tablename__ = "complaints"
    __table_args__ = (
        Index("complaints_by_case", "case_id"),
        Index("complaints_by_receipt", "receipt_sha256"),
        Index("complaints_by_stream", "stream_id"),
    )

    complaint_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    request_key: Mapped[str] = mapped_column(String(64), unique=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    product_id: Mapped[str | None] = mapped_column(String(200))
    who: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text)
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    finding_id: Mapped[str | None] = mapped_column(String(100))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.case_id"))
    receipt_sha256: Mapped[str] = mapped_column(String(64))
    receipt_until_ms: Mapped[int]
    filed_at_ms: Mapped[int]
