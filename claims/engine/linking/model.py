"""How likely it is that something was said of an attribute, feature by feature."""

import math
from collections.abc import Iterator, Sequence

from claims.engine.linking.features import Features
from claims.policy.linking import LinkModel, PassageModel
from claims.types import ScoreStep

# The feature that a reader of both gives: its log-odds that the one contradicts the other.
READ = "a reader of both says otherwise"
_LEAST_TOLD = 0.05


def likelihoods(options: Sequence[Features], model: LinkModel) -> list[float]:
    """How likely each of the options is meant; what is left of 1 is the likelihood that none is."""
    totals = [_total(features, model) for features in options]
    most = max((*totals, 0.0))
    powers = [math.exp(total - most) for total in totals]
    whole = math.fsum(powers) + math.exp(-most)
    return [power / whole for power in powers]


def passage_likelihood(features: Features, model: PassageModel) -> float:
    """How likely a passage contradicts a registered text."""
    return _logistic(_total(features, model))


def passage_steps(features: Features, model: PassageModel) -> tuple[ScoreStep, ...]:
    """The likelihood as each feature moves it, the weightiest first."""
    return tuple(_moved("may be said of a registered text", features, model))


def _total(features: Features, model: LinkModel | PassageModel) -> float:
    return model.intercept + math.fsum(model.weights.get(name, 0.0) * value for name, value in features.items())


def link_steps(features: Features, likelihood: float, model: LinkModel) -> tuple[ScoreStep, ...]:
    """The likelihood against none as each feature moves it, the weightiest first; last, that beside all others."""
    return tuple(_steps(features, likelihood, model))


def _steps(features: Features, likelihood: float, model: LinkModel) -> Iterator[ScoreStep]:
    yield from _moved("may be said of a registered attribute", features, model)
    yield ScoreStep(step="beside every other attribute, and none", value=round(likelihood, 3))


def _moved(first: str, features: Features, model: LinkModel | PassageModel) -> Iterator[ScoreStep]:
    total = model.intercept
    yield ScoreStep(step=first, value=round(_logistic(total), 3))
    weighed = {name: model.weights.get(name, 0.0) * value for name, value in features.items()}
    for name, weight in sorted(weighed.items(), key=lambda pair: (-abs(pair[1]), pair[0])):
        total += weight
        if abs(weight) >= _LEAST_TOLD:
            yield ScoreStep(step=name, value=round(_logistic(total), 3))


def _logistic(total: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, total))))
