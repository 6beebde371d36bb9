"""A notice as pages and paper show it in one language: its stored words, the table of points, the term in its tense."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claims.law.texts import Article, StatuteTexts, day_at
from review.enforcement.notice_wording import date_en, date_zh
from review.enforcement.types import Measure, MeasureState, Notice, PointsRow
from review.presentation.catalogues import Language
from review.presentation.language import Words

_NEVER_CAME = frozenset({MeasureState.REJECTED, MeasureState.LAPSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBasis:
    """A citation as it is printed, with its text (None: not packaged); `is_breach`: what a blacklist rests on."""

    printed: str
    article: Article | None
    is_breach: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPoints:
    """A line of the table of points."""

    number: int
    class_name: str
    severity: str
    base_points: int
    why: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNotice:
    """A notice in one language. `points` empty: a notice from before there was a table."""

    facts: str
    points: tuple[ShownPoints, ...]
    points_total: int
    reasons: str
    serious_why: str
    basis: tuple[ShownBasis, ...]
    power: str
    term: str
    appeal: str
    remarks: str
    amended: str


def shown_measure(measure: Measure, language: Language, laws: StatuteTexts, now_ms: int) -> ShownNotice:
    """The measure's notice as it stands now."""
    return shown_notice(
        measure.notice,
        language,
        laws,
        term=term_of(measure, Words(language), now_ms),
        breach=measure.breach,
        serious_why=measure.serious_why,
    )


def shown_notice(
    notice: Notice, language: Language, laws: StatuteTexts, *, term: str, breach: str = "", serious_why: str = ""
) -> ShownNotice:
    """The notice; what has no English text is shown in Chinese, which holds."""
    words, zh, on = Words(language), language == "zh", _day(notice)
    printed = notice.basis_zh if zh else notice.basis_en
    printed = printed or tuple(laws.formal(cited, language, on) for cited in notice.basis)
    return ShownNotice(
        facts=notice.facts_zh if zh else notice.facts_en or notice.facts_zh,
        points=_points(notice.points, words),
        points_total=notice.points_total,
        reasons=notice.reasons_zh if zh else notice.reasons_en or notice.reasons_zh,
        serious_why=serious_why,
        basis=tuple(
            ShownBasis(printed=said, article=laws.article(cited, on), is_breach=cited == breach)
            for cited, said in zip(notice.basis, printed, strict=True)
        ),
        power=notice.power_zh if zh else notice.power_en or notice.power_zh,
        term=term,
        appeal=notice.appeal_zh if zh else notice.appeal_en or notice.appeal_zh,
        remarks=notice.remarks_zh or notice.remarks_en if zh else notice.remarks_en or notice.remarks_zh,
        amended=notice.amended_zh if zh else notice.amended_en or notice.amended_zh,
    )


def _day(notice: Notice) -> date | None:
    """The first day on which any of its words fell; None: the calendar of none is known."""
    said = [each.said_at_ms for fact in notice.facts for each in fact.occurrences if each.said_at_ms is not None]
    return day_at(min(said)) if said else None


def state_key(measure: Measure, now_ms: int) -> str:
    """The key of the word for where the measure stands: approved is not yet in force."""
    waits = measure.state is MeasureState.IN_FORCE and now_ms < measure.begins_at_ms
    return "measure_state.approved" if waits else f"measure_state.{measure.state.value}"


def term_of(measure: Measure, words: Words, now_ms: int) -> str:
    """From when to when it holds, in the tense of this moment."""
    date = date_zh if words.language == "zh" else date_en
    start, end = date(measure.begins_at_ms), date(measure.ends_at_ms)
    if measure.state is MeasureState.PROPOSED:
        return words("term.intended", start=start, end=end)
    if measure.state in _NEVER_CAME:
        return words("term.never", start=start, end=end)
    if measure.state is MeasureState.LIFTED and measure.closed_at_ms is not None:
        key = "term.lifted" if measure.closed_at_ms >= measure.begins_at_ms else "term.lifted_before"
        return words(key, start=start, end=date(measure.closed_at_ms))
    if now_ms < measure.begins_at_ms:
        return words("term.coming", start=start, end=end)
    return words("term.begun" if now_ms < measure.ends_at_ms else "term.over", start=start, end=end)


def intended_term(notice: Notice, words: Words) -> str:
    """The term of a notice that nobody has proposed yet."""
    assert notice.starts_at_ms is not None
    assert notice.ends_at_ms is not None
    date = date_zh if words.language == "zh" else date_en
    return words("term.intended", start=date(notice.starts_at_ms), end=date(notice.ends_at_ms))


def _points(rows: Sequence[PointsRow], words: Words) -> tuple[ShownPoints, ...]:
    zh = words.language == "zh"
    return tuple(
        ShownPoints(
            number=row.number,
            class_name=row.class_zh if zh else row.class_en,
            severity=words.term("severity", row.severity),
            base_points=row.base_points,
            why=_why(row, words),
            points=row.points,
        )
        for row in rows
    )


def _why(row: PointsRow, words: Words) -> str:
    if not row.counts:
        return words("strike.forgotten")
    zh = words.language == "zh"
    said = [
        words("points.more" if f.percent >= 0 else "points.less", why=f.zh if zh else f.en, percent=abs(f.percent))
        for f in row.factors
    ]
    return words("points.and").join(said) or words("points.plain")
