"""The tables of running counts."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class TallyRow(Base):
    """How many findings joined cases on one day, by one key of one dimension; counted when they are filed.

    `day`: the proleptic Gregorian ordinal of the day of the broadcast, by the host's clock. `tenant_id`: the customer
    whose broadcast it was; empty: nobody's who is known any more.
    """

    __tablename__ = "tallies"

    dimension: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class FoundDayRow(Base):
    """How many findings joined cases on one day (as `TallyRow` has it), of one customer, class, detector, policy and
    kind of goods; counted when they are filed."""

    __tablename__ = "found_days"

    tenant_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[str] = mapped_column("class", String(60), primary_key=True)
    rule: Mapped[str] = mapped_column(String(120), primary_key=True)
    policy: Mapped[str] = mapped_column(String(80), primary_key=True)
    goods: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class KeyUsageRow(Base):
    """How many requests a key sent on one day (UTC, ISO 8601), and how many of them were refused or failed."""

    __tablename__ = "key_usage"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.key_id"), primary_key=True)
    requests: Mapped[int]
    refused: Mapped[int]
    failed: Mapped[int]
