"""From what detector and reader say of a claim to how likely a reviewer agrees, feature by feature."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pydantic import Field

from claims.types import Frozen, ScoreStep

_SUREST = 0.995
# The first step that a reader adds to a score; what stood before it is what a detector made of the claim.
FIRST_STEP = "a passage of live talk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of a claim. `detector`: the score that its detector, slots and context give it, None without one.

    `reader`: the log-odds of a breach in its passage; `open_share`: how much of it the classes take that hold for the
    goods.
    """

    detector: float | None
    reader: float
    open_share: float

    def numbers(self) -> tuple[float, float, float, float]:
        """What the model weighs: the reader, whether a detector found it, that one's log-odds, the log of the share."""
        detector = (0.0, 0.0) if self.detector is None else (1.0, odds_of(self.detector))
        return self.reader, *detector, math.log(max(self.open_share, 1.0 - _SUREST))


class Calibration(Frozen):
    """Weights of one small logistic model, fitted on labelled talk that the reader had not learnt from.

    `budgets`: pairs of false alarms expected in an hour of talk and the score from which there are no more of them,
    the fewest alarms first.
    """

    intercept: float
    reader: float
    detected: float
    detector: float
    open_share: float
    budgets: tuple[tuple[float, float], ...] = Field(min_length=1)

    def score(self, given: Features) -> float:
        """How likely a reviewer agrees that it is a breach, 0 to 1."""
        return self.steps(given)[-1].value

    def steps(self, given: Features) -> tuple[ScoreStep, ...]:
        """The score as each feature moves it; the last value is the score."""
        steps, sum_of = [], 0.0
        for name, weight in self._parts(given):
            sum_of += weight
            steps.append(ScoreStep(step=name, value=round(likelihood(sum_of), 3)))
        return tuple(steps)

    def _parts(self, given: Features) -> Iterator[tuple[str, float]]:
        reader, _, detector, share = given.numbers()
        yield FIRST_STEP, self.intercept
        if given.detector is not None:
            yield f"a detector that scores {given.detector:g}", self.detected + self.detector * detector
        yield f"the reader's likelihood of a breach {likelihood(reader):.2f}", self.reader * reader
        yield f"of classes that hold for these goods {given.open_share:.2f}", self.open_share * share

    def bar(self, per_hour: float) -> float:
        """The score from which no more false alarms are expected in an hour; between those measured, on a line."""
        fewest, most = self.budgets[0], self.budgets[-1]
        if per_hour <= fewest[0]:
            return fewest[1]
        for (less, high), (more, low) in pairwise(self.budgets):
            if per_hour <= more:
                return round(high + (low - high) * (per_hour - less) / (more - less), 4)
        return most[1]


def likelihood(log_odds: float) -> float:
    """Log-odds as a likelihood, 0 to 1."""
    return 1.0 / (1.0 + math.exp(-max(-40.0, log_odds)))


def odds_of(score: float) -> float:
    """A score as log-odds; the surest ones are bounded."""
    kept = max(1.0 - _SUREST, min(_SUREST, score))
    return math.log(kept / (1.0 - kept))
