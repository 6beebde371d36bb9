"""How much a customer may have at once, in an hour and in a day: set by the operator, held where it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine, Select, delete, func, select, update

from review.api_errors import PlatformError
from review.db.tables.batches import BatchFileRow, BatchRow
from review.db.tables.passports import PassportRow, RetirementRow
from review.db.tables.reanalyses import ReanalysisRow
from review.db.tables.scheduling import OrderRow
from review.db.tables.streams import StreamRow
from review.db.tables.tenants import QuotaCountRow
from review.db.upsert import insert_missing
from review.streams.tenant_rules import RuleKind, read_rules
from review.streams.types import StreamState, Wanted

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_OVER = (StreamState.ENDED.value, StreamState.FAILED.value)
_MOST = 10_000_000
Count = Annotated[int | None, Field(ge=0, le=_MOST)]


class Quota(StrEnum):
    """What is bounded: broadcasts at once, texts checked in an hour, passports in force, hours of archives in a day."""

    STREAMS = "streams"
    CHECKS_HOUR = "checks_hour"
    PASSPORTS = "passports"
    BATCH_HOURS_DAY = "batch_hours_day"


class Quotas(BaseModel):
    """The bounds of a customer; None: there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    streams: Count = None
    checks_hour: Count = None
    passports: Count = None
    batch_hours_day: Annotated[float | None, Field(ge=0, le=_MOST, allow_inf_nan=False)] = None

    def limit(self, quota: Quota) -> float | None:
        """The bound; None: there is none."""
        found: float | None = getattr(self, quota.value)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """How much of a bound is used; `limit` None: there is none. `frees_at_ms`: when all of it is free again, on the
    clock; None: when something of it ends."""

    quota: Quota
    limit: float | None
    used: float
    frees_at_ms: int | None = None


_SAID = {
    Quota.STREAMS: ("broadcasts at once", "it frees when one of yours ends or is stopped"),
    Quota.CHECKS_HOUR: ("texts checked in an hour", "it frees with the next hour"),
    Quota.PASSPORTS: ("passports in force", "it frees when one is retired"),
    Quota.BATCH_HOURS_DAY: ("hours of archives in a day (UTC)", "it frees at midnight UTC"),
}


