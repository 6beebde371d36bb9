"""What is checked before a broadcast, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from claims.types import Finding, Passage


class TextKind(StrEnum):
    """What a text is: words to be spoken, words to be shown, or captions with their times."""

    SCRIPT = "script"
    PAGE = "page"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A passage and its place in the text as it was given: characters, half-open; lines count from 1."""

    passage: Passage
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What may be said instead or what it takes, in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding with its place in the text and what is advised."""

    finding: Finding
    start: int
    end: int
    line: int
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A text and everything remarked on it, by place; `left_out`: what could not be judged by, and why.

    `warnings`: what of its passports supports nothing on that day, or would not be let in today.
    """

    text: str
    remarks: tuple[Remark, ...]
    policy: str
    products: Mapping[str, str]
    piece_count: int
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """A text of a catalogue and the product that it speaks of; `number` is its line or place, from 1."""

    number: int
    product_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """A row with what came of it. `error`: what was wrong with it; `checked` None: nothing of it could be checked."""

    row: CatalogueRow
    checked: Checked | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRows:
    """The rows of a catalogue as checked, and what of their passports is to be warned of."""

    rows: tuple[CheckedRow, ...]
    warnings: tuple[str, ...] = ()
