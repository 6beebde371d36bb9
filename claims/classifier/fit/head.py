"""Learns from labelled passages what to add to a reader: its gate, then what a score means."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claims.classifier.calibration import Calibration, Features
from claims.classifier.fit.examples import LabelledPassage
from claims.classifier.fit.logistic import Added, Floats, fit_added, losses

# How far the log-odds of a passage may be moved, as a guess before anything is seen; which holds, folds decide.
REACHES = (0.05, 0.25, 0.5, 1.0, 2.0, 4.0)
FOLDS = 5
# How sure the weights of the calibration are before anything is seen, as standard deviations.
_CALIBRATION_REACH = np.array([0.3, 0.5, 0.3, 0.5])
UNSURE = 0.35
# So many examples of a kind of goods are needed, and so many of either label, for it to be read otherwise than before.
FEWEST_OF_GOODS, FEWEST_OF_A_LABEL = 20, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled passage as the shipped reader sees it: its direction, its log-odds, the share of classes that hold."""

    passage: LabelledPassage
    direction: NDArray[np.float32]
    breach: float
    open_share: float

    @property
    def target(self) -> float:
        """How likely people say that it is a breach."""
        return {"breach": 1.0, "lawful": 0.0, "unsure": UNSURE}[self.passage.label]

    def features(self, added: float = 0.0) -> Features:
        """What its score is made of, with so much added to the reader's log-odds."""
        return Features(
            detector=self.passage.detector, reader=self.breach + added, open_share=min(1.0, self.open_share)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What was learnt: what is added to the gate, and a calibration for each kind of goods; by which reach."""

    gate: NDArray[np.float32]
    bias: float
    calibrations: Mapping[str, Calibration]
    reach: float

    def added(self, example: Example) -> float:
        """What is added to the passage's log-odds; nothing for goods of which nothing was learnt."""
        if example.passage.kind not in self.calibrations:
            return 0.0
        return float(example.direction @ self.gate) + self.bias

    def score(self, example: Example, before: Mapping[str, Calibration]) -> float:
        """How likely a reviewer agrees, by what was learnt; by `before` where nothing was."""
        calibration = self.calibrations.get(example.passage.kind) or before[example.passage.kind]
        return calibration.score(example.features(self.added(example)))

    @property
    def gate_text(self) -> str:
        """The gate as a file of a policy holds it."""
        return base64.b64encode(self.gate.astype("<f4").tobytes()).decode()


def fit_head(examples: Sequence[Example], before: Mapping[str, Calibration]) -> Head:
    """What these examples teach; `before`: the calibration of each kind of goods as it stands.

    The reach and the calibration are chosen by folds in which no host stands on both sides. Goods of which there are
    too few examples get no calibration, and are read as before.
    """
    rows, targets, offset = _arrays(examples)
    folds = folds_of(examples)
    size = float(np.mean(np.sum(rows**2, axis=1)))
    unseen = {reach: _unseen(rows, targets, offset, folds, size / reach**2) for reach in REACHES}
    reach = min(REACHES, key=lambda one: float(np.mean(losses(targets, unseen[one]))))
    whole = fit_added(rows, targets, offset, penalty=size / reach**2, bias_penalty=1.0)
    calibrations = {
        kind: _calibrated(own, unseen[reach][own], examples, before[kind]) for kind, own in _by_kind(examples)
    }
    return Head(
        gate=whole.weights.astype(np.float32), bias=round(whole.bias, 6), calibrations=calibrations, reach=reach
    )


def folds_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    """The fold of each example, by its host, so that none is both learnt from and judged by.

    Hosts are dealt out by size, the largest first, so that folds are of about one size.
    """
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.passage.group] = sizes.get(example.passage.group, 0) + 1
    order = sorted(sizes, key=lambda group: (-sizes[group], hashlib.sha256(group.encode()).hexdigest()))
    filled = [0] * min(FOLDS, len(order))
    place: dict[str, int] = {}
    for group in order:
        place[group] = filled.index(min(filled))
        filled[place[group]] += sizes[group]
    return np.array([place[example.passage.group] for example in examples], dtype=np.int64)


def _arrays(examples: Sequence[Example]) -> tuple[Floats, Floats, Floats]:
    rows = np.stack([example.direction for example in examples]).astype(np.float64)
    targets = np.array([example.target for example in examples])
    return rows, targets, np.array([example.breach for example in examples])


def _unseen(rows: Floats, targets: Floats, offset: Floats, folds: NDArray[np.int64], penalty: float) -> Floats:
    """The log-odds of each example by what the other folds teach."""
    found = offset.copy()
    for fold in np.unique(folds) if len(np.unique(folds)) > 1 else ():
        others, own = folds != fold, folds == fold
        added = fit_added(rows[others], targets[others], offset[others], penalty=penalty, bias_penalty=1.0)
        found[own] = added.log_odds(rows[own], offset[own])
    return found


def _by_kind(examples: Sequence[Example]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    for kind in sorted({example.passage.kind for example in examples}):
        own = [n for n, one in enumerate(examples) if one.passage.kind == kind]
        labels = [examples[n].passage.label for n in own]
        if len(own) >= FEWEST_OF_GOODS and min(labels.count("breach"), labels.count("lawful")) >= FEWEST_OF_A_LABEL:
            yield kind, np.array(own, dtype=np.int64)


def _calibrated(
    own: NDArray[np.int64], unseen: Floats, examples: Sequence[Example], before: Calibration
) -> Calibration:
    """The weights by which scores mean what they say, by log-odds that were learnt from others; from `before` on."""
    features = [
        examples[n].features(float(log_odds) - examples[n].breach) for n, log_odds in zip(own, unseen, strict=True)
    ]
    numbers = np.array([given.numbers() for given in features])
    weights = np.array([before.reader, before.detected, before.detector, before.open_share])
    offset = before.intercept + numbers @ weights
    targets = np.array([examples[n].target for n in own])
    added: Added = fit_added(numbers * _CALIBRATION_REACH, targets, offset, penalty=1.0, bias_penalty=1.0)
    changed = weights + added.weights * _CALIBRATION_REACH
    reader, detected, detector, open_share = (round(float(weight), 4) for weight in changed)
    return before.model_copy(
        update={
            "intercept": round(before.intercept + added.bias, 4),
            "reader": reader,
            "detected": detected,
            "detector": detector,
            "open_share": open_share,
        }
    )
