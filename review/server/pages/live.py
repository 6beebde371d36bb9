"""The wall of broadcasts on air, and one broadcast with its strip of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from review.scheduling.broadcast_timeline import Timeline
from review.scheduling.wall import Broadcast, LiveWall
from review.server.auth.guard import EVERYBODY, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer
from review.server.routers import new_router

StreamId = Annotated[str, Path(min_length=1, max_length=200)]
Seen = Annotated[str | None, Query(max_length=100)]
Shown = Annotated[int, Query(ge=1, le=500, alias="limit")]
_PAGE = 60
_SECOND_MS = 1000
# Lengths between two marks of time, of which the first is taken that gives no more than so many.
_STEPS_S = (10, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 86_400)
_MOST_TICKS = 9
_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A part of the strip: where it begins and how wide it is, in per cent. `kind`: what it is drawn as."""

    kind: str
    at: float
    width: float
    start_ms: int
    end_ms: int
    why: str = ""


def live_router(live_wall: LiveWall, desk: Desk) -> APIRouter:
    """The routes of what is on air."""
    router = new_router(
        default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(allow(*EVERYBODY))]
    )

    def wall(viewer: Viewer, limit: int, seen: str | None = None) -> str | None:
        view = live_wall.view(viewer.person.tenants, limit)
        more = min(limit + _PAGE, 500) if view.count > limit and limit < 500 else None
        return desk.versioned("live/_wall.html", viewer, seen, view=view, limit=limit, more=more)

    def broadcast(viewer: Viewer, found: Broadcast, seen: str | None = None) -> str | None:
        timeline = found.timeline
        return desk.versioned(
            "live/_broadcast.html",
            viewer,
            seen,
            tile=found.tile,
            timeline=timeline,
            covered=tuple(_covered(timeline)),
            ailed=tuple(_ailed(timeline)),
            marks=[(mark, _share(mark.start_ms, timeline.span_ms)) for mark in timeline.marks],
            ticks=ticks(timeline.span_ms),
            listed=timeline.marks[: -_LISTED - 1 : -1],
        )

    @router.get("/live")
    def get_wall(request: Request, viewer: Seeing, limit: Shown = _PAGE) -> Response:
        return page_answer(request, desk.fill("live/wall.html", viewer, wall=wall(viewer, limit)))

    @router.get("/partials/live")
    def get_tiles(viewer: Seeing, limit: Shown = _PAGE, seen: Seen = None) -> Response:
        return _fragment(wall(viewer, limit, seen))

    @router.get("/live/{stream_id}")
    def get_broadcast(request: Request, stream_id: StreamId, viewer: Seeing) -> Response:
        found = live_wall.broadcast(stream_id)
        stream = found.tile.on_air.stream
        filled = desk.fill("live/broadcast.html", viewer, stream=stream, broadcast=broadcast(viewer, found))
        return page_answer(request, filled)

    @router.get("/partials/live/{stream_id}")
    def get_strip(stream_id: StreamId, viewer: Seeing, seen: Seen = None) -> Response:
        return _fragment(broadcast(viewer, live_wall.broadcast(stream_id), seen))

    return router


def _fragment(fragment: str | None) -> Response:
    return Response(status_code=204) if fragment is None else HTMLResponse(fragment)


def _covered(timeline: Timeline) -> Iterator[Bar]:
    """What was analysed, what waits for it, and over both what was missed."""
    yield _bar("analysed", 0, timeline.settled_ms, timeline.span_ms)
    if timeline.settled_ms < timeline.span_ms:
        yield _bar("waiting", timeline.settled_ms, timeline.span_ms, timeline.span_ms)
    for gap in timeline.gaps:
        yield _bar(f"gap-{gap.kind.value}", gap.start_ms, gap.end_ms, timeline.span_ms, gap.why)


def _ailed(timeline: Timeline) -> Iterator[Bar]:
    for one in timeline.ailed:
        yield _bar(one.condition.value, one.start_ms, min(one.end_ms, timeline.span_ms), timeline.span_ms)


def _bar(kind: str, start_ms: int, end_ms: int, span_ms: int, why: str = "") -> Bar:
    at, end = _share(start_ms, span_ms), _share(end_ms, span_ms)
    return Bar(kind=kind, at=at, width=max(0.15, round(end - at, 3)), start_ms=start_ms, end_ms=end_ms, why=why)


def ticks(span_ms: int) -> list[tuple[int, float]]:
    """Moments at which the strip shows the time, with their places in per cent."""
    step_s = next((step for step in _STEPS_S if span_ms <= step * _SECOND_MS * _MOST_TICKS), _STEPS_S[-1])
    moments = range(0, max(span_ms, 1), step_s * _SECOND_MS)
    # What stands too near to the end would be cut off.
    return [(at_ms, _share(at_ms, span_ms)) for at_ms in moments if _share(at_ms, span_ms) < 96]


def _share(at_ms: int, span_ms: int) -> float:
    return round(min(100.0, 100 * at_ms / span_ms), 3) if span_ms else 0.0
