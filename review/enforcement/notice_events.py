"""What joins the events of measures when they are sent: the notice to hand on, and a link to the host's page."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from sqlalchemy import Engine

from review.enforcement.errors import UnknownMeasureError
from review.enforcement.rows import measure_of
from review.enforcement.store import EnforcementStore
from review.events.types import Event

_WITH_NOTICE = frozenset({"measure.proposed", "measure.in_force", "measure.varied"})


def with_notice(engine: Engine, due: EnforcementStore, page_url: str) -> Callable[[Event], Mapping[str, object]]:
    """For a `Sender`. `page_url`: this server as hosts reach it; each sending has a link of its own."""

    def more(event: Event) -> Mapping[str, object]:
        if event.kind not in _WITH_NOTICE:
            return {}
        try:
            with engine.connect() as connection:
                measure = measure_of(connection, event.subject)
        except UnknownMeasureError:
            return {}
        notice = measure.notice
        return {
            "page": f"{page_url.rstrip('/')}/h/{due.issue_token(measure.id, 'zhenyan')}",
            "notice": {
                "facts": notice.facts_zh,
                "reasons": notice.reasons_zh,
                "points": [asdict(row) for row in notice.points],
                "points_total": notice.points_total,
                "basis": list(notice.basis),
                "basis_formal": list(notice.basis_zh),
                "power": notice.power_zh,
                "remarks": notice.remarks_zh,
                "starts_at_ms": notice.starts_at_ms,
                "ends_at_ms": notice.ends_at_ms,
                "appeal": notice.appeal_zh,
                "amended": notice.amended_zh,
            },
        }

    return more
