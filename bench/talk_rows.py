"""Labelled talk as rows: what was said in rooms (fetched, never stored), and the project's own."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from bench.checkout import ROOT
from claims.types import Passage

TALK = ROOT / "bench" / "labelled"
LABELS, OWN, HELD, PUNISHED, LINES, CUES, SHOWN = (
    TALK / f"{name}.jsonl" for name in ("labels", "own", "held", "punished", "lines", "cues", "shown")
)
FILE = "data/violate_data/train_long.tsv"
ROOMS_CATEGORY = "health_food/other"
Label = Literal["breach", "lawful", "unsure"]
_ENDS = re.compile("[。？！.?!]")
# Characters a second, and what lies between two passages, as the scorer of live talk reckons.
_A_SECOND, _BREATH_MS, _GAP_MS = 5.5, 300, 200


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


class TalkMissing(Exception):
    """The fetched talk is not what was labelled, or is not there."""


def fetched_windows(git_dir: Path) -> list[str]:
    """The rows of LiveAMR's file, words alone; TalkMissing where the repository has none."""
    command = ["git", "-C", str(git_dir), "show", f"HEAD:{FILE}"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise TalkMissing(f"{git_dir}: holds no {FILE}: {done.stderr.decode(errors='replace').strip()}")
    return [row.split("\t")[0] for row in done.stdout.decode().splitlines()]


def rooms(windows: Sequence[str], labels: Path = LABELS) -> list[Said]:
    """The labelled passages with their words from the fetched windows; TalkMissing where they are others."""
    found: list[Said] = []
    cut: dict[int, list[str]] = {}
    for line in labels.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        passages = cut.setdefault(row["w"], [p for p in _ENDS.split(windows[row["w"]]) if p.strip()])
        text = passages[row["k"]]
        if hashlib.sha256(text.encode()).hexdigest()[:12] != row["sha"]:
            raise TalkMissing(f"window {row['w']}, passage {row['k']}: not the words that were labelled")
        found.append(_said(row, f"w{row['w']}", row["k"], text, ROOMS_CATEGORY))
    return found


def written(path: Path) -> list[Said]:
    """The windows of `own.jsonl` or `held.jsonl`."""
    return [
        _said(passage, window["window"], number, passage["text"], window["goods"])
        for window in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        for number, passage in enumerate(window["passages"])
    ]


def single_lines(path: Path) -> list[Said]:
    """The lines of `lines.jsonl`, each a window by itself."""
    return [
        _said(line, f"{path.stem}-{number}", 0, line["text"], line["category"])
        for number, line in enumerate(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    ]


def _said(row: Mapping[str, Any], window: str, number: int, text: str, category: str) -> Said:
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
