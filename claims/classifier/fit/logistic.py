"""A logistic model that begins at another one: what is learnt is what to add to it, and costs by its size.

The other's log-odds stand as an offset, which the libraries at hand don't take beside a penalty (scikit-learn has no
offset, statsmodels no installed size). Newton's method; in so few dimensions each step is solved at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS, _ENOUGH, _HALVINGS = 60, 1e-9, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What is added to the log-odds: a weight for each column, and the same for all rows."""

    weights: Floats
    bias: float

    def log_odds(self, rows: Floats, offset: Floats) -> Floats:
        """The log-odds with what was learnt."""
        return np.asarray(offset + rows @ self.weights + self.bias, dtype=np.float64)


def fit_added(
    rows: Floats,
    targets: Floats,
    offset: Floats,
    *,
    penalty: float,
    bias_penalty: float = 0.0,
    counts: Floats | None = None,
) -> Added:
    """What is to be added to `offset` so that `targets` (0 to 1) is likeliest, given what its size costs.

    `penalty`: half of it times the squared weights is added to the loss, as `bias_penalty` to that of the bias.
    `counts`: for how many each row stands.
    """
    # Fewer rows than columns span no more: what costs by its size never leaves what they span.
    axes = np.linalg.svd(rows, full_matrices=False)[2] if len(rows) < rows.shape[1] else np.eye(rows.shape[1])
    with_bias = np.hstack([rows @ axes.T, np.ones((len(rows), 1))]).astype(np.float64)
    costs = np.append(np.full(len(axes), penalty), bias_penalty)
    count = np.ones(len(rows)) if counts is None else counts.astype(np.float64)
    found = np.zeros(with_bias.shape[1])
    loss = _loss(with_bias, targets, offset, count, costs, found)
    for _ in range(_STEPS):
        likely = likelihoods(offset + with_bias @ found)
        slope = with_bias.T @ (count * (likely - targets)) + costs * found
        curve = (with_bias * (count * likely * (1 - likely))[:, None]).T @ with_bias + np.diag(costs + 1e-9)
        step = np.linalg.solve(curve, slope)
        size = 1.0
        for _ in range(_HALVINGS):
            there = found - size * step
            loss_there = _loss(with_bias, targets, offset, count, costs, there)
            if loss_there <= loss:
                break
            size /= 2
        else:
            break
        gained, found, loss = loss - loss_there, there, loss_there
        if gained <= _ENOUGH * max(1.0, abs(loss)):
            break
    return Added(weights=axes.T @ found[:-1], bias=float(found[-1]))


def likelihoods(log_odds: Floats) -> Floats:
    """Log-odds as likelihoods."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0))), dtype=np.float64)


def losses(targets: Floats, log_odds: Floats) -> Floats:
    """What each answer costs: the less likely it held what is so, the more."""
    return np.asarray(np.logaddexp(0.0, log_odds) - targets * log_odds, dtype=np.float64)


def _loss(rows: Floats, targets: Floats, offset: Floats, count: Floats, costs: Floats, found: Floats) -> float:
    return float(count @ losses(targets, offset + rows @ found) + 0.5 * (costs @ found**2))
