"""The labelled talk is what its page says: whole, well formed, of known classes, and what is held back stands apart."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from claims.policy.packaged import packaged_policy

TALK = Path(__file__).parents[2] / "bench" / "labelled"
LABELS = {"lawful", "breach", "unsure"}
_RUN = 14


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TALK / name).read_text(encoding="utf-8").splitlines()]


def passages(name: str) -> list[dict[str, Any]]:
    return [passage for row in rows(name) for passage in row["passages"]]


def runs(text: str) -> Iterator[str]:
    plain = re.sub(r"\W", "", text)
    yield from (plain[at : at + _RUN] for at in range(len(plain) - _RUN + 1))


def test_labels_of_real_talk_are_whole_and_hold_no_text() -> None:
    found = rows("labels.jsonl")
    assert len(found) >= 17_000
    assert len({(row["w"], row["k"]) for row in found}) == len(found)
    for window, of_it in groupby(found, key=lambda row: row["w"]):
        places = [row["k"] for row in of_it]
        assert places == list(range(len(places))), window
    for row in found:
        assert row.keys() == {"w", "k", "sha", "label", "classes", "read"}
        assert re.fullmatch(r"[0-9a-f]{12}", row["sha"])
        assert re.fullmatch(r"[lub]{2}", row["read"])
        assert row["label"] == {"ll": "lawful", "bb": "breach"}.get(row["read"], "unsure")


@pytest.mark.parametrize("name", ["own.jsonl", "held.jsonl"])
def test_own_talk_is_mostly_lawful_as_rooms_are(name: str) -> None:
    shares = Counter(passage["label"] for passage in passages(name))
    assert shares.keys() == LABELS
    assert 0.78 < shares["lawful"] / shares.total() < 0.86
    assert len({passage["text"] for passage in passages(name)}) >= shares.total() - 20


def test_shown_texts_are_mostly_lawful_short_and_none_is_learnt_from() -> None:
    found = rows("shown.jsonl")
    shares = Counter(line["label"] for line in found)
    assert shares == {"breach": 75, "lawful": 225}
    assert all(3 <= len(line["text"]) <= 40 for line in found)
    learnt = {line["text"] for name in ("lines.jsonl", "cues.jsonl") for line in rows(name)}
    assert not {line["text"] for line in found} & learnt


def test_lines_of_advertising_are_half_breaches_and_no_two_alike() -> None:
    found = rows("lines.jsonl")
    shares = Counter(line["label"] for line in found)
    assert shares.keys() == {"breach", "lawful"}
    assert 0.45 < shares["breach"] / shares.total() < 0.55
    assert len({re.sub(r"\W", "", line["text"]) for line in found}) >= 0.99 * len(found)


def test_classes_are_those_of_the_policy() -> None:
    known = set(packaged_policy().classes)
    of_lines = [row for name in ("labels", "lines", "cues", "shown") for row in rows(f"{name}.jsonl")]
    for passage in (*of_lines, *passages("own.jsonl"), *passages("held.jsonl")):
        assert set(passage["classes"]) <= known
        assert bool(passage["classes"]) is (passage["label"] != "lawful")


def test_what_is_held_back_shares_nothing_with_what_is_learnt_from() -> None:
    learnt = {run for one in (*passages("own.jsonl"), *rows("lines.jsonl")) for run in runs(one["text"])}
    assert [p["text"] for p in passages("held.jsonl") if not learnt.isdisjoint(runs(p["text"]))] == []


def test_no_detector_is_without_its_measured_line() -> None:
    page = (TALK.parents[1] / "docs" / "detectors.md").read_text(encoding="utf-8")
    for section in packaged_policy().class_files.values():
        for rule in section.rules:
            assert rule.description, rule.id
            assert f"| {rule.id} | {rule.description} |" in page, rule.id


def test_what_is_not_on_trial_was_right_often_enough() -> None:
    page = (TALK.parents[1] / "docs" / "detectors.md").read_text(encoding="utf-8")
    section = ""
    for line in page.splitlines():
        section = line[3:] if line.startswith("## ") else section
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        told = [re.fullmatch(r"(\d+) / (\d+), noted (\d+) / \d+", cell) for cell in cells[3:]]
        if len(told) == 3 and all(told):
            true, false, noted = (sum(int(each[n]) for each in told if each) for n in (1, 2, 3))
            assert ("on trial" in cells[2]) is (true + noted < 5 or false > true + noted), (section, line)
