"""The page of trends over time, and the cases behind each of its figures."""

from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from review.analytics.figures import PERIODS
from review.analytics.trend_cases import Behind, By, What
from review.analytics.trends import Asked, Period, Step, Trend, Trends
from review.presentation.language import Words
from review.server.api.cursor import read_time_and_id, write_cursor
from review.server.auth.guard import EVERYBODY, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing
from review.server.pages.trend_pictures import Picture, bars, shares
from review.server.routers import new_router

_HOUR_MS = 3_600_000
_SHOWN_KEYS = 100


def _offered(days: int) -> int:
    if days not in PERIODS:
        raise ValueError(f"must be one of {', '.join(map(str, PERIODS))}")
    return days


Days = Annotated[int, Query(), AfterValidator(_offered)]
Key = Annotated[str, Query(max_length=120)]


def trends_router(trends: Trends, desk: Desk) -> APIRouter:
    """The routes of trends."""
    router = new_router(
        default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(allow(*EVERYBODY))]
    )

    @router.get("/trends")
    def get_trends(
        request: Request, viewer: Seeing, by: By = By.CLASS, step: Step = Step.DAY, days: Days = 30, key: Key = ""
    ) -> Response:
        asked = Asked(by=by, step=step, days=days, key=key or None, owner=viewer.person.tenants)
        trend = trends.read(asked)

        def url(**more: str | int) -> str:
            given: dict[str, str | int] = {"by": by.value, "step": step.value, "days": days, "key": key}
            return "/trends?" + urlencode({name: value for name, value in (given | more).items() if value != ""})

        def behind(what: str, first: date, last: date, of: str = key) -> str:
            given = {"by": by.value, "key": of, "what": what, "first": first.isoformat(), "last": last.isoformat()}
            return "/trends/cases?" + urlencode({name: value for name, value in given.items() if value})

        filled = desk.fill(
            "analytics/trends.html",
            viewer,
            trend=trend,
            asked=asked,
            keys=trend.keys[:_SHOWN_KEYS],
            left_out=max(0, len(trend.keys) - _SHOWN_KEYS),
            pictures=pictures(trend, Words(viewer.language)),
            every_by=tuple(By),
            every_step=tuple(Step),
            periods=PERIODS,
            url=url,
            behind=behind,
        )
        return page_answer(request, filled)

    @router.get("/trends/cases")
    def get_cases(
        request: Request,
        viewer: Seeing,
        first: date,
        last: date,
        by: By = By.CLASS,
        what: What = What.OPENED,
        key: Key = "",
        after: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """The cases of a figure; days far from any are as good as none, and answered so."""
        asked = Behind(
            by=by,
            what=what,
            first=max(first, date(2000, 1, 1)),
            last=min(last, date(2999, 1, 1)),
            key=key or None,
            owner=viewer.person.tenants,
            after=read_time_and_id(after),
        )
        found = trends.cases(asked)
        given = {"by": by.value, "key": key, "what": what.value, "first": str(first), "last": str(last)}
        more = None
        if found.after is not None:
            cursor = {"after": write_cursor(*found.after)}
            more = "/trends/cases?" + urlencode({k: v for k, v in (given | cursor).items() if v})
        filled = desk.fill("analytics/trend_cases.html", viewer, asked=asked, cases=found.cases, more=more)
        return page_answer(request, filled)

    return router


def pictures(trend: Trend, words: Words) -> dict[str, Picture]:
    """The four pictures: what was found, how right it was, what waited, how long a decision took."""
    days = [period.first.strftime("%m-%d") for period in trend.periods]
    sums = [period.sums for period in trend.periods]
    precision = [
        None if one.precision is None or one.interval is None else (one.precision, *one.interval) for one in sums
    ]
    hours = [None if one.to_decision_ms is None else one.to_decision_ms / _HOUR_MS for one in sums]

    def labelled(values: list[str]) -> list[str]:
        return [f"{_name(period)}: {value}" for period, value in zip(trend.periods, values, strict=True)]

    return {
        "found": bars([one.found for one in sums], labelled([str(one.found) for one in sums]), days),
        "precision": shares(precision, labelled([_share_text(one, words) for one in precision]), days),
        "waiting": bars([one.waiting for one in sums], labelled([str(one.waiting) for one in sums]), days),
        "hours": bars(hours, labelled(["—" if one is None else f"{one:.1f}" for one in hours]), days),
    }


def _name(period: Period) -> str:
    if period.last - period.first < timedelta(days=1):
        return period.first.isoformat()
    return f"{period.first.isoformat()} – {period.last.isoformat()}"


def _share_text(share: tuple[float, float, float] | None, words: Words) -> str:
    if share is None:
        return "—"
    return words("trend.share", share=f"{share[0]:.1%}", low=f"{share[1]:.1%}", high=f"{share[2]:.1%}")
