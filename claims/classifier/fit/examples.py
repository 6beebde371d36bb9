"""Labelled passages, a JSON object a line: what is wrong is told by line and field; written in the same form."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationError

from claims.errors import ClaimsError
from claims.types import Frozen

Label = Literal["breach", "lawful", "unsure"]


class LabelsError(ClaimsError):
    """A line holds no labelled passage; who made the file can act."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        self.source, self.line, self.reason = source, line, reason
        super().__init__(f"labels {source} line {line}: {reason}")


class LabelledPassage(Frozen):
    """What was said, and whether people found it a breach.

    `goods`: the category of what was sold, such as `health_food/other`. `host`: who said it, by whom folds are parted;
    empty: nobody knows, and its `stream` counts. `at`: when it was decided; without it a file's order counts.
    `detector`: what the rule that found it scores; null: none did. `sampled`: it came by a spot check.
    """

    text: Annotated[str, Field(min_length=1, max_length=4_000)]
    label: Label
    goods: Annotated[str, Field(min_length=1, max_length=100)]
    classes: tuple[str, ...] = ()
    host: Annotated[str, Field(max_length=200)] = ""
    stream: Annotated[str, Field(max_length=200)] = ""
    at: AwareDatetime | None = None
    detector: Annotated[float, Field(ge=0, le=1)] | None = None
    sampled: bool = False

    @property
    def kind(self) -> str:
        """The kind of goods: the first part of the category."""
        return self.goods.partition("/")[0]

    @property
    def group(self) -> str:
        """What is never parted between what is learnt from and what is judged by."""
        return self.host or self.stream or self.text


def read_labels(path: Path) -> list[LabelledPassage]:
    """The passages of a file of JSON lines, each checked; LabelsError names the first line that is wrong."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(str(path), 1, f"can't be read: {error}; give a file of UTF-8 JSON lines") from error
    return [_passage(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def labels_as_lines(passages: Iterable[LabelledPassage]) -> Iterator[str]:
    """Each passage as `read_labels` reads it."""
    for passage in passages:
        yield json.dumps(passage.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def in_order(passages: Iterable[LabelledPassage]) -> list[LabelledPassage]:
    """The oldest decision first; those without a moment before all others, as they stand."""
    return sorted(passages, key=_moment)


def _moment(passage: LabelledPassage) -> float:
    return passage.at.timestamp() if isinstance(passage.at, datetime) else float("-inf")


def _passage(path: Path, number: int, line: str) -> LabelledPassage:
    try:
        return LabelledPassage.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "line"
        accepted = "; fields: text, label (breach, lawful, unsure), goods, and if known " + ", ".join(
            name for name in LabelledPassage.model_fields if name not in {"text", "label", "goods"}
        )
        raise LabelsError(str(path), number, f"{field}: {first['msg']}{accepted}") from error
