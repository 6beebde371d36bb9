"""Shelf life, freshness and age against registered dates."""

import re
from datetime import timedelta
from decimal import Decimal

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.values import first_number, first_quantity
from claims.passports.passport import Passport
from claims.text.units import plain

_A_YEAR = 1900
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_VINTAGE = ("年份", "vintage", "采收", "收获", "harvest")
_MADE = ("生产日期", "production_date", "灌装日期", "压制日期")


def judge_shelf_life(given: JudgeInput) -> Judgement:
    """A spoken shelf life against the registered one, in days."""
    passport = given.passport
    said = first_quantity(given, "time")
    if passport is None or said is None:
        return out_of_scope("nothing to compare")
    entry = next(
        (q for q in passport.quantities if q.dimension == "time" and ("保质" in q.label or "shelf" in q.key)), None
    )
    if entry is None or entry.canonical_high is None:
        return out_of_scope("no shelf life is registered")
    shown = f"保质期 {entry.shown}"
    if said.canonical_low <= entry.canonical_high * Decimal("1.04") and (
        "放" in given.words or said.canonical_high >= entry.canonical_high * Decimal("0.96")
    ):
        return supported("the registered shelf life", registered=shown, path=entry.path, claimed=given.words)
    return contradicted("another shelf life is registered", registered=shown, path=entry.path, claimed=given.words)


def judge_freshness(given: JudgeInput) -> Judgement:
    """刚下线, 今年新茶: against the production date, on the day of the broadcast."""
    passport = given.passport
    if passport is None or passport.production_date is None:
        return out_of_scope("no production date is registered")
    age = given.at.date() - passport.production_date
    shown = f"生产日期 {passport.production_date}"
    words = given.words
    if "今年" in words or "当季" in words or "新茶" in words or "新米" in words or "明前" in words:
        limit = timedelta(
            days=366 if "今年" not in words else (given.at.date() - given.at.date().replace(month=1, day=1)).days
        )
        if "明前" in words and passport.production_date.month > 4:
            return contradicted("made later in the year", registered=shown, path="production_date", claimed=words)
    elif any(w in words for w in ("上个月", "这个月", "本月")):
        limit = timedelta(days=62)
    elif any(w in words for w in ("上周", "这周", "上星期", "最新", "新鲜", "新货")):
        limit = timedelta(days=31)
    else:
        limit = timedelta(days=10)
    if age <= limit:
        return supported("agrees with the production date", registered=shown, path="production_date", claimed=words)
    return contradicted("made earlier", registered=shown, path="production_date", claimed=words)


def judge_vintage(given: JudgeInput) -> Judgement:
    """三年陈酿, 十五年老酒: against registered ageing or vintage."""
    passport = given.passport
    if passport is None:
        return out_of_scope("the product is not known")
    said, number = first_quantity(given, "time"), first_number(given)
    vintage = _registered_year(passport, _VINTAGE)
    year = _year_said(given)
    if year is not None:
        return _against_years(given, year, vintage, _registered_year(passport, _MADE))
    if vintage is None and number is not None and "年份" in given.words:
        return out_of_scope("names a vintage, and none is registered")
    entry = next(
        (
            q
            for q in passport.quantities
            if q.dimension == "time" and any(k in q.label for k in ("陈", "窖", "酒龄", "年份", "基酒", "树龄", "藏"))
        ),
        None,
    )
    if said is not None and entry is not None and entry.canonical_high is not None:
        if said.canonical_low <= entry.canonical_high * Decimal("1.03"):
            return supported(
                "the registered age", registered=f"{entry.label} {entry.shown}", path=entry.path, claimed=given.words
            )
        return contradicted(
            "younger than claimed", registered=f"{entry.label} {entry.shown}", path=entry.path, claimed=given.words
        )
    if vintage is not None:
        years = given.at.year - vintage[0]
        claimed_years = said.canonical_low / 365 if said is not None else number.low if number is not None else None
        if claimed_years is None:
            return out_of_scope("no year was said")
        if claimed_years <= years + 1:
            return supported(
                "agrees with the vintage", registered=str(vintage[0]), path=vintage[1], claimed=given.words
            )
        return contradicted(
            "another vintage is registered", registered=str(vintage[0]), path=vintage[1], claimed=given.words
        )
    text = next((t for t in passport.texts if any(k in t.label for k in ("陈", "窖", "年份", "基酒"))), None)
    if text is not None and number is not None and plain(number.low) in text.text:
        return supported("the registered age", registered=text.text, path=text.path, claimed=given.words)
    if passport.in_category("alcohol", "food"):
        return unsupported("no age is registered", claimed=given.words)
    return out_of_scope("not a thing that ages")


def _registered_year(passport: Passport, labels: tuple[str, ...]) -> tuple[int, str] | None:
    """The year of such an entry and its path: the passport's own field, or one that was filled in as text."""
    if labels is _VINTAGE and passport.vintage is not None:
        return passport.vintage, "vintage"
    if labels is _MADE and passport.production_date is not None:
        return passport.production_date.year, "production_date"
    for text in passport.texts:
        found = _YEAR.search(text.text) if any(k in text.label or k in text.key for k in labels) else None
        if found is not None:
            return int(found[0]), text.path
    return None


def _year_said(given: JudgeInput) -> int | None:
    """The calendar year among the claim's words, in whatever numerals; None for a number of years."""
    found = _YEAR.search(given.words)
    if found is not None:
        return int(found[0])
    start, end = given.candidate.start, given.candidate.end
    years = (n.low for n in given.window.numbers if start <= n.start and n.end <= end)
    return next((int(n) for n in years if _A_YEAR <= n <= given.at.year + 1), None)


def _against_years(
    given: JudgeInput, said: int, vintage: tuple[int, str] | None, made: tuple[int, str] | None
) -> Judgement:
    """A year that was named, against the vintage; without one it can't lie before the goods were made."""
    if vintage is not None:
        year, path = vintage
        if said == year:
            return supported("agrees with the vintage", registered=str(year), path=path, claimed=given.words)
        return contradicted("another vintage is registered", registered=str(year), path=path, claimed=given.words)
    if made is not None and said < made[0]:
        return contradicted("made in a later year", registered=str(made[0]), path=made[1], claimed=given.words)
    return out_of_scope("names a vintage, and none is registered")
