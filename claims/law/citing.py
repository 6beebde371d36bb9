"""How law is cited: the short form that findings keep, and the formal one that people are shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_SHORT = re.compile(
    r"(?P<law>[\u4e00-\u9fff（）、]*[\u4e00-\u9fff）]) ?(?P<article>[1-9]\d{0,3})(?P<parts>(?:\([1-9]\d?\)){0,2})"
)
_HALF_FORMAL = ("第", "条", "款", "项")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a citation such as `广告法 28(2)(2)` names; `parts` are the numbers in brackets, two at most."""

    law: str
    article: int
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which part of an article is meant; None: not a part. `only_paragraph`: the article has no other."""

    paragraph: int | None = None
    item: int | None = None
    only_paragraph: bool = False


def parse(cited: str) -> Citation | None:
    """What the short form names; None for anything else, which nobody may guess at."""
    found = _SHORT.fullmatch(cited.strip())
    if found is None or found["law"].endswith(_HALF_FORMAL):
        return None
    parts = tuple(int(part) for part in re.findall(r"\d+", found["parts"]))
    return Citation(law=found["law"], article=int(found["article"]), parts=parts)


def place_of(parts: Sequence[int], lines: Sequence[str] | None) -> Place | None:
    """The part that these numbers mean in an article of these lines; None: the article has no such part.

    One number alone is an item where the article has but one paragraph or no such paragraph. `lines` None: the text is
    not known; then one number alone may mean either, and nobody can say.
    """
    if not parts:
        return Place()
    if lines is None:
        return Place(paragraph=parts[0], item=parts[1]) if len(parts) == 2 else None
    items = _items(lines)
    alone = len(items) == 1
    if len(parts) == 1:
        first_has_items = bool(items and items[0])
        if (alone and first_has_items) or parts[0] > len(items):
            parts = (1, parts[0])
    if not 1 <= parts[0] <= len(items):
        return None
    if len(parts) == 1:
        return Place(paragraph=parts[0], only_paragraph=alone)
    if numeral(parts[1]) not in items[parts[0] - 1]:
        return None
    return Place(paragraph=parts[0], item=parts[1], only_paragraph=alone)


def _items(lines: Sequence[str]) -> list[list[str]]:
    """The numbers of the items of each paragraph."""
    items: list[list[str]] = []
    for line in lines:
        found = re.match(r"（([一二三四五六七八九十百]+)）", line)
        if found is None:
            items.append([])
        elif items:
            items[-1].append(found[1])
    return items


def formal(citation: Citation, place: Place, language: Literal["zh", "en"], *, title_en: str = "") -> str:
    """The citation as notices write it: 《广告法》第二十八条第二款第（二）项, or in English by `title_en`."""
    paragraph = None if place.only_paragraph else place.paragraph
    if language == "en":
        more = [f"paragraph {paragraph}"] if paragraph else []
        more += [f"item ({place.item})"] if place.item else []
        return ", ".join([title_en or f"《{citation.law}》", f"Article {citation.article}", *more])
    more_zh = f"第{numeral(paragraph)}款" if paragraph else ""
    more_zh += f"第（{numeral(place.item)}）项" if place.item else ""
    return f"《{citation.law}》第{numeral(citation.article)}条{more_zh}"


def numeral(number: int) -> str:
    """The number in Chinese, from 1 to 9999: 一百零五."""
    if not 1 <= number <= 9999:
        raise ValueError(f"{number} is no number of an article, paragraph or item")
    said, skipped = "", False
    for power in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**power % 10
        if digit == 0:
            skipped = True
            continue
        said += (_DIGITS[0] if skipped and said else "") + _DIGITS[digit] + _UNITS[power]
        skipped = False
    return said.removeprefix("一") if 10 <= number <= 19 else said
