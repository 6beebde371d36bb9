"""The tables of the second reader."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class SecondOpinionRow(Base):
    """What was said of a finding, or that it is being asked; `about`: what the finding said then.

    `record` is the finding as the opinion left it, `heir` the one that took its place; none of both: nothing was said.
    """

    __tablename__ = "second_opinions"
    __table_args__ = (Index("second_opinions_by_stream", "stream_id"),)

    finding_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.stream_id"))
    about: Mapped[str] = mapped_column(String(32))
    asked_at_ms: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(20))
    answer_key: Mapped[str | None] = mapped_column(String(64))
    record: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    heir: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class SecondAnswerRow(Base):
    """An answer that was checked, by what was asked of which model, with the question as it was sent.

    Its broadcast need not be stored.
    """

    __tablename__ = "second_answers"
    __table_args__ = (Index("second_answers_by_stream", "stream_id"),)

    answer_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    stream_id: Mapped[str] = mapped_column(String(200))
    model: Mapped[str] = mapped_column(Text)
    prompt: Mapped[str] = mapped_column(String(200))
    messages: Mapped[list[dict[str, str]]]
    answer: Mapped[str] = mapped_column(Text)
    tokens_in: Mapped[int] = mapped_column(Integer)
    tokens_out: Mapped[int] = mapped_column(Integer)
    took_ms: Mapped[int] = mapped_column(Integer)
    answered_at_ms: Mapped[int]


class SecondCallRow(Base):
    """A call of the last hour, by which budgets are kept; a broadcast need not be stored to be counted."""

    __tablename__ = "second_calls"
    __table_args__ = (Index("second_calls_by_time", "at_ms"),)

    call_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    stream_id: Mapped[str] = mapped_column(String(200))
    at_ms: Mapped[int]


class SecondFigureRow(Base):
    """What was counted so far: outcomes, tokens in and out, cost; it only grows."""

    __tablename__ = "second_figures"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[float] = mapped_column(Float)
