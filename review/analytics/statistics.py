"""What was found, what was covered, and what keys asked for, counted by day, host, product and class, for programs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, func, literal_column, or_, select

from claims.types import CHINA_TIME, Disposition
from review.analytics.types import Cell
from review.db.tables.analytics import KeyUsageRow
from review.db.tables.streams import CoverageRow, FindingRow, StreamRow
from review.db.tables.tenants import ApiKeyRow
from review.db.tenant_ids import shown_host

_MINUTE_MS = 60_000
_CHINA_S = 28_800


class GroupBy(StrEnum):
    """What is counted apart."""

    DAY = "day"
    HOST = "host"
    PRODUCT = "product"
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is counted: of whom (`tenant_id` None: of every customer), over which days, both included, and by what.

    The day is that on which a broadcast began, by the host's clock; without one, that of its order in China.
    """

    tenant_id: str | None
    first: date
    last: date
    by: tuple[GroupBy, ...] = ()
    host_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A table: the names of its columns, and rows in the order of what they are counted by."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class StatisticsStore:
    """Counts out of the database, each in one query."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def today(self) -> date:
        """The day in China."""
        return self._now().astimezone(CHINA_TIME).date()

    def findings(self, asked: Asked) -> Statistics:
        """How many findings there are, flags and notes apart, and of how many broadcasts."""
        columns = [self._column(by) for by in asked.by]
        is_flag = FindingRow.disposition == Disposition.FLAG.value
        counted: Select[Any] = (
            select(
                *columns,
                func.sum(case((is_flag, 1), else_=0)),
                func.sum(case((is_flag, 0), else_=1)),
                func.count(FindingRow.stream_id.distinct()),
            )
            .select_from(FindingRow)
            .join(StreamRow, StreamRow.stream_id == FindingRow.stream_id)
            .where(*_conditions(asked))
        )
        return self._table(asked, counted, ("flags", "notes", "broadcasts"), columns)

    def coverage(self, asked: Asked) -> Statistics:
        """How many broadcasts there were, and how many minutes of them were on air, analysed, and never analysed."""
        columns = [self._column(by) for by in asked.by]
        counted: Select[Any] = (
            select(
                *columns,
                func.count(),
                func.coalesce(func.sum(CoverageRow.span_ms), 0),
                func.coalesce(func.sum(CoverageRow.analysed_ms), 0),
                func.coalesce(func.sum(CoverageRow.span_ms - CoverageRow.analysed_ms - CoverageRow.waiting_ms), 0),
            )
            .select_from(StreamRow)
            .outerjoin(CoverageRow, CoverageRow.stream_id == StreamRow.stream_id)
            .where(*_conditions(asked))
        )
        names = ("broadcasts", "span_minutes", "analysed_minutes", "missed_minutes")
        table = self._table(asked, counted, names, columns)
        at = len(asked.by) + 1
        rows = tuple((*row[:at], *(round(int(value or 0) / _MINUTE_MS, 2) for value in row[at:])) for row in table.rows)
        return Statistics(columns=table.columns, rows=rows)

    def usage(self, asked: Asked) -> Statistics:
        """How many requests each key sent on each day (UTC), and how many were refused or failed."""
        counted = (
            select(
                KeyUsageRow.day,
                KeyUsageRow.key_id,
                ApiKeyRow.name,
                ApiKeyRow.tenant_id,
                KeyUsageRow.requests,
                KeyUsageRow.refused,
                KeyUsageRow.failed,
            )
            .join(ApiKeyRow, ApiKeyRow.key_id == KeyUsageRow.key_id)
            .where(KeyUsageRow.day >= asked.first.isoformat(), KeyUsageRow.day <= asked.last.isoformat())
            .order_by(KeyUsageRow.day, KeyUsageRow.key_id)
        )
        if asked.tenant_id is not None:
            counted = counted.where(ApiKeyRow.tenant_id == asked.tenant_id)
        with self._engine.connect() as connection:
            rows: tuple[tuple[Cell, ...], ...] = tuple(tuple(row) for row in connection.execute(counted))
        return Statistics(columns=("day", "key_id", "name", "tenant", "requests", "refused", "failed"), rows=rows)

    def _column(self, by: GroupBy) -> ColumnElement[Any]:
        return _day(self._engine.dialect.name) if by is GroupBy.DAY else _COLUMNS[by]

    def _table(
        self, asked: Asked, counted: Select[Any], names: tuple[str, ...], columns: Sequence[ColumnElement[Any]]
    ) -> Statistics:
        # By their places: PostgreSQL does not know an expression with parameters again.
        places: list[ColumnElement[Any]] = [literal_column(str(number)) for number in range(1, len(columns) + 1)]
        grouped = counted.group_by(*places).order_by(*places) if columns else counted
        with self._engine.connect() as connection:
            found = connection.execute(grouped).all()
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (
                *(_shown(asked, by, value) for by, value in zip(asked.by, row, strict=False)),
                *(int(value or 0) for value in row[len(columns) :]),
            )
            for row in found
        )
        return Statistics(columns=(*(by.value for by in asked.by), *names), rows=rows)


def _day(dialect: str) -> ColumnElement[Any]:
    """The day on which a broadcast began, by the host's clock; without one, that of its order in China."""
    ordered_s = StreamRow.created_at_ms / 1000 + _CHINA_S
    if dialect == "postgresql":
        ordered = func.to_char(func.timezone("UTC", func.to_timestamp(ordered_s)), "YYYY-MM-DD")
    else:
        ordered = func.strftime("%Y-%m-%d", ordered_s, "unixepoch")
    return func.coalesce(func.substr(StreamRow.started_at, 1, 10), ordered)


_COLUMNS: dict[GroupBy, ColumnElement[Any]] = {
    GroupBy.HOST: StreamRow.__table__.c.host_id,
    GroupBy.PRODUCT: func.coalesce(FindingRow.__table__.c.product_id, ""),
    GroupBy.CLASS: FindingRow.__table__.c["class"],
}


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    begun = func.substr(StreamRow.started_at, 1, 10)
    first_ms, last_ms = midnight_ms(asked.first), midnight_ms(asked.last + timedelta(days=1))
    within = or_(
        and_(StreamRow.started_at.is_not(None), begun.between(asked.first.isoformat(), asked.last.isoformat())),
        and_(StreamRow.started_at.is_(None), StreamRow.created_at_ms >= first_ms, StreamRow.created_at_ms < last_ms),
    )
    conditions: list[ColumnElement[bool]] = [within]
    if asked.tenant_id is not None:
        conditions.append(StreamRow.tenant_id == asked.tenant_id)
    if asked.host_id is not None:
        conditions.append(StreamRow.host_id == asked.host_id)
    return conditions


def midnight_ms(day: date) -> int:
    """When the day begins in China (Unix time)."""
    return int(datetime.combine(day, time.min, CHINA_TIME).astimezone(UTC).timestamp() * 1000)


def _shown(asked: Asked, by: GroupBy, value: Any) -> str:
    return shown_host(asked.tenant_id, str(value)) if by is GroupBy.HOST else str(value)
