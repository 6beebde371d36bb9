"""The articles that are cited, word for word, by the versions of their laws that were in force on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from claims.law.citing import Citation, Place, formal, numeral, parse, place_of
from claims.policy.yaml_files import parse_yaml
from claims.types import CHINA_TIME, Frozen

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_COPIES = 2


def day_of(moment: datetime) -> date:
    """The day in China on which the moment falls: its law holds for what was said then."""
    return moment.astimezone(CHINA_TIME).date()


def day_at(ms: int) -> date:
    """The day in China on which a moment falls that is told in milliseconds since 1970."""
    return datetime.fromtimestamp(ms / 1000, tz=CHINA_TIME).date()


class Source(Frozen):
    """Where the text was read: a public copy, the file in it, and the state of it."""

    repo: str
    path: str
    commit: str = ""


class LawVersion(Frozen):
    """A law as it read from `in_force` on, up to the day `until` if a later version is known.

    `copies`: in how many public copies the articles were read, and agreed. `renumbered`: what an earlier version has
    elsewhere (`14(5)`), and where this one has it.
    """

    name: str
    title: str
    title_en: str
    version: str
    in_force: date
    until: date | None = None
    copies: int = 1
    sources: tuple[Source, ...] = ()
    renumbered: dict[str, str] = Field(default_factory=dict)
    articles: dict[int, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.until is not None and self.until < self.in_force:
            raise ValueError(f"{self.name} {self.version}: until is before in_force")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether this version was in force on the day."""
        return self.in_force <= day and (self.until is None or day <= self.until)


class StatuteTextsFile(Frozen):
    """`configs/laws/*.yaml`."""

    laws: tuple[LawVersion, ...]

    @model_validator(mode="after")
    def _versions_follow_each_other(self) -> Self:
        for versions in _by_name(self.laws).values():
            for one, two in pairwise(versions):
                if one.until is None or one.until >= two.in_force:
                    raise ValueError(
                        f"{one.name} {one.version}: until must be before {two.in_force}, when the next is in force"
                    )
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as published; `lines` are its paragraphs and numbered points, and whether each is the one cited."""

    title: str
    version: str
    number: int
    lines: tuple[tuple[str, bool], ...]

    @property
    def numeral(self) -> str:
        """Its number in Chinese."""
        return numeral(self.number)

    @property
    def meant(self) -> str:
        """The words that are cited: the part, or the whole article where no part is named."""
        return "\n".join([line for line, is_meant in self.lines if is_meant] or [line for line, _ in self.lines])


class StatuteTexts:
    """The packaged articles. On no day (`on` None) the last known version of a law is meant that has the article."""

    def __init__(self, laws: Mapping[str, Sequence[LawVersion]]) -> None:
        self._laws = laws

    @classmethod
    def none(cls) -> "StatuteTexts":
        """No text at all: cards then show citations alone."""
        return cls({})

    @classmethod
    def read(cls, path: Path) -> "StatuteTexts":
        """Those of the YAML file."""
        return cls(_by_name(StatuteTextsFile.model_validate(parse_yaml(path.read_bytes())).laws))

    @property
    def versions(self) -> tuple[LawVersion, ...]:
        """Every version of every law."""
        return tuple(version for versions in self._laws.values() for version in versions)

    def version_of(self, name: str, on: date | None = None) -> LawVersion | None:
        """The law as it read on the day; None where no version of it is known for that day."""
        versions = self._laws.get(name, ())
        if on is None:
            return versions[-1] if versions else None
        return next((version for version in versions if version.holds_on(on)), None)

    def article(self, cited: str, on: date | None = None) -> Article | None:
        """The article that a citation such as `广告法 28(2)(2)` names; None: its text is not packaged for that day."""
        citation = parse(cited)
        law = None if citation is None else self._version(citation, on)
        lines = None if citation is None else _lines(law, citation)
        if citation is None or law is None or lines is None:
            return None
        meant = _meant(lines, place_of(citation.parts, lines) or Place())
        return Article(
            title=law.title,
            version=law.version,
            number=citation.article,
            lines=tuple((line, at in meant) for at, line in enumerate(lines)),
        )

    def as_of(self, cited: str, on: date | None = None) -> str:
        """The citation by the numbers that the law had on the day: 商标法 14(5) is 64(1) from 2027 on."""
        citation = parse(cited)
        law = None if citation is None else self.version_of(citation.law, on)
        if citation is None or law is None:
            return cited
        own = f"{citation.article}{''.join(f'({part})' for part in citation.parts)}"
        return f"{citation.law} {law.renumbered[own]}" if own in law.renumbered else cited

    def is_verified(self, cited: str, on: date | None = None) -> bool:
        """Whether the part that is cited was read in two copies that agree, as it was in force on the day."""
        citation = parse(cited)
        law = None if citation is None else self._version(citation, on)
        return law is not None and law.copies >= _COPIES and self.is_read(cited, on)

    def is_read(self, cited: str, on: date | None = None) -> bool:
        """Whether the text of the very part that is cited is packaged, as it was in force on the day."""
        citation = parse(cited)
        lines = None if citation is None else _lines(self._version(citation, on), citation)
        return citation is not None and lines is not None and place_of(citation.parts, lines) is not None

    def formal(self, cited: str, language: Language = "zh", on: date | None = None) -> str:
        """The citation as notices and pages print it; what can't be read for certain is given back as it is."""
        citation = parse(cited)
        if citation is None:
            return cited
        law = self._version(citation, on)
        place = place_of(citation.parts, _lines(law, citation))
        return cited if place is None else formal(citation, place, language, title_en=law.title_en if law else "")

    def listed(self, citations: Iterable[str], language: Language = "zh", on: date | None = None) -> str:
        """These citations as they are printed in a row."""
        return ("、" if language == "zh" else "; ").join(self.formal(cited, language, on) for cited in citations)

    def _version(self, citation: Citation, on: date | None) -> LawVersion | None:
        if on is not None:
            return self.version_of(citation.law, on)
        having = [version for version in self._laws.get(citation.law, ()) if citation.article in version.articles]
        return having[-1] if having else self.version_of(citation.law)


@cache
def laws_of(path: Path) -> StatuteTexts:
    """The articles of the file, read once."""
    return StatuteTexts.read(path)


def _by_name(laws: Iterable[LawVersion]) -> dict[str, tuple[LawVersion, ...]]:
    found: dict[str, list[LawVersion]] = {}
    for law in sorted(laws, key=lambda one: one.in_force):
        found.setdefault(law.name, []).append(law)
    return {name: tuple(versions) for name, versions in found.items()}


def _lines(law: LawVersion | None, citation: Citation) -> list[str] | None:
    text = None if law is None else law.articles.get(citation.article)
    return None if text is None else text.splitlines()


def _meant(lines: list[str], place: Place) -> set[int]:
    """The places of the cited paragraph or point."""
    if place.paragraph is None:
        return set()
    paragraphs = [at for at, line in enumerate(lines) if not line.startswith("（")]
    start = paragraphs[place.paragraph - 1]
    if place.item is None:
        return {start}
    end = next((at for at in paragraphs if at > start), len(lines))
    return {at for at in range(start + 1, end) if lines[at].startswith(f"（{numeral(place.item)}）")}
