"""The text of a cited article, with the part that is meant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from claims.yaml_files import parse_yaml

_CITED = re.compile(r"(?P<law>\D+?) ?(?P<article>\d+)(?P<parts>(?:\(\d+\))*)$")
_NUMERALS = "零一二三四五六七八九十"


class _LawFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    version: str
    articles: dict[int, str]


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
        parts = _CITED.fullmatch(cited.strip())
        law = None if parts is None else self._laws.get(parts["law"].strip())
        if parts is None or law is None or int(parts["article"]) not in law.articles:
            return None
        number = int(parts["article"])
        lines = law.articles[number].splitlines()
        meant = _meant(lines, [int(part) for part in re.findall(r"\d+", parts["parts"])])
        return Article(
            title=law.title,
            version=law.version,
            number=number,
            lines=tuple((line, at in meant) for at, line in enumerate(lines)),
        )


def _meant(lines: list[str], parts: list[int]) -> set[int]:
    """The places of the cited paragraph or point.

    A single number is a point where the article has but one paragraph, or no such paragraph.
    """
    paragraphs = [at for at, line in enumerate(lines) if not line.startswith("（")]
    if not parts:
        return set()
    only_points = len(paragraphs) == 1 and len(lines) > 1
    if len(parts) == 1 and (only_points or parts[0] > len(paragraphs)):
        parts = [1, parts[0]]
    if parts[0] > len(paragraphs):
        return set()
    start = paragraphs[parts[0] - 1]
    if len(parts) == 1:
        return {start}
    point = _numeral(parts[1])
    end = next((at for at in paragraphs if at > start), len(lines))
    return {at for at in range(start + 1, end) if lines[at].startswith(f"（{point}）")}


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number <= 10:
        return _NUMERALS[number]
    return (_NUMERALS[tens] if tens > 1 else "") + "十" + (_NUMERALS[ones] if ones else "")
