"""The tables of what is learnt from decisions: fits, hosts left out of them, models in shadow; and of blind cases."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class FitRow(Base):
    """A fit: what it learnt from and how it did. `digest`: the candidate policy that holds it; none: it was refused.

    `hosts`: hashes of the hosts whose talk is in it.
    """

    __tablename__ = "learning_fits"
    __table_args__ = (Index("learning_fits_by_tenant", "tenant_id", "made_at_ms"),)

    fit_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(60))
    made_at_ms: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str | None] = mapped_column(ForeignKey("policy_versions.digest"))
    refused: Mapped[str | None] = mapped_column(Text)
    card: Mapped[dict[str, Any]]
    hosts: Mapped[list[str]] = mapped_column(JSON)


class ForgottenHostRow(Base):
    """A host whose talk no fit learns from any more."""

    __tablename__ = "learning_forgotten"

    host_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    forgotten_at_ms: Mapped[int]
    forgotten_by: Mapped[str] = mapped_column(String(100))


class ShadowRow(Base):
    """A candidate that reads beside what is in force; the newest one without an end is in shadow."""

    __tablename__ = "learning_shadows"

    shadow_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("policy_versions.digest"))
    live_digest: Mapped[str] = mapped_column(String(64))
    began_at_ms: Mapped[int]
    began_by: Mapped[str] = mapped_column(String(100))
    ended_at_ms: Mapped[int | None]


class ShadowStreamRow(Base):
    """A broadcast that was read by both, or why it was not."""

    __tablename__ = "learning_shadow_streams"

    shadow_id: Mapped[str] = mapped_column(ForeignKey("learning_shadows.shadow_id"), primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    read_at_ms: Mapped[int]
    passages: Mapped[int] = mapped_column(Integer)
    why: Mapped[str | None] = mapped_column(Text)


class ShadowScoreRow(Base):
    """What both make of one place of a broadcast; a score of none: that one finds nothing there."""

    __tablename__ = "learning_shadow_scores"
    __table_args__ = (
        Index("learning_shadow_scores_by_stream", "stream_id"),
        Index("learning_shadow_scores_by_flags", "shadow_id", "flags", "shadow_flags", "stream_id"),
    )

    shadow_id: Mapped[str] = mapped_column(ForeignKey("learning_shadows.shadow_id"), primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_id: Mapped[str] = mapped_column("class", String(60))
    start_ms: Mapped[int]
    quote: Mapped[str] = mapped_column(Text)
    score: Mapped[float | None] = mapped_column(Float)
    flags: Mapped[bool]
    shadow_score: Mapped[float | None] = mapped_column(Float)
    shadow_flags: Mapped[bool]


class BlindCaseRow(Base):
    """A case that is no finding until a person decides: a spot check, or a decided case shown anew (`golden`).

    `share`: of what the passage was drawn from, how much is drawn. `settled_at_ms`: when it became a finding, or did
    not.
    """

    __tablename__ = "blind_cases"
    __table_args__ = (
        Index("blind_cases_by_stream", "stream_id"),
        Index("blind_cases_by_time", "kind", "made_at_ms"),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    finding_id: Mapped[str] = mapped_column(String(100))
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    tenant_id: Mapped[str] = mapped_column(String(60))
    stratum: Mapped[str] = mapped_column(String(10))
    share: Mapped[float] = mapped_column(Float)
    golden_id: Mapped[str | None] = mapped_column(String(36))
    class_id: Mapped[str] = mapped_column("class", String(60))
    goods: Mapped[str] = mapped_column(String(60))
    policy: Mapped[str] = mapped_column(String(80))
    score: Mapped[float] = mapped_column(Float)
    made_at_ms: Mapped[int]
    settled_at_ms: Mapped[int | None]


class SpotStreamRow(Base):
    """A broadcast that was drawn from: how many passages of each kind it had, and how many were drawn."""

    __tablename__ = "spot_streams"

    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(10), primary_key=True)
    goods: Mapped[str] = mapped_column(String(60), primary_key=True)
    policy: Mapped[str] = mapped_column(String(80))
    passages: Mapped[int] = mapped_column(Integer)
    drawn: Mapped[int] = mapped_column(Integer)
    drawn_at_ms: Mapped[int]


class GoldenRow(Base):
    """A case that two seniors decided alike, by which those who decide later are measured."""

    __tablename__ = "golden_items"

    golden_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.case_id"), unique=True)
    choice: Mapped[str] = mapped_column(String(20))
    class_id: Mapped[str] = mapped_column("class", String(60))
    made_at_ms: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(100))
