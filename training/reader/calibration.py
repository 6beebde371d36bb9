"""Calibrates a reader: how likely a reviewer agrees, and from which score on flags keep within a budget."""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from bench.talk_score import Flag
from claims.classifier.calibration import Calibration, Features
from claims.classifier.reader import NOTHING
from claims.classifier.reading import Known, Reading
from claims.engine.heard_over_soundalike import AssessedClaim
from claims.engine.judged import Judged
from claims.engine.scene import Scene
from claims.engine.scoring import is_scored
from claims.policy.policy import Policy
from cli.policy.labelled_talk import Engines, Said, windows_of
from training.reader.fit import Folding

BUDGETS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 24.0, 40.0)
NEUTRAL = Calibration(intercept=0.0, reader=1.0, detected=0.0, detector=0.0, open_share=0.0, budgets=((1.0, 0.5),))


class TableReader:
    """A reader that knows what was read of these texts before, and nothing of any other."""

    name, batch_size, links = "table", 1, None

    def __init__(self, readings: Mapping[tuple[str, str], Reading], folding: Folding, calibration: Calibration) -> None:
        self._calibration = calibration
        self._readings, self._folding = readings, folding

    def calibration(self, goods: str) -> Calibration:
        """The one it was given, for all goods."""
        return self._calibration

    def read(self, text: str, goods: str) -> Reading:
        """What was read; of words that nobody asked for, nothing."""
        return self._readings.get((self._folding.of(text), goods), Reading(breach=NOTHING, classes=()))

    def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
        """Nothing."""
        return ()

    def read_ahead(self, texts: Sequence[str], goods: str) -> None:
        """Nothing is to be read."""


def claims_of(said: Sequence[Said], policy: Policy, table: TableReader) -> list[tuple[Features, str]]:
    """The features of every claim that a detector or the reader alone makes, with the label of its passage."""
    engines = Engines(policy)
    found: list[tuple[Features, str]] = []
    for window in windows_of(said):
        by_id = {f"{one.window}.{one.number}": one for one in window}
        claimed: dict[str, list[Judged]] = {}

        def note(
            scene: Scene,
            judged: Sequence[Judged],
            assessed: Sequence[AssessedClaim],
            to: dict[str, list[Judged]] = claimed,
        ) -> None:
            for claim in assessed:
                to.setdefault(claim.passage.id, []).append(claim.judged)

        engines.findings(window, note)
        for passage_id, one in by_id.items():
            reading = table.read(one.text, one.goods)
            file_of = policy.class_files
            share = sum(s for c, s in reading.classes if not file_of[c].recorded)
            found.append((Features(detector=None, reader=reading.breach, open_share=share), one.label))
            for judged in claimed.get(passage_id, ()):
                if is_scored(judged, policy) and not judged.lowered_by:
                    given = Features(detector=judged.score, reader=reading.breach, open_share=share)
                    found.append((given, one.label))
    return found


def calibrated(claims: Sequence[tuple[Features, str]]) -> Calibration:
    """The weights by which a claim's features say how likely a reviewer agrees; unsure labels count as a half."""
    rows, labels, weights = [], [], []
    for given, label in claims:
        for breach, weight in {"breach": [(1, 1.0)], "lawful": [(0, 1.0)], "unsure": [(1, 0.5), (0, 0.5)]}[label]:
            rows.append(given.numbers())
            labels.append(breach)
            weights.append(weight)
    model = LogisticRegression(C=1.0, max_iter=500).fit(np.array(rows), labels, sample_weight=weights)
    reader, detected, detector, open_share = (round(float(w), 4) for w in model.coef_[0])
    return Calibration(
        intercept=round(float(model.intercept_[0]), 4),
        reader=reader,
        detected=detected,
        detector=detector,
        open_share=open_share,
        budgets=((1.0, 0.5),),
    )


def budgets_of(flags: Sequence[Flag], hours: float) -> tuple[tuple[float, float], ...]:
    """For each budget the score from which no more false flags stand in an hour; said outright, they don't count."""
    false = sorted((f.finding.score for f in flags if f.is_false and not said_outright(f)), reverse=True)
    found: list[tuple[float, float]] = []
    for budget in BUDGETS:
        place = int(budget * hours)
        bar = false[place] + 0.001 if place < len(false) else 0.05
        if not found or bar < found[-1][1]:
            found.append((budget, round(min(0.95, bar), 3)))
    return tuple(found)


def said_outright(flag: Flag) -> bool:
    """Whether it flags for being said outright, whatever the reader made of it."""
    return any(step.step.startswith("said outright") for step in flag.finding.score_steps)


def reliability(
    claims: Sequence[tuple[Features, str]], calibration: Calibration, bins: int = 8
) -> tuple[float, list[list[float]]]:
    """How far what is told is from what is so, on average, and the bins of as many claims, from a score of .2."""
    pairs = sorted((calibration.score(g), {"breach": 1.0, "lawful": 0.0, "unsure": 0.5}[label]) for g, label in claims)
    pairs = [pair for pair in pairs if pair[0] >= 0.2]
    rows = [np.mean(part, axis=0) for part in np.array_split(np.array(pairs), bins)]
    error = float(np.mean([abs(said - so) for said, so in rows]))
    return error, [[round(float(said), 3), round(float(so), 3)] for said, so in rows]
