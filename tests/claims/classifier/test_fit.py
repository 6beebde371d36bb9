"""What a fit learns: what the libraries learn where they can, nothing from chance, and nothing of a host judges it."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from claims.classifier.calibration import Features
from claims.classifier.fit.examples import LabelledPassage, LabelsError, labels_as_lines, read_labels
from claims.classifier.fit.figures import average_precision, figures_of, precision_at
from claims.classifier.fit.head import Example, fit_head, folds_of
from claims.classifier.fit.learning import InForce, head_of, learn
from claims.classifier.fit.logistic import fit_added
from tests.claims.support import CALIBRATION

DIMENSIONS = 40
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def talk(count: int, seed: int, *, says: float = 1.0, hosts: int = 12, told_by_chance: bool = False) -> list[Example]:
    """Passages whose first number says what the shipped reader misses; `says`: how plainly."""
    dice = np.random.default_rng(seed)
    found = []
    for number in range(count):
        direction = dice.normal(size=DIMENSIONS).astype(np.float32)
        missed = 3 * says * float(direction[0])
        known = float(dice.normal(scale=1.5)) - 0.5
        as_shipped = CALIBRATION.score(Features(detector=None, reader=known, open_share=1.0))
        likely = as_shipped if told_by_chance else 1 / (1 + np.exp(-(known + missed)))
        passage = LabelledPassage(
            text=f"第 {number} 句",
            label="breach" if dice.random() < likely else "lawful",
            goods="health_food/other",
            host=f"h{number % hosts}",
            at=BEGIN + timedelta(minutes=number),
        )
        found.append(Example(passage=passage, direction=direction, breach=known, open_share=1.0))
    return found


def in_force() -> InForce:
    return InForce(base="base", name="test", learnt=None, calibrations={"health_food": CALIBRATION})


@pytest.mark.parametrize("count", [20, 300])
@pytest.mark.parametrize("penalty", [0.5, 5.0])
def test_without_an_offset_it_learns_what_scikit_learn_does(count: int, penalty: float) -> None:
    dice = np.random.default_rng(count)
    rows = dice.normal(size=(count, DIMENSIONS))
    told = (rows[:, 0] + dice.normal(size=count) > 0).astype(np.float64)
    peer = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5_000).fit(rows, told)
    found = fit_added(rows, told, np.zeros(count), penalty=penalty)
    np.testing.assert_allclose(found.weights, peer.coef_[0], atol=1e-4)
    assert found.bias == pytest.approx(float(peer.intercept_[0]), abs=1e-4)


def test_what_is_known_already_is_not_learnt_again() -> None:
    """Labels that follow the offset alone leave nothing to add; a bias in them is found."""
    dice = np.random.default_rng(3)
    rows, offset = dice.normal(size=(4_000, 5)), dice.normal(scale=2, size=4_000)
    told = (dice.random(4_000) < 1 / (1 + np.exp(-(offset + 1.0)))).astype(np.float64)
    found = fit_added(rows, told, offset, penalty=1.0)
    assert float(np.abs(found.weights).max()) < 0.2
    assert found.bias == pytest.approx(1.0, abs=0.2)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40))
def test_figures_are_those_of_the_library(pairs: list[tuple[float, bool]]) -> None:
    scores, breach = [score for score, _ in pairs], [is_breach for _, is_breach in pairs]
    if any(breach):
        assert average_precision(scores, breach) == pytest.approx(average_precision_score(breach, scores))
    assert 0 <= precision_at(scores, breach, 0.6) <= 1


def test_precision_stands_at_the_highest_bar_that_finds_enough() -> None:
    scores, breach = [0.9, 0.8, 0.7, 0.6, 0.5], [True, False, True, False, True]
    assert precision_at(scores, breach, 0.6) == pytest.approx(2 / 3)
    assert figures_of(scores, breach).precision_at == pytest.approx(0.6667, abs=1e-4)


def test_no_host_stands_on_both_sides_of_a_fold() -> None:
    examples = talk(200, 5, hosts=7)
    folds = folds_of(examples)
    of_host = {(one.passage.host, int(fold)) for one, fold in zip(examples, folds, strict=True)}
    assert len(of_host) == 7
    assert set(folds.tolist()) == set(range(5))


def test_what_the_reader_misses_is_learnt_and_holds_for_talk_that_it_never_saw() -> None:
    examples, unseen = talk(400, 1), talk(2_000, 2)
    learnt = learn([e.passage for e in examples], examples, in_force(), tenant="local", left_out=Counter())
    assert learnt.refused is None
    assert learnt.file is not None
    breach = [one.passage.label == "breach" for one in unseen]
    before = figures_of(in_force().scores(unseen), breach)
    head = head_of(learnt.file)
    after = figures_of([head.score(one, in_force().calibrations) for one in unseen], breach)
    assert after.ranked > before.ranked + 0.1
    assert after.loss < before.loss - 0.05
    told = np.array([head.score(one, in_force().calibrations) for one in unseen])
    surest = told > 0.8
    assert float(np.mean(np.array(breach)[surest])) == pytest.approx(float(told[surest].mean()), abs=0.08)


def test_the_card_tells_what_data_how_many_and_how_it_did() -> None:
    examples = talk(300, 1)
    passages = [one.passage for one in examples]
    left_out = Counter({"erased": 2})
    card = learn(passages, examples, in_force(), tenant="local", left_out=left_out).card
    assert (card["passages"], card["hosts"], card["goods"]) == (300, 12, {"health_food": 300})
    assert card["breach"] + card["lawful"] == 300
    assert card["left_out"] == {"erased": 2}
    assert (card["from"], card["to"]) == (BEGIN.isoformat(), passages[-1].at.isoformat() if passages[-1].at else "")
    assert card["compared"]["learnt"]["loss"] < card["compared"]["in_force"]["loss"]
    other = learn(passages[1:], examples[1:], in_force(), tenant="local", left_out=left_out).card
    assert len(card["data_sha256"]) == 64
    assert card["data_sha256"] != other["data_sha256"]


def test_the_same_decisions_teach_the_same() -> None:
    examples = talk(200, 4)
    first, second = (
        learn([e.passage for e in examples], examples, in_force(), tenant="local", left_out=Counter()) for _ in range(2)
    )
    assert first.file == second.file


def test_chance_is_refused() -> None:
    examples = talk(400, 7, told_by_chance=True)
    learnt = learn([e.passage for e in examples], examples, in_force(), tenant="local", left_out=Counter())
    assert learnt.file is None
    assert learnt.refused is not None
    assert "no better" in learnt.refused
    assert learnt.card["refused"] == learnt.refused


@pytest.mark.parametrize(
    ("examples", "why"),
    [
        (talk(30, 1), "30 decided passages to learn from; at least 50 are needed"),
        (talk(80, 1, hosts=2), "talk of 2 hosts; at least 3 are needed"),
        ([e for e in talk(400, 1) if e.passage.label == "lawful"], "0 passages found breach; at least 10"),
    ],
    ids=["few", "hosts", "one kind"],
)
def test_too_little_is_refused(examples: list[Example], why: str) -> None:
    learnt = learn([e.passage for e in examples], examples, in_force(), tenant="local", left_out=Counter())
    assert learnt.refused is not None
    assert why in learnt.refused


def test_goods_of_which_little_was_decided_are_read_as_before() -> None:
    examples = talk(200, 1)
    others = [
        Example(
            passage=one.passage.model_copy(update={"goods": "cosmetics/cream"}),
            direction=one.direction,
            breach=one.breach,
            open_share=1.0,
        )
        for one in talk(10, 9)
    ]
    calibrations = {"health_food": CALIBRATION, "cosmetics": CALIBRATION}
    head = fit_head([*examples, *others], calibrations)
    assert set(head.calibrations) == {"health_food"}
    assert [head.added(one) for one in others] == [0.0] * len(others)
    assert head.score(others[0], calibrations) == CALIBRATION.score(others[0].features())


def test_labels_are_read_as_they_are_written(tmp_path: Path) -> None:
    passages = [one.passage for one in talk(5, 1)]
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(labels_as_lines(passages)) + "\n\n", encoding="utf-8")
    assert read_labels(file) == passages


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"text": "好", "label": "bad", "goods": "food/honey"}', "label: "),
        ('{"text": "好", "label": "lawful"}', "goods: Field required"),
        ('{"text": "好", "label": "lawful", "goods": "food", "lable": 1}', "lable: "),
        ('{"text": "好", "label": "lawful", "goods": "food", "at": "2026-11-01T00:00:00"}', "at: "),
        ("{", "line: Invalid JSON"),
    ],
    ids=["label", "no goods", "unknown", "no zone", "no json"],
)
def test_a_line_that_is_wrong_is_named_with_its_field_and_what_is_accepted(
    line: str, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "labels.jsonl"
    good = json.dumps({"text": "好", "label": "lawful", "goods": "food/honey"}, ensure_ascii=False)
    file.write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(LabelsError) as caught:
        read_labels(file)
    assert caught.value.line == 2
    assert told in str(caught.value)
    assert "label (breach, lawful, unsure)" in str(caught.value)
