"""A replay's report as HTML: within the desk's pages, and as a file that needs nothing beside it."""

from collections.abc import Callable, Mapping

from markupsafe import Markup

from claims.law.texts import StatuteTexts
from review.presentation.catalogues import LANGUAGES
from review.presentation.findings import stream_clock
from review.presentation.language import Words
from review.replays.report import Group, ReplayReport
from review.replays.types import ChangeKind, Said
from review.server.pages.desk import case_url, finding_url
from review.server.pages.page_templates import page_templates

Names = Mapping[str, tuple[str, str]]
_LANG = {"zh": "zh-CN", "en": "en"}


def report_values(
    report: ReplayReport, words: Words, classes: Names, laws: StatuteTexts, *, linked: bool
) -> dict[str, object]:
    """What `_report.html` is filled with; `linked`: findings and cases are links to the desk's pages."""

    def side(said: Said | None, part: str) -> str:
        if said is None:
            return ""
        value = getattr(said, part)
        if part == "class_id":
            return words.named(classes, said.class_id)
        if isinstance(value, tuple):
            return laws.listed(value, words.language)
        return words.term(part, value) if value else "–"

    return {
        "report": report,
        "law": lambda said: laws.listed(said.law, words.language),
        "kinds": tuple(ChangeKind),
        "classes": classes,
        "linked": linked,
        "side": side,
        "class_name": _of_class(words, classes),
        "group_name": lambda group: group.name,
        "category_name": lambda group: words.goods(group.key) if group.key else words("replay.no_category"),
    }


def report_html(report: ReplayReport, classes: Names | None = None, laws: StatuteTexts | None = None) -> str:
    """The report as one file, Chinese first, English below it."""
    pages = page_templates()
    pages.globals.update(clock=stream_clock, case_url=case_url, finding_url=finding_url)
    parts = []
    for language in LANGUAGES:
        words = Words(language)
        values = report_values(report, words, classes or {}, laws or StatuteTexts.none(), linked=False)
        body = Markup(pages.get_template("replays/_report.html").render(t=words, **values))
        parts.append({"t": words, "lang": _LANG[language], "body": body})
    return pages.get_template("replays/standalone.html").render(parts=parts, report=report)


def _of_class(words: Words, classes: Names) -> Callable[[Group], str]:
    return lambda group: words.named(classes, group.key)
