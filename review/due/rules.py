"""The published table of measures and the retention clocks, read from `configs/due` and checked."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from claims.policy_files import read_policy_file
from claims.types import Frozen
from review.due.types import MeasureKind

DAY_MS = 86_400_000
Severity = Literal["medium", "high", "critical"]
Clock = Literal["broadcast", "case", "measure", "strike", "link"]
Percent = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=3650)]
_CITED = re.compile(r"(?P<name>\D+?) ?(?P<article>\d+)(?:\(\d+\))*")
FILE_TYPES = Literal["application/pdf", "image/png", "image/jpeg", "video/mp4"]


class Weight(Frozen):
    """What a case of a severity weighs and when it is forgotten."""

    points: Annotated[int, Field(ge=1, le=1000)]
    expiry_days: Annotated[int, Field(ge=1, le=3650)]


class Factor(Frozen):
    """Hundredths of a case's points that are taken off or added, and the words for it."""

    percent: Percent
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Topic(Factor):
    """An aggravation that a class or a category (a prefix) makes apply."""

    classes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Mitigations(Frozen):
    """What speaks for the host."""

    corrected: Factor
    first: Factor


class Aggravations(Frozen):
    """What speaks against the host."""

    health: Topic
    minors: Topic
    repeated: Factor


class MeasureRule(Frozen):
    """When a measure is proposed, how long it lasts, how many people it takes, how long the host has to answer."""

    at_points: Annotated[int, Field(ge=1)]
    term_days: Annotated[int, Field(ge=1)]
    longest_days: Annotated[int, Field(ge=1, le=3650)]
    people: Literal[1, 2]
    defence_days: Days
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.term_days > self.longest_days:
            raise ValueError("term_days is longer than longest_days")
        return self


class Deadlines(Frozen):
    """The terms of procedure, in days."""

    appeal_days: Annotated[int, Field(ge=1, le=3650)]
    appeal_decision_days: Annotated[int, Field(ge=1, le=3650)]
    proposal_lapses_days: Annotated[int, Field(ge=1, le=3650)]
    page_stays_days: Days


class StatementLimits(Frozen):
    """What the host may hand in."""

    longest_chars: Annotated[int, Field(ge=100)]
    most_files: Annotated[int, Field(ge=0, le=100)]
    largest_file_bytes: Annotated[int, Field(ge=1, le=1_000_000_000)]
    file_types: tuple[FILE_TYPES, ...]


class Statute(Frozen):
    """A law, administrative regulation or departmental rule, and its articles that may be named."""

    name: Annotated[str, Field(min_length=1)]
    level: Literal["law", "regulation", "rule"]
    articles: tuple[Annotated[int, Field(ge=1)], ...]


class Measures(Frozen):
    """The whole table."""

    version: Annotated[str, Field(min_length=1)]
    severities: dict[Severity, Weight]
    mitigations: Mitigations
    aggravations: Aggravations
    measures: dict[MeasureKind, MeasureRule]
    deadlines: Deadlines
    statements: StatementLimits
    statutes: tuple[Statute, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        missing = [name for name in ("medium", "high", "critical") if name not in self.severities]
        missing += [kind.value for kind in MeasureKind if kind not in self.measures]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        points = [self.measures[kind].at_points for kind in MeasureKind]
        if sorted(set(points)) != points:
            raise ValueError("measures: at_points must grow from warning to blacklist")
        if self.measures[MeasureKind.BLACKLIST].people != 2:
            raise ValueError("measures.blacklist: people must be 2")
        if not any(statute.level != "rule" for statute in self.statutes):
            raise ValueError("statutes: none is a law or an administrative regulation")
        return self

    def statute_of(self, cited: str) -> Statute | None:
        """The statute whose article a citation such as `广告法 28(2)(2)` names; None: the table has none."""
        parts = _CITED.fullmatch(cited.strip())
        if parts is None:
            return None
        name, article = parts["name"].strip(), int(parts["article"])
        return next((s for s in self.statutes if s.name == name and article in s.articles), None)


class RetentionClock(Frozen):
    """How long a kind is kept, from which moment."""

    days: Annotated[int, Field(ge=1, le=36_500)]
    start: Annotated[Literal["deal", "end"], Field(alias="from")]
    zh: str
    en: str


class Retention(Frozen):
    """The clocks by kind."""

    version: Annotated[str, Field(min_length=1)]
    clocks: dict[Clock, RetentionClock]

    @model_validator(mode="after")
    def _check(self) -> Self:
        missing = {"broadcast", "case", "measure", "strike", "link"} - set(self.clocks)
        if missing:
            raise ValueError(f"{min(missing)} is missing")
        return self


def read_measures(folder: Path) -> Measures:
    """The table of the folder; PolicyError names file, line and what is wrong."""
    return read_policy_file(folder / "measures.yaml", Measures)


def read_retention(folder: Path) -> Retention:
    """The retention clocks of the folder; PolicyError names file, line and what is wrong."""
    return read_policy_file(folder / "retention.yaml", Retention)
