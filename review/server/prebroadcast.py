"""Puts the pre-broadcast check into an app."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import APIRouter

from review.judge_pool.pool import JudgingPool
from review.passports.lookup import NoPassports, PassportLookup
from review.prebroadcast.limits import CheckLimits
from review.server.api.prebroadcast import check_router
from review.server.pages.desk import Desk
from review.server.pages.prebroadcast import prebroadcast_router
from review.streams.tenant_rules import StoredRules


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrebroadcastCheck:
    """What checks texts, how much at once, where registered passports are looked up, and the clock."""

    pool: JudgingPool
    limits: CheckLimits = field(default_factory=CheckLimits)
    lookup: PassportLookup = field(default_factory=NoPassports)
    now: Callable[[], datetime] = _utc_now


def prebroadcast_routers(
    check: PrebroadcastCheck | None,
    desk: Desk,
    count: Callable[[str, int], None],
    words: Callable[[str], StoredRules | None],
) -> Sequence[APIRouter]:
    """The routes; none where nothing is checked by."""
    if check is None:
        return ()
    return (
        check_router(check.pool, check.limits, check.lookup, check.now, count, words),
        prebroadcast_router(check.pool, check.limits, check.lookup, desk, check.now, words),
    )
