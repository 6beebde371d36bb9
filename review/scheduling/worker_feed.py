"""What a worker reads of an ordered broadcast: its record, its passports as they were ordered, and its facts."""

from pathlib import Path

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from claims.types import PlatformFact
from ingest.types import Segment
from review.db.engine import open_engine
from review.db.tables.passports import PassportRow
from review.db.tables.scheduling import FactRow
from review.db.tables.streams import SegmentRow
from review.scheduling.types import Order


class Feeding:
    """Reads for workers; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> "Feeding":
        """What reads the database behind this URL."""
        return cls(open_engine(url))

    def passports(self, order: Order) -> dict[str, str]:
        """The text of each passport of the order, by version, in the order of its products.

        A product without a version that is registered is left out.
        """
        wanted = [(order.tenant_id, product_id, version) for product_id, version in order.products]
        key = tuple_(PassportRow.tenant_id, PassportRow.product_id, PassportRow.version)
        with Session(self._engine) as session:
            rows = {
                (row.tenant_id, row.product_id, row.version): row.text
                for row in session.execute(
                    select(PassportRow.tenant_id, PassportRow.product_id, PassportRow.version, PassportRow.text).where(
                        key.in_(wanted)
                    )
                )
            }
        return {one[2]: rows[one] for one in wanted if one in rows}

    def segments(self, stream_id: str) -> list[Segment]:
        """What was recorded of the broadcast so far, in its order, as far as the database keeps it of a segment."""
        names = {column.name for column in SegmentRow.__table__.columns} - {"analysed", "path"}
        rows = select(SegmentRow).where(SegmentRow.stream_id == stream_id).order_by(SegmentRow.sequence)
        with Session(self._engine) as session:
            return [
                Segment(path=Path(row.path), **{name: getattr(row, name) for name in names})
                for row in session.scalars(rows)
            ]

    def facts(self, stream_id: str, after: int = 0) -> tuple[tuple[int, PlatformFact], ...]:
        """The facts after this number, each with its own, in the order in which they came."""
        statement = (
            select(FactRow).where(FactRow.stream_id == stream_id, FactRow.sequence > after).order_by(FactRow.sequence)
        )
        with Session(self._engine) as session:
            return tuple(
                (
                    row.sequence,
                    PlatformFact.model_validate({name: getattr(row, name) for name in PlatformFact.model_fields}),
                )
                for row in session.scalars(statement)
            )
