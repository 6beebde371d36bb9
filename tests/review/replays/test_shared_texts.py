"""Policies that read texts alike are judged side by side, and find what each finds alone."""

import json
import random
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import configs
from claims.errors import PolicyError
from claims.policy.policy import Policy
from claims.types import Passage
from review.replays.rejudging import judge_again, judge_by
from review.replays.shared_texts import share_texts
from review.replays.types import StoredStream
from tests.review.replays.stored import stored_stream

OPEN = Path(__file__).parents[2] / "claims" / "open" / "cases.jsonl"
SAID = 120
Edit = Callable[[Path, random.Random], None]


def _stream(choice: random.Random) -> StoredStream:
    """A broadcast in which the open examples are said and shown, in any order."""
    cases = [json.loads(line) for line in OPEN.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts = [text for case in choice.sample(cases, len(cases)) for text in case["utterances"]][:SAID]
    passages = tuple(
        Passage(
            stream_id="s1",
            id=f"u{n}",
            channel=choice.choice(("speech", "speech", "speech", "screen")),
            start_ms=n * 4_000,
            end_ms=n * 4_000 + 3_600,
            text=text,
        )
        for n, text in enumerate(texts)
    )
    return stored_stream(*passages)


def _changed(path: Path, change: Callable[[Any], None]) -> None:
    record = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(yaml.safe_dump(record, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _in_a_rule(change: Callable[[dict[str, Any], random.Random], None]) -> Edit:
    def edit(policy: Path, choice: random.Random) -> None:
        path = choice.choice(sorted((policy / "classes").glob("*.yaml")))
        _changed(path, lambda file: change(choice.choice(file["rules"]), choice) if file["rules"] else None)

    return edit


def _in_a_class(change: Callable[[dict[str, Any], random.Random], None]) -> Edit:
    def edit(policy: Path, choice: random.Random) -> None:
        path = choice.choice(sorted((policy / "classes").glob("*.yaml")))
        _changed(path, lambda file: change(file, choice))

    return edit


def _without_a_word(policy: Path, choice: random.Random) -> None:
    path = choice.choice(sorted((policy / "lexicon").glob("*.yaml")))

    def change(file: dict[str, Any]) -> None:
        words = choice.choice(list(file["concepts"].values()))["words"]
        del words[choice.randrange(len(words))]

    _changed(path, change)


def _with_a_word(policy: Path, choice: random.Random) -> None:
    path = choice.choice(sorted((policy / "lexicon").glob("*.yaml")))
    _changed(path, lambda file: choice.choice(list(file["concepts"].values()))["words"].append("饕餮们"))


def _with_another_score(rule: dict[str, Any], choice: random.Random) -> None:
    """A protected statement scores the bar or more."""
    rule.update(score=round(choice.uniform(0.6 if rule.get("protected") else 0.3, 0.95), 2))


def _without_a_cue(policy: Path, choice: random.Random) -> None:
    def change(file: dict[str, Any]) -> None:
        words = choice.choice([words for words in file["cues"].values() if len(words) > 1])
        del words[choice.randrange(len(words))]

    _changed(policy / "context.yaml", change)


def _setting(name: str, value: object) -> Edit:
    return lambda policy, _: _changed(policy / "policy.yaml", lambda file: file.update({name: value}))


def _worded(section: str, name: str, word: str) -> Edit:
    return lambda policy, _: _changed(policy / "wording.yaml", lambda file: file[section][name].append(word))


def _of_an_older_form(policy: Path, _: random.Random) -> None:
    for name in ("wording.yaml", "messages.yaml", "scores.yaml"):
        (policy / name).unlink()


EDITS: dict[str, Edit] = {
    "a rule that only notes": _in_a_rule(lambda rule, _: rule.update(shadow=True)),
    "another score": _in_a_rule(_with_another_score),
    "a pattern less": _in_a_rule(lambda rule, choice: rule["patterns"].pop(choice.randrange(len(rule["patterns"])))),
    "a pattern more": _in_a_rule(lambda rule, _: rule["patterns"].append("(饕餮们|貔虎们) ..6 {num|qty}")),
    "a near miss more": _in_a_rule(lambda rule, _: rule.update(unless=[*rule.get("unless", ()), "{product_noun}"])),
    "a rule less": _in_a_class(lambda file, choice: file["rules"].pop(choice.randrange(len(file["rules"])))),
    "other goods": _in_a_class(lambda file, _: file.update(categories=["food/"])),
    "no exemption": _in_a_class(lambda file, _: file.update(exemptions=[])),
    "another article": _in_a_class(lambda file, _: file["law"][0].update(cite=["广告法 4"])),
    "a word less": _without_a_word,
    "a word more": _with_a_word,
    "a cue less": _without_a_cue,
    "a lower bar": _setting("flag_at", 0.5),
    "another version": _setting("version", "2027.1.1"),
    "a shorter window": _setting("window_chars", 30),
    "shorter pieces": _setting("piece_chars", 40),
    "no likeness of sound": _setting("reading_layers", {"code": 0.06, "filler": 0.05}),
    "other pictures": _setting("emoji", {"💊": "糖"}),
    "another word of grades": _worded("grade", "treated", "饕餮"),
    "another word of prices": _worded("texts", "of_prices", "饕餮"),
    "another word of home": _worded("places", "home", "北京"),
    "other factors": lambda policy, _: _changed(policy / "scores.yaml", lambda file: file.update(record=0.7)),
    "an older form": _of_an_older_form,
}


def _edited(folder: Path, names: list[str], choice: random.Random) -> Policy | None:
    """The packaged policy with these edits; None if they don't go together."""
    shutil.copytree(configs.POLICY_DIR, folder)
    for name in names:
        try:
            EDITS[name](folder, choice)
        except IndexError:
            return None
    try:
        return Policy(folder)
    except PolicyError:
        return None


@pytest.mark.service
@given(st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3, unique=True), st.integers(0, 10**6))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_side_by_side_each_policy_finds_what_it_finds_alone(names: list[str], seed: int) -> None:
    with TemporaryDirectory() as folder:
        alone, beside = (_edited(Path(folder) / name, names, random.Random(seed)) for name in ("alone", "beside"))
        assume(alone is not None and beside is not None)
        assert alone is not None
        assert beside is not None
        stream = _stream(random.Random(seed))
        live = Policy(configs.POLICY_DIR)
        share_texts(live, beside)
        together = judge_by([live, beside], stream, None)
        assert together == (judge_again(Policy(configs.POLICY_DIR), stream, None), judge_again(alone, stream, None))
        assert together[0]


@cache
def _live() -> Policy:
    """The packaged policy, read once for all candidates that are held beside it."""
    return Policy(configs.POLICY_DIR)


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("a rule that only notes", True),
        ("another score", True),
        ("other goods", True),
        ("another article", True),
        ("a lower bar", True),
        ("another version", True),
        ("a shorter window", True),
        ("a pattern more", False),
        ("a word more", False),
        ("a word less", False),
        ("a cue less", False),
        ("no likeness of sound", False),
        ("other pictures", False),
        ("another word of grades", True),
        ("another word of prices", False),
        ("another word of home", False),
        ("other factors", True),
        ("an older form", True),
    ],
)
def test_texts_are_read_together_where_nothing_that_reads_them_differs(name: str, shared: bool, tmp_path: Path) -> None:
    candidate = _edited(tmp_path / "policy", [name], random.Random(7))
    assert candidate is not None
    live = _live()
    assert share_texts(live, candidate) is shared
    assert (candidate.texts is live.texts) is shared


def test_a_third_policy_reads_with_the_first_two(tmp_path: Path) -> None:
    live, second, third = (Policy(configs.POLICY_DIR) for _ in range(3))
    assert share_texts(live, second)
    assert share_texts(live, third)
    assert live.texts is second.texts is third.texts