class QuotaReached(PlatformError):
    """The customer has all that was agreed. Passports: 409, for waiting frees none; all else: 429."""

    code = "quota"

    def __init__(self, use: QuotaUse, now_ms: int) -> None:
        what, frees = _SAID[use.quota]
        headers = {}
        if use.frees_at_ms is not None:
            headers["Retry-After"] = str(max(1, -(-(use.frees_at_ms - now_ms) // 1000)))
        super().__init__(f"quota {use.quota.value}: {use.used:g} of {use.limit:g} {what} are used; {frees}", headers)
        self.status = 409 if use.quota is Quota.PASSPORTS else 429
        self.quota, self.use = use.quota, use


class QuotaStore:
    """Quotas and what is used of them."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def uses(self, tenant_id: str) -> tuple[QuotaUse, ...]:
        """Each bound of the customer, and how much of it is used now."""
        now_ms = self._now_ms()
        with self._engine.connect() as connection:
            quotas = read_quotas(connection, tenant_id)
            return tuple(_use(connection, tenant_id, quotas, quota, now_ms) for quota in Quota)

    def count_checks(self, tenant_id: str, count: int) -> None:
        """Counts texts that are to be checked; QuotaReached where these are more than the hour has left."""
        now_ms = self._now_ms()
        with self._engine.connect() as connection:
            limit = read_quotas(connection, tenant_id).checks_hour
        if limit is None:
            return
        row = (QuotaCountRow.tenant_id == tenant_id, QuotaCountRow.hour == now_ms // HOUR_MS)
        with self._writing.begin() as connection:
            insert_missing(
                connection, QuotaCountRow, [{"tenant_id": tenant_id, "hour": now_ms // HOUR_MS, "checks": 0}]
            )
            counted = connection.execute(
                update(QuotaCountRow)
                .where(*row, QuotaCountRow.checks + count <= limit)
                .values(checks=QuotaCountRow.checks + count)
            )
            if not counted.rowcount:
                quotas = Quotas(checks_hour=limit)
                raise QuotaReached(_use(connection, tenant_id, quotas, Quota.CHECKS_HOUR, now_ms), now_ms)
            old = QuotaCountRow.hour < (now_ms - DAY_MS) // HOUR_MS
            connection.execute(delete(QuotaCountRow).where(QuotaCountRow.tenant_id == tenant_id, old))

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def read_quotas(connection: Connection, tenant_id: str) -> Quotas:
    """The bounds in force."""
    stored = read_rules(connection, tenant_id, RuleKind.QUOTAS)
    return Quotas() if stored is None else Quotas.model_validate(stored.content)


def check_quota(connection: Connection, tenant_id: str, quota: Quota, now_ms: int, *, more: int = 1) -> None:
    """QuotaReached where so much more would be beyond the customer's bound, within the caller's transaction.

    Of hours of archives, whose length nobody knows beforehand, it is reached once nothing is left.
    """
    quotas = read_quotas(connection, tenant_id)
    limit = quotas.limit(quota)
    if limit is None or more <= 0:
        return
    use = _use(connection, tenant_id, quotas, quota, now_ms)
    is_beyond = use.used >= limit if quota is Quota.BATCH_HOURS_DAY else use.used + more > limit
    if is_beyond:
        raise QuotaReached(use, now_ms)


def _use(connection: Connection, tenant_id: str, quotas: Quotas, quota: Quota, now_ms: int) -> QuotaUse:
    frees_at_ms = None
    if quota is Quota.STREAMS:
        used: float = _count(connection, _STREAMS.where(OrderRow.tenant_id == tenant_id))
    elif quota is Quota.PASSPORTS:
        used = _passports(connection, tenant_id)
    elif quota is Quota.CHECKS_HOUR:
        hour = now_ms // HOUR_MS
        row = (QuotaCountRow.tenant_id == tenant_id, QuotaCountRow.hour == hour)
        used, frees_at_ms = _count(connection, select(QuotaCountRow.checks).where(*row)), (hour + 1) * HOUR_MS
    else:
        day_ms = now_ms - now_ms % DAY_MS
        used, frees_at_ms = round(_archive_ms(connection, tenant_id, day_ms) / HOUR_MS, 2), day_ms + DAY_MS
    return QuotaUse(quota=quota, limit=quotas.limit(quota), used=used, frees_at_ms=frees_at_ms)


_STREAMS = (
    select(func.count())
    .select_from(OrderRow)
    .join(StreamRow, StreamRow.stream_id == OrderRow.stream_id)
    .where(OrderRow.wanted == Wanted.RUN.value, StreamRow.state.not_in(_OVER))
)


def _passports(connection: Connection, tenant_id: str) -> int:
    """Products whose last version is in force."""
    last = (
        select(PassportRow.product_id, func.max(PassportRow.number).label("number"))
        .where(PassportRow.tenant_id == tenant_id)
        .group_by(PassportRow.product_id)
        .subquery()
    )
    retired = (
        select(RetirementRow.number)
        .where(RetirementRow.tenant_id == tenant_id)
        .where(RetirementRow.product_id == last.c.product_id, RetirementRow.number == last.c.number)
        .exists()
    )
    return _count(connection, select(func.count()).select_from(last).where(~retired))


def _archive_ms(connection: Connection, tenant_id: str, since_ms: int) -> int:
    """How much was recorded of archives ordered since then, and heard again of recordings."""
    batches = (
        select(func.sum(BatchFileRow.recorded_ms))
        .join(BatchRow, BatchRow.batch_id == BatchFileRow.batch_id)
        .where(BatchRow.tenant_id == tenant_id, BatchRow.created_at_ms >= since_ms)
    )
    again = select(func.sum(ReanalysisRow.span_ms)).where(
        ReanalysisRow.tenant_id == tenant_id,
        ReanalysisRow.created_at_ms >= since_ms,
        ReanalysisRow.model.is_not(None),
    )
    return _count(connection, batches) + _count(connection, again)


def _count(connection: Connection, statement: Select[Any]) -> int:
    return int(connection.scalar(statement) or 0)
