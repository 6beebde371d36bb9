"""Notices and decisions as printable pages in both languages."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claims.law.texts import StatuteTexts
from claims.types import CHINA_TIME
from review.enforcement.errors import AppealRefused
from review.enforcement.notice_view import shown_measure
from review.enforcement.penalty_table import Measures
from review.enforcement.types import Appeal, AppealState, Measure, MeasureState

_UNAPPROVED = frozenset({MeasureState.PROPOSED, MeasureState.REJECTED, MeasureState.LAPSED})


def shown_time(at_ms: int) -> str:
    """The moment in China Standard Time, to the minute."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(CHINA_TIME).strftime("%Y-%m-%d %H:%M")


def notice_html(
    measure: Measure, host_name: str, table: Measures, laws: StatuteTexts, now_ms: int, *, page_url: str = ""
) -> str:
    """The notice for printing: of what is intended while it is a proposal, of the measure once it is approved.

    `page_url`: the host's page with its token; the caller has it only when it has just been issued.
    """
    approved = measure.state not in _UNAPPROVED and measure.approved_at_ms is not None
    return (
        _templates()
        .get_template("notice.html")
        .render(
            lang="zh-CN",
            title=_title(measure, approved),
            measure=measure,
            zh=shown_measure(measure, "zh", laws, now_ms),
            en=shown_measure(measure, "en", laws, now_ms),
            host_name=host_name,
            rule=table.measures[measure.kind],
            approved=approved,
            page_url=page_url,
            decision_days=table.deadlines.appeal_decision_days,
        )
    )


def _title(measure: Measure, approved: bool) -> str:
    if not approved:
        return "拟处置事先告知书"
    return "处置通知书（更正）" if measure.notice.amended_zh else "处置通知书"


def decision_html(appeal: Appeal, measure: Measure, host_name: str, table: Measures) -> str:
    """The decision on an appeal for printing; AppealRefused while there is none."""
    if appeal.state is AppealState.FILED:
        raise AppealRefused(f"appeal {appeal.id}", "it is not decided yet", code="not_decided")
    return (
        _templates()
        .get_template("decision.html")
        .render(
            lang="zh-CN",
            title="申诉决定书",
            appeal=appeal,
            measure=measure,
            host_name=host_name,
            rule=table.measures[measure.kind],
            kinds={kind.value: rule for kind, rule in table.measures.items()},
        )
    )


def pdf_of(html: str) -> bytes:
    """The page as PDF, A4, its fonts embedded; ModuleNotFoundError without the extra `notices`.

    Nothing is fetched: a page that names another file is refused.
    """
    from weasyprint import HTML  # type: ignore[import-untyped]
    from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

    pdf: bytes = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf()
    return pdf


@cache
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["at"] = shown_time
    return templates
