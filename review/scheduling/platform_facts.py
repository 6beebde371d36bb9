"""What platforms tell of broadcasts while they are on, numbered in the order in which it came."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.orm import Session

from claims.types import PlatformFact
from review.audit.trail import Journal
from review.db.tables.scheduling import FactRow
from review.db.tables.streams import StreamRow
from review.errors import ReviewError, UnknownStreamError
from review.scheduling.grouped_writes import Grouped

_MOST_VIEWERS = 1 << 62
Moment = tuple[str, int, str, str | None]


class NotOnSale(ReviewError):
    """A fact of a product that is not on sale in the broadcast. `index`: which of the facts that came together."""

    def __init__(self, index: int, product_id: str) -> None:
        super().__init__(f"[{index}].product_id: product {product_id!r} is not on sale in this broadcast")
        self.index = index
        self.product_id = product_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReport:
    """Facts of one broadcast that came together. `sees`: whose broadcasts the actor may tell of; None: anybody's."""

    stream_id: str
    facts: tuple[PlatformFact, ...]
    actor: str
    sees: str | None = None


class FactStore:
    """Keeps and gives facts; safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._grouped = Grouped(self._write)

    def add(self, report: FactReport) -> int:
        """How many of these facts are new; one of the same moment, kind and product is kept once.

        Raises UnknownStreamError, also for what is another customer's, and NotOnSale.
        """
        return self._grouped.put(report)

    def facts(self, stream_id: str, after: int = 0) -> tuple[tuple[int, PlatformFact], ...]:
        """The facts after this number, each with its own, in the order in which they came."""
        statement = (
            select(FactRow).where(FactRow.stream_id == stream_id, FactRow.sequence > after).order_by(FactRow.sequence)
        )
        with Session(self._engine) as session:
            return tuple((row.sequence, _fact(row)) for row in session.scalars(statement))

    def _write(self, group: Sequence[FactReport]) -> list[int | Exception]:
        now_ms = int(self._now().timestamp() * 1000)
        journals: dict[str, Journal] = {}
        with self._writing.begin() as connection:
            streams = _lock_streams(connection, {report.stream_id for report in group})
            results: list[int | Exception] = [_refusal(report, streams) or 0 for report in group]
            taken = [(place, report) for place, report in enumerate(group) if results[place] == 0]
            known = _known(connection, [report for _, report in taken])
            last = _last(connection, {report.stream_id for _, report in taken})
            rows: list[dict[str, object]] = []
            for place, report in taken:
                first = last[report.stream_id] + 1
                for fact in report.facts:
                    moment = (report.stream_id, fact.at_ms, fact.kind, fact.product_id)
                    if moment not in known:
                        known.add(moment)
                        last[report.stream_id] += 1
                        rows.append(_values(fact, report.stream_id, last[report.stream_id], now_ms))
                new = last[report.stream_id] + 1 - first
                results[place] = new
                if new:
                    journal = journals.setdefault(report.actor, Journal(at_ms=now_ms, actor=report.actor))
                    journal.note("facts.told", f"stream:{report.stream_id}", first=first, count=new)
            if rows:
                connection.execute(insert(FactRow), rows)
            _count_viewers(connection, [report for _, report in taken])
            for journal in journals.values():
                journal.close(connection)
        return results


def _lock_streams(connection: Connection, stream_ids: set[str]) -> Mapping[str, tuple[str, frozenset[str]]]:
    """Tenant and products of each stream that is there; others who number their facts wait."""
    rows = connection.execute(
        select(StreamRow.stream_id, StreamRow.tenant_id, StreamRow.products)
        .where(StreamRow.stream_id.in_(stream_ids))
        .order_by(StreamRow.stream_id)
        .with_for_update(key_share=True)
    )
    return {
        row.stream_id: (row.tenant_id, frozenset(product["product_id"] for product in row.products)) for row in rows
    }


def _refusal(report: FactReport, streams: Mapping[str, tuple[str, frozenset[str]]]) -> Exception | None:
    tenant_id, on_sale = streams.get(report.stream_id, (None, frozenset[str]()))
    if tenant_id is None or report.sees not in {None, tenant_id}:
        return UnknownStreamError(report.stream_id)
    for index, fact in enumerate(report.facts):
        if fact.product_id is not None and fact.product_id not in on_sale:
            return NotOnSale(index, fact.product_id)
    return None


def _known(connection: Connection, group: Sequence[FactReport]) -> set[Moment]:
    """The moments of these facts that are kept already."""
    moments = {fact.at_ms for report in group for fact in report.facts}
    if not moments:
        return set()
    rows = connection.execute(
        select(FactRow.stream_id, FactRow.at_ms, FactRow.kind, FactRow.product_id).where(
            FactRow.stream_id.in_({report.stream_id for report in group}), FactRow.at_ms.in_(moments)
        )
    )
    return {(row.stream_id, row.at_ms, row.kind, row.product_id) for row in rows}


def _last(connection: Connection, stream_ids: set[str]) -> dict[str, int]:
    """The number of each stream's last fact; 0: it has none."""
    found = dict.fromkeys(stream_ids, 0)
    if stream_ids:
        rows = connection.execute(
            select(FactRow.stream_id, func.max(FactRow.sequence))
            .where(FactRow.stream_id.in_(stream_ids))
            .group_by(FactRow.stream_id)
        )
        found |= {stream_id: sequence for stream_id, sequence in rows}
    return found


def _count_viewers(connection: Connection, group: Sequence[FactReport]) -> None:
    """Keeps the most viewers that were told of: how many a claim reached weighs in the queue."""
    most: dict[str, int] = defaultdict(int)
    for report in group:
        for fact in report.facts:
            if fact.kind == "viewers" and isinstance(fact.value, int | float):
                most[report.stream_id] = max(most[report.stream_id], min(int(fact.value), _MOST_VIEWERS))
    for stream_id, viewers in most.items():
        connection.execute(
            update(StreamRow)
            .where(StreamRow.stream_id == stream_id, StreamRow.viewers < viewers)
            .values(viewers=viewers)
        )


def _values(fact: PlatformFact, stream_id: str, sequence: int, now_ms: int) -> dict[str, object]:
    values = fact.model_dump(include={"at_ms", "kind", "product_id", "value"})
    return values | {"stream_id": stream_id, "sequence": sequence, "received_at_ms": now_ms}


def _fact(row: FactRow) -> PlatformFact:
    return PlatformFact.model_validate({name: getattr(row, name) for name in PlatformFact.model_fields})
