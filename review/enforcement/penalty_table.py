"""The published table of measures and the retention clocks, read from `configs/enforcement` and checked."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from claims.law.citing import Citation, parse
from claims.policy.files import read_policy_file
from claims.types import Frozen
from review.enforcement.types import MeasureKind

DAY_MS = 86_400_000
Severity = Literal["medium", "high", "critical"]
Clock = Literal["broadcast", "case", "measure", "strike", "link"]
Percent = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=3650)]
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
    """When a measure is proposed, how long it lasts, how many people it takes, how long the host has to answer.

    `power`: the articles by which a platform takes it; `province`: it is reported to the authorities of the province.
    """

    at_points: Annotated[int, Field(ge=1)]
    term_days: Annotated[int, Field(ge=1)]
    longest_days: Annotated[int, Field(ge=1, le=3650)]
    people: Literal[1, 2]
    defence_days: Days
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    power: Annotated[tuple[str, ...], Field(min_length=1)]
    province: bool = False

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


class Duties(Frozen):
    """The articles by which a platform makes a measure public and reports it to the authorities."""

    posted_by: str
    reported_by: str


class StatementLimits(Frozen):
    """What the host may hand in."""

    longest_chars: Annotated[int, Field(ge=100)]
    most_files: Annotated[int, Field(ge=0, le=100)]
    largest_file_bytes: Annotated[int, Field(ge=1, le=1_000_000_000)]
    file_types: tuple[FILE_TYPES, ...]


class Straight(Frozen):
    """When the ladder is left out: cases of this severity, confirmed in so many broadcasts."""

    severity: Severity
    broadcasts: Annotated[int, Field(ge=2, le=100)]


class Ladder(Frozen):
    """In which order measures may follow each other, and how far the cases of one broadcast may lead."""

    rungs: tuple[MeasureKind, ...]
    steps_a_broadcast: Literal[1]
    straight_to_last: Straight

    @model_validator(mode="after")
    def _check(self) -> Self:
        places = [kind.gravity for kind in self.rungs]
        if not places or sorted(set(places)) != places:
            raise ValueError("rungs must go from mild to grave, each measure once")
        if self.rungs[-1] is not MeasureKind.BLACKLIST:
            raise ValueError("the last of the rungs must be blacklist")
        return self

    def rung_of(self, kind: MeasureKind | None) -> int:
        """The place of the highest rung that is no graver than this measure; -1: below the first."""
        return -1 if kind is None else sum(rung.gravity <= kind.gravity for rung in self.rungs) - 1


class Fit(Frozen):
    """What an article is about: goods of these categories (prefixes), never of those, claims of these classes."""

    goods: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def holds(self, class_id: str, category: str | None) -> bool:
        """True if the article covers such a claim about goods of this category; None: about no goods in particular."""
        path = "" if category is None else f"{category.rstrip('/')}/"
        if self.classes and class_id not in self.classes:
            return False
        if self.goods and not any(path.startswith(goods) for goods in self.goods):
            return False
        return not any(path.startswith(goods) for goods in self.never)


class Statute(Frozen):
    """A law, administrative regulation or departmental rule, and its articles that may be named.

    `fits`: what an article is about, where that is not every claim about all goods.
    """

    name: Annotated[str, Field(min_length=1)]
    level: Literal["law", "regulation", "rule"]
    articles: tuple[Annotated[int, Field(ge=1)], ...]
    fits: dict[int, Fit] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        stray = sorted(set(self.fits) - set(self.articles))
        if stray:
            raise ValueError(f"fits names article {stray[0]}, which is not among the articles")
        return self


class Measures(Frozen):
    """The whole table."""

    version: Annotated[str, Field(min_length=1)]
    severities: dict[Severity, Weight]
    mitigations: Mitigations
    aggravations: Aggravations
    measures: dict[MeasureKind, MeasureRule]
    duties: Duties
    ladder: Ladder
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
        citation = parse(cited)
        return None if citation is None else self._statute(citation)

    def fits(self, cited: str, class_id: str, category: str | None) -> bool:
        """True if a notice about such a claim may rest on the citation: it is in the table and covers such goods."""
        citation = parse(cited)
        statute = None if citation is None else self._statute(citation)
        if citation is None or statute is None:
            return False
        return statute.fits.get(citation.article, Fit()).holds(class_id, category)

    def factor(self, name: str) -> Factor:
        """The mitigation or aggravation of this name."""
        found: Factor = getattr(self.aggravations, name, None) or getattr(self.mitigations, name)
        return found

    def _statute(self, citation: Citation) -> Statute | None:
        named = (s for s in self.statutes if s.name == citation.law)
        return next((s for s in named if citation.article in s.articles), None)


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
