"""The bench of real talk: flags stand where their quotes stand, figures are what they say, every way is run."""

from typing import Any

import pytest

from bench.talk import measured, run
from bench.talk_rows import OWN, TalkMissing, fetched_windows, rooms
from bench.talk_score import area, flags_of, recall_at, score
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from cli.policy.labelled_talk import Engines, Said, hours, windows_of, written

GOODS = "food/honey"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


def said(number: int, text: str, label: Any, *classes: str) -> Said:
    return Said(window="w1", number=number, text=text, label=label, classes=classes, category=GOODS)


WINDOW = [
    said(0, "家人们晚上好", "lawful"),
    said(1, "喝了它糖尿病就好了", "breach", "DISEASE_FOOD"),
    said(2, "这是全网最好的蜂蜜", "lawful"),
    said(3, "她现在什么都敢吃了", "breach", "HEALTHFUNC_FOOD"),
    said(4, "三号链接两瓶装", "lawful"),
    said(5, "胃溃疡喝了它也好了", "unsure"),
]


def test_flags_are_true_false_or_neither_by_the_passage_in_which_they_stand(policy: Policy) -> None:
    flags = flags_of(WINDOW, Engines(policy))
    by_number = {flag.at.number: (flag.is_true, flag.is_false) for flag in flags}
    assert by_number == {1: (True, False), 2: (False, True), 5: (False, False)}
    worth = score(WINDOW, flags)
    assert (worth.recall, worth.recall_right_class, worth.precision) == (0.5, 0.5, 0.5)
    assert worth.false_per_hour == pytest.approx(1 / hours(WINDOW))


def test_areas_and_recalls_are_those_of_the_ranks() -> None:
    scores, breach = [0.9, 0.8, 0.7, 0.6, 0.5], [True, True, False, True, False]
    assert area(scores, breach) == pytest.approx(5 / 6)
    assert area([0.5] * 4, [True, False, True, False]) == 0.5
    assert recall_at(scores, breach, 0.9) == pytest.approx(2 / 3)
    assert recall_at(scores, breach, 0.75) == 1.0
    assert recall_at([0.9, 0.1], [False, True], 0.8) == 0.0


def test_windows_stay_whole_and_in_order() -> None:
    own = written(OWN)
    windows = list(windows_of(own))
    assert sum(map(len, windows)) == len(own)
    assert all([one.number for one in window] == list(range(len(window))) for window in windows)


def test_talk_that_is_not_the_one_that_was_labelled_is_refused(tmp_path: Any) -> None:
    with pytest.raises(TalkMissing, match="train_long"):
        fetched_windows(tmp_path)
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"w": 0, "k": 0, "sha": "000000000000", "label": "lawful", "classes": []}\n')
    with pytest.raises(TalkMissing, match="window 0, passage 0"):
        rooms(["大家好。欢迎"], labels)


def test_what_n_grams_learnt_from_ranks_what_is_like_it(policy: Policy) -> None:
    learnt = [
        Said(window=f"w{n}", number=0, text=text, label=label, classes=(), category=GOODS)
        for n in range(12)
        for text, label in (("吃了它病就好了" + "呀" * n, "breach"), ("三号链接两瓶装" + "哦" * n, "lawful"))
    ]
    (row,) = measured(WINDOW, learnt, ("n-grams",))
    assert float(str(row["area"])) > 0.5
    assert row["right class"] is None


@pytest.mark.slow
@pytest.mark.service
def test_a_few_windows_are_judged_by_ours_by_rules_and_by_a_list() -> None:
    rows = {str(row["way"]): row for row in run(quick=True)}
    assert list(rows) == ["ours", "rules alone", "strict word list"]
    assert float(str(rows["ours"]["area"])) > float(str(rows["rules alone"]["area"]))
