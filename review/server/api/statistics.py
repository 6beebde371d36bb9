"""Statistics for programs: findings, coverage and the use of keys, as JSON, CSV or Parquet."""

from dataclasses import asdict
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from review.analytics.exports import statistics_csv, statistics_parquet
from review.analytics.statistics import Asked, GroupBy, Statistics, StatisticsStore
from review.api_errors import OrderRefused
from review.db.tenant_ids import stored_host
from review.server.api.schemas.findings import WireModel
from review.server.auth.api_keys import answers, key_or_person
from review.server.auth.guard import SENIORS
from review.server.routers import new_router
from review.tenants.quotas import Quota, QuotaStore
from review.tenants.types import Caller, Scope
from review.tenants.usage import UsageRecorder

_MOST_DAYS = 366
_USUAL_DAYS = 30
Reading = Annotated[Caller, Depends(key_or_person(Scope.STATISTICS_READ))]
Overseeing = Annotated[Caller, Depends(key_or_person(Scope.STATISTICS_READ, *SENIORS))]
First = Annotated[date | None, Query(alias="from", description="The first day; 30 days up to the last without it")]
Last = Annotated[date | None, Query(alias="to", description="The last day, included; today without it")]
Host = Annotated[str | None, Query(max_length=200, description="Of this host alone")]


class TableFormat(StrEnum):
    """How the table is sent."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


Form = Annotated[TableFormat, Query(alias="format", description="How the table is sent")]


class CoverageBy(StrEnum):
    """What coverage is counted by."""

    DAY = "day"
    HOST = "host"


class StatisticsOut(WireModel):
    """A table: the names of its columns, and rows in the order of what they are counted by."""

    first: date = Field(description="The first day that is counted")
    last: date = Field(description="The last day that is counted")
    columns: list[str]
    rows: list[list[str | int | float | None]]


class QuotaUseOut(WireModel):
    """How much of a bound is used; `limit` null: there is none. `frees_at_ms`: when all of it is free again, Unix
    time; null: when something of it ends."""

    quota: Quota
    limit: float | None
    used: float
    frees_at_ms: int | None


class QuotasOut(WireModel):
    """What you may have at once (`streams`, `passports`), in an hour (`checks_hour`) and in a day (`batch_hours_day`:
    hours of archives, and of recordings that are heard again)."""

    quotas: list[QuotaUseOut]


_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


def statistics_router(statistics: StatisticsStore, usage: UsageRecorder, quotas: QuotaStore) -> APIRouter:
    """The routes of statistics; where no last day is named, it is today."""
    router = new_router(prefix="/v1/statistics", tags=["statistics"])

    def days(first: date | None, last: date | None) -> tuple[date, date]:
        end = last or statistics.today()
        begin = first or max(date.min + timedelta(days=1), end - timedelta(days=_USUAL_DAYS - 1))
        if begin > end:
            raise OrderRefused("from", f"is after to ({end}); swap them", code="days")
        if (end - begin).days >= _MOST_DAYS:
            raise OrderRefused("from", f"is more than {_MOST_DAYS} days before to; ask in parts", code="days")
        if end.year >= date.max.year:
            raise OrderRefused("to", "is no day that can be counted; give one of this millennium", code="days")
        return begin, end

    @router.get("/findings", response_model=StatisticsOut, responses=answers() | _FILES)
    def count_findings(
        caller: Reading,
        by: Annotated[list[GroupBy] | None, Query(description="What is counted apart; repeat it for several")] = None,
        first: First = None,
        last: Last = None,
        host_id: Host = None,
        form: Form = TableFormat.JSON,
    ) -> Any:
        """Flags, notes and broadcasts with findings, by day, host, product and class."""
        begin, end = days(first, last)
        return _sent(statistics.findings(_asked(caller, begin, end, by or [], host_id)), begin, end, form, "findings")

    @router.get("/coverage", response_model=StatisticsOut, responses=answers() | _FILES)
    def count_coverage(
        caller: Reading,
        by: Annotated[list[CoverageBy] | None, Query(description="What is counted apart; repeat it for both")] = None,
        first: First = None,
        last: Last = None,
        host_id: Host = None,
        form: Form = TableFormat.JSON,
    ) -> Any:
        """Broadcasts, and the minutes of them that were on air, analysed and never analysed, by day and host."""
        begin, end = days(first, last)
        wanted = [GroupBy(each.value) for each in by or []]
        return _sent(statistics.coverage(_asked(caller, begin, end, wanted, host_id)), begin, end, form, "coverage")

    @router.get("/usage", response_model=StatisticsOut, responses=answers() | _FILES)
    def count_usage(caller: Overseeing, first: First = None, last: Last = None, form: Form = TableFormat.JSON) -> Any:
        """Requests of each key by day (UTC), and how many were refused (4xx) or failed (5xx)."""
        begin, end = days(first, last)
        usage.write()
        return _sent(statistics.usage(_asked(caller, begin, end, [], None)), begin, end, form, "usage")

    @router.get("/quotas", responses=answers())
    def count_quotas(caller: Reading) -> QuotasOut:
        """Each of your quotas, how much of it is used now, and when it frees."""
        return QuotasOut(quotas=[QuotaUseOut(**asdict(use)) for use in quotas.uses(caller.home)])

    return router


def _asked(caller: Caller, first: date, last: date, by: list[GroupBy], host_id: str | None) -> Asked:
    host = None if host_id is None else stored_host(caller.home, host_id)
    return Asked(tenant_id=caller.sees, first=first, last=last, by=tuple(dict.fromkeys(by)), host_id=host)


def _sent(table: Statistics, first: date, last: date, form: TableFormat, name: str) -> Any:
    if form is TableFormat.JSON:
        return StatisticsOut(
            first=first, last=last, columns=list(table.columns), rows=[list(row) for row in table.rows]
        )
    csv = form is TableFormat.CSV
    content = statistics_csv(table) if csv else statistics_parquet(table)
    headers = {"Content-Disposition": f'attachment; filename="zhenyan-{name}-{first}-{last}.{form.value}"'}
    media_type = "text/csv; charset=utf-8" if csv else "application/vnd.apache.parquet"
    return Response(content, media_type=media_type, headers=headers)
