"""Notices and decisions as printable pages in both languages, and the draft that a reviewer starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from review.cases.types import Case
from review.due.errors import AppealRefused
from review.due.rules import Measures
from review.due.types import Appeal, AppealState, Measure, MeasureState, Notice, Proposal
from review.laws import Laws

_CHINA = timezone(timedelta(hours=8))
_UNAPPROVED = frozenset({MeasureState.PROPOSED, MeasureState.REJECTED, MeasureState.LAPSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cited:
    cited: str
    text: str


def shown_time(at_ms: int) -> str:
    """The moment in China Standard Time, to the minute."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")


def notice_html(measure: Measure, host_name: str, table: Measures, laws: Laws, *, page_url: str = "") -> str:
    """The notice for printing: of what is intended while it is a proposal, of the measure once it is approved.

    `page_url`: the host's page with its token; the caller has it only when it has just been issued.
    """
    approved = measure.state not in _UNAPPROVED and measure.approved_at_ms is not None
    return (
        _templates()
        .get_template("notice.html")
        .render(
            lang="zh-CN",
            title="处置通知书" if approved else "拟处置事先告知书",
            measure=measure,
            notice=measure.notice,
            host_name=host_name,
            rule=table.measures[measure.kind],
            approved=approved,
            articles=[_cited(laws, cited) for cited in measure.notice.basis],
            page_url=page_url,
            decision_days=table.deadlines.appeal_decision_days,
        )
    )


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
            overturned=appeal.state is AppealState.OVERTURNED,
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


def draft_notice(
    proposal: Proposal,
    cases: Sequence[Case],
    class_names: Mapping[str, tuple[str, str]],
    basis: Sequence[str],
    *,
    starts_at_ms: int,
    ends_at_ms: int,
) -> Notice:
    """A notice to start from: facts from the cases' words, reasons from the table's sum, the page as appeal route."""
    facts = [(case, *class_names.get(case.class_id, (case.class_id, case.class_id))) for case in cases]
    return Notice(
        facts_zh="\n".join(
            f"{shown_time(case.opened_at_ms)}，直播间{_about_zh(case)}：“{case.quote}”（{zh}）" for case, zh, _ in facts
        ),
        facts_en="\n".join(
            f"{shown_time(case.opened_at_ms)}, on air{_about_en(case)}: “{case.quote}” ({en})" for case, _, en in facts
        ),
        reasons_zh=proposal.reason_zh,
        reasons_en=proposal.reason_en,
        basis=tuple(dict.fromkeys(basis)),
        starts_at_ms=starts_at_ms,
        ends_at_ms=ends_at_ms,
        appeal_zh="可通过随本通知送达的专用网址在线申诉，无需注册账号，可提交书面陈述和材料。",
        appeal_en="Through the page whose link comes with this notice: no account is needed; a statement and files can "
        "be handed in.",
    )


def _about_zh(case: Case) -> str:
    return f"就“{case.product_name}”称" if case.product_name else "称"


def _about_en(case: Case) -> str:
    return f" about “{case.product_name}”" if case.product_name else ""


def _cited(laws: Laws, cited: str) -> _Cited:
    article = laws.article(cited)
    if article is None:
        return _Cited(cited=cited, text="")
    meant = [line for line, is_meant in article.lines if is_meant] or [line for line, _ in article.lines]
    return _Cited(cited=cited, text="\n".join(meant))


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
