"""The text of a cited article, with the part that is meant, and how it is cited in print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from claims.policy.yaml_files import parse_yaml
from review.citing import Citation, Place, formal, numeral, parse, place_of
from review.language import Language


class _LawFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    title_en: str
    version: str
    articles: dict[int, str] = {}


class _LawsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    laws: tuple[_LawFile, ...]


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


class Laws:
    """The packaged articles."""

    def __init__(self, laws: Mapping[str, _LawFile]) -> None:
        self._laws = laws

    @classmethod
    def none(cls) -> "Laws":
        """No text at all: cards then show citations alone."""
        return cls({})

    @classmethod
    def read(cls, path: Path) -> "Laws":
        """Those of the YAML file."""
        found = _LawsFile.model_validate(parse_yaml(path.read_bytes()))
        return cls({law.name: law for law in found.laws})

    def article(self, cited: str) -> Article | None:
        """The article that a citation such as `广告法 28(2)(2)` names; None: its text is not packaged."""
        citation = parse(cited)
        lines = None if citation is None else self._lines(citation)
        if citation is None or lines is None:
            return None
        law = self._laws[citation.law]
        meant = _meant(lines, place_of(citation.parts, lines) or Place())
        return Article(
            title=law.title,
            version=law.version,
            number=citation.article,
            lines=tuple((line, at in meant) for at, line in enumerate(lines)),
        )

    def formal(self, cited: str, language: Language = "zh") -> str:
        """The citation as notices and pages print it; what can't be read for certain is given back as it is."""
        citation = parse(cited)
        if citation is None:
            return cited
        place = place_of(citation.parts, self._lines(citation))
        law = self._laws.get(citation.law)
        return cited if place is None else formal(citation, place, language, title_en=law.title_en if law else "")

    def listed(self, citations: Iterable[str], language: Language = "zh") -> str:
        """These citations as they are printed in a row."""
        return ("、" if language == "zh" else "; ").join(self.formal(cited, language) for cited in citations)

    def _lines(self, citation: Citation) -> list[str] | None:
        law = self._laws.get(citation.law)
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
