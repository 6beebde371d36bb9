"""Labelled talk as it is measured: windows of passages and cases from files, and an engine for each kind of goods."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from claims.classifier.reading import Reader
from claims.engine.conversation import ClaimEngine, Watch
from claims.passports.load import read_passports
from claims.policy.policy import Policy
from claims.types import Finding, Passage

ROOMS_CATEGORY = "health_food/other"
Label = Literal["breach", "lawful", "unsure"]
# Characters a second, and what lies between two passages, as the scorer of live talk reckons.
_A_SECOND, _BREATH_MS, _GAP_MS = 5.5, 300, 200
AT = datetime.fromisoformat("2026-06-15T12:00:00+08:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A passage of a window, how two readers labelled it and which classes they named; `category` of the goods."""

    window: str
    number: int
    text: str
    label: Label
    classes: tuple[str, ...]
    category: str

    @property
    def goods(self) -> str:
        """The kind of goods: the first part of the category."""
        return self.category.partition("/")[0]

    @property
    def took_ms(self) -> int:
        """How long it took to say."""
        return int(len(self.text) / _A_SECOND * 1000) + _BREATH_MS


def written(path: Path) -> list[Said]:
    """The windows of `own.jsonl` or `held.jsonl`."""
    return [
        said_row(passage, window["window"], number, passage["text"], window["goods"])
        for window in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        for number, passage in enumerate(window["passages"])
    ]


def said_row(row: Mapping[str, Any], window: str, number: int, text: str, category: str) -> Said:
    """A passage with the label and the classes that the row holds."""
    classes = tuple(row["classes"])
    return Said(window=window, number=number, text=text, label=row["label"], classes=classes, category=category)


def hours(said: Iterable[Said]) -> float:
    """How long all of it took to say, the gaps between counted."""
    return sum(one.took_ms + _GAP_MS for one in said) / 3.6e6


def windows_of(said: Sequence[Said]) -> Iterator[list[Said]]:
    """The passages window by window."""
    for _, group in groupby(said, key=lambda one: one.window):
        yield list(group)


def passages(window: Sequence[Said], product_id: str) -> Iterator[Passage]:
    """A window as it is heard, one passage after the other."""
    clock = 0
    for one in window:
        yield Passage(
            stream_id=one.window,
            id=f"{one.window}.{one.number}",
            start_ms=clock,
            end_ms=clock + one.took_ms,
            text=one.text + "。",
            product_id=product_id,
        )
        clock += one.took_ms + _GAP_MS


_BLUE_HAT: dict[str, Any] = {
    "id": "P",
    "name": "保健食品样品",
    "category": ROOMS_CATEGORY,
    "origin": "CN",
    "certificates": [{"scheme": "BLUE_HAT", "number": "国食健注G20200001", "valid_until": "2030-01-01"}],
    "registered_claims": ["有助于增强免疫力"],
}


class Engines:
    """An engine for each kind of goods, with a product that registers nothing; a registered health food for rooms."""

    def __init__(self, policy: Policy, reader: Reader | None = None) -> None:
        self._policy, self._reader = policy, reader
        self._by_category: dict[str, ClaimEngine] = {}

    def of(self, category: str) -> ClaimEngine:
        """The engine for goods of this category."""
        if category not in self._by_category:
            bare = {"id": "P", "name": "小店好物", "category": category}
            record = _BLUE_HAT if category == ROOMS_CATEGORY else bare
            passports = read_passports([record], self._policy.quantity_reader, source="talk")
            self._by_category[category] = ClaimEngine(self._policy, passports, at=AT, reader=self._reader)
        return self._by_category[category]

    def findings(self, window: Sequence[Said], watch: Watch | None = None) -> list[Finding]:
        """What is found in a window."""
        conversation = self.of(window[0].category).conversation(window[0].window, watch=watch)
        for passage in passages(window, "P"):
            conversation.hear(passage)
        conversation.flush()
        return conversation.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Passages of one stream and the classes that must be flagged; none: nothing may be."""

    case_id: str
    passages: tuple[Passage, ...]
    classes: frozenset[str]


def read_cases(file: Path) -> Iterator[Case]:
    """The labelled cases of a file, four seconds between passages."""
    for line in file.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield Case(
            case_id=case["case"],
            passages=tuple(
                Passage(
                    stream_id=case["case"],
                    id=f"{case['case']}.{n}",
                    channel=case.get("channel", "speech"),
                    start_ms=n * 4000,
                    end_ms=n * 4000 + 3600,
                    text=text,
                    product_id=case.get("product_id"),
                )
                for n, text in enumerate(case["utterances"])
            ),
            classes=frozenset(c for e in case["expected"] for c in e["classes"]),
        )
