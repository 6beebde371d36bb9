"""Counts kept while findings are filed, so that a dashboard never counts a million rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from claims.types import CHINA_TIME
from review.db.tables.analytics import FoundDayRow, TallyRow
from review.db.upsert import add_up

# Where no start of the broadcast is known, the day is China's.
NO_GOODS = "-"
_FOUND_BY = ("tenant_id", "day", "class", "rule", "policy", "goods")


class Dimension(StrEnum):
    """What findings are counted by."""

    CLASS = "class"
    CATEGORY = "category"
    HOST = "host"
    HOUR = "hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A finding that joined a case; `said_at` on the host's clock, `category` None: not registered.

    `tenant_id`: whose broadcast it was said in. `rule`, `policy`: what found it.
    """

    tenant_id: str
    class_id: str
    rule: str
    policy: str
    host_id: str
    category: str | None
    said_at: datetime


def goods_of(category: str | None) -> str:
    """The kind of goods of a category such as `food/honey`; `-`: none is registered."""
    return (category or NO_GOODS).partition("/")[0]


def said_at(started_at: str | None, start_ms: int, now_ms: int) -> datetime:
    """When the finding was said: by the broadcast's start in its own zone, or now where that is not known."""
    if started_at is None:
        return datetime.fromtimestamp(now_ms / 1000, CHINA_TIME)
    return datetime.fromisoformat(started_at) + timedelta(milliseconds=start_ms)


def tally_rows(filed: Iterable[Filed]) -> list[dict[str, object]]:
    """What these findings add to the counts; in the order in which every writer locks."""
    counts: Counter[tuple[str, int, str, str]] = Counter()
    for finding in filed:
        day, owner = finding.said_at.date().toordinal(), finding.tenant_id
        counts[Dimension.CLASS, day, finding.class_id, owner] += 1
        counts[Dimension.CATEGORY, day, finding.category or "", owner] += 1
        counts[Dimension.HOST, day, finding.host_id, owner] += 1
        counts[Dimension.HOUR, day, f"{finding.said_at.hour:02}", owner] += 1
    return [
        {"dimension": str(dimension), "day": day, "key": key, "tenant_id": tenant_id, "count": count}
        for (dimension, day, key, tenant_id), count in sorted(counts.items())
    ]


def found_rows(filed: Iterable[Filed]) -> list[dict[str, object]]:
    """What these findings add to the counts by day, class, detector, policy and kind of goods of each customer."""
    counts = Counter(
        (
            one.tenant_id,
            one.said_at.date().toordinal(),
            one.class_id,
            one.rule,
            one.policy,
            goods_of(one.category),
        )
        for one in filed
    )
    return [dict(zip(_FOUND_BY, key, strict=True)) | {"count": count} for key, count in sorted(counts.items())]


def write_tallies(connection: Connection, filed: Iterable[Filed]) -> None:
    """Adds the findings to the counts, inside the transaction that files them."""
    filed = list(filed)
    add_up(connection, TallyRow, tally_rows(filed), "count")
    add_up(connection, FoundDayRow, found_rows(filed), "count")
