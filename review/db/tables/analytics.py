"""The table of running counts."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from review.db.tables.base import Base


class TallyRow(Base):
    """How many findings joined cases on one day, by one key of one dimension; counted when they are filed.

    `day`: the proleptic Gregorian ordinal of the day of the broadcast, by the host's clock.
    """

    __tablename__ = "tallies"

    dimension: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
