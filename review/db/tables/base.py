"""The root of every table, and the counters that order writers."""

from typing import Any

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The root of the schema; stream times do not fit 32 bits on long broadcasts."""

    type_annotation_map = {  # noqa: RUF012
        int: BigInteger,
        dict[str, Any]: JSON,
        list[dict[str, str]]: JSON,
        list[dict[str, Any]]: JSON,
    }


class CounterRow(Base):
    """A named number; locking the row orders the writers."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]
