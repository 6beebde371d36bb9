"""Shelf life, freshness and age against registered dates."""

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from claims.engine.checkers.base import JudgeInput, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.checkers.claimed_numbers import first_number, first_quantity
from claims.passports.passport import Passport, RegisteredQuantity, RegisteredText
from claims.policy.words import Words
from claims.text.numbers import Number
from claims.text.units import Quantity, plain

_A_YEAR = 1900
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# The month of the rains, 谷雨, and how long a season's harvest is new.
_RAINS, _A_SEASON = 4, timedelta(days=366)


def judge_shelf_life(given: JudgeInput) -> Judgement:
    """A spoken shelf life against the registered one, in days."""
    passport, wording = given.passport, given.wording.dates
    said = first_quantity(given, "time")
    if passport is None or said is None:
        return out_of_scope("nothing to compare")
    entry = next(
        (q for q in passport.quantities if q.dimension == "time" and wording.shelf_life.fit(q.label, q.key)), None
    )
    if entry is None or entry.canonical_high is None:
        return out_of_scope("no shelf life is registered")
    shown = given.messages.shelf_life.render(shown=entry.shown)
    if said.canonical_low <= entry.canonical_high * Decimal("1.04") and (
        wording.keeps.any_in(given.words) or said.canonical_high >= entry.canonical_high * Decimal("0.96")
    ):
        return supported("the registered shelf life", registered=shown, path=entry.path, claimed=given.words)
    return contradicted("another shelf life is registered", registered=shown, path=entry.path, claimed=given.words)


def judge_freshness(given: JudgeInput) -> Judgement:
    """刚下线, 今年新茶: against the production date, on the day of the broadcast."""
    passport = given.passport
    if passport is None or passport.production_date is None:
        return out_of_scope("no production date is registered")
    age = given.at.date() - passport.production_date
    shown = given.messages.production_date.render(day=passport.production_date)
    words = given.words
    if given.wording.dates.before_the_rains.any_in(words) and passport.production_date.month > _RAINS:
        return contradicted("made later in the year", registered=shown, path="production_date", claimed=words)
    if age <= _fresh_for(given):
        return supported("agrees with the production date", registered=shown, path="production_date", claimed=words)
    return contradicted("made earlier", registered=shown, path="production_date", claimed=words)


def _fresh_for(given: JudgeInput) -> timedelta:
    """How old goods may be of which that is said."""
    wording, day = given.wording.dates, given.at.date()
    if wording.this_year.any_in(given.words):
        return day - day.replace(month=1, day=1)
    if wording.this_season.any_in(given.words):
        return _A_SEASON
    days = next((term.days for term in wording.fresh if term.words.any_in(given.words)), wording.fresh_days)
    return timedelta(days=days)


def judge_vintage(given: JudgeInput) -> Judgement:
    """三年陈酿, 十五年老酒: against registered ageing or vintage."""
    passport, wording = given.passport, given.wording.dates
    if passport is None:
        return out_of_scope("the product is not known")
    said, number = first_quantity(given, "time"), first_number(given)
    vintage, year = _vintage(passport, wording.vintage), _year_said(given)
    if year is not None:
        return _against_years(given, year, vintage, _made(passport, wording.made))
    if vintage is None and number is not None and wording.names_a_vintage.any_in(given.words):
        return out_of_scope("names a vintage, and none is registered")
    aged = (q for q in passport.quantities if q.dimension == "time" and wording.aged_values.any_in(q.label))
    entry = next(aged, None)
    if said is not None and entry is not None and entry.canonical_high is not None:
        return _against_age(given, said, entry, entry.canonical_high)
    if vintage is not None:
        return _against_vintage(given, said, number, *vintage)
    text = next((t for t in passport.texts if wording.aged_texts.any_in(t.label)), None)
    if text is not None and number is not None and plain(number.low) in text.text:
        return supported("the registered age", registered=text.text, path=text.path, claimed=given.words)
    if passport.in_category("alcohol", "food"):
        return unsupported("no age is registered", claimed=given.words)
    return out_of_scope("not a thing that ages")


def _against_age(given: JudgeInput, said: Quantity, entry: RegisteredQuantity, oldest: Decimal) -> Judgement:
    shown = f"{entry.label} {entry.shown}"
    if said.canonical_low <= oldest * Decimal("1.03"):
        return supported("the registered age", registered=shown, path=entry.path, claimed=given.words)
    return contradicted("younger than claimed", registered=shown, path=entry.path, claimed=given.words)


def _against_vintage(
    given: JudgeInput, said: Quantity | None, number: Number | None, vintage: int, path: str
) -> Judgement:
    """A number of years against the year of the vintage."""
    years = said.canonical_low / 365 if said is not None else number.low if number is not None else None
    if years is None:
        return out_of_scope("no year was said")
    if years <= given.at.year - vintage + 1:
        return supported("agrees with the vintage", registered=str(vintage), path=path, claimed=given.words)
    return contradicted("another vintage is registered", registered=str(vintage), path=path, claimed=given.words)


def _vintage(passport: Passport, names: Words) -> tuple[int, str] | None:
    """The year of the harvest and its path: the passport's own field, or one that was filled in as text."""
    return (passport.vintage, "vintage") if passport.vintage is not None else _year_of(passport.texts, names)


def _made(passport: Passport, names: Words) -> tuple[int, str] | None:
    """The year in which the goods were made and its path."""
    day = passport.production_date
    return (day.year, "production_date") if day is not None else _year_of(passport.texts, names)


def _year_of(texts: Iterable[RegisteredText], names: Words) -> tuple[int, str] | None:
    for text in texts:
        found = _YEAR.search(text.text) if names.any_in(text.label) or names.any_in(text.key) else None
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
