"""Papers that are not in force on the day of the broadcast: told, and no reason to refuse a passport."""

from datetime import date

from claims.passports.passport import Passport


def not_in_force(passport: Passport, day: date) -> tuple[str, ...]:
    """One line for each certificate, and for the passport itself, that ended before the day or begins after it."""
    found = []
    for paper in passport.certificates:
        term = _term(paper.valid_from, paper.valid_to, day)
        if term:
            number = f" {paper.number}" if paper.number else ""
            found.append(f"{passport.id}: {paper.path}: {paper.scheme}{number} {term}; it supports nothing then")
    own = _term(passport.valid_from, passport.valid_to, day)
    if own:
        found.append(f"{passport.id}: valid_to: the passport {own}")
    return tuple(found)


def _term(begins: date | None, ends: date | None, day: date) -> str:
    if ends is not None and ends < day:
        return f"ended on {ends}, before the broadcast on {day}"
    if begins is not None and begins > day:
        return f"begins on {begins}, after the broadcast on {day}"
    return ""
